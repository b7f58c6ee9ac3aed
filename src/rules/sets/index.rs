//! Sets found by their items, in a few nanoseconds, whatever their length.
//!
//! A set's key is the sum of random numbers that stand for its items, so that the key without an item is a subtraction. All keys of the sets are
//! made sure to differ; a set that is among them is then found by its key alone, and only such sets may be asked for.

use rand::RngCore;

use super::tree::{ROOT, SetTree};
use crate::random::stream;

/// A key, and the place of the set with it; place 0, the empty set, is never looked for.
type Slot = (u64, u32);

#[derive(Debug)]
pub(in crate::rules) struct SetIndex {
    keys: Vec<u64>,
    slots: Vec<Slot>,
    mask: usize,
}

/// The place where a search begins.
#[inline(always)]
fn home(key: u64) -> usize {
    (key ^ (key >> 32)) as usize
}

impl SetIndex {
    /// Over all sets of the tree. Memory: 16 bytes a slot, and a third to a half of the slots is free.
    pub(in crate::rules) fn new(tree: &SetTree, n_items: usize) -> Self {
        (0..)
            .find_map(|seed| Self::with_seed(tree, n_items, seed))
            .unwrap_or_else(|| unreachable!("some seed keeps the keys apart"))
    }

    /// None if two sets have one key.
    fn with_seed(tree: &SetTree, n_items: usize, seed: u64) -> Option<Self> {
        let mut numbers = stream(seed, "keys of item sets", 0);
        let keys: Vec<u64> = (0..n_items).map(|_| numbers.next_u64()).collect();
        let n_slots = (tree.len() + tree.len() / 2).next_power_of_two().max(4);
        let mut index = Self {
            keys,
            slots: vec![(0, ROOT); n_slots],
            mask: n_slots - 1,
        };
        let mut of_sets = vec![0_u64; tree.len()];
        for set in 1..tree.len() as u32 {
            let parent = of_sets[tree.parent(set) as usize];
            let key = parent.wrapping_add(index.keys[tree.item(set) as usize]);
            of_sets[set as usize] = key;
            index.insert(key, set)?;
        }
        Some(index)
    }

    fn insert(&mut self, key: u64, set: u32) -> Option<()> {
        let mut at = home(key) & self.mask;
        while self.slots[at].1 != ROOT {
            if self.slots[at].0 == key {
                return None;
            }
            at = (at + 1) & self.mask;
        }
        self.slots[at] = (key, set);
        Some(())
    }

    /// What an item adds to a key.
    #[inline(always)]
    pub(in crate::rules) fn key(&self, item: u32) -> u64 {
        self.keys[item as usize]
    }

    /// The key of a set.
    pub(in crate::rules) fn key_of(&self, items: &[u32]) -> u64 {
        items
            .iter()
            .fold(0, |sum: u64, &item| sum.wrapping_add(self.key(item)))
    }

    /// The set with that key: the empty one for key 0, else one that is among the sets.
    #[inline(always)]
    pub(in crate::rules) fn find(&self, key: u64) -> u32 {
        let mut at = home(key) & self.mask;
        loop {
            let (found, set) = self.slots[at];
            if found == key || set == ROOT {
                return set;
            }
            at = (at + 1) & self.mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::TreeBuilder;
    use super::*;

    #[test]
    fn every_set_is_found() {
        let mut builder = TreeBuilder::new(9);
        let sets: Vec<Vec<u32>> = (1..1_u32 << 9)
            .map(|bits| (0..9).filter(|i| bits >> i & 1 == 1).collect())
            .collect();
        let places: Vec<u32> = sets.iter().map(|set| builder.place(set)).collect();
        let tree = builder.finish();
        assert_eq!(tree.len(), 1 << 9);
        let index = SetIndex::new(&tree, 9);
        for (set, place) in sets.iter().zip(places) {
            assert_eq!(index.find(index.key_of(set)), place);
            assert_eq!(tree.items_of(place), *set);
        }
        assert_eq!(index.find(0), ROOT);
    }
}
