//! Number columns in one piece: those of floats as they lie in memory.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, Float32Array, Float64Array};
use arrow_schema::DataType;

use super::Column;
use crate::error::{Error, Result};

/// A column of floats without nulls.
#[derive(Debug, Clone)]
pub(crate) enum Floats {
    F32(Float32Array),
    F64(Float64Array),
}

impl Floats {
    /// Floats of one chunk are shared; chunks are joined, and other numbers made 64 bits wide, by copying.
    ///
    /// # Errors
    /// [`Error::ColumnType`] if they are no numbers; [`Error::BadValues`] if there are nulls.
    pub(crate) fn bind(column: &Column) -> Result<Self> {
        let whole = whole(column)?;
        if let Some(first) = (0..whole.len()).find(|&row| whole.is_null(row)) {
            return Err(Error::BadValues {
                column: column.name.clone(),
                count: whole.null_count() as u64,
                first_row: Some(first as u64),
                value: "null".into(),
                rule: "are missing".into(),
                remedy: "leave these rows out, or fill the cells".into(),
            });
        }
        Ok(Self::of(&whole))
    }

    /// The same, with what is no number for null.
    ///
    /// # Errors
    /// [`Error::ColumnType`] if they are no numbers.
    pub(crate) fn with_missing(column: &Column) -> Result<Self> {
        let whole = whole(column)?;
        if whole.null_count() == 0 {
            return Ok(Self::of(&whole));
        }
        Ok(match Self::of(&whole) {
            Self::F32(array) => Self::F32(array.iter().map(|x| x.or(Some(f32::NAN))).collect()),
            Self::F64(array) => Self::F64(array.iter().map(|x| x.or(Some(f64::NAN))).collect()),
        })
    }

    fn of(whole: &ArrayRef) -> Self {
        match whole.data_type() {
            DataType::Float32 => Self::F32(whole.as_primitive::<Float32Type>().clone()),
            _ => Self::F64(whole.as_primitive::<Float64Type>().clone()),
        }
    }
}

/// A column of numbers in one piece.
fn whole(column: &Column) -> Result<ArrayRef> {
    let narrow = column.data_type == DataType::Float32;
    let to = if narrow {
        DataType::Float32
    } else {
        DataType::Float64
    };
    if !column.data_type.is_numeric() {
        return Err(column.type_error("feature", "numbers"));
    }
    column.cast(&to, "feature", "numbers")?.whole()
}
