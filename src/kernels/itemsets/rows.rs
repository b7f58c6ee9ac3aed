//! Passes over rows of one word with weights.

use super::planes::Planes;
use crate::kernels::widest;

/// Rows that [`gather`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gathered {
    /// How many have a bit left.
    pub(crate) n: usize,
    /// The weight of all, those without a bit left included.
    pub(crate) total: u32,
    /// The bits that all have.
    pub(crate) all: u64,
}

/// Writes out the rows that have `bit`, reduced to the bits of `rest`, with their weights.
///
/// The lists to write to are as long as those to read.
#[inline(always)]
pub(crate) fn gather(
    (masks, weights): (&[u64], &[u32]),
    bit: u32,
    rest: u64,
    (to_masks, to_weights): (&mut [u64], &mut [u32]),
) -> Gathered {
    let len = masks.len();
    let weights = &weights[..len];
    let (to_masks, to_weights) = (&mut to_masks[..len], &mut to_weights[..len]);
    let (mut n, mut total, mut all) = (0, 0, rest);
    for r in 0..len {
        let (mask, weight) = (masks[r], weights[r]);
        let has = mask >> bit & 1;
        let left = mask & rest;
        // Written always, kept if wanted: whether a row has the bit cannot be foreseen.
        to_masks[n] = left;
        to_weights[n] = weight;
        total += weight & (has as u32).wrapping_neg();
        all &= left | has.wrapping_sub(1);
        n += usize::from((has != 0) & (left != 0));
    }
    Gathered { n, total, all }
}

widest! {
    /// Writes out the rows that have all bits of `set`, with their weights, and says how many they are.
    fn select, select_at(masks: &[u64], weights: &[u32], set: u64, to_masks: &mut [u64], to_weights: &mut [u32]) -> usize {
        let len = masks.len();
        let weights = &weights[..len];
        let (to_masks, to_weights) = (&mut to_masks[..len], &mut to_weights[..len]);
        let mut n = 0;
        for r in 0..len {
            to_masks[n] = masks[r];
            to_weights[n] = weights[r];
            n += usize::from(masks[r] & set == set);
        }
        n
    }
}

widest! {
    /// The weight of the rows that have all bits of `set`.
    fn weight_of, weight_of_at(masks: &[u64], weights: &[u32], set: u64) -> u32 {
        let rows = masks.iter().zip(weights);
        rows.fold(0, |sum, (&mask, &weight)| sum + if mask & set == set { weight } else { 0 })
    }
}

widest! {
    /// The weight of each of the first `k` bits.
    fn count, count_at(masks: &[u64], weights: &[u32], k: usize) -> [u32; 64] {
        let mut counts = [0; 64];
        let (low, high) = counts.split_at_mut(32);
        let add = |counts: &mut [u32], shift: u32, n: usize| {
            for (&mask, &weight) in masks.iter().zip(weights) {
                let mask = (mask >> shift) as u32;
                for (b, count) in counts[..n].iter_mut().enumerate() {
                    *count += if mask & (1 << b) == 0 { 0 } else { weight };
                }
            }
        };
        if k <= 16 {
            add(low, 0, 16);
        } else {
            add(low, 0, 32);
        }
        if k > 32 {
            add(high, 32, 32);
        }
        counts
    }
}

/// Up to so many rows planes count faster.
const FEW_ROWS: usize = 96;

/// The weight of each of `items`, whose rows weigh `total`.
pub(crate) fn counts(masks: &[u64], weights: &[u32], items: u64, total: u32) -> [u32; 64] {
    if masks.len() > FEW_ROWS {
        return count(masks, weights, 64 - items.leading_zeros() as usize);
    }
    let mut planes = Planes::<[u64; 1]>::exact(total);
    for (&mask, &weight) in masks.iter().zip(weights) {
        planes.add([mask], weight);
    }
    std::array::from_fn(|bit| planes.count(bit))
}

/// The bits, among `items` at least, that rows of enough weight have.
pub(crate) fn frequent(masks: &[u64], weights: &[u32], items: u64, minimum: u32) -> u64 {
    #[inline(always)]
    fn planes<const P: usize>(masks: &[u64], weights: &[u32], minimum: u32) -> u64 {
        let mut planes = Planes::<[u64; 1], P>::reaching(minimum);
        for (&mask, &weight) in masks.iter().zip(weights) {
            planes.add([mask], weight);
        }
        planes.reached()[0]
    }
    if masks.len() > FEW_ROWS {
        let counts = count(masks, weights, 64 - items.leading_zeros() as usize);
        let reached = counts.iter().map(|&count| count >= minimum).enumerate();
        reached.fold(0, |all, (bit, is)| all | u64::from(is) << bit)
    } else if minimum <= 128 {
        planes::<8>(masks, weights, minimum)
    } else {
        planes::<33>(masks, weights, minimum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_are_found_and_counted(
            rows in prop::collection::vec((any::<u64>(), any::<u64>(), 1..50u32), 1..200),
            rest: u64,
            bit in 0..64u32,
            minimum in 1..500u32,
        ) {
            // Sparse rows too: the AND of two drawn words.
            let rows: Vec<(u64, u32)> = rows.iter().map(|&(a, b, w)| (if w % 2 == 0 { a & b } else { a }, w)).collect();
            let (masks, weights): (Vec<u64>, Vec<u32>) = rows.iter().copied().unzip();
            let n = masks.len();
            let (mut to, mut to_weights) = (vec![0; n], vec![0; n]);

            let rest = rest & !(1 << bit);
            let found = gather((&masks, &weights), bit, rest, (&mut to, &mut to_weights));
            let has: Vec<(u64, u32)> = rows.iter().filter(|(m, _)| m >> bit & 1 == 1).map(|&(m, w)| (m & rest, w)).collect();
            let left: Vec<(u64, u32)> = has.iter().copied().filter(|r| r.0 != 0).collect();
            let written: Vec<(u64, u32)> = to[..found.n].iter().copied().zip(to_weights[..found.n].iter().copied()).collect();
            prop_assert_eq!(written, left);
            prop_assert_eq!(found.total, has.iter().map(|r| r.1).sum::<u32>());
            prop_assert_eq!(found.all, has.iter().fold(rest, |all, r| all & r.0));

            let set = masks[0] & rest & 0xFF;
            let with: Vec<(u64, u32)> = rows.iter().copied().filter(|r| r.0 & set == set).collect();
            for level in crate::kernels::levels() {
                let found = select_at(level, &masks, &weights, set, &mut to, &mut to_weights);
                let written: Vec<(u64, u32)> = to[..found].iter().copied().zip(to_weights[..found].iter().copied()).collect();
                prop_assert_eq!(&written, &with);
                prop_assert_eq!(weight_of_at(level, &masks, &weights, set), with.iter().map(|r| r.1).sum::<u32>());
                let counted = count_at(level, &masks, &weights, 64);
                for (b, &c) in counted.iter().enumerate() {
                    prop_assert_eq!(c, rows.iter().map(|r| (r.0 >> b & 1) as u32 * r.1).sum::<u32>());
                }
                let total = weights.iter().sum();
                prop_assert_eq!(counts(&masks, &weights, u64::MAX, total), counted);
                let enough = frequent(&masks, &weights, u64::MAX, minimum);
                prop_assert!((0..64).all(|b| (enough >> b & 1 == 1) == (counted[b] >= minimum)));
            }
        }
    }
}
