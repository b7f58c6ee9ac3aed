//! Counting: each basket goes down the tree of the candidates' prefixes.

use super::super::database::Database;
use super::super::watch::{Shared, Watch};
use super::levels::{Level, Levels};
use crate::error::Result;
use crate::parallel::{map_ordered, pieces};

/// Pieces that baskets are cut into: each has its own counts.
pub(super) const PIECES: usize = 8;

const NONE: u32 = u32::MAX;

/// Baskets, as far as they can still hold candidates.
#[derive(Debug, Default)]
pub(super) struct Rows {
    items: Vec<u32>,
    ends: Vec<usize>,
    weights: Vec<u32>,
    /// Whether equal baskets are one.
    is_merged: bool,
}

impl Rows {
    pub(super) fn new(database: &Database) -> Self {
        let mut rows = Self::default();
        database
            .rows()
            .for_each(|(items, weight)| rows.push(items.iter().copied(), weight));
        rows
    }

    fn push(&mut self, items: impl Iterator<Item = u32>, weight: u32) {
        self.items.extend(items);
        self.ends.push(self.items.len());
        self.weights.push(weight);
    }

    fn get(&self, row: usize) -> &[u32] {
        let from = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.items[from..self.ends[row]]
    }

    /// The frequent ones of the candidates.
    pub(super) fn count(
        &mut self,
        database: &Database,
        levels: &Levels,
        candidates: &Level,
        shared: &Shared<'_>,
    ) -> Result<Level> {
        let trie = Trie::new(database.n_items(), levels, candidates);
        let length = levels.length() + 1;
        self.reduce(&trie, length);
        let n_rows = self.ends.len();
        let ranges = pieces(n_rows, n_rows.div_ceil(PIECES)).collect();
        let parts = map_ordered(shared.ctx, "candidates counted", ranges, |range| {
            let mut walk = Walk {
                trie: &trie,
                counts: vec![0; candidates.items.len()],
                places: vec![0; database.n_items()],
                watch: Watch::new(shared),
            };
            let rows = range.map(|row| walk.row(self.get(row), self.weights[row]));
            let n_held: Vec<usize> = rows.collect();
            Ok((walk.counts, n_held))
        })?;
        let mut counts = vec![0; candidates.items.len()];
        let mut n_held = Vec::with_capacity(n_rows);
        for (part, held) in parts {
            counts.iter_mut().zip(part).for_each(|(sum, n)| *sum += n);
            n_held.extend(held);
        }
        // A set of one item more has so many of these: fewer, if only those with its first item need be frequent.
        let needed = length + usize::from(database.minimums.is_empty());
        self.keep(|row| n_held[row] >= needed);
        Ok(frequent(database, levels, candidates, &counts))
    }

    /// Leaves out items that no candidate has, and baskets too short for one.
    fn reduce(&mut self, trie: &Trie, length: usize) {
        let mut rows = Self::default();
        let mut order: Vec<usize> = (0..self.ends.len()).collect();
        let mut kept = std::mem::take(&mut self.items);
        let mut to = 0;
        let mut from = 0;
        for end in &mut self.ends {
            for at in from..*end {
                kept[to] = kept[at];
                to += usize::from(trie.is_used[kept[at] as usize]);
            }
            from = *end;
            *end = to;
        }
        self.items = kept;
        order.retain(|&row| self.get(row).len() >= length);
        if !self.is_merged {
            order.sort_unstable_by(|&a, &b| self.get(a).cmp(self.get(b)));
        }
        for row in order {
            let (items, weight) = (self.get(row), self.weights[row]);
            match rows.ends.len().checked_sub(1) {
                Some(last) if rows.get(last) == items => rows.weights[last] += weight,
                _ => rows.push(items.iter().copied(), weight),
            }
        }
        rows.is_merged = true;
        *self = rows;
    }

    fn keep(&mut self, is_kept: impl Fn(usize) -> bool) {
        let mut rows = Self {
            is_merged: self.is_merged,
            ..Self::default()
        };
        for row in (0..self.ends.len()).filter(|&row| is_kept(row)) {
            rows.push(self.get(row).iter().copied(), self.weights[row]);
        }
        *self = rows;
    }
}

/// The candidates that have enough support.
fn frequent(database: &Database, levels: &Levels, candidates: &Level, counts: &[u32]) -> Level {
    let firsts = if database.minimums.is_empty() {
        Vec::new()
    } else {
        levels.firsts()
    };
    let mut level = Level::default();
    let mut lengths = Vec::with_capacity(candidates.starts.len());
    for parent in 0..candidates.starts.len() - 1 {
        let first = firsts.get(parent);
        let minimum = first.map_or(database.minimum, |&first| database.minimum_of(first));
        let before = level.items.len();
        for set in candidates.of(parent).filter(|&set| counts[set] >= minimum) {
            level.items.push(candidates.items[set]);
            level.supports.push(counts[set]);
        }
        lengths.push((level.items.len() - before) as u32);
    }
    level.starts = Level::starts_of(lengths.into_iter());
    level
}

/// The prefixes of the candidates: of the frequent sets those that lead to one.
struct Trie {
    /// Of each item its node, if a candidate begins with it.
    roots: Vec<u32>,
    /// The nodes by depth, each with its item, and where its children begin.
    levels: Vec<Level>,
    is_used: Vec<bool>,
}

impl Trie {
    fn new(n_items: usize, levels: &Levels, candidates: &Level) -> Self {
        let mut all: Vec<&Level> = levels.levels.iter().collect();
        all.push(candidates);
        // From the candidates up: a node stays if a child does.
        let mut stays = vec![true; candidates.items.len()];
        let mut compact = Vec::new();
        for level in all.iter().rev() {
            let parents = 0..level.starts.len() - 1;
            let n_kept = |p: usize| level.of(p).filter(|&set| stays[set]).count() as u32;
            let lengths: Vec<u32> = parents.map(n_kept).collect();
            let kept = level.items.iter().zip(&stays).filter(|(_, stays)| **stays);
            compact.push(Level {
                items: kept.map(|(&item, _)| item).collect(),
                starts: Level::starts_of(lengths.iter().copied().filter(|&n| n > 0)),
                supports: Vec::new(),
            });
            stays = lengths.into_iter().map(|n| n > 0).collect();
        }
        compact.reverse();
        let mut roots = vec![NONE; n_items];
        let mut is_used = stays.clone();
        let items = (0..n_items).filter(|&item| stays[item]);
        items.zip(0..).for_each(|(item, node)| roots[item] = node);
        for level in &compact {
            level
                .items
                .iter()
                .for_each(|&item| is_used[item as usize] = true);
        }
        Self {
            roots,
            levels: compact,
            is_used,
        }
    }
}

/// One thread's way down the tree.
struct Walk<'a> {
    trie: &'a Trie,
    counts: Vec<u32>,
    /// Of each item its place in the basket, counted from one; zero for others.
    places: Vec<u32>,
    watch: Watch<'a>,
}

impl Walk<'_> {
    /// Counts the candidates that a basket has, and returns how many.
    fn row(&mut self, row: &[u32], weight: u32) -> usize {
        if self.watch.is_stopped() {
            return 0;
        }
        for (&item, place) in row.iter().zip(1..) {
            self.places[item as usize] = place;
        }
        let mut n = 0;
        for (at, &item) in row.iter().enumerate() {
            let node = self.trie.roots[item as usize];
            if node != NONE {
                n += self.node(0, node as usize, row, at + 1, weight);
            }
        }
        row.iter().for_each(|&item| self.places[item as usize] = 0);
        n
    }

    /// The same below a node, whose item is before the place.
    fn node(&mut self, level: usize, node: usize, row: &[u32], from: usize, weight: u32) -> usize {
        // Where children are so many more than items, the items are looked up among them.
        const MANY: usize = 8;
        let trie = self.trie;
        let here = &trie.levels[level];
        let range = here.of(node);
        let children = &here.items[range.clone()];
        let is_last = level + 1 == trie.levels.len();
        if row.len() - from < trie.levels.len() - level {
            return 0;
        }
        if self
            .watch
            .is_due(children.len().min(MANY * (row.len() - from)))
        {
            self.watch.look(0);
        }
        if self.watch.is_stopped() {
            return 0;
        }
        let mut n = 0;
        if children.len() > MANY * (row.len() - from) {
            let mut at = 0;
            for (next, &item) in row.iter().enumerate().skip(from) {
                at += children[at..].partition_point(|&child| child < item);
                if children.get(at) == Some(&item) {
                    n += self.child(is_last, level, range.start + at, row, next + 1, weight);
                }
            }
        } else if is_last {
            for (count, &child) in self.counts[range].iter_mut().zip(children) {
                let is_in = self.places[child as usize] != 0;
                *count += weight & u32::from(is_in).wrapping_neg();
                n += usize::from(is_in);
            }
        } else {
            for (child, &item) in range.zip(children) {
                let place = self.places[item as usize] as usize;
                if place != 0 {
                    n += self.node(level + 1, child, row, place, weight);
                }
            }
        }
        n
    }

    #[inline(always)]
    fn child(
        &mut self,
        is_last: bool,
        level: usize,
        child: usize,
        row: &[u32],
        from: usize,
        weight: u32,
    ) -> usize {
        if is_last {
            self.counts[child] += weight;
            return 1;
        }
        self.node(level + 1, child, row, from, weight)
    }
}
