//! One row per customer: orders, money, first and last order, from any number of lines.
//!
//! Two steps, both parallel over pieces that depend on the data alone. [`partition`] reads the lines once, folds
//! consecutive lines of one order into a [`record`], and sorts the records into parts by ranges of customer keys. [`group`] takes a
//! part at a time, small enough for the second-level cache, and adds its records up in row order, so that sums do not
//! depend on threads. Parts come out in key order: the result is sorted by customer without a sort of its own.

mod attempt;
mod group;
mod index;
mod layout;
mod partition;
mod record;
mod rounds;
mod splitters;

use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::{Array, UInt64Array};

use super::counts::{RowCounts, Tally};
use super::excluded::Excluded;
use super::lines::{Codecs, Distinct, Rules};
use crate::error::{Error, Result};
use crate::parallel::{Context, join, sorted};
use crate::table::bound::Bound;
use crate::table::key::Key;
use group::Group;
use rounds::{Grouped, Groups, group_all};

/// One row per customer with an order, sorted by customer.
#[derive(Debug)]
pub(crate) struct Customers {
    /// Identifiers, of the type of their column where that is an integer, else text.
    pub(crate) ids: ArrayRef,
    /// Instant of the first order.
    pub(crate) first: Vec<i64>,
    /// Instant of the last order.
    pub(crate) last: Vec<i64>,
    /// Distinct orders.
    pub(crate) orders: Vec<u32>,
    /// Money of all used lines.
    pub(crate) amount: Vec<f64>,
    /// Instant of the last used line of these customers.
    pub(crate) latest: Option<i64>,
    /// Rows by what became of them; rows of customers without an order are still counted as used.
    pub(crate) tally: Tally,
    /// Used rows of customers without an order.
    pub(crate) rows_without_order: u64,
    /// Customers without an order.
    pub(crate) n_without_order: u64,
    /// The checks whose rows are left out.
    pub(crate) flags: Vec<String>,
}

impl Customers {
    pub(crate) fn len(&self) -> usize {
        self.first.len()
    }

    /// Where the rows went.
    pub(crate) fn counts(&self) -> RowCounts {
        let flags: Vec<&str> = self.flags.iter().map(String::as_str).collect();
        self.tally.finish(self.rows_without_order, &flags)
    }
}

/// Adds up the customers of a view.
pub(crate) fn customers(rules: Rules<'_>, ctx: &Context) -> Result<Customers> {
    let bound = rules.bound;
    let groups = group_all(rules, Distinct::Transactions, ctx)?;
    let mut customers = match groups {
        Groups::Narrow(groups, codecs) => finish(bound, groups, codecs, ctx)?,
        Groups::Wide(groups) => finish(bound, groups, Codecs::default(), ctx)?,
    };
    let flags = rules.excluded.map_or_else(Vec::new, Excluded::flags);
    customers.flags = flags.into_iter().map(str::to_owned).collect();
    Ok(customers)
}

/// Distinct items each of these customers has bought, in the order of [`customers`].
pub(crate) fn breadth(rules: Rules<'_>, ctx: &Context) -> Result<Vec<u32>> {
    let groups = match group_all(rules, Distinct::Items, ctx)? {
        Groups::Narrow(groups, _) => return Ok(gather(&groups.by_key, |g| &g.orders)),
        Groups::Wide(groups) => groups,
    };
    let counts = gather(&groups.by_key, |g| &g.orders);
    if groups.hashed.is_empty() {
        return Ok(counts);
    }
    let keys = gather(&groups.by_key, |g| &g.keys);
    let row_of = |key| groups.hashed.get(&key).cloned();
    let ids = rules.bound.customer.values(&keys, None, row_of, ctx)?;
    let order = text_order(&ids, ctx)?;
    Ok(order.into_iter().map(|i| counts[i as usize]).collect())
}

fn finish<K: Key>(
    bound: &Bound,
    groups: Grouped<K>,
    codecs: Codecs,
    ctx: &Context,
) -> Result<Customers> {
    let (keys, mut result) = flatten(&groups.by_key, &groups.tally);
    // The columns are copied: the groups would stand beside all that follows.
    let hashed = groups.hashed;
    drop(groups.by_key);
    check_sums(bound, &result.amount)?;
    result.ids =
        bound
            .customer
            .values(&keys, codecs.customer, |key| hashed.get(&key).cloned(), ctx)?;
    if !hashed.is_empty() {
        sort_by_text(&mut result, ctx)?;
    }
    Ok(result)
}

/// Whether the sums are numbers.
///
/// # Errors
/// [`Error::BadValues`] if the amounts of a customer add up to more than a float can hold.
fn check_sums(bound: &Bound, amounts: &[f64]) -> Result<()> {
    let mut beyond = amounts.iter().filter(|a| !a.is_finite());
    let Some(first) = beyond.next() else {
        return Ok(());
    };
    let roles = &bound.roles;
    Err(Error::BadValues {
        column: roles
            .amount
            .as_ref()
            .or(roles.price.as_ref())
            .cloned()
            .unwrap_or_default(),
        count: beyond.count() as u64 + 1,
        first_row: None,
        value: first.to_string(),
        rule: "as sums per customer are beyond the largest float".into(),
        remedy: "look for impossible amounts, or give them in a larger unit".into(),
    })
}

/// The keys of all groups, and the other columns without their ids.
fn flatten<K: Key>(groups: &[Group<K>], tally: &Tally) -> (Vec<K>, Customers) {
    let n: usize = groups.iter().map(|g| g.keys.len()).sum();
    let ((keys, first), (last, (orders, amount))) = join(
        n,
        || (gather(groups, |g| &g.keys), gather(groups, |g| &g.first)),
        || {
            let amount = gather(groups, |g| &g.amount);
            (
                gather(groups, |g| &g.last),
                (gather(groups, |g| &g.orders), amount),
            )
        },
    );
    let customers = Customers {
        ids: arrow_array::new_empty_array(&arrow_schema::DataType::Null),
        first,
        last,
        orders,
        amount,
        latest: groups.iter().filter_map(|g| g.latest).max(),
        tally: *tally,
        rows_without_order: groups.iter().map(|g| g.rows_without_order).sum(),
        n_without_order: groups.iter().map(|g| g.n_without_order).sum(),
        flags: Vec::new(),
    };
    (keys, customers)
}

/// One column of all groups.
fn gather<K, T: Copy>(groups: &[Group<K>], column: impl Fn(&Group<K>) -> &[T]) -> Vec<T> {
    groups.iter().map(column).collect::<Vec<_>>().concat()
}

/// Where keys are hashes their order means nothing: sorts by the texts themselves.
fn sort_by_text(result: &mut Customers, ctx: &Context) -> Result<()> {
    let order = text_order(&result.ids, ctx)?;
    let indices = UInt64Array::from_iter_values(order.iter().copied());
    result.ids = arrow_select::take::take(&result.ids, &indices, None).map_err(|e| {
        Error::FeatureMismatch {
            what: "the customer ids".into(),
            why: e.to_string(),
        }
    })?;
    let order = &order;
    reorder(&mut result.first, order);
    reorder(&mut result.last, order);
    reorder(&mut result.orders, order);
    reorder(&mut result.amount, order);
    Ok(())
}

fn text_order(ids: &ArrayRef, ctx: &Context) -> Result<Vec<u64>> {
    let order: Vec<u64> = (0..ids.len() as u64).collect();
    if let Some(texts) = ids.as_string_opt::<i32>() {
        sorted(ctx, "sort ids", order, |&i| texts.value(i as usize))
    } else {
        let texts = ids.as_string::<i64>();
        sorted(ctx, "sort ids", order, |&i| texts.value(i as usize))
    }
}

fn reorder<T: Copy>(values: &mut Vec<T>, order: &[u64]) {
    *values = order.iter().map(|&i| values[i as usize]).collect();
}
