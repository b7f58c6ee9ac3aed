//! Lines to records, records to parts.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::attempt::Attempt;
use super::record::{Record, Run};
use super::splitters::Splitters;
use crate::error::Result;
use crate::parallel::{Context, Spares, map_ordered, pieces};
use crate::table::Segment;
use crate::table::key::{self, Key};
use crate::transactions::counts::{Reason, Tally, USED};
use crate::transactions::lines::{BLOCK, Block};

/// Records that are sorted together, about: few enough that they are sorted within the second-level cache.
const SORTED: usize = 65_536;
/// Rows read between looks at what the other tasks have found.
const CHECKED: usize = 32_768;
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

impl<R: Record> Attempt<'_, R> {
    /// Reads all lines and keeps the records of some parts; none if a line does not fit.
    pub(super) fn partition(
        &self,
        parts: &Range<usize>,
        is_first_round: bool,
        ctx: &Context,
    ) -> Result<Option<Partitioned<R>>> {
        let misfit = AtomicBool::new(false);
        let spares = Spares::default();
        let done = map_ordered(ctx, "read lines", self.pieces().collect(), |rows| {
            let mut folder: Folder<R> = spares.take();
            folder.begin(parts.clone(), is_first_round);
            for few in pieces(rows.len(), CHECKED) {
                let few = rows.start + few.start..rows.start + few.end;
                for at in self.table.segments(few) {
                    folder.read_segment(self, &at);
                }
                // One line that does not fit settles it for all pieces.
                if folder.has_misfit || misfit.load(Ordering::Relaxed) {
                    misfit.store(true, Ordering::Relaxed);
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
}

/// Folds consecutive lines into records. It keeps its memory from piece to piece.
#[derive(Default)]
pub(super) struct Folder<R: Record> {
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
    has_misfit: bool,
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

    /// How many runs a segment has that are used, as far as times and money tell.
    pub(super) fn count_runs(&mut self, attempt: &Attempt<'_, R>, at: &Segment) -> usize {
        self.find_runs(attempt, at);
        let status = &self.block.status;
        let starts = self.block.starts.iter();
        starts.filter(|&&i| status[i as usize] <= USED).count()
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
        self.has_misfit |= !fits;
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
                self.has_misfit = true;
            }
            let amount = if attempt.exact {
                // Of lines that are not whole this is garbage of any size, and thrown away.
                block.minor_sums[to].wrapping_sub(block.minor_sums[from]) as u64
            } else {
                block.amount[from].to_bits()
            };
            let (time, n_lines) = (block.time[from], (to - from) as u32);
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
