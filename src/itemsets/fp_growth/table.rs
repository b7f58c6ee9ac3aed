//! All sets of a few items at once: a cell for each.

use crate::kernels::itemsets::powerset::{Cell, n_at_least, supports};

/// Up to so many items are bits of one number: 4,096 cells.
pub(super) const BITS: usize = 12;

/// A table of each width: as narrow as its largest count allows.
#[derive(Debug, Default)]
pub(super) struct Tables {
    bytes: Vec<u8>,
    shorts: Vec<u16>,
    words: Vec<u32>,
}

/// Runs a block with `$table` standing for the table whose cells hold counts up to `$total`.
macro_rules! with_table {
    ($tables:ident, [$($by:tt)+], $total:expr, $table:ident => $run:expr) => {
        if $total < 1 << 8 {
            let $table = $($by)+ $tables.bytes;
            $run
        } else if $total < 1 << 16 {
            let $table = $($by)+ $tables.shorts;
            $run
        } else {
            let $table = $($by)+ $tables.words;
            $run
        }
    };
}

impl Tables {
    /// Adds up the weights of sets of bits; `total` is no less than their sum.
    pub(super) fn fill(
        &mut self,
        rows: impl Iterator<Item = (usize, u32)>,
        n_bits: usize,
        total: u32,
    ) {
        fn fill<C: Cell>(
            table: &mut Vec<C>,
            rows: impl Iterator<Item = (usize, u32)>,
            n_bits: usize,
        ) {
            table.clear();
            table.resize(1 << n_bits, C::default());
            rows.for_each(|(set, weight)| table[set] += C::of(weight));
        }
        with_table!(self, [&mut], total, table => fill(table, rows, n_bits));
    }

    /// Turns weights into supports.
    pub(super) fn sum(&mut self, total: u32) {
        with_table!(self, [&mut], total, table => supports(&mut table[..]));
    }

    /// How many sets but the empty one are frequent.
    pub(super) fn n_frequent(&mut self, total: u32, minimum: u32) -> u64 {
        fn count<C: Cell>(table: &mut [C], minimum: u32) -> u64 {
            supports(table);
            table[0] = C::default();
            n_at_least(table, C::of(minimum))
        }
        with_table!(self, [&mut], total, table => count(table, minimum))
    }

    /// The count of a set.
    #[inline(always)]
    pub(super) fn get(&self, total: u32, set: usize) -> u32 {
        with_table!(self, [&], total, table => table[set].get())
    }
}
