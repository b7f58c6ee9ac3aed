//! The prefix tree: nodes in one array, chained by item.
//!
//! The last items of a tree, the most frequent, are bits: a path begins with a node that holds its bits, and goes on with a node for each other item, from
//! the most frequent to the rarest.

use super::super::database::Database;
use super::table::BITS;
use crate::kernels::itemsets::words::{bits_of, extract};

pub(super) const NONE: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
struct Node {
    /// The node nearer the root; none of the first node of a path.
    up: u32,
    /// The item, or of the first node the bits.
    item: u32,
    count: u32,
    /// The node of the same item that was made before.
    next: u32,
}

/// A prefix tree over items that count from the rarest.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// Of each item that is no bit the last node.
    last: Vec<u32>,
    /// Of each item that is no bit how many nodes it has.
    pub(super) lengths: Vec<u32>,
    /// The last first node.
    last_top: u32,
    n_tops: usize,
    pub(super) codes: Vec<u32>,
    pub(super) supports: Vec<u32>,
    /// The weight of all paths.
    pub(super) total: u32,
}

/// What items are called in a conditional tree.
#[derive(Debug, Default)]
pub(super) struct Local {
    counts: Vec<u32>,
    names: Vec<u32>,
    pub(super) codes: Vec<u32>,
    pub(super) supports: Vec<u32>,
    /// The bits that are kept, and by how much they move up.
    kept_bits: u64,
    shift: usize,
    /// The items before this are no bits.
    n_listed: usize,
    total: u32,
    path: Vec<u32>,
    tops: Vec<u32>,
}

/// The nodes of an item, each with its count.
#[derive(Clone)]
pub(super) struct Paths<'a> {
    nodes: &'a [Node],
    at: u32,
}

impl Iterator for Paths<'_> {
    type Item = (u32, u32);

    #[inline(always)]
    fn next(&mut self) -> Option<(u32, u32)> {
        let node = self.nodes.get(self.at as usize)?;
        self.at = node.next;
        Some((node.up, node.count))
    }
}

impl Tree {
    /// The tree of the baskets, with the first `n` items, the last `n_bits` of them as bits.
    pub(super) fn of_baskets(database: &Database, n: usize, n_bits: usize) -> Self {
        let mut tree = Self::default();
        tree.codes.extend(0..n as u32);
        tree.supports.extend_from_slice(&database.supports[..n]);
        tree.clear(n - n_bits);
        let mut rows: Vec<(u64, &[u32], u32)> = database
            .rows()
            .map(|(items, weight)| {
                let items = &items[..items.partition_point(|&i| (i as usize) < n)];
                let mut last = items.iter().rev().map(|&i| u64::from(i) + 1);
                let key = last.next().unwrap_or(0) << 32 | last.next().unwrap_or(0);
                (key, items, weight)
            })
            .collect();
        // Baskets that begin alike follow each other, so that a path is shared with the one before.
        rows.sort_unstable_by(|a, b| {
            let items = || a.1.iter().rev().cmp(b.1.iter().rev());
            a.0.cmp(&b.0).then_with(items)
        });
        let mut tops = Vec::new();
        for (_, items, weight) in rows {
            let (listed, bits) =
                items.split_at(items.partition_point(|&i| (i as usize) < n - n_bits));
            let bits = bits
                .iter()
                .fold(0, |all, &i| all | 1 << (i as usize - (n - n_bits)));
            tree.insert(&mut tops, bits, listed, weight);
        }
        tree
    }

    fn clear(&mut self, n_listed: usize) {
        self.nodes.clear();
        self.last.clear();
        self.last.resize(n_listed, NONE);
        self.lengths.clear();
        self.lengths.resize(n_listed, 0);
        (self.last_top, self.n_tops, self.total) = (NONE, 0, 0);
    }

    /// How many items are no bits.
    pub(super) fn n_listed(&self) -> usize {
        self.last.len()
    }

    /// Whether it is one path with all items.
    pub(super) fn is_path(&self) -> bool {
        let all = (1u64 << (self.codes.len() - self.n_listed())) - 1;
        self.n_tops == 1
            && self.nodes.len() == 1 + self.n_listed()
            && u64::from(self.nodes[0].item) == all
            && (0..)
                .zip(&self.nodes[1..])
                .all(|(above, node)| node.up == above)
    }

    /// The nodes above those of an item, with the count of the item's.
    pub(super) fn paths(&self, item: u32) -> Paths<'_> {
        Paths {
            nodes: &self.nodes,
            at: self.last[item as usize],
        }
    }

    /// The bits of all paths.
    pub(super) fn tops(&self) -> impl Iterator<Item = (usize, u32)> + '_ {
        let mut at = self.last_top;
        std::iter::from_fn(move || {
            let node = self.nodes.get(at as usize)?;
            at = node.next;
            Some((node.item as usize, node.count))
        })
    }

    /// Adds a path: its bits, and its other items, ascending. `tops` are the first nodes by their bits.
    fn insert(&mut self, tops: &mut Vec<u32>, bits: usize, listed: &[u32], count: u32) {
        if tops.is_empty() {
            tops.resize(1 << BITS, NONE);
        }
        self.total += count;
        let mut at = tops[bits];
        if at == NONE {
            at = self.push(NONE, bits as u32, self.last_top);
            (tops[bits], self.last_top) = (at, at);
            self.n_tops += 1;
        }
        self.nodes[at as usize].count += count;
        for &item in listed.iter().rev() {
            // Only the last node of an item is looked at: paths come nearly sorted, and where one is not shared that might be, all stays right.
            let last = self.last[item as usize];
            let is_shared = self.nodes.get(last as usize).is_some_and(|n| n.up == at);
            at = if is_shared {
                last
            } else {
                self.lengths[item as usize] += 1;
                self.last[item as usize] = self.push(at, item, last);
                self.last[item as usize]
            };
            self.nodes[at as usize].count += count;
        }
    }

    fn push(&mut self, up: u32, item: u32, next: u32) -> u32 {
        self.nodes.push(Node {
            up,
            item,
            count: 0,
            next,
        });
        self.nodes.len() as u32 - 1
    }

    /// Becomes the conditional tree of these paths.
    pub(super) fn project(&mut self, local: &mut Local, tree: &Self, paths: Paths<'_>) {
        std::mem::swap(&mut self.codes, &mut local.codes);
        std::mem::swap(&mut self.supports, &mut local.supports);
        self.clear(local.n_listed);
        let mut path = std::mem::take(&mut local.path);
        let mut tops = std::mem::take(&mut local.tops);
        for (node, count) in paths {
            path.clear();
            let bits = local.climb(tree, node, |item| path.push(item));
            self.insert(&mut tops, bits, &path, count);
        }
        self.tops().for_each(|(bits, _)| tops[bits] = NONE);
        (local.path, local.tops) = (path, tops);
    }
}

impl Local {
    /// Counts the items on the paths.
    pub(super) fn count(&mut self, tree: &Tree, paths: Paths<'_>) {
        self.counts.clear();
        self.counts.resize(tree.codes.len(), 0);
        self.total = 0;
        let n_listed = tree.n_listed();
        let nodes = &tree.nodes[..];
        for (mut at, count) in paths {
            self.total += count;
            let mut node = nodes[at as usize];
            while node.up != NONE {
                self.counts[node.item as usize] += count;
                at = node.up;
                node = nodes[at as usize];
            }
            for bit in bits_of(node.item.into()) {
                self.counts[n_listed + bit as usize] += count;
            }
        }
    }

    /// Numbers the items that were counted often enough, and returns how many others were on all paths, if those are to be taken out.
    pub(super) fn number(
        &mut self,
        tree: &Tree,
        item: u32,
        minimum: u32,
        takes_out: bool,
        is_left_out: impl Fn(&usize) -> bool,
    ) -> usize {
        let n_listed = tree.n_listed();
        let from = item as usize + 1;
        self.names.clear();
        self.names.resize(n_listed, NONE);
        self.codes.clear();
        self.supports.clear();
        self.kept_bits = 0;
        let mut n_full = 0;
        for other in from..tree.codes.len() {
            let count = self.counts[other];
            if count < minimum || is_left_out(&other) {
                continue;
            }
            if takes_out && count == self.total {
                n_full += 1;
                continue;
            }
            if other < n_listed {
                self.names[other] = self.codes.len() as u32;
            } else {
                self.kept_bits |= 1 << (other - n_listed);
            }
            self.codes.push(tree.codes[other]);
            self.supports.push(count);
        }
        self.n_listed = self.codes.len().saturating_sub(BITS);
        self.shift = self.codes.len() - self.n_listed - self.kept_bits.count_ones() as usize;
        n_full
    }

    /// Goes up a path; returns its bits, and calls for its other items, ascending.
    #[inline(always)]
    fn climb(&self, tree: &Tree, at: u32, mut listed: impl FnMut(u32)) -> usize {
        let mut node = tree.nodes[at as usize];
        let mut bits = 0;
        while node.up != NONE {
            let name = self.names[node.item as usize];
            if name != NONE {
                if (name as usize) < self.n_listed {
                    listed(name);
                } else {
                    bits |= 1 << (name as usize - self.n_listed);
                }
            }
            node = tree.nodes[node.up as usize];
        }
        bits | (extract(node.item.into(), self.kept_bits) as usize) << self.shift
    }

    /// The items of a path, where all are bits.
    #[inline(always)]
    pub(super) fn bits(&self, tree: &Tree, at: u32) -> usize {
        self.climb(tree, at, |_| {})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shared_and_projected() {
        let mut tree = Tree {
            codes: (0..4).collect(),
            supports: vec![3, 4, 4, 6],
            ..Tree::default()
        };
        tree.clear(3);
        let mut tops = Vec::new();
        for (bits, listed, count) in [
            (1, &[0, 1, 2][..], 2),
            (1, &[1, 2], 2),
            (1, &[0], 1),
            (0, &[], 1),
        ] {
            tree.insert(&mut tops, bits, listed, count);
        }
        // Two first nodes, one for 2, one for 1 below it, and two for 0.
        assert_eq!(tree.nodes.len(), 6);
        assert_eq!((tree.lengths[0], tree.lengths[1], tree.total), (2, 1, 6));
        assert!(!tree.is_path());
        let mut local = Local::default();
        local.count(&tree, tree.paths(0));
        assert_eq!(local.number(&tree, 0, 2, true, |_| false), 1);
        assert_eq!(
            (local.codes.clone(), local.supports.clone()),
            (vec![1, 2], vec![2, 2])
        );
        let sets: Vec<_> = tree
            .paths(0)
            .map(|(node, n)| (local.bits(&tree, node), n))
            .collect();
        assert_eq!(sets, [(0, 1), (3, 2)]);
    }
}
