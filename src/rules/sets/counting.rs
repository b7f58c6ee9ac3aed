//! How many baskets have each of many sets, by classes of baskets.

use super::matcher::{Marks, Matcher};
use super::tree::SetTree;
use crate::baskets::Baskets;
use crate::error::Result;
use crate::parallel::{Context, map_ordered};

const NONE: u32 = u32::MAX;

/// Baskets with their items as codes, ascending.
#[derive(Debug)]
pub(in crate::rules) struct Coded {
    items: Vec<u32>,
    ends: Vec<usize>,
    weights: Vec<u32>,
    n_codes: usize,
}

impl Coded {
    /// Of each item its code; items without one are left away.
    pub(in crate::rules) fn new(
        baskets: &Baskets,
        code_of: &[Option<u32>],
        n_codes: usize,
    ) -> Self {
        let mut coded = Self {
            items: Vec::with_capacity(baskets.n_entries()),
            ends: Vec::with_capacity(baskets.len()),
            weights: Vec::with_capacity(baskets.len()),
            n_codes,
        };
        for (items, weight) in baskets.iter() {
            let from = coded.items.len();
            let codes = items.iter().filter_map(|&i| code_of[i as usize]);
            coded.items.extend(codes);
            coded.items[from..].sort_unstable();
            coded.ends.push(coded.items.len());
            coded.weights.push(weight);
        }
        coded
    }

    pub(in crate::rules) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(in crate::rules) fn n_codes(&self) -> usize {
        self.n_codes
    }

    pub(in crate::rules) fn weight(&self, basket: usize) -> u32 {
        self.weights[basket]
    }

    pub(in crate::rules) fn get(&self, basket: usize) -> &[u32] {
        let from = basket.checked_sub(1).map_or(0, |b| self.ends[b]);
        &self.items[from..self.ends[basket]]
    }
}

/// Counts of sets by class.
#[derive(Debug)]
pub(in crate::rules) struct ClassCounts {
    /// Of each set of the tree its place among the counted.
    places: Vec<u32>,
    counts: Vec<u32>,
    n_classes: usize,
}

impl ClassCounts {
    /// Counts the sets that are wanted, in a walk of each basket down the tree of sets. `class_of` says each basket's class; all are of class 0 where
    /// it is empty.
    pub(in crate::rules) fn new(
        tree: &SetTree,
        is_wanted: &[bool],
        baskets: &Coded,
        class_of: &[u16],
        n_classes: usize,
        ctx: &Context,
    ) -> Result<Self> {
        const PARTS: u64 = 16;
        const BASKETS: usize = 4_096;
        let matcher = Matcher::new(tree, is_wanted, baskets.n_codes);
        let n_bytes = matcher.len() as u64 * n_classes as u64 * 4;
        let remedy = "raise the minimum support or `min_confidence`, limit the lengths, or mine without a test";
        ctx.budget.check("testing the rules", n_bytes, remedy)?;
        let weight = |set: u32| 1 + u64::from(tree.support(set));
        let all: u64 = (0..matcher.len() as u32)
            .map(|at| weight(matcher.set(at)))
            .sum();
        let parts = matcher.split(weight, (all / PARTS).max(1 << 16));
        let counted = map_ordered(ctx, "sets counted", parts, |(codes, sets)| {
            let first = sets.start as usize * n_classes;
            let mut counts = vec![0_u32; sets.len() * n_classes];
            let mut marks = Marks::default();
            for basket in 0..baskets.len() {
                if basket % BASKETS == 0 {
                    ctx.cancel.poll()?;
                }
                let class = class_of.get(basket).map_or(0, |&c| usize::from(c));
                let weight = baskets.weights[basket];
                matcher.visit(baskets.get(basket), codes.clone(), &mut marks, |at| {
                    counts[at as usize * n_classes + class - first] += weight;
                });
            }
            Ok(counts)
        })?;
        let mut places = vec![NONE; tree.len()];
        for at in 0..matcher.len() as u32 {
            places[matcher.set(at) as usize] = at;
        }
        Ok(Self {
            places,
            counts: counted.concat(),
            n_classes,
        })
    }

    /// The counts of a set that was counted, by class.
    pub(in crate::rules) fn of(&self, set: u32) -> &[u32] {
        let at = self.places[set as usize] as usize * self.n_classes;
        &self.counts[at..at + self.n_classes]
    }

    /// The count of each set of the tree over all classes; 0 where it was not counted.
    pub(in crate::rules) fn totals(&self) -> Vec<u32> {
        let total = |&at: &u32| {
            let from = at as usize * self.n_classes;
            let counts = self.counts.get(from..from + self.n_classes);
            counts.map_or(0, |counts| counts.iter().sum())
        };
        self.places.iter().map(total).collect()
    }
}
