//! A hash index from keys to dense numbers in order of first appearance.

use crate::table::key::Key;

/// What can be looked up.
pub(super) trait Hashed: Copy + Eq {
    fn mix(self) -> u64;
}

/// A customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct One<K>(pub(super) K);

/// A customer's number and what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair<K>(pub(super) u32, pub(super) K);

impl<K: Key> Hashed for One<K> {
    fn mix(self) -> u64 {
        self.0.mix()
    }
}

impl<K: Key> Hashed for Pair<K> {
    fn mix(self) -> u64 {
        self.1.mix() ^ u64::from(self.0).wrapping_mul(0xa076_1d64_78bd_642f)
    }
}

/// Open addressing with linear probing, at most half full; slots hold numbers, so they stay small.
#[derive(Debug)]
pub(super) struct Index<T> {
    slots: Vec<u32>,
    keys: Vec<T>,
    shift: u32,
}

const EMPTY: u32 = u32::MAX;

impl<T: Hashed> Index<T> {
    pub(super) fn with_capacity(n: usize) -> Self {
        let mut index = Self {
            slots: Vec::new(),
            keys: Vec::new(),
            shift: 0,
        };
        index.reset(n);
        index
    }

    /// The number of the key, and whether it is new.
    pub(super) fn insert(&mut self, key: T) -> (u32, bool) {
        let mask = self.slots.len() - 1;
        let mut at = (key.mix() >> self.shift) as usize;
        loop {
            match self.slots[at] {
                EMPTY => break,
                n if self.keys[n as usize] == key => return (n, false),
                _ => at = (at + 1) & mask,
            }
        }
        let n = self.keys.len() as u32;
        self.slots[at] = n;
        self.keys.push(key);
        if self.keys.len() * 2 > self.slots.len() {
            self.grow();
        }
        (n, true)
    }

    /// Forgets all keys and makes room for `n`.
    pub(super) fn reset(&mut self, n: usize) {
        let bits = (2 * n.max(8)).next_power_of_two().trailing_zeros();
        self.shift = 64 - bits;
        self.slots.clear();
        self.slots.resize(1 << bits, EMPTY);
        self.keys.clear();
        self.keys.reserve(n);
    }

    fn grow(&mut self) {
        let len = self.slots.len() * 2;
        self.shift -= 1;
        self.slots.clear();
        self.slots.resize(len, EMPTY);
        for (n, key) in self.keys.iter().enumerate() {
            let mut at = (key.mix() >> self.shift) as usize;
            while self.slots[at] != EMPTY {
                at = (at + 1) & (len - 1);
            }
            self.slots[at] = n as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn numbers_follow_first_appearance_through_growth() {
        let mut index = Index::with_capacity(1);
        let mut seen = HashMap::new();
        for i in 0..20_000u64 {
            let key = (i * 7919) % 5003;
            let next = seen.len() as u32;
            let expected = *seen.entry(key).or_insert(next);
            assert_eq!(index.insert(One(key)), (expected, expected == next));
        }
        assert_eq!(seen.len(), 5003);
    }

    #[test]
    fn pairs_tell_customers_apart() {
        let mut index = Index::with_capacity(4);
        assert!(index.insert(Pair(0, 5u128)).1);
        assert!(index.insert(Pair(1, 5u128)).1);
        assert!(!index.insert(Pair(0, 5u128)).1);
    }
}
