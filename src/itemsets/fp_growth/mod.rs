//! FP-growth: prefix trees and their conditional trees (Han, Pei and Yin, Mining frequent patterns without candidate generation, 2000).
//!
//! Baskets that begin alike, counted from the most frequent item, share the path from the root of a [`tree`]. The paths above an item's nodes are its
//! conditional database; they are counted, freed of items that are not frequent there, and become a smaller tree, whose items are mined the same way.
//! The tree is an array of nodes that are chained by item; conditional trees keep the order of items of the first one, so that sets come in order and no
//! path is sorted again.
//!
//! As in Borgelt's fpgrowth (An implementation of the FP-growth algorithm, 2005), the most frequent items of a tree are bits of one number at the top of
//! each path, and sets of these alone are answered together in a [`table`]. Where sets are only counted, items that are on all
//! paths (perfect extensions) and trees of a single path are answered without a look at their sets.
//!
//! Cost: a walk up every path that holds an item, twice. Memory: the baskets once more as a tree, 16 bytes a node, and less for each level below. It wins
//! on dense data, where baskets share long paths; on sparse data paths share little, and walking them costs more than lists.

mod table;
mod tree;

use super::database::Database;
use super::sink::Sink;
use super::tasks::{Walk, each_item, sets_in_all};
use super::watch::Shared;
use crate::error::Result;
use crate::kernels::itemsets::words::bits_of;
use table::{BITS, Tables};
use tree::{Local, Tree};

/// What a thread keeps from task to task.
#[derive(Debug, Default)]
struct Scratch {
    levels: Vec<Tree>,
    local: Local,
    tables: Tables,
}

/// One thread's way through the trees.
struct Miner<'a, 'w, S> {
    database: &'a Database,
    minimum: u32,
    max_len: usize,
    walk: &'a mut Walk<'w, S>,
    scratch: &'a mut Scratch,
}

/// Mines the frequent sets of a database. Sinks come back in the order of the sets; fewer where the watch stopped the work.
pub(super) fn mine<S: Sink>(
    database: &Database,
    max_len: usize,
    shared: &Shared<'_>,
) -> Result<Vec<S>> {
    let n_free = database.n_in_all::<S>();
    let n = database.n_items() - n_free;
    // With minimums of their own items cannot share a table.
    let n_bits = if database.minimums.is_empty() {
        n.min(BITS)
    } else {
        0
    };
    let tree = Tree::of_baskets(database, n, n_bits);
    let n_listed = tree.n_listed() as u32;
    // The items that are bits are one task, the last.
    let is_task =
        |&i: &u32| i == n_listed || database.supports[i as usize] >= database.minimum_of(i);
    let items: Vec<u32> = (0..n_listed + u32::from(n_bits > 0))
        .filter(is_task)
        .collect();
    let mut sinks = each_item(shared, &items, |walk, scratch, item| {
        let mut miner = Miner {
            database,
            minimum: database.minimum_of(item),
            max_len,
            walk,
            scratch,
        };
        if item == n_listed {
            miner.bits(&tree, 0, n_free);
        } else {
            miner.item(&tree, item, 0, n_free);
        }
    })?;
    sinks.push(sets_in_all(n_free));
    Ok(sinks)
}

impl<S: Sink> Miner<'_, '_, S> {
    /// The sets of a tree's items, after `depth` items.
    fn tree(&mut self, tree: &Tree, depth: usize, free: usize) {
        if tree.is_path() && self.database.ancestors.is_empty() {
            return self.path(tree, depth, free);
        }
        for item in 0..tree.n_listed() as u32 {
            self.item(tree, item, depth, free);
        }
        self.bits(tree, depth, free);
    }

    /// The sets that have `item`, and items nearer the root.
    fn item(&mut self, tree: &Tree, item: u32, depth: usize, mut free: usize) {
        let paths = tree.paths(item);
        let (code, support) = (tree.codes[item as usize], tree.supports[item as usize]);
        if self.walk.is_stopped(tree.lengths[item as usize] as usize) {
            return;
        }
        if S::EACH {
            self.walk.sink.set(depth, code, support);
            if depth + 1 >= self.max_len {
                return;
            }
        }
        let mut local = std::mem::take(&mut self.scratch.local);
        local.count(tree, paths.clone());
        let is_left_out = |&other: &usize| self.database.is_related(code, tree.codes[other]);
        let frees = !S::EACH;
        free += local.number(tree, item, self.minimum, frees, is_left_out);
        if !S::EACH {
            self.walk.sink.many(1, free);
        }
        match local.supports.len() {
            0 => {}
            1 if S::EACH => {
                self.walk
                    .sink
                    .set(depth + 1, local.codes[0], local.supports[0]);
            }
            1 => self.walk.sink.many(1, free),
            n if n <= BITS => {
                let masks = paths.map(|(node, count)| (local.bits(tree, node), count));
                self.scratch.tables.fill(masks, n, support);
                let codes = std::mem::take(&mut local.codes);
                self.table(&codes, support, depth + 1, free);
                local.codes = codes;
            }
            _ => {
                let mut child = self.take(depth);
                child.project(&mut local, tree, paths);
                self.scratch.local = local;
                self.tree(&child, depth + 1, free);
                self.scratch.levels[depth] = child;
                return;
            }
        }
        self.scratch.local = local;
    }

    fn take(&mut self, depth: usize) -> Tree {
        let levels = &mut self.scratch.levels;
        if levels.len() <= depth {
            levels.resize_with(depth + 1, Tree::default);
        }
        std::mem::take(&mut levels[depth])
    }

    /// The sets of those items that are bits.
    fn bits(&mut self, tree: &Tree, depth: usize, free: usize) {
        let codes = &tree.codes[tree.n_listed()..];
        let total = tree.total;
        self.scratch.tables.fill(tree.tops(), codes.len(), total);
        self.table(codes, total, depth, free);
    }

    /// The sets of a filled table.
    fn table(&mut self, codes: &[u32], total: u32, depth: usize, free: usize) {
        if !S::EACH {
            let n = self.scratch.tables.n_frequent(total, self.minimum);
            return self.walk.sink.many(n, free);
        }
        self.scratch.tables.sum(total);
        let tables = std::mem::take(&mut self.scratch.tables);
        let related = self.related(codes);
        let all = (1usize << codes.len()) - 1;
        let count = |set: usize| tables.get(total, set);
        self.each(&count, &related, (codes, all), 0, depth);
        self.scratch.tables = tables;
    }

    /// For each item the bits of those that may not be with it.
    fn related(&self, codes: &[u32]) -> [usize; BITS] {
        let mut related = [0; BITS];
        if !self.database.ancestors.is_empty() {
            for (of, &code) in related.iter_mut().zip(codes) {
                let others = codes.iter().enumerate();
                let others = others.filter(|(_, other)| self.database.is_related(code, **other));
                *of = others.fold(0, |all, (bit, _)| all | 1 << bit);
            }
        }
        related
    }

    /// Frequent sets in order, by their counts: those that extend `set` by items that are `left`.
    fn each(
        &mut self,
        count: &impl Fn(usize) -> u32,
        related: &[usize; BITS],
        (codes, left): (&[u32], usize),
        set: usize,
        depth: usize,
    ) {
        for item in bits_of(left as u64) {
            let with = set | 1 << item;
            let support = count(with);
            if support < self.minimum || self.walk.is_stopped(0) {
                continue;
            }
            self.walk.sink.set(depth, codes[item as usize], support);
            if depth + 1 < self.max_len {
                let left = left & (usize::MAX << item << 1) & !related[item as usize];
                self.each(count, related, (codes, left), with, depth + 1);
            }
        }
    }

    /// A tree of one path: all its sets are frequent, each as often as its first item.
    fn path(&mut self, tree: &Tree, depth: usize, free: usize) {
        let n = tree.codes.len();
        if !S::EACH {
            return (0..n).for_each(|more| self.walk.sink.many(1, free + more));
        }
        for (i, (&code, &support)) in tree.codes.iter().zip(&tree.supports).enumerate() {
            self.walk.sink.set(depth, code, support);
            if depth + 1 < self.max_len {
                self.power(&tree.codes[i + 1..], support, depth + 1);
            }
        }
    }

    /// All sets of these items, which have one support.
    fn power(&mut self, codes: &[u32], support: u32, depth: usize) {
        for (i, &code) in codes.iter().enumerate() {
            if self.walk.is_stopped(0) {
                return;
            }
            self.walk.sink.set(depth, code, support);
            if depth + 1 < self.max_len {
                self.power(&codes[i + 1..], support, depth + 1);
            }
        }
    }
}
