//! Pairs of an item and one of its names, numbered as they come.

use crate::table::values::folded;

pub(super) const NO_PAIR: u32 = u32::MAX;

/// An item with one of its names, as hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) item: u64,
    pub(super) name: u64,
    /// The first row that has them.
    pub(super) row: u64,
    pub(super) n_rows: u64,
}

/// Codes of the pairs of a piece: an open-addressed index into the list of pairs.
#[derive(Debug, Default)]
pub(super) struct LocalPairs {
    slots: Vec<u32>,
}

impl LocalPairs {
    pub(super) fn code(&mut self, item: u64, name: u64, row: u64, found: &mut Vec<Pair>) -> u32 {
        if 2 * (found.len() + 1) > self.slots.len() {
            self.grow(found);
        }
        let mask = self.slots.len() - 1;
        let mut slot = pair_hash(item, name) as usize & mask;
        loop {
            let code = self.slots[slot];
            if code == NO_PAIR {
                self.slots[slot] = found.len() as u32;
                found.push(Pair {
                    item,
                    name,
                    row,
                    n_rows: 1,
                });
                return found.len() as u32 - 1;
            }
            let pair = &mut found[code as usize];
            if pair.item == item && pair.name == name {
                pair.n_rows += 1;
                return code;
            }
            slot = (slot + 1) & mask;
        }
    }

    fn grow(&mut self, found: &[Pair]) {
        let n = (4 * (found.len() + 1)).next_power_of_two().max(1024);
        self.slots = vec![NO_PAIR; n];
        for (code, pair) in found.iter().enumerate() {
            let mut slot = pair_hash(pair.item, pair.name) as usize & (n - 1);
            while self.slots[slot] != NO_PAIR {
                slot = (slot + 1) & (n - 1);
            }
            self.slots[slot] = code as u32;
        }
    }
}

fn pair_hash(item: u64, name: u64) -> u64 {
    folded(item.rotate_left(29) ^ name)
}
