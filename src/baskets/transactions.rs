//! Baskets from transactions.

use arrow_array::{Array, ArrayRef, BooleanArray};

use super::group::grouped;
use super::names::names;
use super::rows::Distinct;
use super::{Baskets, OWNER};
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::table::codes::{Codes, NONE, codes};
use crate::transactions::{Reason, RowCounts, Transactions};

impl Baskets {
    /// A basket for each transaction with a purchase, in ascending order of the transaction; under the view's clock, its rule for returns, and its
    /// choice of rows.
    ///
    /// A purchase is a line that the clock knows and no choice leaves out, with a transaction and an item, and with a positive quantity where there is
    /// a quantity; it needs no customer and no price. Returns are no purchases, whatever the rule for them; where they are netted, purchases that
    /// were returned whole are none either. All rows are accounted for by [`counts`](Self::counts).
    ///
    /// Items are numbered in ascending order of their labels. [`ids`](Self::ids) has each basket's transaction, [`customers`](Self::customers) the
    /// customer of its first purchase, in row order. Where role `item_name` is bound, [`names`](Self::names) has for each item the name that most of
    /// its purchases have; of names that tie, the smaller. Memory: about 24 bytes a row while it runs.
    ///
    /// ```
    /// use patronomy::{Context, baskets::Baskets, simulate::Shop};
    /// let tx = Shop::new(100, 365, 1).transactions()?;
    /// let baskets = Baskets::from_transactions(&tx, &Context::new())?;
    /// let counts = baskets.counts();
    /// assert_eq!(counts.rows_in, counts.rows_used + counts.left_out.values().sum::<u64>());
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ColumnNotFound`] if no column has role `transaction`, or none has `item`; [`Error::Budget`], [`Error::Cancelled`].
    pub fn from_transactions(tx: &Transactions, ctx: &Context) -> Result<Self> {
        Lines::read(tx, ctx)?.baskets(tx, ctx)
    }

    /// The same, with the time of each basket: that of its earliest purchase.
    pub(crate) fn with_times(tx: &Transactions, ctx: &Context) -> Result<(Self, Vec<i64>)> {
        let lines = Lines::read(tx, ctx)?;
        let times = lines.times(tx);
        Ok((lines.baskets(tx, ctx)?, times))
    }

    /// The same, with the mean logarithm of the price of each item: not a number where there is none above 0. None without role `price`.
    pub(crate) fn with_times_and_prices(
        tx: &Transactions,
        ctx: &Context,
    ) -> Result<(Self, Vec<i64>, Option<Vec<f64>>)> {
        let lines = Lines::read(tx, ctx)?;
        let (times, prices) = (lines.times(tx), lines.log_prices(tx));
        Ok((lines.baskets(tx, ctx)?, times, prices))
    }
}

/// Transaction and item of each row, as numbers, where it is a purchase.
struct Lines {
    transactions: Codes,
    items: Codes,
    counts: RowCounts,
}

impl Lines {
    fn read(tx: &Transactions, ctx: &Context) -> Result<Self> {
        let bound = tx.bound();
        let missing = |role: &str| {
            let what = format!("baskets: name role `{role}`");
            Error::column_not_found(role, what, &bound.table.names())
        };
        let transaction = bound.transaction.as_ref();
        let transaction = transaction.ok_or_else(|| missing("transaction"))?;
        let item = bound.item.as_ref().ok_or_else(|| missing("item"))?;
        let table = &bound.table;
        let mut purchases = tx.purchases(ctx)?;
        let transactions = codes(table, transaction, Some(&purchases.status), ctx)?;
        purchases.leave_out(&transactions.codes, Reason::NoTransaction);
        let items = codes(table, item, Some(&purchases.status), ctx)?;
        purchases.leave_out(&items.codes, Reason::NoItem);
        Ok(Self {
            transactions,
            items,
            counts: purchases.counts(),
        })
    }

    fn baskets(self, tx: &Transactions, ctx: &Context) -> Result<Baskets> {
        let bound = tx.bound();
        let (transactions, items) = (self.transactions, self.items);
        let rows = grouped(
            &transactions.codes,
            &items.codes,
            transactions.values.len(),
            ctx,
        )?;
        let firsts = first_rows(&transactions.codes, &items.codes, rows.ends.len());
        let (rows, ids) = without_empty(rows, &transactions.values)?;
        drop(transactions.codes);
        let customers = bound.customer.at(&bound.table, &firsts, ctx)?;
        let names = names(bound, &items.codes, items.values.len(), ctx)?;
        let baskets = Baskets::of_distinct(rows, items.values, self.counts)?;
        ctx.progress.finish();
        Ok(baskets.with(|inner| {
            inner.ids = Some(ids);
            inner.customers = Some(customers);
            inner.names = names;
        }))
    }

    /// The earliest time of each basket that has items.
    fn times(&self, tx: &Transactions) -> Vec<i64> {
        let bound = tx.bound();
        let mut times = vec![i64::MAX; self.transactions.values.len()];
        let mut block = Vec::new();
        for at in bound.table.segments(0..bound.table.n_rows()) {
            block.clear();
            bound.time.read(&at, &mut block);
            let rows = at.first_row..at.first_row + block.len();
            let codes = &self.transactions.codes[rows.clone()];
            for ((&transaction, &item), &time) in
                codes.iter().zip(&self.items.codes[rows]).zip(&block)
            {
                if transaction != NONE && item != NONE {
                    let first = &mut times[transaction as usize];
                    *first = time.min(*first);
                }
            }
        }
        // Purchases have a time: what has none has no items.
        times.retain(|&time| time != i64::MAX);
        times
    }

    /// The mean logarithm of the prices of each item's purchases.
    fn log_prices(&self, tx: &Transactions) -> Option<Vec<f64>> {
        let bound = tx.bound();
        let price = bound.price.as_ref()?;
        let mut sums = vec![(0.0, 0.0); self.items.values.len()];
        let mut block = Vec::new();
        for at in bound.table.segments(0..bound.table.n_rows()) {
            block.clear();
            price.read(&at, &mut block);
            let rows = at.first_row..at.first_row + block.len();
            for (&item, &price) in self.items.codes[rows].iter().zip(&block) {
                if item != NONE && price > 0.0 && price.is_finite() {
                    let (sum, n) = &mut sums[item as usize];
                    *sum += price.ln();
                    *n += 1.0;
                }
            }
        }
        Some(sums.into_iter().map(|(sum, n)| sum / n).collect())
    }
}

/// The first row of each basket that has one.
fn first_rows(transactions: &[u32], items: &[u32], n: usize) -> Vec<u64> {
    let mut firsts = vec![u64::MAX; n];
    let mut last = NONE;
    for (row, (&transaction, &item)) in transactions.iter().zip(items).enumerate() {
        if transaction != last && transaction != NONE && item != NONE {
            last = transaction;
            let first = &mut firsts[transaction as usize];
            *first = (*first).min(row as u64);
        }
    }
    firsts.retain(|&row| row != u64::MAX);
    firsts
}

/// The baskets that have items, and their ids: all lines of a transaction may be without item.
fn without_empty(mut rows: Distinct, ids: &ArrayRef) -> Result<(Distinct, ArrayRef)> {
    let mut from = 0;
    let has_items: BooleanArray = rows
        .ends
        .iter()
        .map(|&end| Some(std::mem::replace(&mut from, end) < end))
        .collect();
    if has_items.true_count() == ids.len() {
        return Ok((rows, ids.clone()));
    }
    rows.ends.dedup();
    if rows.ends.first() == Some(&0) {
        rows.ends.remove(0);
    }
    let kept = arrow_select::filter::filter(ids, &has_items);
    let kept = kept.map_err(|e| Error::parameter(OWNER, "ids", "cannot be filtered", e))?;
    Ok((rows, kept))
}
