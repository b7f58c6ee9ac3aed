//! Baskets as miners want them: items numbered from the rarest, without those that are too rare.

use std::ops::Range;

use crate::baskets::Baskets;
use crate::error::{Error, Result};
use crate::parallel::{Context, map_ordered, pieces};

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

/// Ranges of baskets that are worth a thread: their items are more than what is counted for each item.
fn parts(baskets: &Baskets) -> Vec<Range<usize>> {
    const ENTRIES: usize = 1 << 17;
    const PARTS: usize = 16;
    let n_entries = baskets.n_entries();
    let n_parts = n_entries / ENTRIES.max(4 * baskets.n_items());
    let n_baskets = baskets.len();
    pieces(n_baskets, n_baskets.div_ceil(n_parts.clamp(1, PARTS))).collect()
}

/// What is counted before items get their codes.
#[derive(Default)]
struct Counts {
    supports: Vec<u32>,
    total: u32,
    n_items: usize,
}

/// Coded baskets of one part.
#[derive(Default)]
struct Rows {
    items: Vec<u32>,
    ends: Vec<usize>,
    weights: Vec<u32>,
}

impl Selection<'_> {
    fn is_used(&self, items: &[u32]) -> bool {
        self.required.iter().all(|r| items.contains(r))
    }

    fn counts(&self, baskets: &Baskets, ctx: &Context) -> Result<Counts> {
        let counted = map_ordered(ctx, "items counted", parts(baskets), |range| {
            let mut counts = Counts {
                supports: vec![0; baskets.n_items()],
                ..Counts::default()
            };
            let rows = baskets.between(range);
            for (items, weight) in rows.filter(|(items, _)| self.is_used(items)) {
                // The weights of all baskets together fit 32 bits: `Baskets` holds to that.
                counts.total += weight;
                counts.n_items += items.len();
                let supports = &mut counts.supports;
                items.iter().for_each(|&i| supports[i as usize] += weight);
            }
            Ok(counts)
        })?;
        let mut parts = counted.into_iter();
        let mut all = parts.next().unwrap_or_default();
        all.supports.resize(baskets.n_items(), 0);
        for part in parts {
            all.total += part.total;
            all.n_items += part.n_items;
            for (sum, n) in all.supports.iter_mut().zip(part.supports) {
                *sum += n;
            }
        }
        Ok(all)
    }

    fn coded<'a>(&self, rows: impl Iterator<Item = (&'a [u32], u32)>, code_of: &[u32]) -> Rows {
        let mut coded = Rows::default();
        for (items, weight) in rows.filter(|(items, _)| self.is_used(items)) {
            let from = coded.items.len();
            let codes = items.iter().map(|&i| code_of[i as usize]);
            coded.items.extend(codes.filter(|&code| code != u32::MAX));
            if coded.items.len() > from {
                coded.items[from..].sort_unstable();
                coded.ends.push(coded.items.len());
                coded.weights.push(weight);
            }
        }
        coded
    }
}

impl Database {
    pub(super) fn new(baskets: &Baskets, selection: &Selection<'_>, ctx: &Context) -> Result<Self> {
        let n = baskets.n_items();
        let Counts {
            mut supports,
            total,
            n_items,
        } = selection.counts(baskets, ctx)?;
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
        let parts = map_ordered(ctx, "baskets coded", parts(baskets), |range| {
            Ok(selection.coded(baskets.between(range), &code_of))
        })?;
        database.join(parts);
        Ok(database)
    }

    fn join(&mut self, parts: Vec<Rows>) {
        let n_items: usize = parts.iter().map(|p| p.items.len()).sum();
        let mut parts = parts.into_iter();
        if let Some(first) = parts.next() {
            (self.items, self.ends, self.weights) = (first.items, first.ends, first.weights);
        }
        self.items.reserve_exact(n_items - self.items.len());
        for part in parts {
            let before = self.items.len();
            self.items.extend(part.items);
            self.ends.extend(part.ends.iter().map(|end| before + end));
            self.weights.extend(part.weights);
        }
        if self.weights.iter().all(|&w| w == 1) {
            self.weights = Vec::new();
        }
    }

    pub(super) fn n_items(&self) -> usize {
        self.codes.len()
    }

    /// Each basket with its weight.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&[u32], u32)> {
        self.between(0..self.ends.len())
    }

    pub(super) fn between(&self, rows: Range<usize>) -> impl Iterator<Item = (&[u32], u32)> {
        let mut from = match rows.start {
            0 => 0,
            first => self.ends[first - 1],
        };
        rows.map(move |row| {
            let end = self.ends[row];
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
