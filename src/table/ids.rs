//! Identifier columns: customers, transactions, items, as keys.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::{LargeStringBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, GenericStringArray, Int64Array, OffsetSizeTrait, StringViewArray, UInt64Array,
};
use arrow_schema::DataType;

use super::key::{self, Key};
use super::{Column, Segment};
use crate::error::{Error, Result};

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

    /// Whether the narrow key can hold the values.
    pub(crate) fn is_integer(&self) -> bool {
        self.value_type.is_integer()
    }

    /// Readers for all chunks. Dictionaries are mapped to keys here, once.
    pub(crate) fn reader<K: Key>(&self) -> Result<IdReader<K>> {
        let chunks = self
            .column
            .chunks
            .iter()
            .map(chunk_reader)
            .collect::<Result<_>>()?;
        Ok(IdReader { chunks })
    }

    /// The values of these keys as an array; `row_of` finds a row for a key that is a hash.
    pub(crate) fn values<K: Key>(
        &self,
        keys: &[K],
        row_of: impl Fn(u128) -> Option<Segment>,
    ) -> Result<ArrayRef> {
        if self.is_integer() {
            return self.integers(keys);
        }
        let texts: Vec<Vec<u8>> = keys
            .iter()
            .map(|k| {
                let key = k.widen();
                if !key::is_hashed(key) {
                    return key::unpack(key);
                }
                row_of(key).map_or_else(Vec::new, |s| self.text_at(&s).into_bytes())
            })
            .collect();
        let bytes: usize = texts.iter().map(Vec::len).sum();
        if i32::try_from(bytes).is_ok() {
            let mut b = StringBuilder::with_capacity(texts.len(), bytes);
            texts
                .iter()
                .for_each(|t| b.append_value(String::from_utf8_lossy(t)));
            Ok(Arc::new(b.finish()))
        } else {
            let mut b = LargeStringBuilder::with_capacity(texts.len(), bytes);
            texts
                .iter()
                .for_each(|t| b.append_value(String::from_utf8_lossy(t)));
            Ok(Arc::new(b.finish()))
        }
    }

    fn integers<K: Key>(&self, keys: &[K]) -> Result<ArrayRef> {
        let narrow = keys.iter().map(|k| k.widen() as u64);
        let wide: ArrayRef = if self.value_type.is_unsigned_integer() {
            Arc::new(UInt64Array::from_iter_values(narrow))
        } else {
            Arc::new(Int64Array::from_iter_values(narrow.map(key::to_signed)))
        };
        arrow_cast::cast(&wide, &self.value_type).map_err(|e| Error::FeatureMismatch {
            what: format!("ids of column `{}`", self.column.name),
            why: e.to_string(),
        })
    }

    fn text_at(&self, at: &Segment) -> String {
        let chunk = &self.column.chunks[at.chunk];
        let i = at.range.start;
        if let Some(dictionary) = chunk.as_any_dictionary_opt() {
            let code = arrow_cast::cast(&dictionary.keys().slice(i, 1), &DataType::UInt32);
            let code = code.map_or(0, |c| c.as_primitive::<UInt32Type>().value(0));
            return text_value(dictionary.values(), code as usize).into();
        }
        text_value(chunk, i).into()
    }
}

/// Whether chunks of text hold integers only, each written as one would be: `007` is not.
#[cfg(feature = "csv")]
pub(crate) fn is_plain_integers<'a>(chunks: impl Iterator<Item = &'a ArrayRef>) -> bool {
    let is_plain = |text: &str| text.parse::<i64>().is_ok_and(|n| n.to_string() == text);
    let mut texts = chunks
        .flat_map(|c| c.as_string::<i32>().iter())
        .flatten()
        .peekable();
    texts.peek().is_some() && texts.all(is_plain)
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
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let floats = column.cast(&DataType::Float64, role, EXPECTED)?;
    let (mut bad, mut row) = (None, 0u64);
    let mut count = 0;
    for chunk in &floats.chunks {
        for value in chunk.as_primitive::<Float64Type>() {
            let value = value.unwrap_or(f64::NAN);
            let whole = value.abs() <= EXACT && value.fract().abs() <= 0.0;
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
            rule: format!("of role `{role}` are not whole numbers up to 2^53"),
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

/// Reads ranges of an identifier column as keys.
#[derive(Debug)]
pub(crate) struct IdReader<K> {
    chunks: Vec<ChunkReader<K>>,
}

/// One chunk, its type settled.
#[derive(Debug)]
enum ChunkReader<K> {
    /// Array of integers.
    Integers(ArrayRef),
    /// Array of text.
    Text(ArrayRef),
    /// Codes into keys; `None` for a missing value.
    Dictionary {
        codes: ArrayRef,
        keys: Vec<Option<K>>,
    },
}

impl<K: Key> IdReader<K> {
    /// Appends the keys of the segment to `out`; calls `missing` with the position (from 0) of each null or blank.
    pub(crate) fn read(&self, at: &Segment, out: &mut Vec<K>, missing: impl FnMut(usize)) {
        match &self.chunks[at.chunk] {
            ChunkReader::Integers(array) => read_integers(array, at.range.clone(), out, missing),
            ChunkReader::Text(array) => read_text(array, at.range.clone(), out, missing),
            ChunkReader::Dictionary { codes, keys } => {
                read_codes(codes, keys, at.range.clone(), out, missing);
            }
        }
    }
}

fn chunk_reader<K: Key>(chunk: &ArrayRef) -> Result<ChunkReader<K>> {
    let Some(dictionary) = chunk.as_any_dictionary_opt() else {
        let is_integer = chunk.data_type().is_integer();
        let array = Arc::clone(chunk);
        return Ok(if is_integer {
            ChunkReader::Integers(array)
        } else {
            ChunkReader::Text(array)
        });
    };
    let values = dictionary.values();
    let mut keys = Vec::with_capacity(values.len());
    let mut missing = Vec::new();
    let note = |i| missing.push(i);
    if values.data_type().is_integer() {
        read_integers(values, 0..values.len(), &mut keys, note);
    } else {
        read_text(values, 0..values.len(), &mut keys, note);
    }
    let mut keys: Vec<Option<K>> = keys.into_iter().map(Some).collect();
    missing.into_iter().for_each(|i| keys[i] = None);
    let codes = arrow_cast::cast(dictionary.keys(), &DataType::UInt32).map_err(|e| {
        Error::FeatureMismatch {
            what: "a dictionary column".into(),
            why: format!("its codes do not fit 32 bits: {e}"),
        }
    })?;
    Ok(ChunkReader::Dictionary { codes, keys })
}

fn read_integers<K: Key>(
    array: &ArrayRef,
    range: Range<usize>,
    out: &mut Vec<K>,
    missing: impl FnMut(usize),
) {
    macro_rules! signed {
        ($t:ty) => {
            read_primitive::<$t, K>(array, range, out, missing, |v| {
                key::from_signed(i64::from(v))
            })
        };
    }
    macro_rules! unsigned {
        ($t:ty) => {
            read_primitive::<$t, K>(array, range, out, missing, u64::from)
        };
    }
    match array.data_type() {
        DataType::Int8 => signed!(Int8Type),
        DataType::Int16 => signed!(Int16Type),
        DataType::Int32 => signed!(Int32Type),
        DataType::Int64 => signed!(Int64Type),
        DataType::UInt8 => unsigned!(UInt8Type),
        DataType::UInt16 => unsigned!(UInt16Type),
        DataType::UInt32 => unsigned!(UInt32Type),
        _ => unsigned!(UInt64Type),
    }
}

fn read_primitive<T: ArrowPrimitiveType, K: Key>(
    array: &ArrayRef,
    range: Range<usize>,
    out: &mut Vec<K>,
    missing: impl FnMut(usize),
    to_key: impl Fn(T::Native) -> u64,
) {
    let array = array.as_primitive::<T>();
    out.extend(
        array.values()[range.clone()]
            .iter()
            .map(|&v| K::from_u64(to_key(v))),
    );
    each_null(array, range, missing);
}

fn each_null(array: &dyn Array, range: Range<usize>, missing: impl FnMut(usize)) {
    if let Some(nulls) = array.nulls().filter(|n| n.null_count() > 0) {
        range
            .clone()
            .filter(|&i| nulls.is_null(i))
            .map(|i| i - range.start)
            .for_each(missing);
    }
}

fn read_codes<K: Key>(
    codes: &ArrayRef,
    keys: &[Option<K>],
    range: Range<usize>,
    out: &mut Vec<K>,
    mut missing: impl FnMut(usize),
) {
    let codes = codes.as_primitive::<UInt32Type>();
    for i in range.clone() {
        let key = if codes.is_null(i) {
            None
        } else {
            keys[codes.value(i) as usize]
        };
        if key.is_none() {
            missing(i - range.start);
        }
        out.push(key.unwrap_or_default());
    }
}

fn read_text<K: Key>(
    array: &ArrayRef,
    range: Range<usize>,
    out: &mut Vec<K>,
    missing: impl FnMut(usize),
) {
    match array.data_type() {
        DataType::Utf8 => read_strings(array.as_string::<i32>(), range, out, missing),
        DataType::LargeUtf8 => read_strings(array.as_string::<i64>(), range, out, missing),
        _ => read_views(array.as_string_view(), range, out, missing),
    }
}

/// No identifier: empty, or nothing but white space.
fn is_blank(text: &[u8]) -> bool {
    // Identifiers hardly ever begin with a space: the first byte settles nearly all.
    text.first().is_none_or(|&b| b <= b' ') && text.trim_ascii().is_empty()
}

fn read_strings<O: OffsetSizeTrait, K: Key>(
    array: &GenericStringArray<O>,
    range: Range<usize>,
    out: &mut Vec<K>,
    mut missing: impl FnMut(usize),
) {
    let (data, offsets) = (array.value_data(), array.value_offsets());
    let first = range.start;
    let nulls = array.nulls().filter(|n| n.null_count() > 0);
    out.extend(range.map(|i| {
        let (from, to) = (offsets[i].as_usize(), offsets[i + 1].as_usize());
        let len = to - from;
        // Sixteen bytes at once where the buffer has them: most texts are short.
        let key = match data
            .get(from..from + 16)
            .and_then(|b| <[u8; 16]>::try_from(b).ok())
        {
            Some(loaded) if len <= key::PACKED_BYTES => key::pack_loaded(loaded, len),
            _ => key::pack(&data[from..to]),
        };
        if len == 0
            || (data[from] <= b' ' && is_blank(&data[from..to]))
            || nulls.is_some_and(|n| n.is_null(i))
        {
            missing(i - first);
        }
        K::from_packed(key)
    }));
}

fn read_views<K: Key>(
    array: &StringViewArray,
    range: Range<usize>,
    out: &mut Vec<K>,
    mut missing: impl FnMut(usize),
) {
    const INLINE: usize = 12;
    let first = range.start;
    out.extend(range.map(|i| {
        let view = array.views()[i];
        let len = view as u32 as usize;
        if array.is_null(i) {
            missing(i - first);
            return K::default();
        }
        // A short view holds its bytes itself, behind its 32-bit length.
        if len <= INLINE {
            let bytes = (view >> 32).to_le_bytes();
            if is_blank(&bytes[..len]) {
                missing(i - first);
            }
            return K::from_packed(key::pack_loaded(bytes, len));
        }
        let text = array.value(i).as_bytes();
        if is_blank(text) {
            missing(i - first);
        }
        K::from_text(text)
    }));
}
