//! Where to cut the range of customer keys so that the parts hold about equally many rows.

use crate::table::Table;
use crate::table::key::Key;
use crate::transactions::lines::LineReader;

/// Rows of a part, about: its groups then fit the second-level cache.
const PART_ROWS: usize = 32_768;
const MAX_PARTS: usize = 1024;
/// Sampled rows per part.
const SAMPLES: usize = 16;
/// Look-up cells per part: more cells, fewer steps of the search within one.
const CELLS: usize = 8;

/// Cut points in the key range, with a table that finds the part of a key in a step or two.
#[derive(Debug)]
pub(super) struct Splitters<K> {
    /// Part `p` holds the keys from `cuts[p - 1]` on and below `cuts[p]`.
    cuts: Vec<K>,
    low: u64,
    shift: u32,
    /// Cuts before each cell, and all cuts at the end.
    cells: Vec<u32>,
}

impl<K: Key> Splitters<K> {
    /// Cut points from a sample of rows, evenly spaced. They decide who works on what, never a result.
    pub(super) fn sample(table: &Table, reader: &LineReader<'_, K>) -> Self {
        let n = table.n_rows();
        let n_parts = n
            .div_ceil(PART_ROWS)
            .next_power_of_two()
            .clamp(1, MAX_PARTS);
        let n_samples = if n_parts == 1 { 0 } else { n_parts * SAMPLES };
        let mut sample = Vec::with_capacity(n_samples);
        for i in 0..n_samples {
            let row = (i as u128 * n as u128 / n_samples as u128) as usize;
            table
                .segments(row..row + 1)
                .for_each(|at| reader.read_customers(&at, &mut sample));
        }
        sample.sort_unstable();
        let mut cuts: Vec<K> = (1..n_parts).map(|p| sample[p * SAMPLES]).collect();
        cuts.dedup();
        Self::from_cuts(cuts)
    }

    fn from_cuts(cuts: Vec<K>) -> Self {
        let low = cuts.first().map_or(0, |k| k.high());
        let span = cuts.last().map_or(0, |k| k.high()) - low;
        let wanted = (cuts.len() * CELLS).next_power_of_two() as u64;
        let shift = (64 - span.leading_zeros()).saturating_sub(wanted.trailing_zeros());
        let n_cells = (span >> shift) as usize + 1;
        let first_of = |cell: usize| low + ((cell as u64) << shift);
        let before = |cell: usize| cuts.partition_point(|k| k.high() < first_of(cell)) as u32;
        let cells = (0..n_cells)
            .map(before)
            .chain([cuts.len() as u32])
            .collect();
        Self {
            cuts,
            low,
            shift,
            cells,
        }
    }

    pub(super) fn n_parts(&self) -> usize {
        self.cuts.len() + 1
    }

    /// The part of a key.
    #[inline]
    pub(super) fn part(&self, key: K) -> usize {
        if key.high() < self.low {
            return 0;
        }
        let above = (key.high() - self.low) >> self.shift;
        let cell = (above as usize).min(self.cells.len() - 2);
        let (mut from, mut to) = (self.cells[cell] as usize, self.cells[cell + 1] as usize);
        // A skewed cell can hold many cuts: halve, do not walk.
        while from < to {
            let middle = usize::midpoint(from, to);
            if self.cuts[middle] <= key {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        from
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check<K: Key + std::fmt::Debug>(mut cuts: Vec<K>, keys: &[K]) {
        cuts.sort_unstable();
        cuts.dedup();
        let s = Splitters::from_cuts(cuts.clone());
        for &key in keys.iter().chain(&cuts) {
            assert_eq!(
                s.part(key),
                cuts.partition_point(|&c| c <= key),
                "{key:?} in {cuts:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn the_part_is_that_of_a_plain_search(cuts: Vec<u64>, keys: Vec<u64>) {
            check(cuts, &keys);
        }

        #[test]
        fn also_where_keys_cluster(cuts in prop::collection::vec(0u64..50, 0..40), keys in prop::collection::vec(0u64..60, 0..80)) {
            check(cuts.clone(), &keys);
            let far: Vec<u128> = cuts.iter().map(|&c| u128::from(c) << 100 | u128::from(c)).collect();
            let near: Vec<u128> = keys.iter().map(|&k| u128::from(k)).collect();
            check(far, &near);
        }
    }

    #[test]
    fn the_ends_of_the_range_have_a_part() {
        check(vec![0, u64::MAX], &[0, 1, u64::MAX - 1, u64::MAX]);
        check::<u64>(vec![], &[0, u64::MAX]);
    }
}
