//! Number columns: quantities and money, as floats, and as whole ten-thousandths where they are decimal.

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

/// Units of money in one currency unit: sums of up to four decimals are exact.
pub(crate) const MINOR: f64 = 10_000.0;

/// `quantity` times the whole number of ten-thousandths that `price` is the nearest float to, and whether there is one.
///
/// A price counts as decimal within four units in the last place, so that 0.1 + 0.2 is 0.3, and up to 1.7e9, beyond which a float no
/// longer tells. Without branches: blocks of these are computed by vector instructions.
#[inline]
pub(crate) fn whole_minor(price: f64, quantity: f64) -> (i64, bool) {
    const LIMIT: f64 = 17_592_186_044_416.0; // 2^44
    /// A product below this can be read off the bits, and leaves room for the lines of a record in 63 bits.
    const PRODUCT_LIMIT: f64 = 2_251_799_813_685_248.0; // 2^51
    const ULPS: f64 = 4.0 * f64::EPSILON;
    /// Adding and taking away 1.5 * 2^52 rounds to a whole number, and leaves it in the low bits on the way.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let scaled = price * MINOR;
    let whole = (scaled + ROUND) - ROUND;
    let product = whole * quantity;
    let pieces = (quantity + ROUND) - ROUND;
    let near = ((scaled - whole).abs() <= scaled.abs() * ULPS)
        & (scaled.abs() <= LIMIT)
        & ((pieces - quantity).abs() <= 0.0)
        & (product.abs() < PRODUCT_LIMIT);
    let minor = (product + ROUND).to_bits().wrapping_sub(ROUND.to_bits()) as i64;
    (minor, near)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_decimal_is_found(minor in -17_000_000_000_000i64..17_000_000_000_000) {
            prop_assert_eq!(whole_minor(minor as f64 / MINOR, 1.0), (minor, true));
        }
    }

    proptest! {
        #[test]
        fn products_are_exact(minor in -1_000_000_000i64..1_000_000_000, quantity in -100_000i32..100_000) {
            prop_assert_eq!(whole_minor(minor as f64 / MINOR, f64::from(quantity)), (minor * i64::from(quantity), true));
        }
    }

    #[test]
    fn what_is_not_decimal_is_not() {
        for x in [
            1.0 / 3.0,
            0.12345,
            1e-5,
            f64::NAN,
            f64::INFINITY,
            2e9,
            f64::MIN_POSITIVE,
        ] {
            assert!(!whole_minor(x, 1.0).1, "{x}");
        }
        assert_eq!(whole_minor(0.1 + 0.2, 1.0), (3000, true));
        assert_eq!(whole_minor(-0.0, 1.0), (0, true));
        assert!(
            !whole_minor(1.0, 1.5).1 && !whole_minor(1e9, 1e9).1 && !whole_minor(1.0, f64::NAN).1
        );
    }

    #[test]
    fn a_null_is_not_any_other_nan() {
        assert!(is_null(NULL));
        assert!(!is_null(f64::NAN) && NULL.is_nan());
    }
}
