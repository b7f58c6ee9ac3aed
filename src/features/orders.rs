//! The baskets of each customer.

use std::ops::Range;

use arrow_array::{Array, ArrayRef};
use arrow_ord::ord::make_comparator;
use arrow_ord::sort::sort_to_indices;
use arrow_schema::{ArrowError, SortOptions};

use super::params::OWNER;
use crate::baskets::Baskets;
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::transactions::{RowCounts, Transactions};

/// Baskets by customer, in ascending order of the customer.
pub(crate) struct Orders {
    pub(crate) baskets: Baskets,
    times: Vec<i64>,
    /// The mean logarithm of each item's prices, where there are prices; not a number where the item has none.
    pub(super) log_prices: Option<Vec<f64>>,
    /// The customers.
    pub(super) ids: ArrayRef,
    /// Baskets, customer by customer.
    places: Vec<u32>,
    ranges: Vec<Range<usize>>,
}

impl Orders {
    /// The baskets of these customers, or else of all that have some. Customers without a basket have none.
    pub(crate) fn new(tx: &Transactions, of: Option<&ArrayRef>, ctx: &Context) -> Result<Self> {
        let (baskets, times, log_prices) = Baskets::with_times_and_prices(tx, ctx)?;
        let found = baskets.histories(ctx)?;
        let (histories, known) = found.ok_or_else(|| {
            let rule = "must have role `customer`";
            Error::parameter(OWNER, "transactions", rule, "none")
        })?;
        let mut own = vec![0..0; known.len()];
        let mut from = 0;
        for history in histories.chunk_by(|a, b| a.0 == b.0) {
            own[history[0].0 as usize] = from..from + history.len();
            from += history.len();
        }
        let places = histories.into_iter().map(|(_, basket)| basket).collect();
        let (ids, ranges) = match of {
            Some(ids) => (ids.clone(), aligned(ids, &known, &own)?),
            None => (known, own),
        };
        Ok(Self {
            baskets,
            times,
            log_prices,
            ids,
            places,
            ranges,
        })
    }

    /// How many customers there are.
    pub(crate) fn len(&self) -> usize {
        self.ranges.len()
    }

    /// The baskets of a customer.
    pub(crate) fn of(&self, customer: usize) -> &[u32] {
        &self.places[self.ranges[customer].clone()]
    }

    /// When a basket was bought.
    pub(super) fn time(&self, basket: u32) -> i64 {
        self.times[basket as usize]
    }

    /// Items in all baskets of a customer, each as often as it is in one.
    pub(super) fn n_entries(&self, customer: usize) -> usize {
        let own = self.of(customer).iter();
        own.map(|&b| self.baskets.items_of(b as usize).len()).sum()
    }

    /// The items of a customer, ascending, each with the number of baskets that have it.
    pub(crate) fn items(&self, customer: usize) -> Vec<(u32, u32)> {
        let own = self.of(customer).iter();
        let mut items: Vec<u32> = own
            .flat_map(|&b| self.baskets.items_of(b as usize).iter().copied())
            .collect();
        items.sort_unstable();
        let same = items.chunk_by(|a, b| a == b);
        same.map(|same| (same[0], same.len() as u32)).collect()
    }

    pub(super) fn counts(&self) -> RowCounts {
        self.baskets.counts().clone()
    }
}

/// The ranges of `known` customers for `ids`.
fn aligned(ids: &ArrayRef, known: &ArrayRef, own: &[Range<usize>]) -> Result<Vec<Range<usize>>> {
    let refused = |e: ArrowError| Error::FeatureMismatch {
        what: "the customers of lines and of baskets".into(),
        why: e.to_string(),
    };
    let known = arrow_cast::cast(known, ids.data_type()).map_err(refused)?;
    let order = make_comparator(ids, &known, SortOptions::default()).map_err(refused)?;
    let ascending = sort_to_indices(ids, None, None).map_err(refused)?;
    // What could not be cast is none of the ids: nulls come first, and are passed over. The cast may have changed the order.
    let by_known = sort_to_indices(&known, None, None).map_err(refused)?;
    let mut others = by_known.values()[known.null_count()..].iter().peekable();
    let mut ranges = vec![0..0; ids.len()];
    for &i in ascending.values() {
        let i = i as usize;
        while others
            .next_if(|&&at| order(i, at as usize).is_gt())
            .is_some()
        {}
        if let Some(&&at) = others.peek()
            && order(i, at as usize).is_eq()
        {
            ranges[i] = own[at as usize].clone();
        }
    }
    Ok(ranges)
}
