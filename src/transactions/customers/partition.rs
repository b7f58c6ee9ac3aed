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

/// Rows of a piece: long enough that its part in each group is a run worth streaming.
pub(super) const PIECE: usize = 262_144;
/// Working memory a job takes unasked, per row of the table and at least.
const DEFAULT_BYTES_PER_ROW: u64 = 12;
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
const MAX_LINES: u64 = 256;

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
    budget: &Budget,
) -> Result<Vec<Range<usize>>> {
    let n_rows = table.n_rows() as u64;
    let bytes = (sampled_records_per_row(table, reader) * n_rows as f64) as u64
        * size_of::<Record<K>>() as u64;
    let limit = budget
        .max_bytes()
        .unwrap_or((n_rows * DEFAULT_BYTES_PER_ROW).max(DEFAULT_BYTES));
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
fn sampled_records_per_row<K: Key>(table: &Table, reader: &LineReader<'_, K>) -> f64 {
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
            .for_each(|at| folder.read(&at, false));
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
    let done = map_ordered(
        ctx,
        "read lines",
        pieces(table.n_rows(), PIECE).collect(),
        |rows| {
            let mut folder = Folder::new(reader, Some((splitters, parts.clone())));
            for at in table.segments(rows) {
                for block in pieces(at.range.len(), BLOCK) {
                    let range = at.range.start + block.start..at.range.start + block.end;
                    folder.read(
                        &Segment {
                            chunk: at.chunk,
                            range,
                            first_row: at.first_row + block.start,
                        },
                        exact,
                    );
                }
                // One line that is not decimal settles it for all pieces.
                if folder.inexact || inexact.load(Ordering::Relaxed) {
                    inexact.store(true, Ordering::Relaxed);
                    return Ok(None);
                }
            }
            Ok(Some(folder.finish(parts.len())))
        },
    )?;
    let Some(done) = done.into_iter().collect::<Option<Vec<_>>>() else {
        return Ok(None);
    };
    let mut all = Partitioned {
        pieces: Vec::with_capacity(done.len()),
        tally: Tally::default(),
        hashed: HashMap::new(),
    };
    for (piece, tally, hashed) in done {
        all.pieces.push(piece);
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
    open: Option<Open<K>>,
    records: Vec<Record<K>>,
    record_parts: Vec<u16>,
    tally: Tally,
    hashed: HashMap<u128, Segment>,
    inexact: bool,
    /// Times lead in stamps: the largest is that of the latest record.
    latest_stamp: u64,
}

/// The record that lines are being added to.
#[derive(Clone, Copy)]
struct Open<K> {
    customer: K,
    distinct: K,
    stamp: u64,
    lines: u64,
    minor: i64,
    money: f64,
    /// What rounding has lost of `money`.
    lost: f64,
}

impl<'a, K: Key> Folder<'a, K> {
    fn new(reader: &'a LineReader<'a, K>, parts: Option<(&'a Splitters<K>, Range<usize>)>) -> Self {
        Self {
            reader,
            parts,
            block: Block::default(),
            open: None,
            records: Vec::new(),
            record_parts: Vec::new(),
            tally: Tally::default(),
            hashed: HashMap::new(),
            inexact: false,
            latest_stamp: 0,
        }
    }

    fn read(&mut self, at: &Segment, exact: bool) {
        let mut block = std::mem::take(&mut self.block);
        self.inexact |= !self.reader.read(at, &mut block, exact);
        if exact {
            self.fold::<true>(at, &block)
        } else {
            self.fold::<false>(at, &block)
        }
        self.block = block;
    }

    fn fold<const EXACT: bool>(&mut self, at: &Segment, block: &Block<K>) {
        let n = at.range.len();
        let has_distinct = self.reader.has_distinct();
        self.tally.rows_in += n as u64;
        for i in 0..n {
            let status = block.status[i];
            if status > USED {
                self.tally.leave_out(status);
                continue;
            }
            let customer = block.customer[i];
            let distinct = if has_distinct {
                block.distinct[i]
            } else {
                K::default()
            };
            let stamp = Record::<K>::stamp(block.time[i], status);
            let (minor, money) = if EXACT {
                (block.minor[i], 0.0)
            } else {
                (0, block.amount[i])
            };
            match &mut self.open {
                Some(o)
                    if o.customer == customer
                        && o.distinct == distinct
                        && o.stamp == stamp
                        && o.lines < MAX_LINES =>
                {
                    o.lines += 1;
                    o.minor += minor;
                    if !EXACT {
                        add_compensated(&mut o.money, &mut o.lost, money);
                    }
                }
                _ => {
                    self.close::<EXACT>();
                    self.open = Some(Open {
                        customer,
                        distinct,
                        stamp,
                        lines: 1,
                        minor,
                        money,
                        lost: 0.0,
                    });
                    self.remember(customer, at, i);
                }
            }
        }
        // A record ends with its block: what it cost to carry it on would be more than it saves.
        self.close::<EXACT>();
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

    fn close<const EXACT: bool>(&mut self) {
        let Some(o) = self.open.take() else { return };
        self.latest_stamp = self.latest_stamp.max(o.stamp);
        if let Some((splitters, range)) = &self.parts {
            let part = splitters.part(o.customer);
            if !range.contains(&part) {
                return;
            }
            self.record_parts.push((part - range.start) as u16);
        }
        let amount = if EXACT {
            o.minor as u64
        } else {
            (o.money + o.lost).to_bits()
        };
        let stamp = o.stamp | (o.lines - 1) << 2;
        self.records.push(Record {
            customer: o.customer,
            distinct: o.distinct,
            stamp,
            amount,
        });
    }

    /// Sorts the records by part, keeping their order within each.
    fn finish(self, n_parts: usize) -> (Piece<K>, Tally, HashMap<u128, Segment>) {
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
        let mut tally = self.tally;
        tally.latest = (!self.record_parts.is_empty() || self.latest_stamp > 0)
            .then(|| time_of(self.latest_stamp));
        (
            Piece {
                records,
                ends: next,
            },
            tally,
            self.hashed,
        )
    }
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
