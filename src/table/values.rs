//! Columns of any type as values that can be compared and hashed: what finds equal rows.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, GenericStringArray, OffsetSizeTrait, UInt32Array};
use arrow_buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::DataType;
use twox_hash::XxHash3_64;

use super::{Column, Segment};
use crate::error::Result;

/// The hash of a null.
pub(crate) const NULL_HASH: u64 = 0x9e37_79b9_7f4a_7c15;

/// A value by what it is equal to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Null,
    Word(u64),
    Wide(u128),
    Bytes(&'a [u8]),
    /// As text, for types that are rare in such tables.
    Shown(String),
}

impl Value<'_> {
    fn hash(&self) -> u64 {
        match self {
            Self::Null => NULL_HASH,
            Self::Word(word) => *word,
            Self::Wide(wide) => (*wide as u64) ^ ((*wide >> 64) as u64).rotate_left(32),
            Self::Bytes(bytes) => XxHash3_64::oneshot(bytes),
            Self::Shown(text) => XxHash3_64::oneshot(text.as_bytes()),
        }
    }
}

/// A column whose values can be compared and hashed, whatever its type.
#[derive(Debug)]
pub(crate) struct ValueColumn {
    chunks: Vec<Chunk>,
}

#[derive(Debug)]
struct Chunk {
    values: Values,
    nulls: Option<NullBuffer>,
}

#[derive(Debug)]
enum Values {
    Bits(BooleanBuffer),
    Bytes(ScalarBuffer<u8>),
    Halves(ScalarBuffer<u16>),
    Singles(ScalarBuffer<u32>),
    Words(ScalarBuffer<u64>),
    Wides(ScalarBuffer<i128>),
    /// Floats, whose zeros are one value, and whose NaNs are.
    Floats(ScalarBuffer<f64>),
    SmallFloats(ScalarBuffer<f32>),
    Text(ArrayRef),
    /// Codes into a chunk of values and into their hashes.
    Coded {
        codes: UInt32Array,
        values: Arc<Chunk>,
        hashes: Arc<[u64]>,
    },
    Other(ArrayRef),
}

impl ValueColumn {
    pub(crate) fn new(column: &Column) -> Result<Self> {
        let mut chunks: Vec<Chunk> = Vec::with_capacity(column.chunks.len());
        for (i, array) in column.chunks.iter().enumerate() {
            let before = i.checked_sub(1).map(|i| &column.chunks[i]);
            let shared = before
                .zip(chunks.last())
                .and_then(|(b, c)| shared_values(b, array, c));
            chunks.push(Chunk::new(array, shared)?);
        }
        Ok(Self { chunks })
    }

    /// The value in a row of a chunk.
    #[inline]
    pub(crate) fn value(&self, chunk: usize, row: usize) -> Value<'_> {
        self.chunks[chunk].value(row)
    }

    /// Appends a hash of each value of the segment; equal values have equal hashes.
    pub(crate) fn hashes(&self, at: &Segment, out: &mut Vec<u64>) {
        self.chunks[at.chunk].hashes(at.range.clone(), out);
    }
}

/// The values and hashes of the chunk before, where both chunks hold the same dictionary.
fn shared_values(
    before: &ArrayRef,
    array: &ArrayRef,
    chunk: &Chunk,
) -> Option<(Arc<Chunk>, Arc<[u64]>)> {
    let (a, b) = (
        before.as_any_dictionary_opt()?,
        array.as_any_dictionary_opt()?,
    );
    let Values::Coded { values, hashes, .. } = &chunk.values else {
        return None;
    };
    Arc::ptr_eq(a.values(), b.values()).then(|| (Arc::clone(values), Arc::clone(hashes)))
}

impl Chunk {
    fn new(array: &ArrayRef, shared: Option<(Arc<Self>, Arc<[u64]>)>) -> Result<Self> {
        let nulls = array.logical_nulls().filter(|n| n.null_count() > 0);
        let values = match array.data_type() {
            DataType::Boolean => Values::Bits(array.as_boolean().values().clone()),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                Values::Text(Arc::clone(array))
            }
            DataType::Float64 => Values::Floats(words(array)),
            DataType::Float32 => Values::SmallFloats(words(array)),
            DataType::Dictionary(..) => coded(array, shared)?,
            // Their parts are aligned as parts, not as wholes.
            DataType::Interval(_) => Values::Other(Arc::clone(array)),
            other => match other.primitive_width() {
                Some(1) => Values::Bytes(words(array)),
                Some(2) => Values::Halves(words(array)),
                Some(4) => Values::Singles(words(array)),
                Some(8) => Values::Words(words(array)),
                Some(16) => Values::Wides(words(array)),
                _ => Values::Other(Arc::clone(array)),
            },
        };
        Ok(Self { values, nulls })
    }

    #[inline]
    fn value(&self, row: usize) -> Value<'_> {
        if self.nulls.as_ref().is_some_and(|n| n.is_null(row)) {
            return Value::Null;
        }
        match &self.values {
            Values::Bits(v) => Value::Word(u64::from(v.value(row))),
            Values::Bytes(v) => Value::Word(u64::from(v[row])),
            Values::Halves(v) => Value::Word(u64::from(v[row])),
            Values::Singles(v) => Value::Word(u64::from(v[row])),
            Values::Words(v) => Value::Word(v[row]),
            Values::Wides(v) => Value::Wide(v[row] as u128),
            Values::Floats(v) => Value::Word(float_bits(v[row])),
            Values::SmallFloats(v) => Value::Word(float_bits(f64::from(v[row]))),
            Values::Text(v) => Value::Bytes(text_bytes(v, row)),
            Values::Coded { codes, values, .. } => values.value(codes.value(row) as usize),
            Values::Other(v) => Value::Shown(shown(v, row)),
        }
    }

    fn hashes(&self, range: Range<usize>, out: &mut Vec<u64>) {
        let from = out.len();
        match &self.values {
            Values::Singles(v) => out.extend(v[range.clone()].iter().map(|&w| u64::from(w))),
            Values::Words(v) => out.extend_from_slice(&v[range.clone()]),
            Values::Floats(v) => out.extend(v[range.clone()].iter().map(|&f| float_bits(f))),
            Values::Text(v) => match v.data_type() {
                DataType::Utf8 => hash_texts(v.as_string::<i32>(), range.clone(), out),
                DataType::LargeUtf8 => hash_texts(v.as_string::<i64>(), range.clone(), out),
                _ => out.extend(range.clone().map(|row| self.value(row).hash())),
            },
            Values::Coded { codes, hashes, .. } => {
                // A null's code may be anything.
                let hash = |&code: &u32| hashes.get(code as usize).copied().unwrap_or(NULL_HASH);
                out.extend(codes.values()[range.clone()].iter().map(hash));
            }
            _ => out.extend(range.clone().map(|row| self.value(row).hash())),
        }
        if let Some(nulls) = &self.nulls {
            for (hash, row) in out[from..].iter_mut().zip(range) {
                if nulls.is_null(row) {
                    *hash = NULL_HASH;
                }
            }
        }
    }
}

/// The buffer behind an array of fixed width, as words of that width.
fn words<T: arrow_buffer::ArrowNativeType>(array: &ArrayRef) -> ScalarBuffer<T> {
    let data = array.to_data();
    ScalarBuffer::new(data.buffers()[0].clone(), data.offset(), data.len())
}

fn coded(array: &ArrayRef, shared: Option<(Arc<Chunk>, Arc<[u64]>)>) -> Result<Values> {
    let dictionary = array.as_any_dictionary();
    let codes = super::ids::codes_of(dictionary)?;
    let (values, hashes) = if let Some(shared) = shared {
        shared
    } else {
        let values = Chunk::new(dictionary.values(), None)?;
        let mut hashes = Vec::new();
        values.hashes(0..dictionary.values().len(), &mut hashes);
        (Arc::new(values), hashes.into())
    };
    Ok(Values::Coded {
        codes,
        values,
        hashes,
    })
}

fn hash_texts<O: OffsetSizeTrait>(
    texts: &GenericStringArray<O>,
    range: Range<usize>,
    out: &mut Vec<u64>,
) {
    let bytes = texts.value_data();
    let ends = &texts.value_offsets()[range.start..=range.end];
    out.extend(
        ends.windows(2)
            .map(|w| XxHash3_64::oneshot(&bytes[w[0].as_usize()..w[1].as_usize()])),
    );
}

fn float_bits(value: f64) -> u64 {
    if value.is_nan() {
        f64::NAN.to_bits()
    } else {
        (value + 0.0).to_bits()
    }
}

#[inline]
fn text_bytes(array: &ArrayRef, row: usize) -> &[u8] {
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).as_bytes(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).as_bytes(),
        _ => array.as_string_view().value(row).as_bytes(),
    }
}

fn shown(array: &ArrayRef, row: usize) -> String {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(array.as_ref(), &options);
    formatter.map_or_else(|e| e.to_string(), |f| f.value(row).to_string())
}

/// Folds a column's hashes into those of the rows.
pub(crate) fn fold_into(rows: &mut [u64], column: &[u64]) {
    for (row, &value) in rows.iter_mut().zip(column) {
        *row = folded(row.rotate_left(29) ^ value);
    }
}

/// Spreads what differs over all bits: both halves of a product with an odd number.
#[inline]
pub(crate) fn folded(value: u64) -> u64 {
    const ODD: u64 = 0xd6e8_feb8_6659_fd93;
    let product = u128::from(value ^ NULL_HASH) * u128::from(ODD);
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::types::{Int8Type, IntervalMonthDayNanoType};
    use arrow_array::{
        BooleanArray, Date32Array, Decimal128Array, Decimal256Array, DictionaryArray, Float32Array,
        Float64Array, Int8Array, Int16Array, Int64Array, IntervalMonthDayNanoArray,
        LargeStringArray, ListArray, StringArray, StringViewArray, UInt32Array,
    };

    /// Arrays of one pattern: the first and the third value are equal, the second differs, the last two are null.
    fn arrays() -> Vec<ArrayRef> {
        let texts = [Some("a"), Some("a longer text, b"), Some("a"), None, None];
        let month = |m| Some(IntervalMonthDayNanoType::make_value(m, 0, 0));
        let lists = [
            Some(vec![Some(1), None]),
            Some(vec![]),
            Some(vec![Some(1), None]),
            None,
            None,
        ];
        macro_rules! of {
            ($array:ty, $a:expr, $b:expr, $c:expr) => {
                Arc::new(<$array>::from(vec![
                    Some($a),
                    Some($b),
                    Some($c),
                    None,
                    None,
                ])) as ArrayRef
            };
        }
        vec![
            of!(BooleanArray, true, false, true),
            of!(Int8Array, -1, 1, -1),
            of!(Int16Array, -1, 1, -1),
            of!(UInt32Array, 7, 8, 7),
            of!(Int64Array, i64::MIN, 0, i64::MIN),
            of!(Date32Array, 5, 6, 5),
            of!(Float64Array, 0.0, 1.0, -0.0),
            of!(Float64Array, f64::NAN, 1.0, -f64::NAN),
            of!(Float32Array, 0.0, 1.0, -0.0),
            of!(Decimal128Array, 1 << 90, 1, 1 << 90),
            of!(Decimal256Array, 5.into(), 6.into(), 5.into()),
            Arc::new(IntervalMonthDayNanoArray::from(vec![
                month(1),
                month(2),
                month(1),
                None,
                None,
            ])),
            Arc::new(StringArray::from(texts.to_vec())),
            Arc::new(LargeStringArray::from(texts.to_vec())),
            Arc::new(StringViewArray::from(texts.to_vec())),
            Arc::new(texts.into_iter().collect::<DictionaryArray<Int8Type>>()),
            Arc::new(ListArray::from_iter_primitive::<
                arrow_array::types::Int32Type,
                _,
                _,
            >(lists)),
        ]
    }

    #[test]
    fn equal_values_of_any_type_are_equal_and_hash_alike() {
        for array in arrays() {
            // Sliced once, and in two chunks once: offsets and chunks change nothing.
            for chunks in [
                vec![array.slice(0, 5)],
                vec![array.slice(0, 2), array.slice(2, 3)],
            ] {
                let places: Vec<(usize, usize)> = chunks
                    .iter()
                    .enumerate()
                    .flat_map(|(c, a)| (0..a.len()).map(move |r| (c, r)))
                    .collect();
                let data_type = array.data_type().clone();
                let mut hashes = Vec::new();
                let lengths: Vec<usize> = chunks.iter().map(arrow_array::Array::len).collect();
                let values = ValueColumn::new(&Column {
                    name: "x".into(),
                    data_type: data_type.clone(),
                    chunks,
                })
                .unwrap();
                for (chunk, n) in lengths.into_iter().enumerate() {
                    values.hashes(
                        &Segment {
                            chunk,
                            range: 0..n,
                            first_row: 0,
                        },
                        &mut hashes,
                    );
                }
                let value = |i: usize| values.value(places[i].0, places[i].1);
                for (i, j) in [(0, 2), (3, 4), (1, 1)] {
                    assert_eq!(value(i), value(j), "{data_type}");
                    assert_eq!(hashes[i], hashes[j], "{data_type}");
                }
                for (i, j) in [(0, 1), (0, 3), (1, 4)] {
                    assert_ne!(value(i), value(j), "{data_type}");
                    assert_ne!(hashes[i], hashes[j], "{data_type}");
                }
            }
        }
    }
}
