//! Number columns, quantities and money, as floats.

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Decimal128Type, Float64Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use super::{Column, Segment};
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

    /// Appends the segment's values; nulls as [`NULL`].
    pub(crate) fn read(&self, at: &Segment, out: &mut Vec<f64>) {
        let chunk = &self.column.chunks[at.chunk];
        match chunk.data_type() {
            DataType::Int32 => read_numbers::<Int32Type>(chunk, at, out, f64::from),
            DataType::Int64 => read_numbers::<Int64Type>(chunk, at, out, |v| v as f64),
            DataType::Decimal128(_, scale) => {
                let unit = 10f64.powi(i32::from(*scale));
                read_numbers::<Decimal128Type>(chunk, at, out, |v| v as f64 / unit);
            }
            _ => read_numbers::<Float64Type>(chunk, at, out, |v| v),
        }
    }
}

fn read_numbers<T: ArrowPrimitiveType>(
    chunk: &ArrayRef,
    at: &Segment,
    out: &mut Vec<f64>,
    to_float: impl Fn(T::Native) -> f64,
) {
    let array = chunk.as_primitive::<T>();
    let from = out.len();
    out.extend(
        array.values()[at.range.clone()]
            .iter()
            .map(|&v| to_float(v)),
    );
    if let Some(nulls) = array.nulls().filter(|n| n.null_count() > 0) {
        for (slot, i) in out[from..].iter_mut().zip(at.range.clone()) {
            if nulls.is_null(i) {
                *slot = NULL;
            }
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
