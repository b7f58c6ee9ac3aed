//! Rows with at most 64 items, a bit each.

use super::{CLOSED, FREQUENT, MAXIMAL, Miner};
use crate::itemsets::sink::Sink;
use crate::kernels::itemsets::powerset::FEW;
use crate::kernels::itemsets::rows::{counts, frequent, gather, select};
use crate::kernels::itemsets::words::bits_of;

/// Rows of one word with weights.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) masks: Vec<u64>,
    pub(super) weights: Vec<u32>,
}

impl Rows {
    pub(super) fn clear(&mut self) {
        self.masks.clear();
        self.weights.clear();
    }

    pub(super) fn push(&mut self, mask: u64, weight: u32) {
        self.masks.push(mask);
        self.weights.push(weight);
    }

    pub(super) fn len(&self) -> usize {
        self.masks.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, u32)> + '_ {
        let weights = self.weights.iter().copied();
        self.masks.iter().copied().zip(weights)
    }

    fn reserve(&mut self, n: usize) {
        if self.masks.len() < n {
            self.masks.resize(n, 0);
            self.weights.resize(n, 0);
        }
    }

    fn truncate(&mut self, n: usize) {
        self.masks.truncate(n);
        self.weights.truncate(n);
    }
}

/// What is known on the way to a set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// Items that may extend it: each is frequent with it.
    pub(super) items: u64,
    /// Items frequent with it whose extensions come elsewhere: they can only speak against a set.
    pub(super) done: u64,
    /// The weight of its rows.
    pub(super) total: u32,
    /// Items on the path.
    pub(super) depth: usize,
    /// Items in all its rows, left out of the rows: where sets are only counted, each doubles their number.
    pub(super) free: usize,
}

impl<S: Sink, const T: u8> Miner<'_, S, T> {
    /// Every wanted set that extends the path by some of the node's items; `codes` says which they are. Rows have no others.
    pub(super) fn narrow(&mut self, rows: &mut Rows, codes: &[u32; 64], node: Node) {
        if self.is_stopped(rows.len()) {
            return;
        }
        if node.items == 0 {
            if T == MAXIMAL && node.done == 0 {
                self.sink.list(&self.path, node.total);
            }
            return;
        }
        if T == MAXIMAL && self.look_ahead(rows, codes, node) {
            return;
        }
        if self.is_leaf(rows, node) {
            return self.leaf(rows, codes, node);
        }
        self.merge(rows, node);
        if rows.len() <= FEW.max(1) && self.is_leaf(rows, node) {
            return self.leaf(rows, codes, node);
        }
        if self.scratch.levels.len() <= node.depth {
            self.scratch
                .levels
                .resize_with(node.depth + 1, Rows::default);
        }
        let mut child = std::mem::take(&mut self.scratch.levels[node.depth]);
        let mut left = node;
        for item in Self::order(rows, node) {
            left.items &= !(1 << item);
            self.narrow_child(rows, &mut child, codes, item, left);
            left.done |= 1 << item;
        }
        self.scratch.levels[node.depth] = child;
    }

    /// The items in the order in which sets are extended by them: as they are numbered. For maximal sets the rarest here first, so that what is left
    /// for the last ones is likely to be frequent whole.
    pub(super) fn order(rows: &Rows, node: Node) -> impl Iterator<Item = u32> + use<S, T> {
        let mut order = [0; 64];
        let mut n = 0;
        for item in bits_of(node.items) {
            order[n] = item;
            n += 1;
        }
        if T == MAXIMAL {
            let counts = counts(&rows.masks, &rows.weights, node.items, node.total);
            order[..n].sort_by_key(|&item| counts[item as usize]);
        }
        order.into_iter().take(n)
    }

    /// The sets that have `item`, and of `left` those items that come after it.
    #[inline(always)]
    pub(super) fn narrow_child(
        &mut self,
        rows: &Rows,
        child: &mut Rows,
        codes: &[u32; 64],
        item: u32,
        left: Node,
    ) {
        let done = if T == FREQUENT { 0 } else { left.done };
        child.reserve(rows.len());
        let from = (&rows.masks[..], &rows.weights[..]);
        let to = (&mut child.masks[..], &mut child.weights[..]);
        let found = gather(from, item, left.items | done, to);
        child.truncate(found.n);
        if T != FREQUENT && found.all & done != 0 {
            // The same rows were met with that item: every set here was found there, or is no closed one.
            return;
        }
        // With no weight to spare, what is frequent is in all rows.
        let reached = if found.total == self.minimum {
            found.all
        } else {
            frequent(
                &child.masks,
                &child.weights,
                left.items | done,
                self.minimum,
            )
        };
        let mut node = Node {
            items: reached & left.items,
            done: reached & done,
            total: found.total,
            depth: left.depth + 1,
            free: left.free,
        };
        let length = self.path.len();
        if T == FREQUENT && S::EACH {
            let code = codes[item as usize];
            self.sink.set(left.depth, code, found.total);
            if node.depth >= self.max_len {
                return;
            }
            node.items = self.unrelated(code, node.items, codes);
        } else {
            node.items &= !found.all;
            if T == FREQUENT {
                node.free += found.all.count_ones() as usize;
                self.sink.many(1, node.free);
            } else if S::EACH {
                self.path.push(codes[item as usize]);
                self.extend_path(found.all, codes);
            }
            if T == CLOSED {
                self.sink.list(&self.path, found.total);
            }
        }
        self.narrow(child, codes, node);
        self.path.truncate(length);
    }

    /// Those items that are no ancestors of the one just taken.
    fn unrelated(&self, code: u32, items: u64, codes: &[u32; 64]) -> u64 {
        let Some(ancestors) = self.database.ancestors.get(code as usize) else {
            return items;
        };
        let is_one = |&b: &u32| ancestors.contains(&codes[b as usize]);
        bits_of(items)
            .filter(is_one)
            .fold(items, |all, b| all & !(1 << b))
    }

    pub(super) fn extend_path(&mut self, items: u64, codes: &[u32; 64]) {
        let items = bits_of(items).map(|b| codes[b as usize]);
        self.path.extend(items);
    }

    /// Whether all items together are frequent: then no other set here can be maximal (Bayardo's look-ahead, 1998).
    pub(super) fn look_ahead(&mut self, rows: &Rows, codes: &[u32; 64], node: Node) -> bool {
        let total =
            crate::kernels::itemsets::rows::weight_of(&rows.masks, &rows.weights, node.items);
        if total < self.minimum {
            return false;
        }
        if self.stands(rows, node.items, node.done) {
            self.emit(node.items, total, codes);
        }
        true
    }

    /// Whether a set found among the rows is one of all: closed, or maximal, for items done before too.
    pub(super) fn stands(&mut self, rows: &Rows, set: u64, done: u64) -> bool {
        if done == 0 {
            return true;
        }
        if T == CLOSED {
            let mut all = done;
            for &mask in &rows.masks {
                if mask & set == set {
                    all &= mask;
                    if all == 0 {
                        return true;
                    }
                }
            }
            return false;
        }
        let mut with = std::mem::take(&mut self.scratch.with);
        with.reserve(rows.len());
        let n = select(
            &rows.masks,
            &rows.weights,
            set,
            &mut with.masks,
            &mut with.weights,
        );
        let (masks, weights) = (&with.masks[..n], &with.weights[..n]);
        let stands = masks.iter().fold(done, |all, mask| all & mask) == 0
            && frequent(masks, weights, done, self.minimum) & done == 0;
        self.scratch.with = with;
        stands
    }

    /// The path and these items, as a set.
    pub(super) fn emit(&mut self, items: u64, support: u32, codes: &[u32; 64]) {
        let length = self.path.len();
        if S::EACH {
            self.extend_path(items, codes);
        }
        self.sink.list(&self.path, support);
        self.path.truncate(length);
    }

    /// Makes one row of those that are alike.
    ///
    /// Closed sets need of the items done only whether all rows have them, so rows need not agree in those. Maximal sets need their counts.
    pub(super) fn merge(&mut self, rows: &mut Rows, node: Node) {
        let n = rows.len();
        let bits = (2 * n).next_power_of_two().max(8).trailing_zeros();
        let slots = &mut self.scratch.slots;
        slots.clear();
        slots.resize(1 << bits, u32::MAX);
        let last = (1 << bits) - 1;
        let both = node.items | node.done;
        let same = if T == CLOSED { node.items } else { both };
        let mut kept = 0;
        for r in 0..n {
            let (mask, weight) = (rows.masks[r] & both, rows.weights[r]);
            if mask & node.items == 0 {
                continue;
            }
            let own = mask & same;
            let mut slot = (own.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - bits)) as usize;
            loop {
                let at = slots[slot] as usize;
                if slots[slot] == u32::MAX {
                    slots[slot] = kept as u32;
                    rows.masks[kept] = mask;
                    rows.weights[kept] = weight;
                    kept += 1;
                    break;
                }
                if rows.masks[at] & same == own {
                    rows.masks[at] &= mask;
                    rows.weights[at] += weight;
                    break;
                }
                slot = (slot + 1) & last;
            }
        }
        rows.truncate(kept);
    }
}
