//! An attempt to hold the lines in records of one kind: into how many parts and rounds the work is cut.

use std::ops::Range;

use super::partition::Folder;
use super::record::Record;
use super::splitters::{self, Splitters};
use crate::budget::Budget;
use crate::error::Result;
use crate::parallel::pieces;
use crate::table::Table;
use crate::transactions::lines::{BLOCK, LineReader};

/// Rows of a piece of work; a long table is cut into about as many pieces as [`PIECES`].
const MIN_PIECE: usize = 1 << 16;
const MAX_PIECE: usize = 1 << 20;
const PIECES: usize = 64;
/// Memory for records that a job takes unasked: so many bytes at least, and so many bytes a row.
const DEFAULT_BYTES: u64 = 256_000_000;
const DEFAULT_BYTES_PER_ROW: u64 = 12;
const MAX_ROUNDS: u64 = 16;
/// Parts of a round, at least: a sample cuts them, and of few a large one would weigh too much.
const PARTS_PER_ROUND: usize = 4;

/// What all tasks of one attempt share.
pub(super) struct Attempt<'a, R: Record> {
    pub(super) table: &'a Table,
    pub(super) reader: &'a LineReader<'a, R::Key>,
    pub(super) layout: R::Layout,
    /// Money as whole ten-thousandths, or as floats.
    pub(super) exact: bool,
    /// How many lines a record may hold.
    pub(super) longest: usize,
    pub(super) splitters: Splitters<R::Key>,
    n_rounds: usize,
}

impl<'a, R: Record> Attempt<'a, R> {
    /// An attempt; the sampled customers decide where parts end.
    ///
    /// # Errors
    /// [`Error::Budget`](crate::Error::Budget) if the records fit the budget in no number of rounds.
    pub(super) fn new(
        table: &'a Table,
        reader: &'a LineReader<'a, R::Key>,
        layout: R::Layout,
        exact: bool,
        customers: &[R::Key],
        budget: &Budget,
    ) -> Result<Self> {
        let mut attempt = Self {
            table,
            reader,
            layout,
            exact,
            // Floats are added line by line, in row order: folded first, their sum would depend on where blocks end.
            longest: if exact { R::MAX_LINES } else { 1 },
            splitters: Splitters::learn(Vec::new(), 1),
            n_rounds: 1,
        };
        let n_records = attempt.sampled_records();
        // Where hardly any lines can be folded, looking for them is not worth it.
        if n_records as f64 > 0.9 * table.n_rows() as f64 {
            attempt.longest = 1;
        }
        let bytes = (n_records * size_of::<R>()) as u64;
        attempt.n_rounds = n_rounds(bytes, table.n_rows() as u64, budget)?;
        let mut n_parts = splitters::n_parts(n_records);
        if attempt.n_rounds > 1 {
            n_parts = n_parts.max(PARTS_PER_ROUND * attempt.n_rounds);
        }
        attempt.splitters = Splitters::learn(customers.to_vec(), n_parts);
        Ok(attempt)
    }

    /// The ranges of parts to work on one after the other, so that the records fit the memory.
    pub(super) fn rounds(&self) -> impl Iterator<Item = Range<usize>> {
        let n_parts = self.splitters.n_parts();
        pieces(n_parts, n_parts / self.n_rounds)
    }

    /// The rows of each piece of work: by the length of the table alone.
    pub(super) fn pieces(&self) -> impl ExactSizeIterator<Item = Range<usize>> {
        let n_rows = self.table.n_rows();
        let rows = (n_rows / PIECES).next_multiple_of(MIN_PIECE);
        pieces(n_rows, rows.clamp(MIN_PIECE, MAX_PIECE))
    }

    /// How many records the lines become, from blocks of rows evenly spaced.
    fn sampled_records(&self) -> usize {
        const BLOCKS: usize = 16;
        let n = self.table.n_rows();
        if n <= BLOCKS * BLOCK {
            return n;
        }
        let mut folder = Folder::default();
        let mut runs = 0;
        for i in 0..BLOCKS {
            let from = i * (n - BLOCK) / (BLOCKS - 1);
            for at in self.table.segments(from..from + BLOCK) {
                runs += folder.count_runs(self, &at);
            }
        }
        (runs as u128 * n as u128 / (BLOCKS * BLOCK) as u128) as usize
    }
}

fn n_rounds(bytes: u64, n_rows: u64, budget: &Budget) -> Result<usize> {
    let limit = budget
        .max_bytes()
        .unwrap_or((n_rows * DEFAULT_BYTES_PER_ROW).max(DEFAULT_BYTES));
    budget.check(
        "adding up customers",
        bytes / MAX_ROUNDS,
        "raise the memory budget, or work on a shorter period",
    )?;
    Ok(bytes.div_ceil(limit.max(1)).clamp(1, MAX_ROUNDS) as usize)
}
