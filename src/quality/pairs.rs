//! Pairs of an item and one of its names, numbered as they come.

use std::ops::Range;

use crate::table::values::folded;

pub(super) const NO_PAIR: u32 = u32::MAX;

/// The code of each row of a piece, in two bytes as long as the codes fit.
#[derive(Debug)]
pub(super) enum Codes {
    Narrow(Vec<u16>),
    Wide(Vec<u32>),
}

impl Codes {
    pub(super) fn with_capacity(n: usize) -> Self {
        Self::Narrow(Vec::with_capacity(n))
    }

    pub(super) fn push(&mut self, code: u32) {
        match self {
            Self::Wide(codes) => codes.push(code),
            Self::Narrow(codes) if code < u32::from(u16::MAX) => codes.push(code as u16),
            Self::Narrow(codes) if code == NO_PAIR => codes.push(u16::MAX),
            Self::Narrow(codes) => {
                let mut wide = Vec::with_capacity(codes.capacity());
                wide.extend(codes.iter().map(|&c| widened(c)));
                wide.push(code);
                *self = Self::Wide(wide);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Narrow(codes) => codes.len(),
            Self::Wide(codes) => codes.len(),
        }
    }

    /// The codes of some rows.
    pub(super) fn read(&self, rows: Range<usize>, out: &mut Vec<u32>) {
        match self {
            Self::Narrow(codes) => out.extend(codes[rows].iter().map(|&c| widened(c))),
            Self::Wide(codes) => out.extend_from_slice(&codes[rows]),
        }
    }
}

fn widened(code: u16) -> u32 {
    if code == u16::MAX {
        NO_PAIR
    } else {
        u32::from(code)
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_grow_wide_where_they_must() {
        let given: Vec<u32> = (0..70_000)
            .map(|i| if i % 7 == 0 { NO_PAIR } else { i })
            .collect();
        for n in [65_535, 65_536, 70_000] {
            let mut codes = Codes::with_capacity(n);
            given[..n].iter().for_each(|&c| codes.push(c));
            assert_eq!(matches!(codes, Codes::Wide(_)), n > 65_535, "{n}");
            let mut read = Vec::new();
            codes.read(0..codes.len(), &mut read);
            assert_eq!(read, given[..n]);
        }
    }
}
