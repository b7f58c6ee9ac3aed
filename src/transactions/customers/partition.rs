//! Lines to records, records to parts.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::splitters::Splitters;
use crate::budget::Budget;
use crate::error::Result;
use crate::parallel::{Context, map_ordered, pieces};
use crate::table::key::{self, Key};
use crate::table::time::EARLIEST;
use crate::table::{Segment, Table};
use crate::transactions::counts::{ORDER, Tally, USED};
use crate::transactions::lines::{BLOCK, Block, LineReader};

/// Rows of a piece of work.
pub(super) const PIECE: usize = 262_144;
/// Rows whose records are sorted together: few enough that they are sorted within the second-level cache.
const SORTED: usize = 65_536;
/// Working memory a job takes unasked, at least; of a large table, half of what a record per row would take.
const DEFAULT_BYTES: u64 = 64_000_000;
const MAX_ROUNDS: u64 = 16;

/// Consecutive lines of one customer, one counted value, one instant, one kind.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Record<K> {
    pub(super) customer: K,
    pub(super) distinct: K,
    stamp: u64,
    /// Ten-thousandths as `i64`, or the bits of an `f64`.
    amount: u64,
}

fn time_of(stamp: u64) -> i64 {
    (stamp >> 10) as i64 + EARLIEST
}

/// Lines in a record, at most: what eight bits of the stamp hold.
const MAX_LINES: usize = 256;

impl<K> Record<K> {
    /// Instants from 1900 to 2200 take 54 bits; status and lines share the rest.
    fn stamp(time: i64, status: u8) -> u64 {
        ((time - EARLIEST) as u64) << 10 | u64::from(status)
    }

    pub(super) fn time(&self) -> i64 {
        time_of(self.stamp)
    }

    pub(super) fn is_order(&self) -> bool {
        self.stamp & 3 < u64::from(USED)
    }

    pub(super) fn is_counted(&self) -> bool {
        self.stamp & 3 == u64::from(ORDER)
    }

    pub(super) fn lines(&self) -> u32 {
        (self.stamp >> 2 & 0xff) as u32 + 1
    }

    pub(super) fn minor(&self) -> i64 {
        self.amount as i64
    }

    pub(super) fn money(&self) -> f64 {
        f64::from_bits(self.amount)
    }
}

/// The records of one piece, sorted by part, in row order within each.
#[derive(Debug)]
pub(super) struct Piece<K> {
    records: Vec<Record<K>>,
    ends: Vec<u32>,
}

impl<K> Piece<K> {
    /// The records of a part, counted from the first part of the round.
    pub(super) fn part(&self, part: usize) -> &[Record<K>] {
        let from = if part == 0 { 0 } else { self.ends[part - 1] };
        &self.records[from as usize..self.ends[part] as usize]
    }
}

/// The records of all pieces.
pub(super) struct Partitioned<K> {
    pub(super) pieces: Vec<Piece<K>>,
    pub(super) tally: Tally,
    /// A row for each customer whose key is a hash.
    pub(super) hashed: HashMap<u128, Segment>,
}

/// The ranges of parts to work on one after the other, so that the records fit the memory.
pub(super) fn rounds<K: Key>(
    table: &Table,
    reader: &LineReader<'_, K>,
    n_parts: usize,
    exact: bool,
    budget: &Budget,
) -> Result<Vec<Range<usize>>> {
    let n_rows = table.n_rows() as u64;
    let bytes = (sampled_records_per_row(table, reader, exact) * n_rows as f64) as u64
        * size_of::<Record<K>>() as u64;
    let limit = budget
        .max_bytes()
        .unwrap_or((n_rows * size_of::<Record<K>>() as u64 / 2).max(DEFAULT_BYTES));
    budget.check(
        "adding up customers",
        bytes / MAX_ROUNDS,
        "raise the memory budget, or work on a shorter period",
    )?;
    let n_rounds = bytes.div_ceil(limit.max(1)).clamp(1, MAX_ROUNDS) as usize;
    let per_round = n_parts.div_ceil(n_rounds);
    Ok(pieces(n_parts, per_round).collect())
}

/// How far folding shortens the table, from blocks of rows evenly spaced.
fn sampled_records_per_row<K: Key>(table: &Table, reader: &LineReader<'_, K>, exact: bool) -> f64 {
    const BLOCKS: usize = 16;
    let n = table.n_rows();
    if n <= BLOCKS * BLOCK {
        return 1.0;
    }
    let (mut rows, mut records) = (0, 0);
    for i in 0..BLOCKS {
        let from = i * (n - BLOCK) / BLOCKS;
        let mut folder = Folder::new(reader, None);
        table
            .segments(from..from + BLOCK)
            .for_each(|at| folder.read(&at, exact));
        rows += BLOCK;
        records += folder.records.len();
    }
    records as f64 / rows as f64
}

/// Reads all lines; `None` if `exact` and a line's money is not decimal.
pub(super) fn partition<K: Key>(
    table: &Table,
    reader: &LineReader<'_, K>,
    splitters: &Splitters<K>,
    parts: Range<usize>,
    exact: bool,
    ctx: &Context,
) -> Result<Option<Partitioned<K>>> {
    let inexact = AtomicBool::new(false);
    let all_pieces = pieces(table.n_rows(), PIECE).collect();
    let done = map_ordered(ctx, "read lines", all_pieces, |rows: Range<usize>| {
        let mut folder = Folder::new(reader, Some((splitters, parts.clone())));
        let mut sorted = Vec::with_capacity(PIECE / SORTED);
        for few in pieces(rows.len(), SORTED) {
            for at in table.segments(rows.start + few.start..rows.start + few.end) {
                folder.read_segment(&at, exact);
            }
            // One line that is not decimal settles it for all pieces.
            if folder.inexact || inexact.load(Ordering::Relaxed) {
                inexact.store(true, Ordering::Relaxed);
                return Ok(None);
            }
            sorted.push(folder.sort(parts.len()));
        }
        Ok(Some((sorted, folder.finish())))
    })?;
    let Some(done) = done.into_iter().collect::<Option<Vec<_>>>() else {
        return Ok(None);
    };
    let mut all = Partitioned {
        pieces: Vec::new(),
        tally: Tally::default(),
        hashed: HashMap::new(),
    };
    for (sorted, (tally, hashed)) in done {
        all.pieces.extend(sorted);
        all.tally.merge(&tally);
        all.hashed.extend(hashed);
    }
    Ok(Some(all))
}

/// Folds consecutive lines into records.
struct Folder<'a, K> {
    reader: &'a LineReader<'a, K>,
    /// Which parts to keep; all where there is only counting to do.
    parts: Option<(&'a Splitters<K>, Range<usize>)>,
    block: Block<K>,
    records: Vec<Record<K>>,
    record_parts: Vec<u16>,
    tally: Tally,
    hashed: HashMap<u128, Segment>,
    inexact: bool,
    /// Rows of the block that differ from the row before, a bit each.
    starts: Bits,
    /// Times lead in stamps: the largest is that of the latest record.
    latest_stamp: Option<u64>,
}

impl<'a, K: Key> Folder<'a, K> {
    fn new(reader: &'a LineReader<'a, K>, parts: Option<(&'a Splitters<K>, Range<usize>)>) -> Self {
        Self {
            reader,
            parts,
            block: Block::default(),
            records: Vec::new(),
            record_parts: Vec::new(),
            tally: Tally::default(),
            hashed: HashMap::new(),
            inexact: false,
            starts: [0; _],
            latest_stamp: None,
        }
    }

    fn read_segment(&mut self, at: &Segment, exact: bool) {
        for block in pieces(at.range.len(), BLOCK) {
            let range = at.range.start + block.start..at.range.start + block.end;
            let (chunk, first_row) = (at.chunk, at.first_row + block.start);
            self.read(
                &Segment {
                    chunk,
                    range,
                    first_row,
                },
                exact,
            );
        }
    }

    fn read(&mut self, at: &Segment, exact: bool) {
        let mut block = std::mem::take(&mut self.block);
        self.inexact |= !self.reader.read(at, &mut block, exact);
        if exact {
            self.fold::<true>(at, &block);
        } else {
            self.fold::<false>(at, &block);
        }
        self.block = block;
    }

    /// A record ends with its block: to carry it on would cost more than it saves.
    fn fold<const EXACT: bool>(&mut self, at: &Segment, block: &Block<K>) {
        let n = at.range.len();
        self.tally.rows_in += n as u64;
        let mut from = 0;
        self.mark_starts::<EXACT>(block, n);
        let starts = self.starts;
        for to in ones(&starts) {
            self.fold_run::<EXACT>(at, block, from..to);
            from = to;
        }
        self.fold_run::<EXACT>(at, block, from..n);
    }

    /// Marks the rows that differ from the row before; the first is not marked.
    fn mark_starts<const EXACT: bool>(&mut self, block: &Block<K>, n: usize) {
        let mut differs = [0u8; BLOCK];
        if EXACT {
            changes(&block.customer[..n], &mut differs);
            changes(&block.time[..n], &mut differs);
            changes(&block.status[..n], &mut differs);
            if self.reader.has_distinct() {
                changes(&block.distinct[..n], &mut differs);
            }
        } else {
            // Floats are added line by line, in row order: folded first, their sum would depend on where blocks end.
            differs[1..n].fill(1);
        }
        self.starts = to_bits(&differs);
    }

    /// Rows that are alike in all but their money.
    fn fold_run<const EXACT: bool>(&mut self, at: &Segment, block: &Block<K>, run: Range<usize>) {
        let from = run.start;
        let (customer, time, kind) = (block.customer[from], block.time[from], block.status[from]);
        if kind > USED {
            self.tally.leave_out(kind, run.len() as u64);
            return;
        }
        let distinct = if self.reader.has_distinct() {
            block.distinct[from]
        } else {
            customer
        };
        for lines in pieces(run.len(), MAX_LINES) {
            let lines = from + lines.start..from + lines.end;
            let amount = if EXACT {
                // Of lines that are not decimal this is garbage of any size, and thrown away later.
                let add = |sum: i64, &minor: &i64| sum.wrapping_add(minor);
                block.minor[lines.clone()].iter().fold(0, add) as u64
            } else {
                block.amount[from].to_bits()
            };
            let stamp = Record::<K>::stamp(time, kind) | ((lines.len() - 1) as u64) << 2;
            self.push(Record {
                customer,
                distinct,
                stamp,
                amount,
            });
        }
        self.remember(customer, at, from);
    }

    fn push(&mut self, record: Record<K>) {
        self.latest_stamp = self.latest_stamp.max(Some(record.stamp));
        if let Some((splitters, range)) = &self.parts {
            let part = splitters.part(record.customer);
            if !range.contains(&part) {
                return;
            }
            self.record_parts.push((part - range.start) as u16);
        }
        self.records.push(record);
    }

    /// Keeps a row of each customer whose key does not hold the text.
    fn remember(&mut self, customer: K, at: &Segment, i: usize) {
        if self.reader.has_text_customers() && key::is_hashed(customer.widen()) {
            let row = at.range.start + i;
            let segment = || Segment {
                chunk: at.chunk,
                range: row..row + 1,
                first_row: at.first_row + i,
            };
            self.hashed.entry(customer.widen()).or_insert_with(segment);
        }
    }

    /// Takes the records read so far, sorted by part in their order within each.
    fn sort(&mut self, n_parts: usize) -> Piece<K> {
        let mut next = vec![0u32; n_parts + 1];
        self.record_parts
            .iter()
            .for_each(|&p| next[usize::from(p) + 1] += 1);
        for p in 0..n_parts {
            next[p + 1] += next[p];
        }
        let mut records = vec![Record::default(); self.records.len()];
        for (record, &p) in self.records.iter().zip(&self.record_parts) {
            let at = &mut next[usize::from(p)];
            records[*at as usize] = *record;
            *at += 1;
        }
        next.pop();
        self.records.clear();
        self.record_parts.clear();
        Piece {
            records,
            ends: next,
        }
    }

    fn finish(mut self) -> (Tally, HashMap<u128, Segment>) {
        self.tally.latest = self.latest_stamp.map(time_of);
        (self.tally, self.hashed)
    }
}

type Bits = [u64; BLOCK / 64];

/// Adds a mark to each element that differs from the one before it. Without branches: vector instructions do it.
fn changes<T: PartialEq>(values: &[T], marks: &mut [u8; BLOCK]) {
    let pairs = values.iter().zip(values.iter().skip(1));
    for (mark, (before, value)) in marks[1..].iter_mut().zip(pairs) {
        *mark |= u8::from(value != before);
    }
}

/// Bytes of 0 or 1 as bits.
fn to_bits(bytes: &[u8; BLOCK]) -> Bits {
    /// Moves the low bit of byte `i` to bit `56 + i`.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut bits = [0; _];
    for (i, eight) in bytes.as_chunks::<8>().0.iter().enumerate() {
        bits[i / 8] |= (u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56) << (8 * (i % 8));
    }
    bits
}

/// Positions of the bits that are set.
fn ones(bits: &Bits) -> impl Iterator<Item = usize> {
    bits.iter().enumerate().flat_map(|(i, &word)| {
        let mut left = word;
        std::iter::from_fn(move || {
            let at = (left != 0).then(|| left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(64 * i + at)
        })
    })
}

/// Neumaier's compensated addition.
#[inline]
pub(super) fn add_compensated(sum: &mut f64, lost: &mut f64, value: f64) {
    let total = *sum + value;
    *lost += if sum.abs() >= value.abs() {
        (*sum - total) + value
    } else {
        (value - total) + *sum
    };
    *sum = total;
}
