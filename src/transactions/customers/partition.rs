//! Lines to records, records to parts.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU8, Ordering};

use super::record::{Record, Run};
use super::splitters::{self, Splitters};
use crate::budget::Budget;
use crate::error::Result;
use crate::parallel::{Context, Spares, map_ordered, pieces};
use crate::table::key::{self, Key};
use crate::table::{Segment, Table};
use crate::transactions::counts::{Reason, Tally, USED};
use crate::transactions::lines::{BLOCK, Block, LineReader};

/// Records that are sorted together, about: few enough that they are sorted within the second-level cache.
const SORTED: usize = 65_536;
/// Rows read between looks at what the other tasks have found.
const CHECKED: usize = 32_768;
/// Rows of a piece of work, at most; a long table is cut into as many pieces as [`PIECES`].
const MAX_PIECE: usize = 1 << 20;
const MIN_PIECE: usize = 1 << 16;
const PIECES: usize = 64;
/// Working memory a job takes unasked: so many bytes at least, and so many bytes a row.
const DEFAULT_BYTES: u64 = 256_000_000;
const DEFAULT_BYTES_PER_ROW: u64 = 12;
const MAX_ROUNDS: u64 = 16;

/// Why records of one kind cannot hold the lines of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Misfit {
    /// An id or a time lies outside what the sample showed.
    Width = 1,
    /// Money that is no whole number of ten-thousandths.
    Money = 2,
}

/// What all tasks of one attempt share.
pub(super) struct Attempt<'a, R: Record> {
    table: &'a Table,
    pub(super) reader: &'a LineReader<'a, R::Key>,
    pub(super) layout: R::Layout,
    /// Money as whole ten-thousandths, or as floats.
    pub(super) exact: bool,
    /// How many lines a record may hold.
    longest: usize,
    /// How many records there will be, about.
    n_records: usize,
    pub(super) splitters: Splitters<R::Key>,
}

/// Records of some rows, sorted by part, in row order within each.
#[derive(Debug)]
pub(super) struct Sorted {
    /// Where the records begin in their piece's list.
    first: usize,
    ends: Vec<u32>,
}

/// The records of a piece of work.
#[derive(Debug)]
pub(super) struct Piece<R> {
    records: Vec<R>,
    sorted: Vec<Sorted>,
}

impl<R> Piece<R> {
    /// The records of a part, counted from the first part of the round, in row order.
    pub(super) fn part(&self, part: usize) -> impl Iterator<Item = &[R]> {
        self.sorted.iter().filter_map(move |s| {
            let from = if part == 0 { 0 } else { s.ends[part - 1] };
            let to = s.ends[part];
            (from < to).then(|| &self.records[s.first + from as usize..s.first + to as usize])
        })
    }
}

/// The records of all pieces.
pub(super) struct Partitioned<R> {
    pub(super) pieces: Vec<Piece<R>>,
    pub(super) tally: Tally,
    /// A row for each customer whose key is a hash.
    pub(super) hashed: HashMap<u128, Segment>,
}

/// Rows of a piece of work: by the length of the table alone.
fn piece_rows(n_rows: usize) -> usize {
    (n_rows / PIECES)
        .next_multiple_of(MIN_PIECE)
        .clamp(MIN_PIECE, MAX_PIECE)
}

impl<'a, R: Record> Attempt<'a, R> {
    /// An attempt to hold the lines in records of one kind; the sampled customers decide where parts end.
    pub(super) fn new(
        table: &'a Table,
        reader: &'a LineReader<'a, R::Key>,
        layout: R::Layout,
        exact: bool,
        customers: &[R::Key],
    ) -> Self {
        let mut attempt = Self {
            table,
            reader,
            layout,
            exact,
            // Floats are added line by line, in row order: folded first, their sum would depend on where blocks end.
            longest: if exact { R::MAX_LINES } else { 1 },
            n_records: 0,
            splitters: Splitters::learn(Vec::new(), 1),
        };
        attempt.n_records = attempt.sampled_records();
        // Where hardly any lines can be folded, looking for them is not worth it.
        if attempt.n_records as f64 > 0.9 * table.n_rows() as f64 {
            attempt.longest = 1;
        }
        attempt.splitters =
            Splitters::learn(customers.to_vec(), splitters::n_parts(attempt.n_records));
        attempt
    }

    /// The ranges of parts to work on one after the other, so that the records fit the memory.
    pub(super) fn rounds(&self, budget: &Budget) -> Result<Vec<Range<usize>>> {
        let n_rows = self.table.n_rows() as u64;
        let bytes = (self.n_records * size_of::<R>()) as u64;
        let limit = budget
            .max_bytes()
            .unwrap_or((n_rows * DEFAULT_BYTES_PER_ROW).max(DEFAULT_BYTES));
        budget.check(
            "adding up customers",
            bytes / MAX_ROUNDS,
            "raise the memory budget, or work on a shorter period",
        )?;
        let n_rounds = bytes.div_ceil(limit.max(1)).clamp(1, MAX_ROUNDS) as usize;
        let n_parts = self.splitters.n_parts();
        Ok(pieces(n_parts, n_parts.div_ceil(n_rounds)).collect())
    }

    /// How many records the lines become, from blocks of rows evenly spaced.
    fn sampled_records(&self) -> usize {
        const BLOCKS: usize = 16;
        let n = self.table.n_rows();
        if n <= BLOCKS * BLOCK || !self.exact {
            return n;
        }
        let mut folder = Folder::default();
        let mut runs = 0;
        for i in 0..BLOCKS {
            let from = i * (n - BLOCK) / BLOCKS;
            for at in self.table.segments(from..from + BLOCK) {
                folder.find_runs(self, &at);
                runs += folder.block.starts.len();
            }
        }
        (runs as u128 * n as u128 / (BLOCKS * BLOCK) as u128) as usize
    }

    /// Pieces of work to come.
    pub(super) fn n_pieces(&self) -> usize {
        let n_rows = self.table.n_rows();
        n_rows.div_ceil(piece_rows(n_rows))
    }

    /// Reads all lines and keeps the records of some parts.
    pub(super) fn partition(
        &self,
        parts: &Range<usize>,
        is_first_round: bool,
        ctx: &Context,
    ) -> Result<std::result::Result<Partitioned<R>, Misfit>> {
        let misfit = AtomicU8::new(0);
        let spares = Spares::default();
        let n_rows = self.table.n_rows();
        let all_pieces = pieces(n_rows, piece_rows(n_rows)).collect();
        let done = map_ordered(ctx, "read lines", all_pieces, |rows: Range<usize>| {
            let mut folder: Folder<R> = spares.take();
            folder.begin(parts.clone(), is_first_round);
            for few in pieces(rows.len(), CHECKED) {
                for at in self
                    .table
                    .segments(rows.start + few.start..rows.start + few.end)
                {
                    folder.read_segment(self, &at);
                }
                misfit.fetch_max(folder.misfit, Ordering::Relaxed);
                // One line that does not fit settles it for all pieces.
                if misfit.load(Ordering::Relaxed) > 0 {
                    return Ok(None);
                }
                folder.end_of_sorted(SORTED);
            }
            folder.end_of_sorted(1);
            let piece = folder.sort();
            let found = (piece, folder.tally, std::mem::take(&mut folder.hashed));
            spares.give_back(folder);
            Ok(Some(found))
        })?;
        let why = if misfit.into_inner() == Misfit::Width as u8 {
            Misfit::Width
        } else {
            Misfit::Money
        };
        let Some(done) = done.into_iter().collect::<Option<Vec<_>>>() else {
            return Ok(Err(why));
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
        Ok(Ok(all))
    }
}

/// Folds consecutive lines into records. It keeps its memory from piece to piece.
struct Folder<R: Record> {
    /// The parts to keep.
    parts: Range<usize>,
    is_first_round: bool,
    block: Block<R::Key>,
    /// The runs to keep: where they begin and end in the block, their customers, their parts.
    kept: Vec<u32>,
    ends: Vec<u32>,
    customers: Vec<R::Key>,
    kept_parts: Vec<u16>,
    distinct: Vec<R::Key>,
    records: Vec<R>,
    record_parts: Vec<u16>,
    /// Records that are sorted together end here.
    sorted_ends: Vec<usize>,
    tally: Tally,
    hashed: HashMap<u128, Segment>,
    /// A [`Misfit`], or 0.
    misfit: u8,
}

impl<R: Record> Default for Folder<R> {
    fn default() -> Self {
        Self {
            parts: 0..0,
            is_first_round: true,
            block: Block::default(),
            kept: Vec::new(),
            ends: Vec::new(),
            customers: Vec::new(),
            kept_parts: Vec::new(),
            distinct: Vec::new(),
            records: Vec::new(),
            record_parts: Vec::new(),
            sorted_ends: Vec::new(),
            tally: Tally::default(),
            hashed: HashMap::new(),
            misfit: 0,
        }
    }
}

impl<R: Record> Folder<R> {
    fn begin(&mut self, parts: Range<usize>, is_first_round: bool) {
        self.parts = parts;
        self.is_first_round = is_first_round;
        self.records.clear();
        self.record_parts.clear();
        self.sorted_ends.clear();
        self.tally = Tally::default();
    }

    fn read_segment(&mut self, attempt: &Attempt<'_, R>, at: &Segment) {
        for rows in pieces(at.range.len(), BLOCK) {
            let block = Segment {
                chunk: at.chunk,
                range: at.range.start + rows.start..at.range.start + rows.end,
                first_row: at.first_row + rows.start,
            };
            self.read_block(attempt, &block);
        }
    }

    /// A run ends with its block: to carry it on would cost more than it saves.
    fn find_runs(&mut self, attempt: &Attempt<'_, R>, at: &Segment) {
        attempt.reader.read(at, &mut self.block, attempt.exact);
        attempt
            .reader
            .find_runs(at, &mut self.block, attempt.longest);
    }

    fn read_block(&mut self, attempt: &Attempt<'_, R>, at: &Segment) {
        self.find_runs(attempt, at);
        let mut fits = attempt.reader.read_customers(at, &mut self.block);
        if self.is_first_round {
            self.tally.rows_in += at.range.len() as u64;
        }
        self.pick(&attempt.splitters, at.range.len());
        fits &= attempt.reader.read_distinct(
            at,
            &self.kept,
            &mut self.block.status,
            &mut self.distinct,
        );
        fits &= self.push_records(attempt, at) == 0;
        if !fits {
            self.misfit = self.misfit.max(Misfit::Width as u8);
        }
    }

    /// Picks the runs whose records this round keeps; what is left out already is counted in the first.
    fn pick(&mut self, splitters: &Splitters<R::Key>, n_rows: usize) {
        let Block {
            starts,
            status,
            customer,
            ..
        } = &self.block;
        let n_runs = starts.len();
        self.kept.resize(n_runs, 0);
        self.ends.resize(n_runs, 0);
        self.customers.resize(n_runs, R::Key::ZERO);
        self.kept_parts.resize(n_runs, 0);
        let (kept, ends) = (&mut self.kept[..n_runs], &mut self.ends[..n_runs]);
        let (customers, parts) = (
            &mut self.customers[..n_runs],
            &mut self.kept_parts[..n_runs],
        );
        let (first, last) = (self.parts.start, self.parts.end);
        let mut n = 0;
        for (run, &key) in customer.iter().enumerate() {
            let from = starts[run];
            let to = starts.get(run + 1).copied().unwrap_or(n_rows as u32);
            let status = status[from as usize];
            // Only reasons that outweigh a missing transaction are final here.
            if status > USED && status < Reason::NoTransaction as u8 {
                if self.is_first_round {
                    self.tally.leave_out(status, u64::from(to - from));
                }
                continue;
            }
            let part = splitters.part(key);
            kept[n] = from;
            ends[n] = to;
            customers[n] = key;
            parts[n] = part.wrapping_sub(first) as u16;
            n += usize::from((part >= first) & (part < last));
        }
        self.kept.truncate(n);
        self.ends.truncate(n);
        self.customers.truncate(n);
        self.kept_parts.truncate(n);
    }

    /// Makes the records of the runs that are kept; bits are set in the answer where they do not fit.
    fn push_records(&mut self, attempt: &Attempt<'_, R>, at: &Segment) -> u64 {
        let mut misfit = 0;
        let mut latest = self.tally.latest.unwrap_or(i64::MIN);
        let layout = attempt.layout;
        let block = &self.block;
        let runs = self
            .kept
            .iter()
            .zip(&self.ends)
            .zip(&self.customers)
            .zip(&self.distinct);
        for ((((&from, &to), &customer), &distinct), &part) in runs.zip(&self.kept_parts) {
            let (from, to) = (from as usize, to as usize);
            let status = block.status[from];
            if status > USED {
                self.tally.leave_out(status, (to - from) as u64);
                continue;
            }
            if block.has_odd_money && !(from..to).all(|row| attempt.reader.is_whole(block, row)) {
                self.misfit = Misfit::Money as u8;
            }
            let amount = if attempt.exact {
                // Of lines that are not whole this is garbage of any size, and thrown away.
                block.minor_sums[to].wrapping_sub(block.minor_sums[from]) as u64
            } else {
                block.amount[from].to_bits()
            };
            let (time, n_lines) = (block.time[from], (to - from) as u32);
            latest = latest.max(time);
            let run = Run {
                customer,
                distinct,
                time,
                status,
                n_lines,
                amount,
            };
            self.records.push(R::new(&layout, &run, &mut misfit));
            self.record_parts.push(part);
        }
        self.tally.latest = (latest > i64::MIN).then_some(latest);
        if attempt.reader.has_hashed_customers() {
            self.remember(at);
        }
        misfit
    }

    /// Keeps a row of each customer whose key does not hold the text.
    fn remember(&mut self, at: &Segment) {
        for (&customer, &from) in self.customers.iter().zip(&self.kept) {
            let key = customer.widen();
            if key::is_hashed(key) {
                let row = at.range.start + from as usize;
                let segment = || Segment {
                    chunk: at.chunk,
                    range: row..row + 1,
                    first_row: at.first_row + from as usize,
                };
                self.hashed.entry(key).or_insert_with(segment);
            }
        }
    }

    /// Ends the list of records that are sorted together, if it has at least so many.
    fn end_of_sorted(&mut self, at_least: usize) {
        let from = self.sorted_ends.last().copied().unwrap_or(0);
        if self.records.len() - from >= at_least {
            self.sorted_ends.push(self.records.len());
        }
    }

    /// The records read since [`begin`](Self::begin), sorted.
    fn sort(&mut self) -> Piece<R> {
        let mut records = vec![R::default(); self.records.len()];
        let mut first = 0;
        let mut sorted = Vec::with_capacity(self.sorted_ends.len());
        for &end in &self.sorted_ends {
            let ends = sort_by_part(
                &self.records[first..end],
                &self.record_parts[first..end],
                self.parts.len(),
                &mut records[first..end],
            );
            sorted.push(Sorted { first, ends });
            first = end;
        }
        Piece { records, sorted }
    }
}

/// Sorts records by part, in their order within each; returns where the parts end.
fn sort_by_part<R: Copy>(
    records: &[R],
    parts: &[u16],
    n_parts: usize,
    sorted: &mut [R],
) -> Vec<u32> {
    let mut next = vec![0u32; n_parts + 1];
    parts.iter().for_each(|&p| next[usize::from(p) + 1] += 1);
    for p in 0..n_parts {
        next[p + 1] += next[p];
    }
    for (record, &p) in records.iter().zip(parts) {
        let at = &mut next[usize::from(p)];
        sorted[*at as usize] = *record;
        *at += 1;
    }
    next.pop();
    next
}
