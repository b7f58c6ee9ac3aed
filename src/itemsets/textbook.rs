//! FP-growth and FP-max to the letter of a widely used Python implementation, so that sets come in the order that its users know.
//!
//! The [other miners](super::Algorithm) are faster and give the same sets; this one is for those who compare results line by line.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, ListArray, RecordBatch, UInt32Array};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field};

use super::limits::MAX_ITEMSETS;
use crate::baskets::Baskets;
use crate::error::{Error, Result};
use crate::parallel::Context;

/// What is mined, and how far.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Textbook {
    /// The items that are frequent, the rarest first: which of two equally rare ones is the first decides the order of the sets.
    pub items: Vec<u32>,
    /// The smallest support, as a number of baskets, of sets of two items and more.
    pub minimum: u32,
    /// Most items of a set.
    pub max_len: Option<usize>,
    /// Whether maximal sets alone are wanted.
    pub is_maximal: bool,
}

impl Textbook {
    /// All sets of these items, the rarest first, with this support.
    #[must_use]
    pub const fn new(items: Vec<u32>, minimum: u32) -> Self {
        Self {
            items,
            minimum,
            max_len: None,
            is_maximal: false,
        }
    }

    /// The sets in the order in which they are met: `itemset` (numbers of items), `support_count`.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arrow_array::StringArray;
    /// use patronomy::Context;
    /// use patronomy::baskets::Baskets;
    /// use patronomy::itemsets::Textbook;
    ///
    /// let labels = Arc::new(StringArray::from(vec!["bread", "milk"]));
    /// let baskets = Baskets::from_numbers(vec![2, 3], vec![0, 1, 1], labels)?;
    /// assert_eq!(Textbook::new(vec![0, 1], 1).fit(&baskets, &Context::new())?.num_rows(), 3);
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if an item has no label; [`Error::Budget`] beyond a hundred million sets; [`Error::Cancelled`].
    pub fn fit(&self, baskets: &Baskets, ctx: &Context) -> Result<RecordBatch> {
        let mut ranks = vec![u32::MAX; baskets.n_items()];
        for (rank, &item) in (0..).zip(&self.items) {
            let Some(place) = ranks.get_mut(item as usize) else {
                let rule = format!("must be numbers of the {} items", baskets.n_items());
                return Err(Error::parameter("Textbook", "items", rule, item));
            };
            *place = rank;
        }
        let mut tree = Tree::new((0..self.items.len() as u32).collect());
        let mut row = Vec::new();
        for (items, weight) in baskets.iter() {
            row.clear();
            row.extend(items.iter().map(|&i| ranks[i as usize]));
            row.retain(|&rank| rank != u32::MAX);
            row.sort_unstable_by(|a, b| b.cmp(a));
            tree.insert(&row, weight);
        }
        let mut job = Job {
            params: self,
            ctx,
            ends: vec![0],
            items: Vec::new(),
            supports: Vec::new(),
            known: Known::default(),
        };
        if self.is_maximal {
            job.maximal(&tree, &mut Vec::new())?;
        } else {
            job.frequent(&tree, &mut Vec::new())?;
        }
        ctx.progress.finish();
        job.batch()
    }
}

/// A prefix tree whose items are numbered by their rank in it.
struct Tree {
    /// Of each item its rank among all.
    ranks: Vec<u32>,
    /// By item its nodes, in the order in which they came.
    nodes: Vec<Vec<u32>>,
    /// The items in the order in which they came.
    order: Vec<u32>,
    items: Vec<u32>,
    counts: Vec<u32>,
    parents: Vec<u32>,
    children: HashMap<(u32, u32), u32>,
    /// Whether no node has two children.
    is_path: bool,
    /// Nodes that have a child.
    has_child: Vec<bool>,
}

const ROOT: u32 = 0;

impl Tree {
    fn new(ranks: Vec<u32>) -> Self {
        Self {
            nodes: vec![Vec::new(); ranks.len()],
            ranks,
            order: Vec::new(),
            items: vec![u32::MAX],
            counts: vec![0],
            parents: vec![ROOT],
            children: HashMap::new(),
            is_path: true,
            has_child: vec![false],
        }
    }

    /// Adds a path from the root: items from the most frequent on.
    fn insert(&mut self, path: &[u32], count: u32) {
        self.counts[ROOT as usize] += count;
        let mut node = ROOT;
        for &item in path {
            if let Some(&child) = self.children.get(&(node, item)) {
                self.counts[child as usize] += count;
                node = child;
                continue;
            }
            let child = self.items.len() as u32;
            self.children.insert((node, item), child);
            self.is_path &= !self.has_child[node as usize];
            self.has_child[node as usize] = true;
            self.items.push(item);
            self.counts.push(count);
            self.parents.push(node);
            self.has_child.push(false);
            if self.nodes[item as usize].is_empty() {
                self.order.push(item);
            }
            self.nodes[item as usize].push(child);
            node = child;
        }
    }

    fn support(&self, item: u32) -> u32 {
        let nodes = self.nodes[item as usize].iter();
        nodes.map(|&node| self.counts[node as usize]).sum()
    }

    /// The tree of what stands above an item.
    fn conditional(&self, item: u32, minimum: u32) -> Self {
        let (mut paths, mut ends) = (Vec::new(), Vec::new());
        let mut counts = vec![0u32; self.ranks.len()];
        let mut met = Vec::new();
        for &node in &self.nodes[item as usize] {
            let from = paths.len();
            let mut above = self.parents[node as usize];
            while above != ROOT {
                paths.push(self.items[above as usize]);
                above = self.parents[above as usize];
            }
            paths[from..].reverse();
            let count = self.counts[node as usize];
            for &item in &paths[from..] {
                if counts[item as usize] == 0 {
                    met.push(item);
                }
                counts[item as usize] += count;
            }
            ends.push((paths.len(), count));
        }
        met.retain(|&item| counts[item as usize] >= minimum);
        met.sort_by_key(|&item| counts[item as usize]);
        let mut places = vec![u32::MAX; self.ranks.len()];
        for (place, &item) in (0..).zip(&met) {
            places[item as usize] = place;
        }
        let mut tree = Self::new(met.iter().map(|&i| self.ranks[i as usize]).collect());
        let (mut from, mut path) = (0, Vec::new());
        for (end, count) in ends {
            path.clear();
            path.extend(paths[from..end].iter().map(|&item| places[item as usize]));
            path.retain(|&place| place != u32::MAX);
            path.sort_unstable_by(|a, b| b.cmp(a));
            tree.insert(&path, count);
            from = end;
        }
        tree
    }
}

struct Job<'a> {
    params: &'a Textbook,
    ctx: &'a Context,
    ends: Vec<i32>,
    items: Vec<u32>,
    supports: Vec<i64>,
    known: Known,
}

impl Job<'_> {
    /// A set by the ranks of its items.
    fn set(&mut self, ranks: impl Iterator<Item = u32>, support: u32) -> Result<()> {
        let items = &self.params.items;
        self.items.extend(ranks.map(|rank| items[rank as usize]));
        let n = self.supports.len() as u64;
        let end = i32::try_from(self.items.len());
        let (Ok(end), true) = (end, n < MAX_ITEMSETS) else {
            return Err(Error::Budget {
                job: format!("mining more than {n} item sets"),
                needed_bytes: 4 * self.items.len() as u64 + 12 * n,
                limit_bytes: 12 * MAX_ITEMSETS,
                remedy: "raise `min_support`, or lower `max_len`".into(),
            });
        };
        self.ends.push(end);
        self.supports.push(support.into());
        if n.is_multiple_of(16_384) {
            self.ctx.cancel.poll()?;
        }
        Ok(())
    }

    fn may_grow(&self, given: &[u32]) -> bool {
        self.params.max_len.is_none_or(|max| max > given.len())
    }

    fn frequent(&mut self, tree: &Tree, given: &mut Vec<u32>) -> Result<()> {
        self.ctx.cancel.poll()?;
        if tree.is_path {
            return self.combinations(tree, given);
        }
        if !self.may_grow(given) {
            return Ok(());
        }
        for &item in &tree.order {
            let rank = tree.ranks[item as usize];
            self.set(given.iter().copied().chain([rank]), tree.support(item))?;
        }
        for &item in &tree.order {
            let conditional = tree.conditional(item, self.params.minimum);
            given.push(tree.ranks[item as usize]);
            self.frequent(&conditional, given)?;
            given.pop();
        }
        Ok(())
    }

    /// All combinations of the items of a path, the short ones first.
    fn combinations(&mut self, tree: &Tree, given: &[u32]) -> Result<()> {
        let n = tree.order.len();
        let left = self
            .params
            .max_len
            .map(|max| max.saturating_sub(given.len()));
        for k in 1..=left.unwrap_or(n).min(n) {
            let mut chosen: Vec<usize> = (0..k).collect();
            loop {
                let items = chosen.iter().map(|&i| tree.order[i]);
                let support = items.clone().map(|item| tree.support(item)).min();
                let ranks = items.map(|item| tree.ranks[item as usize]);
                self.set(given.iter().copied().chain(ranks), support.unwrap_or(0))?;
                // The last place that can move on.
                let Some(at) = (0..k).rev().find(|&i| chosen[i] < n - k + i) else {
                    break;
                };
                chosen[at] += 1;
                for i in at + 1..k {
                    chosen[i] = chosen[i - 1] + 1;
                }
            }
        }
        Ok(())
    }

    fn maximal(&mut self, tree: &Tree, given: &mut Vec<u32>) -> Result<()> {
        self.ctx.cancel.poll()?;
        let all = tree.order.iter().map(|&item| tree.ranks[item as usize]);
        let mut largest: Vec<u32> = given.iter().copied().chain(all).collect();
        largest.sort_unstable();
        if largest.is_empty() {
            return Ok(());
        }
        if tree.is_path {
            if !self.known.contains(&largest) {
                largest.reverse();
                self.known.insert(&largest);
                if self.params.max_len.is_none_or(|max| largest.len() <= max) {
                    let supports = tree.order.iter().map(|&item| tree.support(item));
                    let support = supports.min().unwrap_or(tree.counts[ROOT as usize]);
                    self.set(largest.into_iter(), support)?;
                }
            }
            return Ok(());
        }
        if !self.may_grow(given) {
            return Ok(());
        }
        for item in 0..tree.ranks.len() as u32 {
            if self.known.contains(&largest) {
                return Ok(());
            }
            let rank = tree.ranks[item as usize];
            largest.retain(|&r| r != rank);
            let conditional = tree.conditional(item, self.params.minimum);
            given.push(rank);
            self.maximal(&conditional, given)?;
            given.pop();
        }
        Ok(())
    }

    fn batch(self) -> Result<RecordBatch> {
        let field = Arc::new(Field::new_list_field(DataType::UInt32, true));
        let ends = OffsetBuffer::new(ScalarBuffer::from(self.ends));
        let items = UInt32Array::from(self.items);
        let lists = ListArray::new(field, ends, Arc::new(items), None);
        let supports = Int64Array::from(self.supports);
        RecordBatch::try_from_iter([
            ("itemset", Arc::new(lists) as ArrayRef),
            ("support_count", Arc::new(supports)),
        ])
        .map_err(|e| Error::parameter("Textbook", "items", "cannot be written", e))
    }
}

/// The maximal sets found so far, each a path from its most frequent item.
struct Known {
    items: Vec<u32>,
    parents: Vec<u32>,
    nodes: HashMap<u32, Vec<u32>>,
    children: HashMap<(u32, u32), u32>,
    last: Vec<u32>,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            items: vec![u32::MAX],
            parents: vec![ROOT],
            nodes: HashMap::new(),
            children: HashMap::new(),
            last: Vec::new(),
        }
    }
}

impl Known {
    fn insert(&mut self, descending: &[u32]) {
        let mut node = ROOT;
        for &item in descending {
            let next = self.items.len() as u32;
            let child = *self.children.entry((node, item)).or_insert(next);
            if child == next {
                self.items.push(item);
                self.parents.push(node);
                self.nodes.entry(item).or_default().push(child);
            }
            node = child;
        }
        self.last = descending.to_vec();
    }

    /// Whether a known set has all of these.
    fn contains(&self, ascending: &[u32]) -> bool {
        if holds(self.last.iter().rev().copied(), ascending) {
            return true;
        }
        let Some(nodes) = self.nodes.get(&ascending[0]) else {
            return false;
        };
        nodes.iter().any(|&node| {
            let above = std::iter::successors(Some(node), |&n| Some(self.parents[n as usize]));
            let items = above.take_while(|&n| n != ROOT);
            holds(items.map(|n| self.items[n as usize]), ascending)
        })
    }
}

/// Whether an ascending sequence has all items of another.
fn holds(items: impl Iterator<Item = u32>, wanted: &[u32]) -> bool {
    let mut found = 0;
    for item in items {
        if wanted[found] < item {
            return false;
        }
        if wanted[found] == item {
            found += 1;
        }
        if found == wanted.len() {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Int64Type, UInt32Type};

    #[test]
    fn sets_come_in_the_order_of_the_trees() {
        let labels: ArrayRef = Arc::new(UInt32Array::from(vec![0, 1, 2]));
        let rows = vec![0, 1, 2, 1, 2, 0, 2];
        let baskets = Baskets::from_numbers(vec![3, 5, 7], rows, labels).unwrap();
        let sets = |is_maximal: bool| -> Vec<(Vec<u32>, i64)> {
            let mut book = Textbook::new(vec![0, 1, 2], 2);
            book.is_maximal = is_maximal;
            let batch = book.fit(&baskets, &Context::new()).unwrap();
            let supports = batch.column(1).as_primitive::<Int64Type>();
            let lists = batch.column(0).as_list::<i32>().iter().flatten();
            lists
                .map(|list| list.as_primitive::<UInt32Type>().values().to_vec())
                .zip(supports.values().iter().copied())
                .collect()
        };
        let expected = [
            (vec![2], 3),
            (vec![1], 2),
            (vec![0], 2),
            (vec![1, 2], 2),
            (vec![0, 2], 2),
        ];
        assert_eq!(sets(false), expected);
        assert_eq!(sets(true), [(vec![2, 0], 2), (vec![2, 1], 2)]);
    }
}
