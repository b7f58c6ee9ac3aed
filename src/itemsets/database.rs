//! Baskets as miners want them: items numbered from the rarest, without those that are too rare.

use crate::baskets::Baskets;
use crate::error::{Error, Result};

/// Baskets coded for one job.
#[derive(Debug, Clone)]
pub(super) struct Database {
    /// The baskets' items one after the other, ascending in each; baskets without any are left away.
    pub(super) items: Vec<u32>,
    pub(super) ends: Vec<usize>,
    /// Of each basket; none where all are one.
    pub(super) weights: Vec<u32>,
    /// The item of the baskets that each code stands for.
    pub(super) codes: Vec<u32>,
    pub(super) supports: Vec<u32>,
    /// The smallest support of a set.
    pub(super) minimum: u32,
    /// The smallest support of sets whose first item this is; none where it is the same for all.
    pub(super) minimums: Vec<u32>,
    /// For each item those after it that are never in a set with it because one is an ancestor of the other; none without a taxonomy.
    pub(super) ancestors: Vec<Vec<u32>>,
    /// The weight of all baskets looked at.
    pub(super) total: u32,
}

/// What of the baskets is mined.
#[derive(Debug, Default)]
pub(super) struct Selection<'a> {
    pub(super) minimum: u32,
    /// By item of the baskets; empty where the minimum is the same for all.
    pub(super) minimums: &'a [u32],
    /// Items that a set must have: baskets without them are left away, and they themselves too.
    pub(super) required: &'a [u32],
    pub(super) forbidden: &'a [u32],
}

impl Database {
    pub(super) fn new(baskets: &Baskets, selection: &Selection<'_>) -> Result<Self> {
        let n = baskets.n_items();
        let is_used = |items: &[u32]| selection.required.iter().all(|r| items.contains(r));
        let mut supports = vec![0u32; n];
        let (mut total, mut n_items) = (0u32, 0usize);
        for (items, weight) in baskets.iter().filter(|(items, _)| is_used(items)) {
            // The weights of all baskets together fit 32 bits: `Baskets` holds to that.
            total += weight;
            n_items += items.len();
            items.iter().for_each(|&i| supports[i as usize] += weight);
        }
        if u32::try_from(n_items).is_err() {
            return Err(Error::parameter(
                "Baskets",
                "baskets",
                "must hold less than 2^32 items together; mine a sample, or leave out rare items",
                n_items,
            ));
        }
        let lowest = selection.minimums.iter().min().copied();
        let lowest = lowest.unwrap_or(selection.minimum).max(1);
        for &item in selection.required.iter().chain(selection.forbidden) {
            supports[item as usize] = 0;
        }
        let own = |item: u32| selection.minimums.get(item as usize).copied().unwrap_or(0);
        let level = |item: u32| baskets.ancestors(item).map_or(0, <[u32]>::len);
        let mut codes: Vec<u32> = (0..n as u32)
            .filter(|&i| supports[i as usize] >= lowest)
            .collect();
        // Of equal supports the deeper in the taxonomy comes first: an item before its ancestors.
        codes.sort_by_key(|&i| (own(i), supports[i as usize], std::cmp::Reverse(level(i)), i));
        let mut code_of = vec![u32::MAX; n];
        for (code, &item) in (0..).zip(&codes) {
            code_of[item as usize] = code;
        }
        let mut database = Self {
            items: Vec::new(),
            ends: Vec::new(),
            weights: Vec::new(),
            supports: codes.iter().map(|&i| supports[i as usize]).collect(),
            minimum: lowest,
            minimums: Vec::new(),
            ancestors: Vec::new(),
            total,
            codes,
        };
        if !selection.minimums.is_empty() {
            database.minimums = database.codes.iter().map(|&i| own(i)).collect();
        }
        if baskets.has_taxonomy() {
            let mut lists = vec![Vec::new(); database.codes.len()];
            for (code, &item) in (0..).zip(&database.codes) {
                let ancestors = baskets.ancestors(item).unwrap_or(&[]).iter();
                let ancestors = ancestors.map(|&a| code_of[a as usize]);
                for ancestor in ancestors.filter(|&a| a != u32::MAX) {
                    // With minimums of their own an ancestor can come before its item.
                    lists[code.min(ancestor) as usize].push(code.max(ancestor));
                }
            }
            database.ancestors = lists;
        }
        let rows = baskets.iter().filter(|(items, _)| is_used(items));
        database.fill(rows, &code_of);
        Ok(database)
    }

    fn fill<'a>(&mut self, rows: impl Iterator<Item = (&'a [u32], u32)>, code_of: &[u32]) {
        let n = self.supports.iter().map(|&s| s as usize).sum::<usize>();
        self.items.reserve(n.min(1 << 32));
        let mut is_weighted = false;
        for (items, weight) in rows {
            let from = self.items.len();
            let codes = items.iter().map(|&i| code_of[i as usize]);
            self.items.extend(codes.filter(|&code| code != u32::MAX));
            if self.items.len() > from {
                self.items[from..].sort_unstable();
                self.ends.push(self.items.len());
                self.weights.push(weight);
                is_weighted |= weight != 1;
            }
        }
        if !is_weighted {
            self.weights = Vec::new();
        }
    }

    pub(super) fn n_items(&self) -> usize {
        self.codes.len()
    }

    /// Each basket with its weight.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&[u32], u32)> {
        let mut from = 0;
        self.ends.iter().enumerate().map(move |(row, &end)| {
            let items = &self.items[from..end];
            from = end;
            (items, self.weights.get(row).copied().unwrap_or(1))
        })
    }

    /// Whether rows of a bit for each item take little memory, or not much more than lists.
    pub(super) fn suits_bits(&self, n_items: usize) -> bool {
        const SMALL: usize = 16 << 20;
        let bytes = self.ends.len() * n_items.div_ceil(64).next_power_of_two() * 8;
        bytes <= SMALL || bytes <= 8 * self.items.len()
    }
}
