//! Where to cut the range of customer keys so that the parts hold about equally many rows.

use crate::table::key::Key;

/// Records of a part, about: its customers, and what is counted of each, then fit the second-level cache.
const PART_RECORDS: usize = 24_576;
const MAX_PARTS: usize = 1024;
/// Look-up cells per part: more cells, fewer steps of the search within one.
const CELLS: usize = 16;

/// Cut points in the key range, with a table that finds the part of a key: at once, or where keys crowd in a few steps.
#[derive(Debug)]
pub(super) struct Splitters<K> {
    /// Part `p` holds the keys from `cuts[p - 1]` on and below `cuts[p]`.
    cuts: Vec<K>,
    low: u64,
    shift: u32,
    /// The part of all keys of a cell, or [`SEVERAL`].
    cells: Vec<u16>,
}

/// The cell has cuts between its keys.
const SEVERAL: u16 = u16::MAX;

/// How many parts so many records are cut into, about.
pub(super) fn n_parts(n_records: usize) -> usize {
    n_records
        .div_ceil(PART_RECORDS)
        .next_power_of_two()
        .clamp(1, MAX_PARTS)
}

impl<K: Key> Splitters<K> {
    /// Cut points from a sample of keys. They decide who works on what, never a result.
    pub(super) fn learn(mut sample: Vec<K>, n_parts: usize) -> Self {
        sample.sort_unstable();
        let mut cuts: Vec<K> = (1..n_parts)
            .filter_map(|p| sample.get(p * sample.len() / n_parts).copied())
            .collect();
        cuts.dedup();
        let mut splitters = Self::from_cuts(cuts);
        splitters.align(&sample, sample.len() / n_parts);
        splitters
    }

    fn from_cuts(cuts: Vec<K>) -> Self {
        let low = cuts.first().map_or(0, |k| k.high());
        let span = cuts.last().map_or(0, |k| k.high()) - low;
        let wanted = (cuts.len() * CELLS).next_power_of_two() as u64;
        let shift = (64 - span.leading_zeros()).saturating_sub(wanted.trailing_zeros());
        let n_cells = (span >> shift) as usize + 1;
        let mut splitters = Self {
            cuts,
            low,
            shift,
            cells: Vec::new(),
        };
        splitters.cells = vec![SEVERAL; n_cells];
        splitters.fill_cells();
        splitters
    }

    /// Moves cuts to where cells begin, unless a cell holds so many keys that the parts would become uneven.
    fn align(&mut self, sample: &[K], part: usize) {
        let mut crowded = vec![0usize; self.cells.len()];
        for &key in sample.iter().filter(|k| k.high() >= self.low) {
            crowded[self.cell(key)] += 1;
        }
        let cuts = std::mem::take(&mut self.cuts);
        let moved = cuts.into_iter().map(|cut| {
            let cell = self.cell(cut);
            if crowded[cell] * 2 > part {
                cut
            } else {
                K::from_high(self.first_of(cell))
            }
        });
        let mut moved: Vec<K> = moved.collect();
        moved.sort_unstable();
        moved.dedup();
        self.cuts = moved;
        self.fill_cells();
    }

    fn fill_cells(&mut self) {
        let from_first = |cell: usize| {
            self.cuts
                .partition_point(|&k| k <= K::from_high(self.first_of(cell)))
        };
        let ends = |cell: usize| match cell + 1 {
            // The last cell holds all that is above.
            next if next == self.cells.len() => self.cuts.len(),
            next => self
                .cuts
                .partition_point(|&k| k < K::from_high(self.first_of(next))),
        };
        let cells = (0..self.cells.len()).map(|cell| {
            let part = from_first(cell);
            if part == ends(cell) {
                part as u16
            } else {
                SEVERAL
            }
        });
        self.cells = cells.collect();
    }

    fn first_of(&self, cell: usize) -> u64 {
        self.low + ((cell as u64) << self.shift)
    }

    /// The cell of a key that is not below the first.
    #[inline]
    fn cell(&self, key: K) -> usize {
        let above = (key.high() - self.low) >> self.shift;
        (above as usize).min(self.cells.len() - 1)
    }

    pub(super) fn n_parts(&self) -> usize {
        self.cuts.len() + 1
    }

    /// The lowest and the highest key that a part can hold, of parts between others.
    pub(super) fn range(&self, part: usize) -> Option<(K, K)> {
        let after = *self.cuts.get(part)?;
        Some((self.cuts[part.checked_sub(1)?], after.before()))
    }

    /// The part of a key.
    #[inline]
    pub(super) fn part(&self, key: K) -> usize {
        if key.high() < self.low {
            return 0;
        }
        match self.cells[self.cell(key)] {
            SEVERAL => self.cuts.partition_point(|&cut| cut <= key),
            part => usize::from(part),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check<K: Key>(mut cuts: Vec<K>, keys: &[K]) {
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

    /// The same after cuts have been moved: keys keep their order, and parts are about even.
    fn check_learnt<K: Key>(sample: Vec<K>, n_parts: usize) {
        let mut keys = sample.clone();
        keys.sort_unstable();
        let s = Splitters::learn(sample, n_parts);
        for &key in &keys {
            assert_eq!(s.part(key), s.cuts.partition_point(|&c| c <= key));
        }
        let mut sizes = vec![0; s.n_parts()];
        keys.iter().for_each(|&k| sizes[s.part(k)] += 1);
        let one_key = keys
            .chunk_by(|a, b| a == b)
            .map(<[K]>::len)
            .max()
            .unwrap_or(0);
        let limit = 2 * keys.len().div_ceil(n_parts) + one_key + 1;
        assert!(sizes.iter().all(|&n| n <= limit), "{sizes:?}");
    }

    proptest! {
        #[test]
        fn parts_are_even(seed: u64, n in 1usize..3000, n_parts in 1usize..40, shape in 0u32..4) {
            let key = |i: u64| {
                let z = (i ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                match shape {
                    0 => 100_000 + 3 * (z >> 44),
                    1 => z,
                    2 => (z >> 40) * (z >> 40) + (1 << 62),
                    _ => z >> 61 << 60 | (z & 0xff),
                }
            };
            let keys: Vec<u64> = (0..n as u64).map(key).collect();
            check_learnt(keys.iter().map(|&k| u128::from(k) << 70 | 3).collect(), n_parts);
            check_learnt(keys, n_parts);
        }

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
        let s = Splitters::from_cuts(vec![10u64, 20]);
        assert_eq!(
            [s.range(0), s.range(1), s.range(2)],
            [None, Some((10, 19)), None]
        );
        check::<u64>(vec![], &[0, u64::MAX]);
    }
}
