//! Reads rows of an identifier column as keys.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{
    AnyDictionaryArray, Array, ArrayRef, GenericStringArray, OffsetSizeTrait, StringViewArray,
    UInt32Array,
};
use arrow_buffer::NullBuffer;
use arrow_cast::CastOptions;
use arrow_schema::DataType;

use super::codec::Codec;
use super::ends::{Ends, WHOLE};
use crate::error::{Error, Result};
use crate::kernels::lines::{Marks, mark_changes};
use crate::table::Segment;
use crate::table::key::{Key, OrderedBits};

/// Reads an identifier column as keys of one kind.
#[derive(Debug)]
pub(crate) struct IdReader<K> {
    chunks: Vec<Chunk<K>>,
    codec: Option<Codec>,
}

/// One chunk, its type settled.
#[derive(Debug)]
enum Chunk<K> {
    Integers(ArrayRef),
    Text(ArrayRef),
    /// Codes into keys; chunks that share a dictionary share its keys.
    Dictionary {
        codes: UInt32Array,
        keys: Arc<[Found<K>]>,
    },
}

/// What stands in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found<K> {
    Key(K),
    /// Null or blank.
    Missing,
    /// A text of another form than the codec's.
    Misfit,
}

impl<K: Key> IdReader<K> {
    /// A reader of these chunks; dictionaries are mapped to keys here, once.
    pub(super) fn new(arrays: &[ArrayRef], codec: Option<Codec>) -> Result<Self> {
        let mut chunks: Vec<Chunk<K>> = Vec::with_capacity(arrays.len());
        let mut before: Option<&ArrayRef> = None;
        for array in arrays {
            let Some(dictionary) = array.as_any_dictionary_opt() else {
                let is_integer = array.data_type().is_integer();
                let own = if is_integer {
                    Chunk::Integers
                } else {
                    Chunk::Text
                };
                chunks.push(own(Arc::clone(array)));
                continue;
            };
            let values = dictionary.values();
            let keys = match (before, chunks.last()) {
                (Some(b), Some(Chunk::Dictionary { keys, .. })) if is_same(b, values) => {
                    Arc::clone(keys)
                }
                _ => values_as_keys(values, codec).into(),
            };
            before = Some(values);
            let codes = codes_of(dictionary)?;
            chunks.push(Chunk::Dictionary { codes, keys });
        }
        Ok(Self { chunks, codec })
    }

    /// Appends a key for each of `rows`, counted from the segment's start.
    ///
    /// Calls `missing` with the place in `rows` of each null or blank. False if a text has another form than the codec's: the keys
    /// are then worth nothing.
    #[must_use]
    pub(crate) fn read(
        &self,
        at: &Segment,
        rows: &[u32],
        out: &mut Vec<K>,
        mut missing: impl FnMut(usize),
    ) -> bool {
        let mut fits = true;
        let odd = |place, found: Found<()>| match found {
            Found::Misfit => fits = false,
            _ => missing(place),
        };
        let mut sink = Sink { out, odd };
        let start = at.range.start;
        match &self.chunks[at.chunk] {
            Chunk::Integers(array) => read_integers(array, start, rows, &mut sink),
            Chunk::Text(array) => read_text(array, self.codec, start, rows, &mut sink),
            Chunk::Dictionary { codes, keys } => sink.take(rows, |i| {
                let row = start + i;
                if codes.is_null(row) {
                    Found::Missing
                } else {
                    keys[codes.value(row) as usize]
                }
            }),
        }
        fits
    }

    /// Marks the rows of a segment, at most a block, that may differ from the row before.
    pub(crate) fn mark_changes(&self, at: &Segment, marks: &mut Marks) {
        let range = at.range.clone();
        match &self.chunks[at.chunk] {
            Chunk::Integers(array) => {
                mark_integers(array, range.clone(), marks);
                mark_nulls(array.nulls(), range, marks);
            }
            Chunk::Text(array) => {
                match array.data_type() {
                    DataType::Utf8 => mark_strings(array.as_string::<i32>(), range.clone(), marks),
                    DataType::LargeUtf8 => {
                        mark_strings(array.as_string::<i64>(), range.clone(), marks);
                    }
                    // Equal texts may lie in two places: they are then read twice, to the same key.
                    _ => mark_changes(&array.as_string_view().views()[range.clone()], marks),
                }
                mark_nulls(array.nulls(), range, marks);
            }
            Chunk::Dictionary { codes, .. } => {
                mark_changes(&codes.values()[range.clone()], marks);
                mark_nulls(codes.nulls(), range, marks);
            }
        }
    }
}

/// Whether two arrays are one in memory.
fn is_same(a: &ArrayRef, b: &ArrayRef) -> bool {
    Arc::ptr_eq(a, b) || a.to_data().ptr_eq(&b.to_data())
}

pub(crate) fn codes_of(dictionary: &dyn AnyDictionaryArray) -> Result<UInt32Array> {
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    let codes = arrow_cast::cast_with_options(dictionary.keys(), &DataType::UInt32, &options);
    let codes = codes.map_err(|e| Error::FeatureMismatch {
        what: "a dictionary column".into(),
        why: format!("its codes do not fit 32 bits: {e}; give its values as they are"),
    })?;
    Ok(codes.as_primitive::<UInt32Type>().clone())
}

fn values_as_keys<K: Key>(values: &ArrayRef, codec: Option<Codec>) -> Vec<Found<K>> {
    let rows: Vec<u32> = (0..values.len() as u32).collect();
    let (mut keys, mut odd) = (Vec::with_capacity(rows.len()), Vec::new());
    let mut sink = Sink {
        out: &mut keys,
        odd: |place, found| odd.push((place, found)),
    };
    if values.data_type().is_integer() {
        read_integers(values, 0, &rows, &mut sink);
    } else {
        read_text(values, codec, 0, &rows, &mut sink);
    }
    let mut found: Vec<Found<K>> = keys.into_iter().map(Found::Key).collect();
    for (place, why) in odd {
        found[place] = match why {
            Found::Misfit => Found::Misfit,
            _ => Found::Missing,
        };
    }
    found
}

/// Where keys go, and places without one.
struct Sink<'a, K, F> {
    out: &'a mut Vec<K>,
    /// Called with the place and why: missing or misfit.
    odd: F,
}

impl<K: Key, F: FnMut(usize, Found<()>)> Sink<'_, K, F> {
    #[inline(always)]
    fn take(&mut self, rows: &[u32], found: impl Fn(usize) -> Found<K>) {
        let Self { out, odd } = self;
        let each = |(place, &row): (usize, &u32)| match found(row as usize) {
            Found::Key(key) => key,
            Found::Missing => {
                odd(place, Found::Missing);
                K::default()
            }
            Found::Misfit => {
                odd(place, Found::Misfit);
                K::default()
            }
        };
        out.extend(rows.iter().enumerate().map(each));
    }
}

/// Evaluates an expression with `$t` as the Arrow type of an integer array.
macro_rules! with_integer_type {
    ($data_type:expr, $t:ident => $body:expr) => {
        match $data_type {
            DataType::Int8 => with_integer_type!(@ $t = Int8Type, $body),
            DataType::Int16 => with_integer_type!(@ $t = Int16Type, $body),
            DataType::Int32 => with_integer_type!(@ $t = Int32Type, $body),
            DataType::Int64 => with_integer_type!(@ $t = Int64Type, $body),
            DataType::UInt8 => with_integer_type!(@ $t = UInt8Type, $body),
            DataType::UInt16 => with_integer_type!(@ $t = UInt16Type, $body),
            DataType::UInt32 => with_integer_type!(@ $t = UInt32Type, $body),
            _ => with_integer_type!(@ $t = UInt64Type, $body),
        }
    };
    (@ $t:ident = $type:ty, $body:expr) => {{
        type $t = $type;
        $body
    }};
}

fn read_integers<K: Key, F: FnMut(usize, Found<()>)>(
    array: &ArrayRef,
    start: usize,
    rows: &[u32],
    sink: &mut Sink<'_, K, F>,
) {
    with_integer_type!(array.data_type(), T => read_primitive::<T, K, F>(array, start, rows, sink));
}

fn read_primitive<
    T: ArrowPrimitiveType<Native: OrderedBits>,
    K: Key,
    F: FnMut(usize, Found<()>),
>(
    array: &ArrayRef,
    start: usize,
    rows: &[u32],
    sink: &mut Sink<'_, K, F>,
) {
    let array = array.as_primitive::<T>();
    let values = &array.values()[start..];
    let key = |i: usize| K::from_u64(values[i].ordered_bits());
    if let Some(nulls) = array.nulls().filter(|n| n.null_count() > 0) {
        sink.take(rows, |i| {
            if nulls.is_null(start + i) {
                Found::Missing
            } else {
                Found::Key(key(i))
            }
        });
    } else {
        sink.out.extend(rows.iter().map(|&i| key(i as usize)));
    }
}

fn mark_integers(array: &ArrayRef, range: Range<usize>, marks: &mut Marks) {
    with_integer_type!(array.data_type(), T => mark_changes(&array.as_primitive::<T>().values()[range], marks));
}

/// Marks rows where a null begins or ends: what stands in the values behind a null means nothing.
fn mark_nulls(nulls: Option<&NullBuffer>, range: Range<usize>, marks: &mut Marks) {
    let Some(nulls) = nulls.filter(|n| n.null_count() > 0) else {
        return;
    };
    for (i, row) in range.enumerate().skip(1) {
        marks[i] |= u8::from(nulls.is_null(row) != nulls.is_null(row - 1));
    }
}

/// Rows of text, of any layout.
trait Texts {
    fn text(&self, row: usize) -> &[u8];
    fn ends(&self, row: usize) -> Ends;
    fn nulls(&self) -> Option<&NullBuffer>;
}

impl<O: OffsetSizeTrait> Texts for GenericStringArray<O> {
    #[inline(always)]
    fn text(&self, row: usize) -> &[u8] {
        let offsets = self.value_offsets();
        &self.value_data()[offsets[row].as_usize()..offsets[row + 1].as_usize()]
    }

    #[inline(always)]
    fn ends(&self, row: usize) -> Ends {
        let offsets = self.value_offsets();
        let (from, to) = (offsets[row].as_usize(), offsets[row + 1].as_usize());
        let len = to - from;
        if len < 8
            && let Some(bytes) = self.value_data().get(from..).and_then(<[u8]>::first_chunk)
        {
            // The next texts' bytes are shifted away.
            return Ends::of_short(u64::from_le_bytes(*bytes), len);
        }
        Ends::of(&self.value_data()[from..to])
    }

    fn nulls(&self) -> Option<&NullBuffer> {
        Array::nulls(self)
    }
}

impl Texts for StringViewArray {
    #[inline(always)]
    fn text(&self, row: usize) -> &[u8] {
        self.value(row).as_bytes()
    }

    #[inline(always)]
    fn ends(&self, row: usize) -> Ends {
        const INLINE: usize = 12;
        let view = self.views()[row];
        let len = view as u32 as usize;
        // A short view holds its bytes itself, behind its 32-bit length; zeros follow them.
        let bytes = view >> 32;
        match len {
            0..8 => Ends::of_short(bytes as u64, len),
            8..=INLINE => Ends {
                head: bytes as u64,
                tail: (bytes >> (8 * (len - 8))) as u64,
                len,
            },
            _ => Ends::of(self.value(row).as_bytes()),
        }
    }

    fn nulls(&self) -> Option<&NullBuffer> {
        Array::nulls(self)
    }
}

fn mark_strings<O: OffsetSizeTrait>(
    array: &GenericStringArray<O>,
    range: Range<usize>,
    marks: &mut Marks,
) {
    let offsets = &array.value_offsets()[range.start..=range.end];
    let (first, last) = (offsets[0].as_usize(), offsets[range.len()].as_usize());
    let len = (last - first) / range.len();
    // Ids mostly have one length, and then they stand in steps of it.
    let is_even = offsets
        .iter()
        .enumerate()
        .all(|(i, o)| o.as_usize() == first + i * len);
    if is_even && (8..=WHOLE).contains(&len) {
        let texts = array.value_data()[first..last].chunks_exact(len);
        mark_ends(texts.map(Ends::of), marks);
    } else if offsets
        .windows(2)
        .all(|o| (o[1] - o[0]).as_usize() <= WHOLE)
    {
        mark_ends(range.map(|row| array.ends(row)), marks);
    } else {
        for (i, row) in range.enumerate().skip(1) {
            marks[i] |= u8::from(array.text(row) != array.text(row - 1));
        }
    }
}

#[inline(always)]
fn mark_ends(mut texts: impl Iterator<Item = Ends>, marks: &mut Marks) {
    let Some(mut before) = texts.next() else {
        return;
    };
    for (this, mark) in texts.zip(&mut marks[1..]) {
        // Without branches: where the next id begins cannot be foreseen.
        let differs =
            (this.head ^ before.head) | (this.tail ^ before.tail) | (this.len ^ before.len) as u64;
        *mark |= u8::from(differs != 0);
        before = this;
    }
}

fn read_text<K: Key, F: FnMut(usize, Found<()>)>(
    array: &ArrayRef,
    codec: Option<Codec>,
    start: usize,
    rows: &[u32],
    sink: &mut Sink<'_, K, F>,
) {
    match array.data_type() {
        DataType::Utf8 => read_texts(array.as_string::<i32>(), codec, start, rows, sink),
        DataType::LargeUtf8 => read_texts(array.as_string::<i64>(), codec, start, rows, sink),
        _ => read_texts(array.as_string_view(), codec, start, rows, sink),
    }
}

/// A loop for each form, so that none asks for it in every row.
fn read_texts<K: Key, F: FnMut(usize, Found<()>)>(
    texts: &impl Texts,
    codec: Option<Codec>,
    start: usize,
    rows: &[u32],
    sink: &mut Sink<'_, K, F>,
) {
    let narrow = |key: Option<u64>| key.map_or(Found::Misfit, |key| Found::Key(K::from_u64(key)));
    match codec {
        Some(Codec::Digits(digits)) => take_texts(texts, start, rows, sink, |ends, _| {
            narrow(digits.encode(ends))
        }),
        Some(codec) => take_texts(texts, start, rows, sink, |ends, _| {
            narrow(codec.encode(ends))
        }),
        None => take_texts(texts, start, rows, sink, |ends, text| {
            match K::from_text(ends, text) {
                Some(key) => Found::Key(key),
                None => Found::Misfit,
            }
        }),
    }
}

#[inline(always)]
fn take_texts<'a, K: Key, F: FnMut(usize, Found<()>), T: Texts>(
    texts: &'a T,
    start: usize,
    rows: &[u32],
    sink: &mut Sink<'_, K, F>,
    found: impl Fn(Ends, &dyn Fn() -> &'a [u8]) -> Found<K>,
) {
    let nulls = texts.nulls().filter(|n| n.null_count() > 0);
    sink.take(rows, |i| {
        let row = start + i;
        if nulls.is_some_and(|n| n.is_null(row)) {
            return Found::Missing;
        }
        let ends = texts.ends(row);
        // Identifiers hardly ever begin with a space, or with one of those beyond ASCII: the first byte settles nearly all.
        let first = ends.first_byte();
        if ends.len == 0 || ((first <= b' ' || first >= 0x7f) && is_blank(texts.text(row))) {
            return Found::Missing;
        }
        found(ends, &|| texts.text(row))
    });
}

/// No identifier: empty, or nothing but white space and control characters.
pub(crate) fn is_blank(text: &[u8]) -> bool {
    let is_blank = |c: char| c.is_whitespace() || c.is_control();
    // What is not UTF-8 cannot come from an Arrow text column.
    std::str::from_utf8(text).is_ok_and(|t| t.chars().all(is_blank))
}
