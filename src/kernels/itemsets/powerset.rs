//! Answers for all sets of a few items at once, and for all choices of a few rows.

use crate::kernels::widest;

/// For each set of up to six items all its subsets, a bit each.
pub(crate) static SUBSETS: [u64; 64] = {
    let mut all = [0; 64];
    let mut set = 0;
    while set < 64 {
        let mut sub = 0;
        while sub < 64 {
            if sub & set == sub {
                all[set] |= 1 << sub;
            }
            sub += 1;
        }
        set += 1;
    }
    all
};

/// The sets of six items that have each of them, a bit each.
pub(crate) const WITH: [u64; 6] = [
    0xAAAA_AAAA_AAAA_AAAA,
    0xCCCC_CCCC_CCCC_CCCC,
    0xF0F0_F0F0_F0F0_F0F0,
    0xFF00_FF00_FF00_FF00,
    0xFFFF_0000_FFFF_0000,
    0xFFFF_FFFF_0000_0000,
];

/// A count narrow enough for many to fit a vector.
pub(crate) trait Cell: Copy + Default + Ord + std::ops::AddAssign + 'static {
    fn of(count: u32) -> Self;
    fn get(self) -> u32;
}

macro_rules! cell {
    ($($t:ty),*) => {$(
        impl Cell for $t {
            #[inline(always)]
            fn of(count: u32) -> Self {
                count as Self
            }

            #[inline(always)]
            fn get(self) -> u32 {
                u32::from(self)
            }
        }
    )*};
}
cell!(u8, u16, u32);

/// Calls for both halves of each block, for blocks of 2, 4, 8 ... elements.
#[inline(always)]
fn halves<T>(table: &mut [T], mut each: impl FnMut(&mut T, &T)) {
    // Written out for the short blocks: with lengths known, they become shuffles.
    macro_rules! blocks {
        ($half:expr) => {
            for block in table.chunks_exact_mut(2 * $half) {
                let (without, with) = block.split_at_mut($half);
                for (a, b) in without.iter_mut().zip(with) {
                    each(a, b);
                }
            }
        };
    }
    let n = table.len();
    if n >= 2 {
        blocks!(1);
    }
    if n >= 4 {
        blocks!(2);
    }
    if n >= 8 {
        blocks!(4);
    }
    if n >= 16 {
        blocks!(8);
    }
    if n >= 32 {
        blocks!(16);
    }
    if n >= 64 {
        blocks!(32);
    }
    let mut half = 64;
    while half < n {
        blocks!(half);
        half *= 2;
    }
}

widest! {
    /// Turns weights by set into support counts by set: each the sum over all sets that contain it.
    fn supports, supports_at<T: Cell>(table: &mut [T]) {
        halves(table, |without, with| *without += *with);
    }
}

widest! {
    /// How many cells hold at least so much.
    fn n_at_least, n_at_least_at<T: Cell>(table: &[T], minimum: T) -> u64 {
        let blocks = table.chunks(128).map(|block| {
            let n = block.iter().fold(0u8, |n, &cell| n + u8::from(cell >= minimum));
            u64::from(n)
        });
        blocks.sum()
    }
}

/// Clears the flag of each set that a set with one item more speaks against.
#[inline(always)]
fn beaten<T: Copy>(table: &[T], flags: &mut [u8], by: impl Fn(T, T) -> bool) {
    let mut half = 1;
    while half < table.len() {
        let blocks = table.chunks_exact(2 * half);
        for (block, flags) in blocks.zip(flags.chunks_exact_mut(2 * half)) {
            let (without, with) = block.split_at(half);
            for ((flag, &a), &b) in flags.iter_mut().zip(without).zip(with) {
                *flag &= u8::from(!by(a, b));
            }
        }
        half *= 2;
    }
}

widest! {
    /// Flags the sets that are frequent, and whose count no set with one item more has.
    fn closed, closed_at<T: Cell>(table: &[T], minimum: T, flags: &mut [u8]) {
        for (flag, &cell) in flags.iter_mut().zip(table) {
            *flag = u8::from(cell >= minimum);
        }
        beaten(table, flags, |a, b| a == b);
    }
}

widest! {
    /// Flags the sets that are frequent, and of which no set with one item more is.
    fn maximal, maximal_at<T: Cell>(table: &[T], minimum: T, flags: &mut [u8]) {
        for (flag, &cell) in flags.iter_mut().zip(table) {
            *flag = u8::from(cell >= minimum);
        }
        beaten(table, flags, |_, b| b >= minimum);
    }
}

/// How many rows are taken in every choice.
pub(crate) const FEW: usize = 8;

/// For each choice of a few rows what they share.
#[derive(Debug)]
pub(crate) struct Few {
    /// The items that all rows of the choice have.
    pub(crate) shared: [u64; 1 << FEW],
    /// The weight of the choice.
    pub(crate) sums: [u32; 1 << FEW],
    /// Whether the choice is wanted.
    pub(crate) flags: [u8; 1 << FEW],
}

impl Default for Few {
    fn default() -> Self {
        Self {
            shared: [0; 1 << FEW],
            sums: [0; 1 << FEW],
            flags: [0; 1 << FEW],
        }
    }
}

impl Few {
    #[inline(always)]
    fn combine(&mut self, masks: &[u64], weights: &[u32], items: u64) -> usize {
        (self.shared[0], self.sums[0]) = (items, 0);
        let mut n = 1;
        for (&mask, &weight) in masks.iter().zip(weights) {
            let (old, new) = self.shared.split_at_mut(n);
            for (new, old) in new[..n].iter_mut().zip(&*old) {
                *new = old & mask;
            }
            let (old, new) = self.sums.split_at_mut(n);
            for (new, old) in new[..n].iter_mut().zip(&*old) {
                *new = old + weight;
            }
            n *= 2;
        }
        n
    }
}

widest! {
    /// How many sets of `items`, at most 62, rows of enough weight have; the empty set is one.
    ///
    /// A choice of rows shares a power set; less what larger choices share, it is those sets that just these rows have.
    fn few_frequent, few_frequent_at(few: &mut Few, masks: &[u64], weights: &[u32], items: u64, minimum: u32) -> u64 {
        let n = few.combine(masks, weights, items);
        let sets = &mut few.shared[..n];
        for s in &mut *sets {
            *s = 1 << s.count_ones();
        }
        halves(sets, |without, with| *without = without.wrapping_sub(*with));
        let own = sets.iter().zip(&few.sums);
        own.fold(0, |all, (&n, &sum)| all + if sum >= minimum { n } else { 0 })
    }
}

widest! {
    /// Flags the choices of enough weight to which no row can be added without losing an item: each is one closed set. Says how many choices there are.
    fn few_closed, few_closed_at(few: &mut Few, masks: &[u64], weights: &[u32], items: u64, minimum: u32) -> usize {
        let n = few.combine(masks, weights, items);
        let Few { shared, sums, flags } = few;
        for (flag, &sum) in flags[..n].iter_mut().zip(&*sums) {
            *flag = u8::from(sum >= minimum);
        }
        beaten(&shared[..n], &mut flags[..n], |a, b| a == b);
        n
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn support(rows: &[(u64, u32)], set: u64) -> u32 {
        rows.iter().filter(|r| r.0 & set == set).map(|r| r.1).sum()
    }

    proptest! {
        #[test]
        fn tables_tell_what_counting_tells(
            rows in prop::collection::vec((0..256u64, 1..5u32), 0..40),
            k in 0..9u32,
            minimum in 1..30u32,
        ) {
            let n = 1 << k;
            let rows: Vec<(u64, u32)> = rows.into_iter().map(|(m, w)| (m & (n - 1), w)).collect();
            for level in crate::kernels::levels() {
                let mut table = vec![0u8; n as usize];
                for &(mask, weight) in &rows {
                    table[mask as usize] += weight as u8;
                }
                supports_at(level, &mut table);
                let (mut is_closed, mut is_maximal) = (vec![0; table.len()], vec![0; table.len()]);
                closed_at(level, &table, minimum as u8, &mut is_closed);
                maximal_at(level, &table, minimum as u8, &mut is_maximal);
                let mut n_frequent = 0;
                for set in 0..n {
                    let own = support(&rows, set);
                    prop_assert_eq!(u32::from(table[set as usize]), own);
                    n_frequent += u64::from(own >= minimum);
                    let mut larger = (0..k).filter(|b| set >> b & 1 == 0).map(|b| support(&rows, set | 1 << b));
                    prop_assert_eq!(is_closed[set as usize] == 1, own >= minimum && larger.clone().all(|l| l != own));
                    prop_assert_eq!(is_maximal[set as usize] == 1, own >= minimum && larger.all(|l| l < minimum));
                }
                prop_assert_eq!(n_at_least_at(level, &table, minimum as u8), n_frequent);
            }
        }

        #[test]
        fn choices_of_rows_tell_what_counting_tells(
            rows in prop::collection::vec((0..1024u64, 1..5u32), 0..=FEW),
            minimum in 1..12u32,
        ) {
            let (masks, weights): (Vec<u64>, Vec<u32>) = rows.iter().copied().unzip();
            let frequent: Vec<u64> = (0..1024).filter(|&s| support(&rows, s) >= minimum).collect();
            let mut closed: Vec<u64> = frequent.iter().copied()
                .filter(|&s| (0..10).all(|b| s >> b & 1 == 1 || support(&rows, s | 1 << b) != support(&rows, s)))
                .collect();
            closed.sort_unstable();
            let mut few = Few::default();
            for level in crate::kernels::levels() {
                prop_assert_eq!(few_frequent_at(level, &mut few, &masks, &weights, 1023, minimum), frequent.len() as u64);
                let n = few_closed_at(level, &mut few, &masks, &weights, 1023, minimum);
                let mut found: Vec<u64> = (0..n).filter(|&c| few.flags[c] == 1).map(|c| few.shared[c]).collect();
                found.sort_unstable();
                prop_assert_eq!(&found, &closed);
            }
        }
    }

    #[test]
    fn subsets_are_those_of_each_set() {
        for (set, subsets) in SUBSETS.iter().enumerate() {
            assert_eq!(subsets.count_ones(), 1 << set.count_ones());
        }
        for (item, with) in WITH.iter().enumerate() {
            assert!((0..64).all(|set| (with >> set & 1 == 1) == (set >> item & 1 == 1)));
        }
    }
}
