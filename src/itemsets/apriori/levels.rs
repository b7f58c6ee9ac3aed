//! The frequent sets of each length: together a tree.

use std::ops::Range;

/// Sets of one length, in order. Each is a set of one item less, its parent, and a last item.
#[derive(Debug, Default)]
pub(super) struct Level {
    /// Of each parent where its sets begin, and where the last one's end. Parents of pairs are all items.
    pub(super) starts: Vec<u32>,
    pub(super) items: Vec<u32>,
    pub(super) supports: Vec<u32>,
}

impl Level {
    pub(super) fn of(&self, parent: usize) -> Range<usize> {
        self.starts[parent] as usize..self.starts[parent + 1] as usize
    }

    /// The set of a parent with this last item.
    pub(super) fn find(&self, parent: usize, item: u32) -> Option<usize> {
        let range = self.of(parent);
        let at = self.items[range.clone()].binary_search(&item);
        at.ok().map(|at| range.start + at)
    }

    /// Makes starts out of how many sets each parent has.
    pub(super) fn starts_of(lengths: impl Iterator<Item = u32>) -> Vec<u32> {
        let mut sum = 0;
        let ends = lengths.map(|n| {
            sum += n;
            sum
        });
        std::iter::once(0).chain(ends).collect()
    }
}

/// From pairs on.
#[derive(Debug, Default)]
pub(super) struct Levels {
    pub(super) levels: Vec<Level>,
}

impl Levels {
    pub(super) fn push(&mut self, level: Level) {
        self.levels.push(level);
    }

    /// Items of a set of the last level.
    pub(super) fn length(&self) -> usize {
        self.levels.len() + 1
    }

    pub(super) fn n_sets(&self) -> u64 {
        self.levels
            .iter()
            .map(|level| level.items.len() as u64)
            .sum()
    }

    /// How many pairs of sets of the last level share their parent.
    pub(super) fn n_joined(&self) -> u64 {
        let starts = self.levels.last().map_or(&[][..], |level| &level.starts);
        let of = |w: &[u32]| {
            let n = u64::from(w[1] - w[0]);
            n * n.saturating_sub(1) / 2
        };
        starts.windows(2).map(of).sum()
    }

    /// The first item of each set of the last level.
    pub(super) fn firsts(&self) -> Vec<u32> {
        let mut firsts: Vec<u32> = Vec::new();
        for (l, level) in self.levels.iter().enumerate() {
            let parents = 0..level.starts.len() - 1;
            let of = |parent: usize| {
                if l == 0 {
                    parent as u32
                } else {
                    firsts[parent]
                }
            };
            let all = parents.flat_map(|p| level.of(p).map(move |_| p));
            firsts = all.map(of).collect();
        }
        firsts
    }

    /// Calls for the sets that extend one, in order.
    pub(super) fn each(&self, level: usize, parent: usize, call: &mut impl FnMut(usize, u32, u32)) {
        let Some(here) = self.levels.get(level) else {
            return;
        };
        for set in here.of(parent) {
            call(level + 1, here.items[set], here.supports[set]);
            self.each(level + 1, set, call);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of three items the pairs 01, 02, 12 and the set 012.
    fn levels() -> Levels {
        let pairs = Level {
            starts: Level::starts_of([2, 1, 0].into_iter()),
            items: vec![1, 2, 2],
            supports: vec![5, 4, 3],
        };
        let triples = Level {
            starts: Level::starts_of([1, 0, 0].into_iter()),
            items: vec![2],
            supports: vec![2],
        };
        Levels {
            levels: vec![pairs, triples],
        }
    }

    #[test]
    fn sets_come_in_order_and_are_found() {
        let levels = levels();
        let mut sets = Vec::new();
        for item in 0..3 {
            levels.each(0, item, &mut |depth, item, support| {
                sets.push((depth, item, support));
            });
        }
        assert_eq!(sets, [(1, 1, 5), (2, 2, 2), (1, 2, 4), (1, 2, 3)]);
        assert_eq!(levels.levels[0].find(1, 2), Some(2));
        assert_eq!(levels.levels[0].find(2, 1), None);
        assert_eq!(levels.firsts(), [0]);
        assert_eq!(
            (levels.length(), levels.n_sets(), levels.n_joined()),
            (3, 4, 0)
        );
    }
}
