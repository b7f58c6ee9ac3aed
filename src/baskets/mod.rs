//! Baskets: for each transaction its distinct items, as numbers.
//!
//! They come from [`Transactions`](Baskets::from_transactions), from a [long table](Baskets::from_table), from [lists](Baskets::from_lists), from a
//! table of [truth values](Baskets::from_one_hot), from a [sparse matrix](Baskets::from_csr), or from [text](Baskets::read).

mod group;
mod labels;
mod lists;
mod long;
mod matrix;
mod merge;
mod names;
mod rows;
mod shuffle;
mod taxonomy;
mod text;
mod transactions;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef};

use crate::error::{Error, Result};
use crate::transactions::{Reason, RowCounts};
use rows::Distinct;

pub use long::LongTable;
pub use text::BasketFormat;

const OWNER: &str = "Baskets";

/// Transactions as sets of items, numbered by their labels.
///
/// Items repeated within a basket are dropped and counted. A basket may have a weight, and then stands for so many. Clones share the data.
///
/// ```
/// use std::sync::Arc;
/// use arrow_array::StringArray;
/// use patronomy::baskets::Baskets;
///
/// let labels = Arc::new(StringArray::from(vec!["bread", "milk"]));
/// let baskets = Baskets::from_numbers(vec![2, 3, 6], vec![0, 1, 1, 0, 1, 1], labels)?;
/// assert_eq!(baskets.len(), 3);
/// assert_eq!(baskets.n_repeated(), 1);
/// assert_eq!(baskets.iter().last(), Some((&[0, 1][..], 1)));
/// # Ok::<(), patronomy::Error>(())
/// ```
#[derive(Clone)]
pub struct Baskets {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    /// The baskets' items one after the other, ascending in each.
    items: Vec<u32>,
    ends: Vec<usize>,
    /// Of each basket; none where all are one.
    weights: Vec<u32>,
    total: u32,
    labels: ArrayRef,
    n_repeated: u64,
    /// For each item its ancestors, nearest first; none without a taxonomy.
    ancestors: Vec<Vec<u32>>,
    counts: RowCounts,
    names: Option<ArrayRef>,
    ids: Option<ArrayRef>,
    customers: Option<ArrayRef>,
}

impl fmt::Debug for Baskets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Baskets")
            .field("len", &self.len())
            .field("n_items", &self.n_items())
            .field("n_repeated", &self.n_repeated())
            .finish_non_exhaustive()
    }
}

impl Baskets {
    /// Baskets from the numbers of their items, one basket after the other, each up to its end; numbers are places in `labels`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if ends do not ascend to the number of items, if a number has no label, or if there are 2^32 baskets or labels.
    pub fn from_numbers(ends: Vec<usize>, items: Vec<u32>, labels: ArrayRef) -> Result<Self> {
        let too_many =
            |what: &str, n: usize| Error::parameter(OWNER, what, "must be less than 2^32", n);
        let total = u32::try_from(ends.len()).map_err(|_| too_many("ends", ends.len()))?;
        if u32::try_from(labels.len()).is_err() {
            return Err(too_many("labels", labels.len()));
        }
        let is_cut = ends.is_sorted() && ends.last().copied().unwrap_or(0) == items.len();
        if !is_cut {
            let rule = "must ascend to the number of items";
            return Err(Error::parameter(OWNER, "ends", rule, items.len()));
        }
        if let Some(&item) = items.iter().find(|&&i| i as usize >= labels.len()) {
            let rule = format!("must be numbers of the {} labels", labels.len());
            return Err(Error::parameter(OWNER, "items", rule, item));
        }
        let n = items.len() as u64;
        let mut inner = Inner {
            items,
            ends,
            weights: Vec::new(),
            total,
            labels,
            n_repeated: 0,
            ancestors: Vec::new(),
            counts: counts_of(n, 0),
            names: None,
            ids: None,
            customers: None,
        };
        inner.sort();
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Baskets whose items ascend.
    fn of_distinct(rows: Distinct, labels: ArrayRef, counts: RowCounts) -> Result<Self> {
        let Ok(total) = u32::try_from(rows.ends.len()) else {
            let rule = "must be less than 2^32";
            return Err(Error::parameter(OWNER, "baskets", rule, rows.ends.len()));
        };
        let inner = Inner {
            items: rows.items,
            ends: rows.ends,
            weights: Vec::new(),
            total,
            labels,
            n_repeated: rows.n_repeated,
            ancestors: Vec::new(),
            counts,
            names: None,
            ids: None,
            customers: None,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The same baskets with more said of them.
    fn with(mut self, set: impl FnOnce(&mut Inner)) -> Self {
        set(Arc::make_mut(&mut self.inner));
        self
    }

    /// The same baskets, each standing for so many.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is not one weight for each basket, if one is zero, or if they add up to 2^32 - 1 or more.
    pub fn with_weights(&self, weights: Vec<u32>) -> Result<Self> {
        if weights.len() != self.len() {
            let rule = format!("must be {}, one for each basket", self.len());
            return Err(Error::parameter(OWNER, "weights", rule, weights.len()));
        }
        if weights.contains(&0) {
            let rule = "must be 1 or more; leave out baskets that do not count";
            return Err(Error::parameter(OWNER, "weights", rule, 0));
        }
        let sum: u64 = weights.iter().map(|&w| u64::from(w)).sum();
        let total = u32::try_from(sum).unwrap_or(u32::MAX);
        if total == u32::MAX {
            let rule = "must add up to less than 2^32 - 1; divide them by a common factor";
            return Err(Error::parameter(OWNER, "weights", rule, sum));
        }
        let mut inner = (*self.inner).clone();
        inner.total = total;
        inner.weights = weights;
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Baskets, empty ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.ends.is_empty()
    }

    /// The weight of all baskets: their number, where none has a weight. Supports are fractions of it.
    #[must_use]
    pub fn total_weight(&self) -> u32 {
        self.inner.total
    }

    /// Different items.
    #[must_use]
    pub fn n_items(&self) -> usize {
        self.inner.labels.len()
    }

    /// What each item is called.
    #[must_use]
    pub fn labels(&self) -> &ArrayRef {
        &self.inner.labels
    }

    /// What each item is called by people, in the order of [`labels`](Self::labels); none where the source has no names.
    #[must_use]
    pub fn names(&self) -> Option<&ArrayRef> {
        self.inner.names.as_ref()
    }

    /// The transaction that each basket is; none where the source has no ids.
    #[must_use]
    pub fn ids(&self) -> Option<&ArrayRef> {
        self.inner.ids.as_ref()
    }

    /// The customer of each basket, null where none is known; none where the source knows no customers.
    #[must_use]
    pub fn customers(&self) -> Option<&ArrayRef> {
        self.inner.customers.as_ref()
    }

    /// Where the rows of the source went: used, or left out for a reason. A row is an entry of an item in a basket: a line of transactions, an
    /// element of a list, a true or null cell, a word of text. Entries used that repeat an item of their basket are counted by
    /// [`n_repeated`](Self::n_repeated).
    #[must_use]
    pub fn counts(&self) -> &RowCounts {
        &self.inner.counts
    }

    /// How many items were dropped because their basket had them already.
    #[must_use]
    pub fn n_repeated(&self) -> u64 {
        self.inner.n_repeated
    }

    /// Each basket's items, ascending, with its weight.
    pub fn iter(&self) -> impl Iterator<Item = (&[u32], u32)> {
        self.between(0..self.len())
    }

    /// The same of the baskets with these numbers.
    pub(crate) fn between(&self, baskets: Range<usize>) -> impl Iterator<Item = (&[u32], u32)> {
        let inner = &*self.inner;
        let mut from = match baskets.start {
            0 => 0,
            first => inner.ends[first - 1],
        };
        baskets.map(move |row| {
            let end = inner.ends[row];
            let items = &inner.items[from..end];
            from = end;
            (items, inner.weights.get(row).copied().unwrap_or(1))
        })
    }

    /// Items of the largest basket.
    pub(crate) fn longest(&self) -> usize {
        let ends = &self.inner.ends[..];
        let others = ends.windows(2).map(|w| w[1] - w[0]).max();
        others
            .into_iter()
            .chain(ends.first().copied())
            .max()
            .unwrap_or(0)
    }

    /// Items of all baskets together.
    pub(crate) fn n_entries(&self) -> usize {
        self.inner.items.len()
    }

    /// The items of one basket, ascending.
    pub(crate) fn items_of(&self, basket: usize) -> &[u32] {
        let from = basket.checked_sub(1).map_or(0, |b| self.inner.ends[b]);
        &self.inner.items[from..self.inner.ends[basket]]
    }

    /// For each item the weight of the baskets that have it.
    #[must_use]
    pub fn support_counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.n_items()];
        for (items, weight) in self.iter() {
            items.iter().for_each(|&i| counts[i as usize] += weight);
        }
        counts
    }

    pub(crate) fn has_taxonomy(&self) -> bool {
        !self.inner.ancestors.is_empty()
    }

    /// The ancestors of an item, nearest first.
    pub(crate) fn ancestors(&self, item: u32) -> Option<&[u32]> {
        self.inner.ancestors.get(item as usize).map(Vec::as_slice)
    }
}

/// The counts of so many entries, of which some are no items.
fn counts_of(n: u64, n_without_item: u64) -> RowCounts {
    let left_out = (n_without_item > 0).then_some((Reason::NoItem, n_without_item));
    RowCounts {
        rows_in: n,
        rows_used: n - n_without_item,
        left_out: left_out.into_iter().collect(),
        ..RowCounts::default()
    }
}

impl Inner {
    /// Sorts each basket and drops what it has twice.
    fn sort(&mut self) {
        let (mut kept, mut from) = (0, 0);
        for end in &mut self.ends {
            let basket = &mut self.items[from..*end];
            if !basket.is_sorted_by(|a, b| a < b) {
                basket.sort_unstable();
            }
            let first = kept;
            for at in from..*end {
                let item = self.items[at];
                if kept == first || self.items[kept - 1] != item {
                    self.items[kept] = item;
                    kept += 1;
                }
            }
            from = *end;
            *end = kept;
        }
        self.n_repeated += (self.items.len() - kept) as u64;
        self.items.truncate(kept);
        self.items.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::StringArray;

    fn labels(n: usize) -> ArrayRef {
        Arc::new(StringArray::from_iter_values(
            (0..n).map(|i| format!("i{i}")),
        ))
    }

    #[test]
    fn repeated_items_are_dropped_and_counted() {
        let baskets = Baskets::from_numbers(vec![3, 3, 5], vec![2, 0, 2, 1, 1], labels(3)).unwrap();
        let all: Vec<_> = baskets.iter().map(|(b, w)| (b.to_vec(), w)).collect();
        assert_eq!(all, [(vec![0, 2], 1), (vec![], 1), (vec![1], 1)]);
        assert_eq!(baskets.n_repeated(), 2);
        assert_eq!(baskets.support_counts(), [1, 1, 1]);
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let bad = |ends: Vec<usize>, items: Vec<u32>| {
            Baskets::from_numbers(ends, items, labels(2))
                .unwrap_err()
                .to_string()
        };
        assert!(bad(vec![2, 1], vec![0]).contains("`ends`"));
        assert!(bad(vec![1], vec![0, 1]).contains("`ends`"));
        assert!(bad(vec![1], vec![7]).contains("got 7"));
        let one = Baskets::from_numbers(vec![1, 1], vec![0], labels(1)).unwrap();
        assert!(one.with_weights(vec![1]).is_err());
        assert!(one.with_weights(vec![0, 1]).is_err());
        assert!(one.with_weights(vec![u32::MAX, 1]).is_err());
        assert_eq!(one.with_weights(vec![5, 2]).unwrap().total_weight(), 7);
    }
}
