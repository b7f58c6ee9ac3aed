//! Record batches of item sets, one at a time, each written by all threads.
//!
//! A pass over the sets of a batch says where each begins, and with which items on the way a piece of them begins; then pieces are written side by
//! side, for it is the items that take the time.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, UInt32Array};

use super::columns::{ITEMS, SETS, labelled, record};
use super::result::{Found, Itemsets};
use crate::error::Result;
use crate::parallel::{Context, map_ordered};
use crate::table::labels::integers;

/// Sets that one thread writes at a time.
const PIECE: usize = 1 << 14;

/// Record batches of item sets, made when they are asked for: [`Itemsets::batches_of`].
#[derive(Debug)]
pub struct Batches {
    itemsets: Itemsets,
    n: usize,
    part: usize,
    at: usize,
    /// The codes of the set before `at`.
    path: Vec<u32>,
    is_begun: bool,
    /// The labels of the given items, and of each code, where labels are plain integers.
    integers: Option<(Vec<i64>, Vec<i64>)>,
}

/// Sets of one part.
#[derive(Debug)]
struct Piece {
    part: usize,
    from: usize,
    to: usize,
    path: Vec<u32>,
    n_items: usize,
}

#[derive(Debug, Default)]
struct Plan {
    ends: Vec<i32>,
    supports: Vec<i64>,
    /// Whether the first set is the given items alone.
    has_given: bool,
    pieces: Vec<Piece>,
}

impl Itemsets {
    /// The sets as record batches of at most a million sets: `itemset` (lists of items; text as dictionaries), `support_count`, `support` (a
    /// fraction of the baskets), `length`.
    ///
    /// # Errors
    /// Never, but for labels that Arrow cannot take.
    pub fn batches(&self) -> Result<Vec<RecordBatch>> {
        self.batches_of(SETS).collect()
    }

    /// The same, of so many sets each, and one at a time: what is not asked for takes no memory. At least one batch, if an empty one.
    #[must_use]
    pub fn batches_of(&self, n: usize) -> Batches {
        let integers = integers(self.baskets.labels());
        let integers = integers.map(|labels| {
            let named = |items: &[u32]| items.iter().map(|&i| labels[i as usize]).collect();
            (named(&self.given), named(&self.codes))
        });
        Batches {
            integers,
            itemsets: self.clone(),
            n: n.clamp(1, SETS),
            part: 0,
            at: 0,
            path: Vec::new(),
            is_begun: false,
        }
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let is_first = !self.is_begun;
        let plan = self.plan();
        (is_first || !plan.supports.is_empty()).then(|| self.written(plan))
    }
}

impl Batches {
    /// The next sets: where each ends, and the pieces in which they are written.
    fn plan(&mut self) -> Plan {
        let n_given = self.itemsets.given.len();
        let mut plan = Plan::default();
        plan.ends.push(0);
        if !std::mem::replace(&mut self.is_begun, true)
            && let Some(support) = self.itemsets.given_support
        {
            plan.has_given = true;
            plan.ends.push(n_given as i32);
            plan.supports.push(support.into());
        }
        let found = Arc::clone(&self.itemsets.found);
        while plan.supports.len() < self.n && self.part < found.n_parts() {
            let n_left = found.n_in(self.part) - self.at;
            if n_left == 0 {
                (self.part, self.at) = (self.part + 1, 0);
                self.path.clear();
                continue;
            }
            let before = plan.n_items();
            let most = n_left.min(PIECE).min(self.n - plan.supports.len());
            let (from, path) = (self.at, self.path.clone());
            while self.at < from + most && plan.n_items() < ITEMS {
                let (length, support) = found.step(self.part, self.at, &mut self.path);
                plan.ends.push((plan.n_items() + n_given + length) as i32);
                plan.supports.push(support.into());
                self.at += 1;
            }
            plan.pieces.push(Piece {
                part: self.part,
                from,
                to: self.at,
                path,
                n_items: plan.n_items() - before,
            });
            if plan.n_items() >= ITEMS {
                break;
            }
        }
        plan
    }

    fn written(&self, plan: Plan) -> Result<RecordBatch> {
        let itemsets = &self.itemsets;
        let labels = itemsets.baskets.labels();
        let values: ArrayRef = if let Some((given, of_code)) = &self.integers {
            Arc::new(Int64Array::from(self.items(&plan, given, of_code)?))
        } else {
            let numbers = self.items(&plan, &itemsets.given, &itemsets.codes)?;
            labelled(labels, UInt32Array::from(numbers))?
        };
        record(&itemsets.baskets, plan.ends, values, plan.supports, None)
    }

    /// The items of all sets one after the other, as those given and those of codes are called.
    fn items<V: Copy + Default + Send + Sync>(
        &self,
        plan: &Plan,
        given: &[V],
        of_code: &[V],
    ) -> Result<Vec<V>> {
        let mut items = vec![V::default(); plan.n_items()];
        let mut rest = &mut items[..];
        if plan.has_given {
            let (first, others) = rest.split_at_mut(given.len());
            first.copy_from_slice(given);
            rest = others;
        }
        let mut tasks = Vec::with_capacity(plan.pieces.len());
        for piece in &plan.pieces {
            let (own, others) = rest.split_at_mut(piece.n_items);
            tasks.push((piece, own));
            rest = others;
        }
        map_ordered(&Context::new(), "item sets", tasks, |(piece, own)| {
            piece.write(&self.itemsets.found, given, of_code, own);
            Ok(())
        })?;
        Ok(items)
    }
}

impl Plan {
    fn n_items(&self) -> usize {
        self.ends.last().map_or(0, |&end| end as usize)
    }
}

impl Piece {
    fn write<V: Copy>(&self, found: &Found, given: &[V], of_code: &[V], items: &mut [V]) {
        let mut at = 0;
        let mut put = |values: &[V]| {
            items[at..at + values.len()].copy_from_slice(values);
            at += values.len();
        };
        match found {
            Found::Trees(trees) => {
                let tree = &trees[self.part];
                let mut path = given.to_vec();
                path.extend(self.path.iter().map(|&code| of_code[code as usize]));
                for set in self.from..self.to {
                    path.truncate(given.len() + tree.depths[set] as usize);
                    path.push(of_code[tree.items[set] as usize]);
                    put(&path);
                }
            }
            Found::Lists(parts) => {
                for set in self.from..self.to {
                    put(given);
                    for &code in parts[self.part].get(set) {
                        put(&[of_code[code as usize]]);
                    }
                }
            }
        }
    }
}

impl Found {
    fn n_parts(&self) -> usize {
        match self {
            Self::Trees(trees) => trees.len(),
            Self::Lists(parts) => parts.len(),
        }
    }

    fn n_in(&self, part: usize) -> usize {
        match self {
            Self::Trees(trees) => trees[part].items.len(),
            Self::Lists(parts) => parts[part].supports.len(),
        }
    }

    /// How many items a set has, and its support; `path` goes from the set before it to this one.
    #[inline(always)]
    fn step(&self, part: usize, set: usize, path: &mut Vec<u32>) -> (usize, u32) {
        match self {
            Self::Trees(trees) => {
                let tree = &trees[part];
                path.truncate(tree.depths[set] as usize);
                path.push(tree.items[set]);
                (path.len(), tree.supports[set])
            }
            Self::Lists(parts) => (parts[part].get(set).len(), parts[part].supports[set]),
        }
    }
}
