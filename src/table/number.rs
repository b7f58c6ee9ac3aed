//! Number columns, quantities and money, as floats.

use arrow_array::types::{Decimal128Type, Float64Type, Int32Type, Int64Type};
use arrow_schema::DataType;

use super::{Column, Segment, read_values};
use crate::error::Result;

const EXPECTED: &str = "integers, floats or decimals";

/// A null among floats: a NaN no arithmetic makes.
const NULL_BITS: u64 = 0x7ff8_6e75_6c6c_0001;

/// The float that stands for a null.
pub(crate) const NULL: f64 = f64::from_bits(NULL_BITS);

/// Whether a float read from a column stands for a null.
pub(crate) const fn is_null(value: f64) -> bool {
    value.to_bits() == NULL_BITS
}

/// A checked number column.
#[derive(Debug, Clone)]
pub(crate) struct NumberColumn {
    column: Column,
}

impl NumberColumn {
    /// Checks the type; the rarer types are cast here, once.
    pub(crate) fn bind(column: Column, role: &str) -> Result<Self> {
        let column = match &column.data_type {
            DataType::Int32 | DataType::Int64 | DataType::Float64 | DataType::Decimal128(..) => {
                column
            }
            DataType::Boolean => return Err(column.type_error(role, EXPECTED)),
            DataType::Dictionary(_, value) if value.is_numeric() => {
                column.cast(&DataType::Float64, role, EXPECTED)?
            }
            t if t.is_numeric() || *t == DataType::Null => {
                column.cast(&DataType::Float64, role, EXPECTED)?
            }
            _ => return Err(column.type_error(role, EXPECTED)),
        };
        Ok(Self { column })
    }

    /// The column with the rows of another after its own.
    pub(crate) fn joined(&self, other: &Self) -> Result<Self> {
        Ok(Self {
            column: self.column.joined(&other.column)?,
        })
    }

    /// Appends the segment's values; nulls as [`NULL`].
    pub(crate) fn read(&self, at: &Segment, out: &mut Vec<f64>) {
        let chunk = &self.column.chunks[at.chunk];
        match chunk.data_type() {
            DataType::Int32 => read_values::<Int32Type, _>(chunk, at, out, NULL, f64::from),
            DataType::Int64 => read_values::<Int64Type, _>(chunk, at, out, NULL, |v| v as f64),
            DataType::Decimal128(_, scale) => {
                let unit = 10f64.powi(i32::from(*scale));
                read_values::<Decimal128Type, _>(chunk, at, out, NULL, |v| v as f64 / unit);
            }
            _ => read_values::<Float64Type, _>(chunk, at, out, NULL, |v| v),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_null_is_not_any_other_nan() {
        assert!(is_null(NULL));
        assert!(!is_null(f64::NAN) && NULL.is_nan());
    }
}
