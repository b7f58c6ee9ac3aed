//! Columns of text, row by row.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use super::Column;
use crate::error::Result;

/// The column as text, if need be cast; dictionaries of text stay.
pub(crate) fn as_text(column: &Column, role: &str) -> Result<Column> {
    let value_type = match &column.data_type {
        DataType::Dictionary(_, value) => value.as_ref(),
        other => other,
    };
    match value_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Ok(column.clone()),
        _ => column.cast(&DataType::LargeUtf8, role, "text"),
    }
}

/// A column of text.
#[derive(Debug)]
pub(crate) struct Texts {
    column: Column,
}

impl Texts {
    /// Checks that the column holds text, whichever way.
    pub(crate) fn bind(column: &Column, role: &str) -> Result<Self> {
        let value_type = match &column.data_type {
            DataType::Dictionary(_, value) => value.as_ref(),
            other => other,
        };
        let is_text = matches!(
            value_type,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null
        );
        if !is_text {
            return Err(column.type_error(role, "text"));
        }
        Ok(Self {
            column: column.cast(&DataType::LargeUtf8, role, "text")?,
        })
    }

    /// Calls `f` with the number of each row and its text.
    pub(crate) fn for_each(&self, mut f: impl FnMut(u64, Option<&str>)) {
        let texts = self
            .column
            .chunks
            .iter()
            .flat_map(|c| c.as_string::<i64>().iter());
        texts
            .enumerate()
            .for_each(|(row, text)| f(row as u64, text));
    }

    /// One value for each text, made into arrays with the lengths of the chunks.
    pub(crate) fn map<V>(
        &self,
        mut of: impl FnMut(u64, Option<&str>) -> V,
        collect: impl Fn(&mut dyn Iterator<Item = V>) -> ArrayRef,
    ) -> Vec<ArrayRef> {
        let mut row = 0;
        let chunk = |chunk: &ArrayRef| {
            let mut values = chunk.as_string::<i64>().iter().map(|text| {
                row += 1;
                of(row - 1, text)
            });
            collect(&mut values)
        };
        self.column.chunks.iter().map(chunk).collect()
    }

    /// An array as long as the column, in chunks as long as its own.
    pub(crate) fn cut(&self, whole: &ArrayRef) -> Vec<ArrayRef> {
        let mut from = 0;
        let chunk = |chunk: &ArrayRef| {
            from += chunk.len();
            whole.slice(from - chunk.len(), chunk.len())
        };
        self.column.chunks.iter().map(chunk).collect()
    }
}
