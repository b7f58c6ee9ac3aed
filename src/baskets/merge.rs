//! Baskets of baskets: all that a customer has bought, as one.

use arrow_array::{ArrayRef, RecordBatch};

use super::rows::Distinct;
use super::{Baskets, OWNER};
use crate::error::{Error, Result};
use crate::parallel::{Context, sorted};
use crate::table::Table;
use crate::table::codes::NONE;
use crate::table::labels::Labels;

/// Each basket with a customer as the customer's number and its own, ascending; and the customers by number.
pub(crate) type Histories = (Vec<(u32, u32)>, ArrayRef);

impl Baskets {
    /// One basket for each customer, with every item of the customer's baskets, in ascending order of the customer; [`ids`](Self::ids) has the
    /// customers. Baskets without a customer are left out, and weights are not looked at.
    ///
    /// ```
    /// use patronomy::{Context, baskets::Baskets, simulate::Shop};
    /// let ctx = Context::new();
    /// let baskets = Baskets::from_transactions(&Shop::new(50, 365, 1).transactions()?, &ctx)?;
    /// let bought = baskets.by_customer(&ctx)?;
    /// assert!(bought.len() <= 50 && bought.n_items() == baskets.n_items());
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if the source of the baskets knows no customers; [`Error::Cancelled`].
    pub fn by_customer(&self, ctx: &Context) -> Result<Self> {
        let Some((places, customers)) = self.histories(ctx)? else {
            let rule = "must be known: make the baskets from transactions with role `customer`";
            return Err(Error::parameter(OWNER, "customers", rule, "none"));
        };
        let mut rows = Distinct::default();
        for (i, history) in places.chunk_by(|a, b| a.0 == b.0).enumerate() {
            if i.is_multiple_of(4096) {
                ctx.cancel.poll()?;
            }
            let from = rows.items.len();
            for &(_, basket) in history {
                rows.items.extend_from_slice(self.items_of(basket as usize));
            }
            rows.items[from..].sort_unstable();
            let n = rows.items.len();
            let mut kept = from;
            for at in from..n {
                if kept == from || rows.items[kept - 1] != rows.items[at] {
                    rows.items[kept] = rows.items[at];
                    kept += 1;
                }
            }
            rows.n_repeated += (n - kept) as u64;
            rows.items.truncate(kept);
            rows.ends.push(kept);
        }
        let merged = Self::of_distinct(rows, self.labels().clone(), self.counts().clone())?;
        Ok(merged.with(|inner| {
            inner.names = self.names().cloned();
            inner.ids = Some(customers.clone());
            inner.customers = Some(customers);
        }))
    }

    /// The baskets of each customer; none where the source knows no customers.
    pub(crate) fn histories(&self, ctx: &Context) -> Result<Option<Histories>> {
        let Some(customers) = self.customers() else {
            return Ok(None);
        };
        let batch = RecordBatch::try_from_iter([("customer", customers.clone())]);
        let batch = batch.map_err(|e| Error::parameter(OWNER, "customers", "cannot be read", e))?;
        let table = Table::from_batch(batch);
        let codes = Labels::bind(table.column(0), "customer")?.codes(&table, ctx)?;
        let known = codes.codes.iter().zip(0_u32..).filter(|(c, _)| **c != NONE);
        let places: Vec<(u32, u32)> = known.map(|(&c, basket)| (c, basket)).collect();
        let places = sorted(ctx, "sort baskets", places, |&place| place)?;
        Ok(Some((places, codes.values)))
    }
}
