//! Closed, maximal and generator sets out of all frequent ones, by comparing each with those of one item less.

use arrow_buffer::ToByteSlice;
use twox_hash::XxHash3_64;

use super::params::Target;
use super::sink::{Lists, Sink, Tree};
use crate::error::Result;
use crate::parallel::Context;

/// All frequent sets, found by their items.
struct Index<'a> {
    sets: &'a Lists,
    slots: Vec<u32>,
}

impl<'a> Index<'a> {
    fn new(sets: &'a Lists) -> Self {
        let n = (2 * sets.supports.len()).next_power_of_two().max(2);
        let mut index = Self {
            sets,
            slots: vec![u32::MAX; n],
        };
        for set in 0..sets.supports.len() {
            let mut slot = index.slot(sets.get(set));
            while index.slots[slot] != u32::MAX {
                slot = (slot + 1) & (n - 1);
            }
            index.slots[slot] = set as u32;
        }
        index
    }

    fn slot(&self, items: &[u32]) -> usize {
        XxHash3_64::oneshot(items.to_byte_slice()) as usize & (self.slots.len() - 1)
    }

    fn find(&self, items: &[u32]) -> Option<usize> {
        let mut slot = self.slot(items);
        loop {
            let set = self.slots[slot];
            if set == u32::MAX {
                return None;
            }
            if self.sets.get(set as usize) == items {
                return Some(set as usize);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }
}

/// The sets of a target among all frequent sets, which come in order. `total` is the support of the empty set.
pub(super) fn filter(
    trees: &[Tree],
    target: Target,
    total: u32,
    ctx: &Context,
) -> Result<Vec<Lists>> {
    let mut sets = Lists::new(true);
    for tree in trees {
        tree.for_each(&mut Vec::new(), |items, support| sets.list(items, support));
    }
    let index = Index::new(&sets);
    let n = sets.supports.len();
    let mut is_of_target = vec![true; n];
    let mut smaller = Vec::new();
    for set in 0..n {
        if set % 4096 == 0 {
            ctx.cancel.poll()?;
        }
        let items = sets.get(set);
        let support = sets.supports[set];
        for left_out in 0..items.len() {
            smaller.clear();
            smaller.extend(
                items
                    .iter()
                    .enumerate()
                    .filter(|(i, _)| *i != left_out)
                    .map(|(_, &item)| item),
            );
            let below = index.find(&smaller);
            let is_same = below.map_or(total, |below| sets.supports[below]) == support;
            match (target, below) {
                (Target::Generators, _) => is_of_target[set] &= !is_same,
                (Target::Closed, Some(below)) => is_of_target[below] &= !is_same,
                (Target::Maximal, Some(below)) => is_of_target[below] = false,
                _ => {}
            }
        }
    }
    let mut kept = Lists::new(true);
    for set in (0..n).filter(|&set| is_of_target[set]) {
        kept.list(sets.get(set), sets.supports[set]);
    }
    Ok(vec![kept])
}
