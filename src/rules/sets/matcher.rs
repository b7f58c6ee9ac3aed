//! Which of many sets a basket has: a tree of sets, walked along the basket's items.

use std::ops::Range;

use super::tree::{ROOT, SetTree};

const NONE: u32 = u32::MAX;

/// Sets that are looked for, and those on the way to them, in preorder.
#[derive(Debug)]
pub(in crate::rules) struct Matcher {
    /// Of each set here, the tree's.
    sets: Vec<u32>,
    items: Vec<u32>,
    /// Where the sets below each end.
    ends: Vec<u32>,
    /// The children of each set stand at `child_starts[set]..child_starts[set + 1]` of `children`, ascending by item.
    child_starts: Vec<u32>,
    children: Vec<u32>,
    /// Their items.
    child_items: Vec<u32>,
    /// Of each code the set of that item alone.
    roots: Vec<u32>,
}

/// What a walk needs of its own: a basket at a time.
#[derive(Debug, Default)]
pub(in crate::rules) struct Marks {
    basket: u32,
    /// Of each code the last basket that had it, and where.
    seen: Vec<(u32, u32)>,
}

impl Matcher {
    /// Over the sets that are wanted; `n_codes` items may be in baskets.
    pub(in crate::rules) fn new(tree: &SetTree, is_wanted: &[bool], n_codes: usize) -> Self {
        let mut is_met = is_wanted.to_vec();
        for set in (1..tree.len()).rev() {
            is_met[tree.parent(set as u32) as usize] |= is_met[set];
        }
        // Children of each set of the tree, linked from the last.
        let mut last = vec![NONE; tree.len()];
        let mut before = vec![NONE; tree.len()];
        for set in (1..tree.len() as u32).filter(|&set| is_met[set as usize]) {
            let parent = tree.parent(set) as usize;
            before[set as usize] = last[parent];
            last[parent] = set;
        }
        let children_of = |set: u32| {
            let first = Some(last[set as usize]).filter(|&c| c != NONE);
            let next = |&c: &u32| Some(before[c as usize]).filter(|&c| c != NONE);
            let mut children: Vec<u32> = std::iter::successors(first, next).collect();
            // Descending, for a stack.
            children.sort_unstable_by_key(|&c| std::cmp::Reverse(tree.item(c)));
            children
        };
        let mut matcher = Self {
            sets: Vec::new(),
            items: Vec::new(),
            ends: Vec::new(),
            child_starts: Vec::new(),
            children: Vec::new(),
            child_items: Vec::new(),
            roots: vec![NONE; n_codes],
        };
        let mut depths = Vec::new();
        let mut stack = children_of(ROOT);
        while let Some(set) = stack.pop() {
            matcher.sets.push(set);
            matcher.items.push(tree.item(set));
            depths.push(tree.length(set));
            stack.extend(children_of(set));
        }
        matcher.link(&depths);
        matcher
    }

    /// Finds ends and children from the depths of the sets in preorder.
    fn link(&mut self, depths: &[usize]) {
        let n = self.sets.len();
        self.ends = vec![n as u32; n];
        let mut parents = vec![NONE; n];
        let mut path: Vec<u32> = Vec::new();
        for at in 0..n {
            while path.len() >= depths[at] {
                if let Some(done) = path.pop() {
                    self.ends[done as usize] = at as u32;
                }
            }
            parents[at] = path.last().copied().unwrap_or(NONE);
            if parents[at] == NONE {
                self.roots[self.items[at] as usize] = at as u32;
            }
            path.push(at as u32);
        }
        let mut starts = vec![0_u32; n + 1];
        for &parent in parents.iter().filter(|&&p| p != NONE) {
            starts[parent as usize + 1] += 1;
        }
        for at in 0..n {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        self.children = vec![0; starts[n] as usize];
        self.child_items = vec![0; starts[n] as usize];
        for at in 0..n {
            if parents[at] != NONE {
                let place = &mut next[parents[at] as usize];
                self.children[*place as usize] = at as u32;
                self.child_items[*place as usize] = self.items[at];
                *place += 1;
            }
        }
        self.child_starts = starts;
    }

    /// Sets here.
    pub(in crate::rules) fn len(&self) -> usize {
        self.sets.len()
    }

    /// The tree's set that a set here is.
    pub(in crate::rules) fn set(&self, at: u32) -> u32 {
        self.sets[at as usize]
    }

    /// Ranges of first items, and the sets that begin with them, of about so much weight each.
    pub(in crate::rules) fn split(
        &self,
        weight: impl Fn(u32) -> u64,
        most: u64,
    ) -> Vec<(Range<u32>, Range<u32>)> {
        let mut parts = Vec::new();
        let (mut code_from, mut set_from, mut sum) = (0, 0, 0);
        let n_codes = self.roots.len() as u32;
        for code in 0..n_codes {
            let root = self.roots[code as usize];
            if root == NONE {
                continue;
            }
            let end = self.ends[root as usize];
            sum += (root..end).map(|at| weight(self.set(at))).sum::<u64>();
            if sum >= most {
                parts.push((code_from..code + 1, set_from..end));
                (code_from, set_from, sum) = (code + 1, end, 0);
            }
        }
        if set_from < self.len() as u32 {
            parts.push((code_from..n_codes, set_from..self.len() as u32));
        }
        parts
    }

    /// Calls with each set here that the basket has; its codes ascend. Only sets whose first item is in `codes`.
    pub(in crate::rules) fn visit(
        &self,
        basket: &[u32],
        codes: Range<u32>,
        marks: &mut Marks,
        mut each: impl FnMut(u32),
    ) {
        marks.mark(basket, self.roots.len());
        let from = basket.partition_point(|&c| c < codes.start);
        let to = basket.partition_point(|&c| c < codes.end);
        for at in from..to {
            let root = self.roots[basket[at] as usize];
            if root != NONE {
                each(root);
                self.descend(root, &basket[at + 1..], basket.len(), marks, &mut each);
            }
        }
    }

    fn descend(&self, set: u32, rest: &[u32], n: usize, marks: &Marks, each: &mut impl FnMut(u32)) {
        // Looking up an item of the basket among the children costs several times as much as looking up a child in the basket.
        const SEARCH: usize = 8;
        let range =
            self.child_starts[set as usize] as usize..self.child_starts[set as usize + 1] as usize;
        let (children, items) = (&self.children[range.clone()], &self.child_items[range]);
        if children.is_empty() || rest.is_empty() {
            return;
        }
        if children.len() <= SEARCH * rest.len() {
            for (&child, &item) in children.iter().zip(items) {
                let (basket, at) = marks.seen[item as usize];
                if basket == marks.basket {
                    each(child);
                    // The basket's end is that of the rest.
                    let after = n - at as usize - 1;
                    self.descend(child, &rest[rest.len() - after..], n, marks, each);
                }
            }
        } else {
            for (at, item) in rest.iter().enumerate() {
                if let Ok(place) = items.binary_search(item) {
                    each(children[place]);
                    self.descend(children[place], &rest[at + 1..], n, marks, each);
                }
            }
        }
    }
}

impl Marks {
    fn mark(&mut self, basket: &[u32], n_codes: usize) {
        if self.seen.len() < n_codes || self.basket == u32::MAX {
            self.seen = vec![(0, 0); n_codes];
            self.basket = 0;
        }
        self.basket += 1;
        for (at, &code) in basket.iter().enumerate() {
            self.seen[code as usize] = (self.basket, at as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::TreeBuilder;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn the_sets_of_a_basket_are_those_it_has(
            sets in prop::collection::vec(prop::collection::btree_set(0_u32..12, 1..5), 1..60),
            rows in prop::collection::vec(prop::collection::btree_set(0_u32..12, 0..12), 1..8),
            cut in 0_u32..12,
        ) {
            let mut builder = TreeBuilder::new(0);
            let mut places = BTreeSet::new();
            for set in &sets {
                let items: Vec<u32> = set.iter().copied().collect();
                places.insert(builder.place(&items));
            }
            let tree = builder.finish();
            let is_wanted: Vec<bool> = (0..tree.len() as u32).map(|s| places.contains(&s)).collect();
            let matcher = Matcher::new(&tree, &is_wanted, 12);
            let mut marks = Marks::default();
            for row in &rows {
                let basket: Vec<u32> = row.iter().copied().collect();
                let mut met = Vec::new();
                for codes in [0..cut, cut..12] {
                    matcher.visit(&basket, codes, &mut marks, |at| met.push(matcher.set(at)));
                }
                let wanted = places.iter().copied();
                let has = |&set: &u32| tree.items_of(set).iter().all(|i| row.contains(i));
                let expected: Vec<u32> = wanted.filter(has).collect();
                let mut found: Vec<u32> = met.into_iter().filter(|s| places.contains(s)).collect();
                found.sort_unstable();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
