//! Sets of items as a tree: each set is a smaller one and one item more.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::rules::make::generate::Rule;
use crate::rules::measures::Counts;

/// The empty set.
pub(in crate::rules) const ROOT: u32 = 0;

/// Sets with their supports. Items are codes, and ascend in each set; a set's parent stands before it.
#[derive(Debug, Clone)]
pub(in crate::rules) struct SetTree(Vec<Node>);

/// What is looked at together stands together: a set is met out of order.
#[derive(Debug, Clone, Copy)]
struct Node {
    parent: u32,
    item: u32,
    depth: u32,
    support: u32,
}

impl SetTree {
    /// The empty set alone, which all baskets have.
    pub(in crate::rules) fn new(total: u32) -> Self {
        Self(vec![Node {
            parent: ROOT,
            item: u32::MAX,
            depth: 0,
            support: total,
        }])
    }

    /// Makes room for so many sets.
    ///
    /// # Errors
    /// [`Error::Budget`] if their places do not fit 32 bits.
    pub(in crate::rules) fn reserve(&mut self, n: u64) -> Result<()> {
        let limit = u64::from(u32::MAX) - 1;
        if n > limit {
            return Err(Error::Budget {
                job: format!("mining rules from {n} item sets"),
                needed_bytes: n.saturating_mul(16),
                limit_bytes: limit * 16,
                remedy: "raise the minimum support, or set `max_len`".into(),
            });
        }
        self.0.reserve_exact(n as usize);
        Ok(())
    }

    /// Adds the set that has an item more than another. Returns its place.
    #[inline]
    pub(in crate::rules) fn add(&mut self, parent: u32, item: u32, support: u32) -> u32 {
        let place = self.0.len() as u32;
        self.0.push(Node {
            parent,
            item,
            depth: self.0[parent as usize].depth + 1,
            support,
        });
        place
    }

    /// Sets, the empty one included.
    pub(in crate::rules) fn len(&self) -> usize {
        self.0.len()
    }

    /// How many baskets have the set.
    #[inline(always)]
    pub(in crate::rules) fn support(&self, set: u32) -> u32 {
        self.0[set as usize].support
    }

    /// The counts of a rule between sets of the tree.
    #[inline(always)]
    pub(in crate::rules) fn counts(&self, rule: Rule) -> Counts {
        Counts {
            n: self.support(ROOT),
            n_x: self.support(rule.x),
            n_y: self.support(rule.y),
            n_xy: self.support(rule.xy),
        }
    }

    /// How many items the set has.
    #[inline(always)]
    pub(in crate::rules) fn length(&self, set: u32) -> usize {
        self.0[set as usize].depth as usize
    }

    #[inline(always)]
    pub(in crate::rules) fn parent(&self, set: u32) -> u32 {
        self.0[set as usize].parent
    }

    /// The last item of the set.
    #[inline(always)]
    pub(in crate::rules) fn item(&self, set: u32) -> u32 {
        self.0[set as usize].item
    }

    /// Writes the items of the set, ascending.
    pub(in crate::rules) fn items_into(&self, mut set: u32, items: &mut Vec<u32>) {
        items.clear();
        items.resize(self.length(set), 0);
        for slot in items.iter_mut().rev() {
            let node = self.0[set as usize];
            *slot = node.item;
            set = node.parent;
        }
    }

    /// The items of the set, ascending.
    pub(in crate::rules) fn items_of(&self, set: u32) -> Vec<u32> {
        let mut items = Vec::new();
        self.items_into(set, &mut items);
        items
    }

    /// The same tree with other supports, one for each set.
    pub(in crate::rules) fn with_supports(&self, supports: Vec<u32>) -> Self {
        debug_assert_eq!(supports.len(), self.len());
        let nodes = self.0.iter().zip(supports);
        Self(
            nodes
                .map(|(node, support)| Node { support, ..*node })
                .collect(),
        )
    }
}

/// Makes a tree of sets that come in any order.
#[derive(Debug)]
pub(in crate::rules) struct TreeBuilder {
    tree: SetTree,
    places: HashMap<(u32, u32), u32>,
}

impl TreeBuilder {
    pub(in crate::rules) fn new(total: u32) -> Self {
        Self {
            tree: SetTree::new(total),
            places: HashMap::new(),
        }
    }

    /// The place of a set whose items ascend; smaller ones on the way to it get their places too.
    pub(in crate::rules) fn place(&mut self, items: &[u32]) -> u32 {
        items.iter().fold(ROOT, |parent, &item| {
            let tree = &mut self.tree;
            let place = self.places.entry((parent, item));
            *place.or_insert_with(|| tree.add(parent, item, 0))
        })
    }

    /// Sets, the empty one included.
    pub(in crate::rules) fn len(&self) -> usize {
        self.tree.len()
    }

    /// Says how many baskets have the set.
    pub(in crate::rules) fn set_support(&mut self, set: u32, support: u32) {
        self.tree.0[set as usize].support = support;
    }

    pub(in crate::rules) fn finish(self) -> SetTree {
        self.tree
    }
}
