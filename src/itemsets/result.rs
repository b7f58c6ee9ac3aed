//! Item sets that were found.

use std::sync::Arc;

use super::database::Database;
use super::params::ItemsetParams;
use super::sink::{Lists, Sink, Tree};
use crate::baskets::Baskets;

/// Sets as the miners leave them, part after part in order.
#[derive(Debug)]
pub(crate) enum Found {
    Trees(Vec<Tree>),
    Lists(Vec<Lists>),
}

impl Tree {
    /// Calls with the items and the support of each set; `items` are those of the set before the first.
    pub(super) fn for_each(&self, items: &mut Vec<u32>, mut each: impl FnMut(&[u32], u32)) {
        for ((&depth, &item), &support) in self.depths.iter().zip(&self.items).zip(&self.supports) {
            items.truncate(depth as usize);
            items.push(item);
            each(items, support);
        }
    }
}

impl Found {
    /// Calls with the items and the support of each set; `path` are the items of the set before the first.
    pub(super) fn for_each(&self, path: &mut Vec<u32>, mut each: impl FnMut(&[u32], u32)) {
        match self {
            Self::Trees(trees) => {
                for tree in trees {
                    tree.for_each(path, &mut each);
                }
            }
            Self::Lists(parts) => {
                for part in parts {
                    (0..part.supports.len()).for_each(|i| each(part.get(i), part.supports[i]));
                }
            }
        }
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Trees(trees) => trees.iter().map(Sink::n_sets).sum(),
            Self::Lists(parts) => parts.iter().map(Sink::n_sets).sum(),
        }
    }

    pub(super) fn n_bytes(&self) -> usize {
        match self {
            Self::Trees(trees) => trees.iter().map(Sink::n_bytes).sum(),
            Self::Lists(parts) => parts.iter().map(Sink::n_bytes).sum(),
        }
    }

    /// Those sets that are wanted.
    pub(super) fn only(self, is_wanted: impl Fn(&[u32]) -> bool) -> Self {
        let mut is_all = true;
        self.for_each(&mut Vec::new(), |items, _| is_all &= is_wanted(items));
        if is_all {
            return self;
        }
        let mut kept = Lists::new(true);
        self.for_each(&mut Vec::new(), |items, support| {
            if is_wanted(items) {
                kept.list(items, support);
            }
        });
        Self::Lists(vec![kept])
    }
}

/// Item sets with their support counts.
///
/// In a fixed order, whatever found them: items count from the rarest to the most frequent (of equal supports, by their numbers), each set has its
/// items in that order, and sets are sorted by their items. So the sets that share their rarest items stand together.
#[derive(Debug, Clone)]
pub struct Itemsets {
    pub(super) found: Arc<Found>,
    /// Of each code the item's number.
    pub(super) codes: Vec<u32>,
    /// Items that each set has beside.
    pub(super) given: Vec<u32>,
    /// The support of those items alone, where that is a set too.
    pub(super) given_support: Option<u32>,
    n: u64,
    pub(super) baskets: Baskets,
    min_support_count: u32,
    params: ItemsetParams,
}

impl Itemsets {
    pub(super) fn new(
        params: &ItemsetParams,
        baskets: &Baskets,
        database: &Database,
        found: Found,
        given_support: Option<u32>,
        min_support_count: u32,
    ) -> Self {
        let is_projected = params.target != super::Target::Generators;
        Self {
            n: found.len() + u64::from(given_support.is_some()),
            found: Arc::new(found),
            codes: database.codes.clone(),
            given: if is_projected {
                params.required.clone()
            } else {
                Vec::new()
            },
            given_support,
            baskets: baskets.clone(),
            min_support_count,
            params: params.clone(),
        }
    }

    /// How many sets there are.
    #[must_use]
    pub fn n_itemsets(&self) -> u64 {
        self.n
    }

    /// The baskets they were mined from.
    #[must_use]
    pub fn baskets(&self) -> &Baskets {
        &self.baskets
    }

    /// The parameters they were mined with.
    #[must_use]
    pub fn params(&self) -> &ItemsetParams {
        &self.params
    }

    /// The smallest support, as a number of baskets: of `top_k` sets that of the last.
    #[must_use]
    pub fn min_support_count(&self) -> u32 {
        self.min_support_count
    }

    /// Of each code the item's number; codes count from the rarest item.
    pub(crate) fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// Calls with the codes of the items of each set, and its support count; without those that each set has beside.
    pub(crate) fn for_each_coded(&self, each: impl FnMut(&[u32], u32)) {
        self.found.for_each(&mut Vec::new(), each);
    }

    /// Calls with the numbers of the items of each set, and its support count.
    pub fn for_each(&self, mut each: impl FnMut(&[u32], u32)) {
        let mut numbers = self.given.clone();
        if let Some(support) = self.given_support {
            each(&numbers, support);
        }
        let n = numbers.len();
        self.found.for_each(&mut Vec::new(), |items, support| {
            numbers.truncate(n);
            numbers.extend(items.iter().map(|&code| self.codes[code as usize]));
            each(&numbers, support);
        });
    }
}
