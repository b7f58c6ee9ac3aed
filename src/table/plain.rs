//! Columns as plain lists, for tables of a few thousand rows whose types do not matter.

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use super::Column;
use crate::error::{Error, Result};

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
