//! A column as numbers: each row the place of its value among the distinct values, in ascending order.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, UInt64Array};

use super::ids::codec::Codec;
use super::ids::{IdColumn, IdReader};
use super::key::{self, Key};
use super::{Segment, Table};
use crate::error::{Error, Result};
use crate::kernels::lines::{BLOCK, Marks, starts};
use crate::parallel::{Context, map_ordered, pieces, sorted};

/// The number of a row without a value.
pub(crate) const NONE: u32 = u32::MAX;

/// Rows of a piece of work; a long table is cut into about as many pieces as [`PIECES`].
const MIN_PIECE: usize = 1 << 16;
const MAX_PIECE: usize = 1 << 20;
const PIECES: usize = 64;

/// How many rows a piece of work has: by the length of the table alone.
pub(crate) fn piece_rows(n_rows: usize) -> usize {
    let rows = (n_rows / PIECES).next_multiple_of(MIN_PIECE);
    rows.clamp(MIN_PIECE, MAX_PIECE)
}

/// A column by numbers.
#[derive(Debug)]
pub(crate) struct Codes {
    /// Of each row; [`NONE`] where there is no value, or where it was not wanted.
    pub(crate) codes: Vec<u32>,
    /// The distinct values in ascending order.
    pub(crate) values: ArrayRef,
}

/// The numbers of a column's rows; where `wanted` is given, of those for which it holds nought.
///
/// # Errors
/// [`Error::Parameter`] if there are 2^32 - 1 distinct values or more; [`Error::Cancelled`].
pub(crate) fn codes(
    table: &Table,
    column: &IdColumn,
    wanted: Option<&[u8]>,
    ctx: &Context,
) -> Result<Codes> {
    let job = Job {
        table,
        column,
        wanted,
        piece: piece_rows(table.n_rows()),
        ctx,
    };
    if let Some(codec) = column.codec(&sample(table)) {
        // A text of another form than the sample's is met sooner or later, or never.
        if let Some(codes) = job.attempt::<u64>(Some(codec))? {
            return Ok(codes);
        }
    }
    let codes = job.attempt::<u128>(None)?;
    codes.ok_or_else(|| Error::parameter("Baskets", "ids", "must have keys", "none"))
}

/// Rows evenly spaced.
fn sample(table: &Table) -> Vec<Segment> {
    const ROWS: usize = 2_048;
    let n = table.n_rows();
    let rows = (0..n.min(ROWS)).map(|i| i * n / n.min(ROWS));
    rows.map(|row| segment_of(table, row)).collect()
}

/// A row as a segment.
fn segment_of(table: &Table, row: usize) -> Segment {
    let (chunk, at) = table.place(row);
    Segment {
        chunk,
        range: at..at + 1,
        first_row: row,
    }
}

struct Job<'a> {
    table: &'a Table,
    column: &'a IdColumn,
    wanted: Option<&'a [u8]>,
    piece: usize,
    ctx: &'a Context,
}

/// A value that a piece has: the piece, and its place there.
type Place = (u32, u32);

impl Job<'_> {
    /// The numbers by keys of one kind; none if a text has another form than the codec's.
    fn attempt<K: Key>(&self, codec: Option<Codec>) -> Result<Option<Codes>> {
        let reader = self.column.reader::<K>(codec)?;
        let mut codes = vec![NONE; self.table.n_rows()];
        let parts: Vec<_> = codes.chunks_mut(self.piece).enumerate().collect();
        let found = map_ordered(self.ctx, "number values", parts, |(i, codes)| {
            Ok(self.number_piece(&reader, i * self.piece, codes))
        })?;
        let Some(mut found) = found.into_iter().collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        let all = in_key_order(&found, self.ctx)?;
        let mut keys: Vec<K> = all.iter().map(|&(key, _)| key).collect();
        keys.dedup();
        if keys.len() >= NONE as usize {
            let rule = "must be fewer than 2^32 - 1 distinct values";
            return Err(Error::parameter("Baskets", "ids", rule, keys.len()));
        }
        let row_of = |key: u128| {
            let at = all.partition_point(|(k, _)| k.widen() < key);
            let (piece, place) = all.get(at)?.1;
            let row = found[piece as usize].rows[place as usize] as usize;
            Some(segment_of(self.table, piece as usize * self.piece + row))
        };
        let mut values = self.column.values(&keys, codec, row_of, self.ctx)?;
        let may_be_hashed = codec.is_none() && !self.column.is_integer();
        let mut ranks = None;
        if may_be_hashed && keys.iter().any(|k| key::is_hashed(k.widen())) {
            // The order of hashes means nothing.
            let order = text_order(&values, self.ctx)?;
            values = taken(&values, &order)?;
            let mut places = vec![0; order.len()];
            for (rank, &at) in order.iter().enumerate() {
                places[at as usize] = rank as u32;
            }
            ranks = Some(places);
        }
        drop(keys);
        let (mut number, mut last) = (0, None);
        for (key, (piece, place)) in all {
            number += u32::from(last.is_some_and(|last| last != key));
            last = Some(key);
            let number = ranks.as_ref().map_or(number, |r| r[number as usize]);
            found[piece as usize].rows[place as usize] = number;
        }
        let parts: Vec<_> = codes.chunks_mut(self.piece).zip(&found).collect();
        map_ordered(self.ctx, "number values", parts, |(codes, found)| {
            for code in codes {
                // Of no value the number stays.
                *code = found.rows.get(*code as usize).copied().unwrap_or(NONE);
            }
            Ok(())
        })?;
        Ok(Some(Codes { codes, values }))
    }

    /// Numbers the rows of a piece by its own distinct values, as they come.
    fn number_piece<K: Key>(
        &self,
        reader: &IdReader<K>,
        first: usize,
        codes: &mut [u32],
    ) -> Option<Found<K>> {
        let mut numberer = Numberer::new();
        for at in self.table.segments(first..first + codes.len()) {
            for rows in pieces(at.range.len(), BLOCK) {
                let row = at.first_row + rows.start;
                let block = Segment {
                    chunk: at.chunk,
                    range: at.range.start + rows.start..at.range.start + rows.end,
                    first_row: row,
                };
                let wanted = self.wanted.map(|w| &w[row..row + rows.len()]);
                let from = row - first;
                let codes = &mut codes[from..from + rows.len()];
                if !numberer.read(reader, &block, wanted, from as u32, codes) {
                    return None;
                }
            }
        }
        Some(numberer.found)
    }
}

/// The distinct values of a piece, in the order in which they came.
#[derive(Debug)]
struct Found<K> {
    keys: Vec<K>,
    /// A row of each, counted from the piece's first; in the end, the number of each among all.
    rows: Vec<u32>,
}

/// Numbers keys as they come: an open-addressed index into the list of keys.
struct Numberer<K> {
    found: Found<K>,
    slots: Vec<u32>,
    marks: Marks,
    starts: Vec<u32>,
    keys: Vec<K>,
    missing: Vec<usize>,
    /// Blocks for which runs are not looked for, because there were none.
    without_runs: u32,
}

impl<K: Key> Numberer<K> {
    fn new() -> Self {
        Self {
            found: Found {
                keys: Vec::new(),
                rows: Vec::new(),
            },
            slots: vec![NONE; 1024],
            marks: [0; BLOCK],
            starts: Vec::new(),
            keys: Vec::new(),
            missing: Vec::new(),
            without_runs: 0,
        }
    }

    /// Numbers the rows of a block that begins at row `first`; false if a text has another form than the codec's.
    fn read(
        &mut self,
        reader: &IdReader<K>,
        at: &Segment,
        wanted: Option<&[u8]>,
        first: u32,
        codes: &mut [u32],
    ) -> bool {
        let n = codes.len();
        let all_wanted = wanted.is_none_or(|w| w.iter().fold(0, |any, &w| any | w) == 0);
        if all_wanted {
            self.find_runs(reader, at);
        } else {
            let wanted = wanted.unwrap_or_default().iter().enumerate();
            self.starts.clear();
            let rows = wanted.filter(|(_, w)| **w == 0).map(|(i, _)| i as u32);
            self.starts.extend(rows);
        }
        self.keys.clear();
        self.missing.clear();
        let missing = &mut self.missing;
        if !reader.read(at, &self.starts, &mut self.keys, |place| {
            missing.push(place);
        }) {
            return false;
        }
        let mut next_missing = 0;
        for place in 0..self.keys.len() {
            let from = self.starts[place];
            if self.missing.get(next_missing) == Some(&place) {
                next_missing += 1;
                continue;
            }
            let code = self.code(self.keys[place], first + from);
            if all_wanted {
                let to = self.starts.get(place + 1).map_or(n, |&to| to as usize);
                codes[from as usize..to].fill(code);
            } else {
                codes[from as usize] = code;
            }
        }
        true
    }

    /// Rows that may differ from the one before. Where hardly any row equals the one before, each is taken for itself.
    fn find_runs(&mut self, reader: &IdReader<K>, at: &Segment) {
        const SKIPPED: u32 = 15;
        let n = at.range.len();
        if self.without_runs > 0 {
            self.without_runs -= 1;
            self.starts.clear();
            self.starts.extend(0..n as u32);
            return;
        }
        self.marks.fill(0);
        reader.mark_changes(at, &mut self.marks);
        starts(&self.marks, n, n.max(1), &mut self.starts);
        if self.starts.len() * 8 > n * 7 {
            self.without_runs = SKIPPED;
        }
    }

    #[inline]
    fn code(&mut self, key: K, row: u32) -> u32 {
        if 2 * (self.found.keys.len() + 1) > self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut slot = key.mix() as usize & mask;
        loop {
            let code = self.slots[slot];
            if code == NONE {
                let code = self.found.keys.len() as u32;
                self.slots[slot] = code;
                self.found.keys.push(key);
                self.found.rows.push(row);
                return code;
            }
            if self.found.keys[code as usize] == key {
                return code;
            }
            slot = (slot + 1) & mask;
        }
    }

    #[cold]
    fn grow(&mut self) {
        let n = 4 * self.slots.len();
        self.slots = vec![NONE; n];
        for (code, key) in self.found.keys.iter().enumerate() {
            let mut slot = key.mix() as usize & (n - 1);
            while self.slots[slot] != NONE {
                slot = (slot + 1) & (n - 1);
            }
            self.slots[slot] = code as u32;
        }
    }
}

/// All places by key, and of one key by piece.
fn in_key_order<K: Key>(found: &[Found<K>], ctx: &Context) -> Result<Vec<(K, Place)>> {
    let of_piece = |(piece, f): (usize, &Found<K>)| -> Vec<(K, Place)> {
        let places = f.keys.iter().enumerate();
        places
            .map(|(place, &key)| (key, (piece as u32, place as u32)))
            .collect()
    };
    let all: Vec<(K, Place)> = found.iter().enumerate().flat_map(of_piece).collect();
    if all.is_sorted_by_key(|(key, _)| *key) {
        return Ok(all);
    }
    sorted(ctx, "number values", all, |&(key, _)| key)
}

fn text_order(texts: &ArrayRef, ctx: &Context) -> Result<Vec<u64>> {
    let order: Vec<u64> = (0..texts.len() as u64).collect();
    if let Some(texts) = texts.as_string_opt::<i32>() {
        return sorted(ctx, "sort values", order, |&i| texts.value(i as usize));
    }
    match texts.as_string_opt::<i64>() {
        Some(texts) => sorted(ctx, "sort values", order, |&i| texts.value(i as usize)),
        None => Ok(order),
    }
}

fn taken(values: &ArrayRef, rows: &[u64]) -> Result<ArrayRef> {
    let rows = UInt64Array::from_iter_values(rows.iter().copied());
    arrow_select::take::take(values, &rows, None).map_err(|e| Error::FeatureMismatch {
        what: "the values of a column".into(),
        why: e.to_string(),
    })
}
