//! Identifier columns: customers, transactions, items, as keys.

pub(crate) mod codec;
pub(crate) mod ends;
mod reader;

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, UInt32Type};
use arrow_array::{Array, ArrayRef, GenericStringArray, Int64Array, OffsetSizeTrait, UInt64Array};
use arrow_buffer::{Buffer, OffsetBuffer};
use arrow_schema::{ArrowError, DataType};

use super::key::{self, Key};
use super::{Column, Segment};
use crate::error::{Error, Result};
use crate::parallel::{Context, fill_rows, filled, map_ordered, pieces};
use codec::{Codec, Digits};
pub(crate) use reader::{IdReader, codes_of, is_blank};

/// Keys that one task turns back into ids.
const PIECE: usize = 65_536;
const EXPECTED: &str = "integers, text, a dictionary of these, or whole floats";

/// A checked identifier column.
#[derive(Debug, Clone)]
pub(crate) struct IdColumn {
    column: Column,
    /// The type of the values, with any dictionary taken off.
    value_type: DataType,
}

impl IdColumn {
    /// Checks the type; whole floats (what a missing value makes of integers in some libraries) become integers.
    pub(crate) fn bind(column: Column, role: &str) -> Result<Self> {
        let value_type = match &column.data_type {
            DataType::Dictionary(_, value) => (**value).clone(),
            other => other.clone(),
        };
        let is_dictionary = column.data_type != value_type;
        let column = match &value_type {
            t if t.is_integer() => column,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => column,
            DataType::Null => column.cast(&DataType::Int64, role, EXPECTED)?,
            DataType::Float32 | DataType::Float64 | DataType::Float16 if !is_dictionary => {
                whole_numbers(&column, role)?
            }
            DataType::Decimal128(_, 0) if !is_dictionary => whole_decimals(&column, role)?,
            _ => return Err(column.type_error(role, EXPECTED)),
        };
        let value_type = match &column.data_type {
            DataType::Dictionary(_, value) => (**value).clone(),
            other => other.clone(),
        };
        Ok(Self { column, value_type })
    }

    /// The column with the rows of another after its own.
    pub(crate) fn joined(&self, other: &Self) -> Result<Self> {
        Ok(Self {
            column: self.column.joined(&other.column)?,
            value_type: self.value_type.clone(),
        })
    }

    /// Whether the narrow key can hold the values.
    pub(crate) fn is_integer(&self) -> bool {
        self.value_type.is_integer()
    }

    pub(super) fn chunks(&self) -> &[ArrayRef] {
        &self.column.chunks
    }

    /// The type of the values, with any dictionary taken off.
    pub(super) fn value_type(&self) -> &DataType {
        &self.value_type
    }

    /// How many rows each chunk has.
    pub(crate) fn chunk_lengths(&self) -> impl Iterator<Item = usize> + '_ {
        self.column.chunks.iter().map(arrow_array::Array::len)
    }

    /// The key that zero has among integers: those below it are negative.
    pub(crate) fn key_of_zero(&self) -> u64 {
        if self.value_type.is_unsigned_integer() {
            0
        } else {
            1 << 63
        }
    }

    /// The form of the ids at these rows, where there is one that keys of 64 bits can hold.
    pub(crate) fn codec(&self, sample: &[Segment]) -> Option<Codec> {
        if self.is_integer() {
            return Some(Codec::Integer);
        }
        let texts = sample
            .iter()
            .filter_map(|at| self.text_at(at).map(str::as_bytes));
        Codec::of_texts(&texts.filter(|t| !reader::is_blank(t)).collect::<Vec<_>>())
    }

    /// A reader of all chunks, into keys that the codec makes, or without one into wide keys.
    pub(crate) fn reader<K: Key>(&self, codec: Option<Codec>) -> Result<IdReader<K>> {
        IdReader::new(&self.column.chunks, codec)
    }

    /// The values of these keys as an array; `row_of` finds a row for a key that is a hash.
    pub(crate) fn values<K: Key>(
        &self,
        keys: &[K],
        codec: Option<Codec>,
        row_of: impl Fn(u128) -> Option<Segment> + Sync,
        ctx: &Context,
    ) -> Result<ArrayRef> {
        if self.is_integer() {
            return self.integers(keys, ctx);
        }
        if let Some(Codec::Digits(digits)) = codec {
            return self.texts_of_one_length(keys, digits, ctx);
        }
        let write = |key: u128, out: &mut Vec<u8>| match codec {
            Some(codec) => codec.decode(key as u64, out),
            None if key::is_hashed(key) => {
                let text = row_of(key).and_then(|at| self.text_at(&at));
                out.extend_from_slice(text.unwrap_or_default().as_bytes());
            }
            None => key::unpack(key, out),
        };
        let pieces = pieces(keys.len(), PIECE).collect();
        let texts = map_ordered(ctx, "write", pieces, |range| {
            let (mut bytes, mut lengths) = (Vec::new(), Vec::with_capacity(range.len()));
            for key in &keys[range] {
                let before = bytes.len();
                write(key.widen(), &mut bytes);
                lengths.push(bytes.len() - before);
            }
            Ok((bytes, lengths))
        })?;
        let bytes: Vec<&[u8]> = texts.iter().map(|(bytes, _)| &bytes[..]).collect();
        let lengths = || {
            texts
                .iter()
                .flat_map(|(_, lengths)| lengths.iter().copied())
        };
        let bytes = Buffer::from_vec(bytes.concat());
        if i32::try_from(bytes.len()).is_ok() {
            self.strings(OffsetBuffer::<i32>::from_lengths(lengths()), bytes)
        } else {
            self.strings(OffsetBuffer::<i64>::from_lengths(lengths()), bytes)
        }
    }

    fn texts_of_one_length<K: Key>(
        &self,
        keys: &[K],
        digits: Digits,
        ctx: &Context,
    ) -> Result<ArrayRef> {
        let len = digits.len();
        let mut bytes = vec![0; keys.len() * len];
        fill_rows(ctx, "write", &mut bytes, len, |row, bytes| {
            for (key, text) in keys[row..].iter().zip(bytes.chunks_exact_mut(len.max(1))) {
                digits.decode(key.widen() as u64, text);
            }
        })?;
        let (n, bytes) = (keys.len(), Buffer::from_vec(bytes));
        if i32::try_from(bytes.len()).is_ok() {
            self.strings(OffsetBuffer::<i32>::from_repeated_length(len, n), bytes)
        } else {
            self.strings(OffsetBuffer::<i64>::from_repeated_length(len, n), bytes)
        }
    }

    fn strings<O: OffsetSizeTrait>(
        &self,
        offsets: OffsetBuffer<O>,
        bytes: Buffer,
    ) -> Result<ArrayRef> {
        let array = GenericStringArray::try_new(offsets, bytes, None);
        Ok(Arc::new(array.map_err(|e| self.cannot_write(&e))?))
    }

    fn integers<K: Key>(&self, keys: &[K], ctx: &Context) -> Result<ArrayRef> {
        let wide: ArrayRef = if self.value_type.is_unsigned_integer() {
            let values = filled(ctx, "write", keys.len(), |i| keys[i].widen() as u64)?;
            Arc::new(UInt64Array::from(values))
        } else {
            let values = filled(ctx, "write", keys.len(), |i| {
                key::to_signed(keys[i].widen() as u64)
            })?;
            Arc::new(Int64Array::from(values))
        };
        arrow_cast::cast(&wide, &self.value_type).map_err(|e| self.cannot_write(&e))
    }

    fn cannot_write(&self, e: &ArrowError) -> Error {
        Error::FeatureMismatch {
            what: format!("ids of column `{}`", self.column.name),
            why: e.to_string(),
        }
    }

    /// The text in a row; none where it is null.
    fn text_at(&self, at: &Segment) -> Option<&str> {
        let chunk = &self.column.chunks[at.chunk];
        let i = at.range.start;
        if chunk.is_null(i) {
            return None;
        }
        if let Some(dictionary) = chunk.as_any_dictionary_opt() {
            let code = arrow_cast::cast(&dictionary.keys().slice(i, 1), &DataType::UInt32).ok()?;
            let code = code.as_primitive::<UInt32Type>().value(0) as usize;
            let values = dictionary.values();
            return values.is_valid(code).then(|| text_value(values, code));
        }
        Some(text_value(chunk, i))
    }
}

fn text_value(array: &ArrayRef, i: usize) -> &str {
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(i),
        DataType::LargeUtf8 => array.as_string::<i64>().value(i),
        _ => array.as_string_view().value(i),
    }
}

/// Decimals without fraction as integers; one that 64 bits do not hold must not read as missing.
fn whole_decimals(column: &Column, role: &str) -> Result<Column> {
    let integers = column.cast(&DataType::Int64, role, EXPECTED)?;
    let (mut first, mut count, mut row) = (None, 0, 0);
    for (before, after) in column.chunks.iter().zip(&integers.chunks) {
        for i in (0..before.len()).filter(|&i| after.is_null(i) && before.is_valid(i)) {
            count += 1;
            let value = before.as_primitive::<Decimal128Type>().value(i);
            first.get_or_insert((row + i as u64, value));
        }
        row += before.len() as u64;
    }
    if let Some((first_row, value)) = first {
        return Err(Error::BadValues {
            column: column.name.clone(),
            count,
            first_row: Some(first_row),
            value: value.to_string(),
            rule: format!("of role `{role}` are beyond 64-bit integers"),
            remedy: "give such ids as text".into(),
        });
    }
    Ok(integers)
}

/// Floats that are all whole, as integers; NaN is what some libraries make of a missing value.
fn whole_numbers(column: &Column, role: &str) -> Result<Column> {
    // Up to here every whole number is a float of its own.
    let exact = match column.data_type {
        DataType::Float16 => 2048.0,
        DataType::Float32 => 16_777_216.0,
        _ => 9_007_199_254_740_992.0,
    };
    let floats = column.cast(&DataType::Float64, role, EXPECTED)?;
    let (mut bad, mut row) = (None, 0u64);
    let mut count = 0;
    for chunk in &floats.chunks {
        for value in chunk.as_primitive::<Float64Type>() {
            let value = value.unwrap_or(f64::NAN);
            let whole = value.abs() <= exact && value.fract().abs() <= 0.0;
            if !(value.is_nan() || whole) {
                count += 1;
                bad.get_or_insert((row, value));
            }
            row += 1;
        }
    }
    if let Some((first_row, value)) = bad {
        return Err(Error::BadValues {
            column: column.name.clone(),
            count,
            first_row: Some(first_row),
            value: value.to_string(),
            rule: format!("of role `{role}` are not whole numbers up to {exact}"),
            remedy: "give ids as integers or text".into(),
        });
    }
    floats.try_map(DataType::Int64, |chunk| {
        let whole = chunk
            .as_primitive::<Float64Type>()
            .iter()
            .map(|v| v.filter(|v| !v.is_nan()).map(|v| v as i64));
        Ok(Arc::new(whole.collect::<Int64Array>()))
    })
}
