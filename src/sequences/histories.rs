//! Histories: the baskets of each customer, in order of time.

use std::fmt;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};

use crate::baskets::Baskets;
use crate::error::{Error, Result};
use crate::parallel::{Context, sorted};
use crate::table::Table;
use crate::table::codes::NONE;
use crate::table::labels::Labels;
use crate::transactions::{RowCounts, Transactions};

const OWNER: &str = "Histories";

/// For each customer the baskets in order of time.
///
/// An **element** is what a customer bought at one time: baskets of the same customer and the very same time are one. Elements of a customer have
/// times that ascend, and at least one item. Clones share the data.
#[derive(Clone)]
pub struct Histories {
    inner: Arc<Inner>,
}

struct Inner {
    /// Where the items are labelled.
    baskets: Baskets,
    customers: ArrayRef,
    /// Of each customer, where the elements end.
    customer_ends: Vec<u32>,
    /// Of each element, where its items end.
    ends: Vec<u32>,
    times: Vec<i64>,
    items: Vec<u32>,
    n_merged: u64,
    n_without_customer: u64,
    counts: RowCounts,
}

impl fmt::Debug for Histories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histories")
            .field("len", &self.len())
            .field("n_elements", &self.n_elements())
            .field("n_items", &self.baskets().n_items())
            .finish_non_exhaustive()
    }
}

/// A basket in the order wanted: its customer, time and number.
pub(super) type Place = (u32, i64, u32);

impl Histories {
    /// The histories of the customers who have a purchase, under the view's clock, its rule for returns, and its choice of rows.
    ///
    /// Baskets are those of [`Baskets::from_transactions`], and their times those of their earliest purchases. Baskets without a customer are left
    /// out and [counted](Self::n_without_customer). Cost: the baskets, and a sort of them.
    ///
    /// ```
    /// use patronomy::{Context, sequences::Histories, simulate::Shop};
    /// let tx = Shop::new(100, 365, 1).transactions()?;
    /// let histories = Histories::from_transactions(&tx, &Context::new())?;
    /// assert!(histories.len() <= 100);
    /// assert!(histories.iter().all(|history| history.is_sorted_by(|a, b| a.0 < b.0)));
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Baskets::from_transactions`].
    pub fn from_transactions(tx: &Transactions, ctx: &Context) -> Result<Self> {
        let (baskets, times) = Baskets::with_times(tx, ctx)?;
        // Baskets of transactions know their customers, if only that there is none.
        let customers = baskets.customers().cloned();
        let customers = customers.unwrap_or_else(|| baskets.labels().slice(0, 0));
        Self::from_baskets(&baskets, &customers, &times, ctx)
    }

    /// The histories of baskets of which customers and times are known, both in the order of the baskets; times are microseconds.
    ///
    /// Customers may be integers, text, whole floats, booleans, dates, times, or a dictionary of these. A basket with a null or blank customer is
    /// left out and counted; an empty basket is no element, but its customer is one. Weights of baskets are not looked at: what is counted is
    /// customers.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is not one customer and one time for each basket, or if there are 2^32 items or more; [`Error::ColumnType`]
    /// if customers are of another type; [`Error::Cancelled`].
    pub fn from_baskets(
        baskets: &Baskets,
        customers: &ArrayRef,
        times: &[i64],
        ctx: &Context,
    ) -> Result<Self> {
        let n = baskets.len();
        for (name, given) in [("customers", customers.len()), ("times", times.len())] {
            if given != n {
                let rule = format!("must be {n}, one for each basket");
                return Err(Error::parameter(OWNER, name, rule, given));
            }
        }
        let batch = RecordBatch::try_from_iter([("customer", Arc::clone(customers))]);
        let batch = batch.map_err(|e| Error::parameter(OWNER, "customers", "cannot be read", e))?;
        let table = Table::from_batch(batch);
        let codes = Labels::bind(table.column(0), "customer")?.codes(&table, ctx)?;
        let places = codes.codes.iter().zip(times).zip(0..);
        let places = places.filter(|((c, _), _)| **c != NONE);
        let places: Vec<Place> = places
            .map(|((&c, &time), basket)| (c, time, basket))
            .collect();
        let counts = baskets.counts().clone();
        Self::of_places(baskets, codes.values, places, counts, ctx)
    }

    /// The histories of numbered customers, each of whom has a place.
    pub(super) fn of_places(
        baskets: &Baskets,
        customers: ArrayRef,
        places: Vec<Place>,
        counts: RowCounts,
        ctx: &Context,
    ) -> Result<Self> {
        let n_without_customer = (baskets.len() - places.len()) as u64;
        let places = sorted(ctx, "sort baskets", places, |&place| place)?;
        let n_items = places.iter().map(|p| baskets.items_of(p.2 as usize).len());
        let n_items = n_items.sum::<usize>();
        if u32::try_from(n_items).is_err() {
            let rule = "must hold less than 2^32 items together; take a sample of the customers";
            return Err(Error::parameter(OWNER, "baskets", rule, n_items));
        }
        let mut inner = Inner {
            baskets: baskets.clone(),
            customer_ends: Vec::with_capacity(customers.len()),
            customers,
            ends: Vec::new(),
            times: Vec::new(),
            items: Vec::with_capacity(n_items),
            n_merged: 0,
            n_without_customer,
            counts,
        };
        for (i, history) in places.chunk_by(|a, b| a.0 == b.0).enumerate() {
            if i.is_multiple_of(4096) {
                ctx.cancel.poll()?;
            }
            inner.push(history);
        }
        ctx.progress.finish();
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Customers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.customer_ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.customer_ends.is_empty()
    }

    /// Elements of all customers.
    #[must_use]
    pub fn n_elements(&self) -> usize {
        self.inner.ends.len()
    }

    /// Items of all elements.
    pub(super) fn n_entries(&self) -> usize {
        self.inner.items.len()
    }

    /// Baskets that became one with another of the same customer and time.
    #[must_use]
    pub fn n_merged(&self) -> u64 {
        self.inner.n_merged
    }

    /// Baskets left out because no customer is known.
    #[must_use]
    pub fn n_without_customer(&self) -> u64 {
        self.inner.n_without_customer
    }

    /// Where the rows of the source went: those of transactions as [`Baskets::counts`] says, those of a long table used, or left out for a reason.
    #[must_use]
    pub fn counts(&self) -> &RowCounts {
        &self.inner.counts
    }

    /// The customers, in ascending order.
    #[must_use]
    pub fn customers(&self) -> &ArrayRef {
        &self.inner.customers
    }

    /// The baskets that the elements are: their labels and names are those of the items.
    #[must_use]
    pub fn baskets(&self) -> &Baskets {
        &self.inner.baskets
    }

    /// Of each customer the elements: their times, and their items in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = Vec<(i64, &[u32])>> {
        let inner = &*self.inner;
        let ends = inner.customer_ends.iter();
        let histories = ends.scan(0, |from, &end| Some(std::mem::replace(from, end)..end));
        histories.map(|elements| elements.map(|e| inner.element(e as usize)).collect())
    }

    /// Calls with the number of the customer, the time and the items of each element.
    pub(super) fn each_element(&self, mut each: impl FnMut(u32, i64, &[u32])) {
        let mut element = 0;
        for (customer, &end) in (0..).zip(&self.inner.customer_ends) {
            for e in element..end {
                let (time, items) = self.inner.element(e as usize);
                each(customer, time, items);
            }
            element = end;
        }
    }
}

impl Inner {
    fn element(&self, element: usize) -> (i64, &[u32]) {
        let from = element.checked_sub(1).map_or(0, |e| self.ends[e]);
        let items = &self.items[from as usize..self.ends[element] as usize];
        (self.times[element], items)
    }

    /// Adds a customer by the baskets, which are sorted by time.
    fn push(&mut self, history: &[Place]) {
        for at_once in history.chunk_by(|a, b| a.1 == b.1) {
            self.n_merged += at_once.len() as u64 - 1;
            let from = self.items.len();
            for &(_, _, basket) in at_once {
                self.items
                    .extend_from_slice(self.baskets.items_of(basket as usize));
            }
            if at_once.len() > 1 {
                let mut items = self.items.split_off(from);
                items.sort_unstable();
                items.dedup();
                self.items.append(&mut items);
            }
            if self.items.len() > from {
                self.ends.push(self.items.len() as u32);
                self.times.push(at_once[0].1);
            }
        }
        self.customer_ends.push(self.ends.len() as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Int64Array, StringArray};

    fn histories(rows: &[(Option<&str>, i64, &[u32])]) -> Result<Histories> {
        let labels = Arc::new(Int64Array::from_iter_values(0..9));
        let ends = rows.iter().scan(0, |end, row| {
            *end += row.2.len();
            Some(*end)
        });
        let items = rows.iter().flat_map(|row| row.2).copied().collect();
        let baskets = Baskets::from_numbers(ends.collect(), items, labels)?;
        let customers: ArrayRef = Arc::new(rows.iter().map(|r| r.0).collect::<StringArray>());
        let times: Vec<i64> = rows.iter().map(|r| r.1).collect();
        Histories::from_baskets(&baskets, &customers, &times, &Context::new())
    }

    #[test]
    fn baskets_come_in_order_and_those_of_one_time_are_one() {
        let found = histories(&[
            (Some("b"), 5, &[1, 2]),
            (Some("a"), 9, &[4]),
            (None, 1, &[8]),
            (Some("b"), -3, &[0]),
            (Some("b"), 5, &[3, 2]),
            (Some(" "), 5, &[3]),
            (Some("c"), 5, &[]),
        ])
        .unwrap();
        let all: Vec<_> = found.iter().collect();
        let b = vec![(-3, &[0][..]), (5, &[1, 2, 3][..])];
        assert_eq!(all, [vec![(9, &[4][..])], b, vec![]]);
        let counted = (found.n_merged(), found.n_without_customer());
        assert_eq!((found.len(), found.n_elements(), counted), (3, 3, (1, 2)));
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let one = histories(&[(Some("a"), 1, &[1])]).unwrap();
        let of = |customers: ArrayRef, times: &[i64]| {
            let made = Histories::from_baskets(one.baskets(), &customers, times, &Context::new());
            made.unwrap_err().to_string()
        };
        let two: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
        assert_eq!(
            of(Arc::clone(&two), &[1]),
            "`customers` of `Histories` must be 1, one for each basket; got 2"
        );
        assert!(of(two.slice(0, 1), &[]).contains("`times`"));
    }
}
