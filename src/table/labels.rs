//! Columns of labels: identifiers, and what can be numbered like them, truth values and times.

use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, BooleanArray};
use arrow_schema::DataType;

use super::codes::{Codes, NONE, codes};
use super::ids::{IdColumn, is_blank};
use super::{Column, Table};
use crate::error::{Error, Result};
use crate::parallel::{Context, map_ordered, pieces};

/// The values of plain integers without nulls, for writing many of them at once.
pub(crate) fn integers(labels: &ArrayRef) -> Option<&[i64]> {
    let integers = labels.as_primitive_opt::<Int64Type>()?;
    (integers.null_count() == 0).then(|| integers.values().as_ref())
}

/// A column whose values can be labels.
#[derive(Debug)]
pub(crate) struct Labels {
    ids: IdColumn,
    /// What integers are cast back to.
    shown_as: Option<DataType>,
}

impl Labels {
    /// Checks the type: that of an id, truth values, dates, times, instants, or a dictionary of these.
    pub(crate) fn bind(column: Column, role: &str) -> Result<Self> {
        const EXPECTED: &str =
            "integers, text, whole floats, booleans, dates, times, or a dictionary of these";
        let value_type = match &column.data_type {
            DataType::Dictionary(_, value) => value.as_ref().clone(),
            other => other.clone(),
        };
        let integers = match &value_type {
            DataType::Boolean => DataType::Int8,
            DataType::Date32 | DataType::Time32(_) => DataType::Int32,
            DataType::Date64
            | DataType::Time64(_)
            | DataType::Timestamp(..)
            | DataType::Duration(_) => DataType::Int64,
            _ => {
                let ids = IdColumn::bind(column, role)?;
                return Ok(Self {
                    ids,
                    shown_as: None,
                });
            }
        };
        let plain = column.cast(&value_type, role, EXPECTED)?;
        let plain = plain.cast(&integers, role, EXPECTED)?;
        Ok(Self {
            ids: IdColumn::bind(plain, role)?,
            shown_as: Some(value_type),
        })
    }

    /// The rows as numbers of the distinct values in ascending order.
    ///
    /// # Errors
    /// As [`codes`].
    pub(crate) fn codes(&self, table: &Table, ctx: &Context) -> Result<Codes> {
        self.codes_where(table, None, ctx)
    }

    /// The same of the rows that have a number already.
    ///
    /// # Errors
    /// As [`codes`].
    pub(crate) fn codes_of_some(
        &self,
        table: &Table,
        numbers: &[u32],
        ctx: &Context,
    ) -> Result<Codes> {
        if !numbers.contains(&NONE) {
            return self.codes(table, ctx);
        }
        let unwanted: Vec<u8> = numbers.iter().map(|&n| u8::from(n == NONE)).collect();
        self.codes_where(table, Some(&unwanted), ctx)
    }

    fn codes_where(&self, table: &Table, wanted: Option<&[u8]>, ctx: &Context) -> Result<Codes> {
        let mut codes = codes(table, &self.ids, wanted, ctx)?;
        if let Some(shown_as) = &self.shown_as {
            codes.values = cast(&codes.values, shown_as)?;
        }
        Ok(codes)
    }
}

/// Labels as text; `what` they are, for the error.
pub(crate) fn texts(values: &ArrayRef, what: &str) -> Result<Vec<String>> {
    let texts = arrow_cast::cast(values, &DataType::Utf8).map_err(|e| Error::FeatureMismatch {
        what: what.into(),
        why: e.to_string(),
    })?;
    let texts = texts.as_string::<i32>().iter();
    Ok(texts.map(|t| t.unwrap_or_default().to_owned()).collect())
}

impl IdColumn {
    /// The ids in these rows; null where there is none.
    pub(crate) fn at(&self, table: &Table, rows: &[u64], ctx: &Context) -> Result<ArrayRef> {
        const PIECE: usize = 65_536;
        let chunks: Vec<&dyn Array> = self.chunks().iter().map(AsRef::as_ref).collect();
        let data_type = self.value_type();
        let read = |range: std::ops::Range<usize>| {
            let places: Vec<(usize, usize)> = rows[range]
                .iter()
                .map(|&row| table.place(row as usize))
                .collect();
            let values = arrow_select::interleave::interleave(&chunks, &places);
            without_blanks(&cast(&values.map_err(|e| unreadable(&e))?, data_type)?)
        };
        let parts = map_ordered(ctx, "read ids", pieces(rows.len(), PIECE).collect(), read)?;
        let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
        if parts.is_empty() {
            return Ok(arrow_array::new_empty_array(data_type));
        }
        arrow_select::concat::concat(&parts).map_err(|e| unreadable(&e))
    }
}

/// Blank texts are no ids.
fn without_blanks(ids: &ArrayRef) -> Result<ArrayRef> {
    let texts = match ids.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            arrow_cast::cast(ids, &DataType::LargeUtf8).map_err(|e| unreadable(&e))?
        }
        _ => return Ok(ids.clone()),
    };
    let are_blank: BooleanArray = texts
        .as_string::<i64>()
        .iter()
        .map(|t| Some(t.is_some_and(|t| is_blank(t.as_bytes()))))
        .collect();
    if are_blank.true_count() == 0 {
        return Ok(ids.clone());
    }
    arrow_select::nullif::nullif(ids, &are_blank).map_err(|e| unreadable(&e))
}

fn cast(values: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    if values.data_type() == to {
        return Ok(values.clone());
    }
    arrow_cast::cast(values, to).map_err(|e| unreadable(&e))
}

fn unreadable(e: &arrow_schema::ArrowError) -> Error {
    Error::FeatureMismatch {
        what: "the values of a column".into(),
        why: e.to_string(),
    }
}
