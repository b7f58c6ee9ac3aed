//! Equal rows become one with a weight: what many customers share is computed once.

use crate::error::Result;
use crate::parallel::{Context, filled, pieces, sorted};
use crate::stats::sum::Sum;

/// Different rows in ascending order of their columns, and which of them each row is.
#[derive(Debug)]
pub(super) struct Collapsed {
    /// One list for each column, of its value in each group.
    pub(super) columns: Vec<Vec<f64>>,
    /// How many rows each group has, or the sum of their weights.
    pub(super) weight: Vec<f64>,
    /// For each row its group.
    pub(super) group_of: Vec<u32>,
}

/// An integer in the order of the numbers; one for both zeros.
fn ordered(x: f64) -> u64 {
    let bits = (x + 0.0).to_bits();
    if bits >> 63 == 0 {
        bits | 1 << 63
    } else {
        !bits
    }
}

fn number(ordered: u64) -> f64 {
    f64::from_bits(if ordered >> 63 == 1 {
        ordered & !(1 << 63)
    } else {
        !ordered
    })
}

/// Rows met so far, each once, in the order they came, found by their hash.
struct Met {
    width: usize,
    keys: Vec<u64>,
    /// Numbers of groups by hash, `FREE` where there is none; a power of two long.
    slots: Vec<u32>,
}

const FREE: u32 = u32::MAX;

impl Met {
    fn new(width: usize) -> Self {
        Self {
            width,
            keys: Vec::new(),
            slots: vec![FREE; 1 << 12],
        }
    }

    fn hash(key: &[u64]) -> u64 {
        // Floats that are whole numbers differ in their upper bits only, so both halves of the product are wanted.
        key.iter().fold(0, |h: u64, &k| {
            let wide = u128::from(h.rotate_left(23) ^ k) * 0x9e37_79b9_7f4a_7c15;
            (wide as u64) ^ (wide >> 64) as u64
        })
    }

    fn key(&self, group: u32) -> &[u64] {
        &self.keys[group as usize * self.width..][..self.width]
    }

    /// The slot of a key, or the free one where it would stand.
    fn slot(&self, key: &[u64]) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = Self::hash(key) as usize & mask;
        while self.slots[at] != FREE && self.key(self.slots[at]) != key {
            at = (at + 1) & mask;
        }
        at
    }

    fn group(&mut self, key: &[u64]) -> u32 {
        let at = self.slot(key);
        if self.slots[at] != FREE {
            return self.slots[at];
        }
        let group = (self.keys.len() / self.width) as u32;
        self.slots[at] = group;
        self.keys.extend_from_slice(key);
        if 2 * group as usize > self.slots.len() {
            self.grow();
        }
        group
    }

    fn grow(&mut self) {
        self.slots = vec![FREE; 4 * self.slots.len()];
        for group in 0..(self.keys.len() / self.width) as u32 {
            let at = self.slot(self.key(group));
            self.slots[at] = group;
        }
    }
}

/// The different rows of some columns of one length, in ascending order.
///
/// Cost: a look-up in a hash table for each row, and the sort of the groups.
pub(super) fn collapse(
    ctx: &Context,
    columns: &[&[f64]],
    weights: Option<&[f64]>,
) -> Result<Collapsed> {
    let (n, width) = (columns.first().map_or(0, |c| c.len()), columns.len());
    let mut met = Met::new(width);
    let mut found = vec![0_u32; n];
    let mut key = vec![0_u64; width];
    for range in pieces(n, 65_536) {
        ctx.cancel.poll()?;
        for row in range {
            for (slot, column) in key.iter_mut().zip(columns) {
                *slot = ordered(column[row]);
            }
            found[row] = met.group(&key);
        }
    }
    let n_groups = (met.keys.len() / width.max(1)) as u32;
    let order = sorted(ctx, "collapse", (0..n_groups).collect(), |&g: &u32| {
        met.key(g)
    })?;
    let mut place = vec![0_u32; order.len()];
    (0..)
        .zip(&order)
        .for_each(|(at, &g)| place[g as usize] = at);
    let group_of = filled(ctx, "collapse", n, |row| place[found[row] as usize])?;
    let of_column = |c: usize| order.iter().map(|&g| number(met.key(g)[c])).collect();
    Ok(Collapsed {
        columns: (0..width).map(of_column).collect(),
        weight: weigh(order.len(), &group_of, weights),
        group_of,
    })
}

/// The weight of each group: counts are exact, sums of weights compensated.
fn weigh(n_groups: usize, group_of: &[u32], weights: Option<&[f64]>) -> Vec<f64> {
    match weights {
        None => {
            let mut counts = vec![0_u32; n_groups];
            group_of.iter().for_each(|&g| counts[g as usize] += 1);
            counts.into_iter().map(f64::from).collect()
        }
        Some(weights) => {
            let mut sums = vec![Sum::default(); n_groups];
            for (&g, &w) in group_of.iter().zip(weights) {
                sums[g as usize].add(w);
            }
            sums.into_iter().map(Sum::total).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Ordering;

    #[test]
    fn numbers_keep_their_order() {
        let numbers = [f64::MIN, -1.5, -0.0, 0.0, 1e-300, 2.0, f64::MAX];
        assert!(
            numbers
                .windows(2)
                .all(|w| ordered(w[0]).cmp(&ordered(w[1])) != Ordering::Greater)
        );
        assert_eq!(ordered(-0.0), ordered(0.0));
        assert!(numbers.iter().all(|&x| number(ordered(x)) == x));
    }

    #[test]
    fn groups_are_the_different_rows_in_order() {
        let a = [2.0, 0.0, 2.0, 0.0, -0.0, 2.0];
        let b = [1.0, 5.0, 1.0, 4.0, 5.0, 0.5];
        let found = collapse(&Context::new(), &[&a, &b], None).unwrap();
        assert_eq!(
            found.columns,
            [vec![0.0, 0.0, 2.0, 2.0], vec![4.0, 5.0, 0.5, 1.0]]
        );
        assert_eq!(found.weight, [1.0, 2.0, 1.0, 2.0]);
        assert_eq!(found.group_of, [3, 1, 3, 0, 1, 2]);
        let weights = [0.5, 1.0, 0.25, 2.0, 1.0, 3.0];
        let found = collapse(&Context::new(), &[&a, &b], Some(&weights)).unwrap();
        assert_eq!(found.weight, [2.0, 2.0, 3.0, 0.75]);
    }

    #[test]
    fn many_groups_are_found_again() {
        let a: Vec<f64> = (0..200_000).map(|i| f64::from(i * 7919 % 50_021)).collect();
        let found = collapse(&Context::new(), &[&a], None).unwrap();
        assert_eq!(found.weight.len(), 50_021);
        assert!((0..a.len()).all(|i| found.columns[0][found.group_of[i] as usize] == a[i]));
    }
}
