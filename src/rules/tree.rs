//! Sets of items as a tree: each set is a smaller one and one item more.

use std::collections::HashMap;

use crate::error::{Error, Result};

/// The empty set.
pub(super) const ROOT: u32 = 0;

/// Sets with their supports. Items are codes, and ascend in each set; a set's parent stands before it.
#[derive(Debug, Clone, Default)]
pub(super) struct SetTree {
    parents: Vec<u32>,
    items: Vec<u32>,
    depths: Vec<u32>,
    supports: Vec<u32>,
}

impl SetTree {
    /// The empty set alone, which all baskets have.
    pub(super) fn new(total: u32) -> Self {
        Self {
            parents: vec![ROOT],
            items: vec![u32::MAX],
            depths: vec![0],
            supports: vec![total],
        }
    }

    /// Makes room for so many sets.
    ///
    /// # Errors
    /// [`Error::Budget`] if their places do not fit 32 bits.
    pub(super) fn reserve(&mut self, n: u64) -> Result<()> {
        let limit = u64::from(u32::MAX) - 1;
        if n > limit {
            return Err(Error::Budget {
                job: format!("mining rules from {n} item sets"),
                needed_bytes: n.saturating_mul(16),
                limit_bytes: limit * 16,
                remedy: "raise the minimum support, or set `max_len`".into(),
            });
        }
        let n = n as usize;
        for list in [
            &mut self.parents,
            &mut self.items,
            &mut self.depths,
            &mut self.supports,
        ] {
            list.reserve_exact(n);
        }
        Ok(())
    }

    /// Adds the set that has an item more than another. Returns its place.
    #[inline]
    pub(super) fn add(&mut self, parent: u32, item: u32, support: u32) -> u32 {
        let place = self.items.len() as u32;
        self.parents.push(parent);
        self.items.push(item);
        self.depths.push(self.depths[parent as usize] + 1);
        self.supports.push(support);
        place
    }

    /// Sets, the empty one included.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// How many baskets have the set.
    #[inline(always)]
    pub(super) fn support(&self, set: u32) -> u32 {
        self.supports[set as usize]
    }

    /// How many items the set has.
    #[inline(always)]
    pub(super) fn length(&self, set: u32) -> usize {
        self.depths[set as usize] as usize
    }

    #[inline(always)]
    pub(super) fn parent(&self, set: u32) -> u32 {
        self.parents[set as usize]
    }

    /// The last item of the set.
    #[inline(always)]
    pub(super) fn item(&self, set: u32) -> u32 {
        self.items[set as usize]
    }

    /// Writes the items of the set, ascending.
    pub(super) fn items_into(&self, mut set: u32, items: &mut Vec<u32>) {
        items.clear();
        items.resize(self.length(set), 0);
        while set != ROOT {
            items[self.length(set) - 1] = self.item(set);
            set = self.parent(set);
        }
    }

    /// The items of the set, ascending.
    pub(super) fn items_of(&self, set: u32) -> Vec<u32> {
        let mut items = Vec::new();
        self.items_into(set, &mut items);
        items
    }

    /// The same tree with other supports, one for each set.
    pub(super) fn with_supports(&self, supports: Vec<u32>) -> Self {
        debug_assert_eq!(supports.len(), self.len());
        Self {
            supports,
            ..self.clone()
        }
    }
}

/// Makes a tree of sets that come in any order.
#[derive(Debug)]
pub(super) struct TreeBuilder {
    tree: SetTree,
    places: HashMap<(u32, u32), u32>,
}

impl TreeBuilder {
    pub(super) fn new(total: u32) -> Self {
        Self {
            tree: SetTree::new(total),
            places: HashMap::new(),
        }
    }

    /// The place of a set whose items ascend; smaller ones on the way to it get their places too.
    pub(super) fn place(&mut self, items: &[u32]) -> u32 {
        items.iter().fold(ROOT, |parent, &item| {
            let tree = &mut self.tree;
            let place = self.places.entry((parent, item));
            *place.or_insert_with(|| tree.add(parent, item, 0))
        })
    }

    /// Says how many baskets have the set.
    pub(super) fn set_support(&mut self, set: u32, support: u32) {
        self.tree.supports[set as usize] = support;
    }

    pub(super) fn finish(self) -> SetTree {
        self.tree
    }
}
