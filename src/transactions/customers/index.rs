//! Hash tables with open addressing and linear probing, at most half full.

use crate::table::key::Key;

/// What a set holds: one value stands for an empty place.
pub(super) trait Vacant: Copy + Eq + Send + Sync + std::fmt::Debug {
    const VACANT: Self;
    /// Well-mixed bits.
    fn mix(self) -> u64;
}

/// A customer and what is counted, packed into 58 bits.
impl Vacant for u64 {
    const VACANT: Self = Self::MAX;

    #[inline]
    fn mix(self) -> u64 {
        Key::mix(self)
    }
}

/// A customer's number and what is counted.
impl<K: Key> Vacant for (u32, K) {
    const VACANT: Self = (u32::MAX, K::ZERO);

    #[inline]
    fn mix(self) -> u64 {
        self.1.mix() ^ u64::from(self.0).wrapping_mul(0xa076_1d64_78bd_642f)
    }
}

/// A set that tells what is new.
#[derive(Debug)]
pub(super) struct Set<T> {
    slots: Vec<T>,
    len: usize,
    shift: u32,
}

impl<T: Vacant> Set<T> {
    pub(super) fn new() -> Self {
        let mut set = Self {
            slots: Vec::new(),
            len: 0,
            shift: 0,
        };
        set.reset(0);
        set
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether the value was not there; it is now.
    #[inline]
    pub(super) fn insert(&mut self, value: T) -> bool {
        let at = self.place(value);
        // Written in either case: whether it is new cannot be foreseen.
        let is_new = self.slots[at] == T::VACANT;
        self.slots[at] = value;
        self.len += usize::from(is_new);
        if self.len * 2 > self.slots.len() {
            self.grow();
        }
        is_new
    }

    /// Where the value is, or would be.
    #[inline]
    fn place(&self, value: T) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = (value.mix() >> self.shift) as usize & mask;
        // One branch, not two: which of the ends it will be cannot be foreseen.
        while (self.slots[at] != T::VACANT) & (self.slots[at] != value) {
            at = (at + 1) & mask;
        }
        at
    }

    /// Forgets all values and makes room for `n`.
    pub(super) fn reset(&mut self, n: usize) {
        let bits = bits_for(n);
        self.shift = 64 - bits;
        self.slots.clear();
        self.slots.resize(1 << bits, T::VACANT);
        self.len = 0;
    }

    #[cold]
    fn grow(&mut self) {
        let doubled = vec![T::VACANT; self.slots.len() * 2];
        self.shift -= 1;
        for value in std::mem::replace(&mut self.slots, doubled) {
            if value != T::VACANT {
                let at = self.place(value);
                self.slots[at] = value;
            }
        }
    }
}

/// Numbers keys in the order of their first appearance.
#[derive(Debug)]
pub(super) struct Index<K> {
    /// Numbers, so that slots stay small.
    slots: Vec<u32>,
    keys: Vec<K>,
    shift: u32,
}

const EMPTY: u32 = u32::MAX;

impl<K: Key> Index<K> {
    pub(super) fn new() -> Self {
        let mut index = Self {
            slots: Vec::new(),
            keys: Vec::new(),
            shift: 0,
        };
        index.reset(0);
        index
    }

    /// The keys by their numbers.
    pub(super) fn keys(&self) -> &[K] {
        &self.keys
    }

    /// The number of the key.
    #[inline]
    pub(super) fn insert(&mut self, key: K) -> u32 {
        let at = self.place(key);
        if self.slots[at] != EMPTY {
            return self.slots[at];
        }
        let number = self.keys.len() as u32;
        self.slots[at] = number;
        self.keys.push(key);
        if self.keys.len() * 2 > self.slots.len() {
            self.grow();
        }
        number
    }

    #[inline]
    fn place(&self, key: K) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = (key.mix() >> self.shift) as usize & mask;
        while self.slots[at] != EMPTY && self.keys[self.slots[at] as usize] != key {
            at = (at + 1) & mask;
        }
        at
    }

    /// Forgets all keys and makes room for `n`.
    pub(super) fn reset(&mut self, n: usize) {
        let bits = bits_for(n);
        self.shift = 64 - bits;
        self.slots.clear();
        self.slots.resize(1 << bits, EMPTY);
        self.keys.clear();
        self.keys.reserve(n);
    }

    #[cold]
    fn grow(&mut self) {
        let len = self.slots.len() * 2;
        self.shift -= 1;
        self.slots.clear();
        self.slots.resize(len, EMPTY);
        for n in 0..self.keys.len() {
            let at = self.place(self.keys[n]);
            self.slots[at] = n as u32;
        }
    }
}

/// Bits of a table at most half full with `n` values.
fn bits_for(n: usize) -> u32 {
    (2 * n.max(8)).next_power_of_two().trailing_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{HashMap, HashSet};

    #[test]
    fn numbers_follow_first_appearance_through_growth() {
        let mut index = Index::new();
        let mut seen = HashMap::new();
        for round in 0..2 {
            for i in 0..20_000u64 {
                let key = (i * 7919) % 5003;
                let next = seen.len() as u32;
                assert_eq!(index.insert(key), *seen.entry(key).or_insert(next));
            }
            assert_eq!(seen.len(), 5003, "round {round}");
            index.reset(3);
            seen.clear();
        }
    }

    #[test]
    fn a_set_tells_what_is_new_through_growth() {
        let (mut packed, mut pairs) = (Set::new(), Set::new());
        let mut seen = HashSet::new();
        for i in 0..20_000u64 {
            let (number, value) = ((i % 3) as u32, u128::from((i * 7919) % 5003) << 64);
            let is_new = seen.insert((number, value));
            assert_eq!(pairs.insert((number, value)), is_new);
            assert_eq!(
                packed.insert(u64::from(number) << 32 | (value >> 64) as u64),
                is_new
            );
        }
        assert_eq!((packed.len(), pairs.len()), (seen.len(), seen.len()));
    }
}
