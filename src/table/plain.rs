//! Columns as plain lists, for tables of a few thousand rows whose types do not matter.

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, UInt32Array};
use arrow_schema::DataType;

use super::codes::NONE;
use super::labels::Labels;
use super::{Column, Table};
use crate::error::{Error, Result};
use crate::parallel::Context;

/// The identifiers of a table that has one row for each, row by row, as they are written: whole floats as integers.
///
/// # Errors
/// [`Error::ColumnType`] if they are none; [`Error::BadValues`] for nulls and for those that are there twice.
pub(crate) fn unique_ids(table: &Table, at: usize, ctx: &Context) -> Result<ArrayRef> {
    let column = table.column(at);
    let name = column.name.clone();
    let found = Labels::bind(column, "customer")?.codes(table, ctx)?;
    let bad =
        |row: usize, count: usize, value: String, rule: &str, remedy: &str| Error::BadValues {
            column: name.clone(),
            count: count as u64,
            first_row: Some(row as u64),
            value,
            rule: rule.into(),
            remedy: remedy.into(),
        };
    if let Some(row) = found.codes.iter().position(|&c| c == NONE) {
        let count = found.codes.iter().filter(|&&c| c == NONE).count();
        let remedy = "leave these rows out";
        return Err(bad(row, count, "null".into(), "are no identifiers", remedy));
    }
    let mut is_seen = vec![false; found.values.len()];
    let repeated = |&c: &u32| std::mem::replace(&mut is_seen[c as usize], true);
    if let Some(row) = found.codes.iter().position(repeated) {
        let count = found.codes.len() - found.values.len();
        let code = found.codes[row] as usize;
        let value = texts(&found.values.slice(code, 1))?
            .swap_remove(0)
            .unwrap_or_default();
        let remedy = "give one row for each customer";
        return Err(bad(row, count, value, "have a row already", remedy));
    }
    let places = UInt32Array::from(found.codes);
    arrow_select::take::take(&found.values, &places, None).map_err(|e| Error::FeatureMismatch {
        what: format!("column `{name}`"),
        why: e.to_string(),
    })
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plain {
    /// Numbers; NaN where there is none.
    Numbers(Vec<f64>),
    /// Names: of each row the place among the distinct ones, ascending; -1 where there is none.
    Names(Vec<i32>, Vec<String>),
}

impl Plain {
    /// Numbers stay numbers; anything else that can be written as text is names.
    pub(crate) fn of(column: &Column) -> Result<Self> {
        let whole = column.whole()?;
        if column.data_type.is_numeric() {
            let cast = column
                .cast(&DataType::Float64, "attribute", "numbers")?
                .whole()?;
            let numbers = cast.as_primitive::<Float64Type>();
            let number = |i| {
                if numbers.is_null(i) {
                    f64::NAN
                } else {
                    numbers.value(i)
                }
            };
            return Ok(Self::Numbers((0..numbers.len()).map(number).collect()));
        }
        let texts = texts(&whole)?;
        let mut names: Vec<String> = texts.iter().flatten().cloned().collect();
        names.sort_unstable();
        names.dedup();
        let place = |t: &Option<String>| {
            let place = t.as_ref().and_then(|t| names.binary_search(t).ok());
            place.map_or(-1, |p| p as i32)
        };
        Ok(Self::Names(texts.iter().map(place).collect(), names))
    }
}

/// The values as text; none where they are null.
pub(crate) fn texts(values: &ArrayRef) -> Result<Vec<Option<String>>> {
    let cast = arrow_cast::cast(values, &DataType::Utf8).map_err(|e| Error::FeatureMismatch {
        what: format!("a column of type {}", values.data_type()),
        why: e.to_string(),
    })?;
    let texts = cast.as_string::<i32>();
    let text = |i| (!texts.is_null(i)).then(|| texts.value(i).to_owned());
    Ok((0..texts.len()).map(text).collect())
}
