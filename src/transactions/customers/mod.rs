//! One row per customer: orders, money, first and last order, from any number of lines.
//!
//! Two steps, both parallel over pieces that depend on the data alone. [`partition`] reads the lines once, folds
//! consecutive lines of one order into a record, and sorts the records into parts by ranges of customer keys. [`group`] takes a
//! part at a time, small enough for the second-level cache, and adds its records up in row order, so that sums do not
//! depend on threads. Parts come out in key order: the result is sorted by customer without a sort of its own.

mod group;
mod index;
mod partition;
mod splitters;

use std::collections::HashMap;
use std::ops::Range;

use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::{Array, UInt64Array};

use super::bound::Bound;
use super::counts::Tally;
use super::lines::{Distinct, LineReader, Window};
use super::roles::Returns;
use crate::clean::returns::Netting;
use crate::error::{Error, Result};
use crate::parallel::{Context, join, map_ordered, pieces};
use crate::table::Segment;
use crate::table::key::Key;
use group::{Group, Grouper};
use partition::{Partitioned, partition};
use splitters::Splitters;

/// Parts that one task adds up, so that they share its memory.
const PARTS_PER_TASK: usize = 8;

/// What to add up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) bound: &'a Bound,
    pub(crate) window: Window,
    pub(crate) returns: Returns,
    pub(crate) netting: Option<&'a Netting>,
}

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
    /// Rows by what became of them; rows of customers without an order are still counted as used.
    pub(crate) tally: Tally,
    /// Used rows of customers without an order.
    pub(crate) rows_without_order: u64,
    /// Customers without an order.
    pub(crate) n_without_order: u64,
}

impl Customers {
    pub(crate) fn len(&self) -> usize {
        self.first.len()
    }
}

/// Adds up the customers of a view.
pub(crate) fn customers(request: &Request<'_>, ctx: &Context) -> Result<Customers> {
    request.bound.check_money()?;
    if is_narrow(request.bound, Distinct::Transactions) {
        aggregate::<u64>(request, ctx)
    } else {
        aggregate::<u128>(request, ctx)
    }
}

/// Distinct items each of these customers has bought, in the order of [`customers`].
pub(crate) fn breadth(request: &Request<'_>, ctx: &Context) -> Result<Vec<u32>> {
    if is_narrow(request.bound, Distinct::Items) {
        distinct_items::<u64>(request, ctx)
    } else {
        distinct_items::<u128>(request, ctx)
    }
}

fn is_narrow(bound: &Bound, distinct: Distinct) -> bool {
    let other = match distinct {
        Distinct::Transactions => &bound.transaction,
        Distinct::Items => &bound.item,
    };
    bound.customer.is_integer()
        && other
            .as_ref()
            .is_none_or(crate::table::ids::IdColumn::is_integer)
}

fn aggregate<K: Key>(request: &Request<'_>, ctx: &Context) -> Result<Customers> {
    let parts = group_all::<K>(request, Distinct::Transactions, ctx)?;
    let (keys, mut result) = flatten(&parts.by_key, &parts.tally);
    // The columns are copied: the groups would stand beside all that follows.
    let hashed = parts.hashed;
    drop(parts.by_key);
    check_sums(request.bound, &result.amount)?;
    result.ids = request
        .bound
        .customer
        .values(&keys, |key| hashed.get(&key).cloned())?;
    if !hashed.is_empty() {
        sort_by_text(&mut result)?;
    }
    Ok(result)
}

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
        tally: *tally,
        rows_without_order: groups.iter().map(|g| g.rows_without_order).sum(),
        n_without_order: groups.iter().map(|g| g.n_without_order).sum(),
    };
    (keys, customers)
}

/// One column of all groups.
fn gather<K, T: Copy>(groups: &[Group<K>], column: impl Fn(&Group<K>) -> &[T]) -> Vec<T> {
    groups.iter().map(column).collect::<Vec<_>>().concat()
}

fn distinct_items<K: Key>(request: &Request<'_>, ctx: &Context) -> Result<Vec<u32>> {
    let parts = group_all::<K>(request, Distinct::Items, ctx)?;
    let counts = gather(&parts.by_key, |g| &g.orders);
    if parts.hashed.is_empty() {
        return Ok(counts);
    }
    let keys = gather(&parts.by_key, |g| &g.keys);
    let row_of = |key| parts.hashed.get(&key).cloned();
    let ids = request.bound.customer.values(&keys, row_of)?;
    let order = text_order(&ids);
    Ok(order.into_iter().map(|i| counts[i as usize]).collect())
}

/// The groups of all parts, in key order, and what was learnt on the way.
struct Groups<K> {
    by_key: Vec<Group<K>>,
    tally: Tally,
    hashed: HashMap<u128, Segment>,
}

fn group_all<K: Key>(
    request: &Request<'_>,
    distinct: Distinct,
    ctx: &Context,
) -> Result<Groups<K>> {
    let reader = LineReader::<K>::new(
        request.bound,
        request.window,
        request.returns,
        request.netting,
        distinct,
    )?;
    let splitters = Splitters::sample(&request.bound.table, &reader);
    // Money is added as whole ten-thousandths; where a line's is not decimal, all of it is added as floats.
    if let Some(groups) = group_rounds(request, &reader, &splitters, true, ctx)? {
        return Ok(groups);
    }
    let groups = group_rounds(request, &reader, &splitters, false, ctx)?;
    Ok(groups.unwrap_or_else(|| unreachable!("any money can be added as floats")))
}

/// All parts, in as many rounds as the memory allows; `None` if `exact` and a line's money is not decimal.
fn group_rounds<K: Key>(
    request: &Request<'_>,
    reader: &LineReader<'_, K>,
    splitters: &Splitters<K>,
    exact: bool,
    ctx: &Context,
) -> Result<Option<Groups<K>>> {
    let table = &request.bound.table;
    let pieces_ahead = table.n_rows().div_ceil(partition::PIECE) + splitters.n_parts();
    // Scores and columns come after: about as much again as a quarter of this.
    ctx.progress.plan(pieces_ahead as u64 * 5 / 4);
    let rounds = partition::rounds(table, reader, splitters.n_parts(), exact, &ctx.budget)?;
    let mut all = Groups {
        by_key: Vec::new(),
        tally: Tally::default(),
        hashed: HashMap::new(),
    };
    for (round, parts) in rounds.into_iter().enumerate() {
        let Some(Partitioned {
            pieces: sorted,
            tally,
            hashed,
        }) = partition(table, reader, splitters, parts.clone(), exact, ctx)?
        else {
            return Ok(None);
        };
        if round == 0 {
            all.tally = tally;
        }
        all.hashed.extend(hashed);
        let tasks = pieces(parts.len(), PARTS_PER_TASK).collect();
        let groups = map_ordered(ctx, "add up customers", tasks, |some: Range<usize>| {
            let mut grouper = Grouper::new(reader.has_distinct(), exact);
            let slices = |part| {
                sorted
                    .iter()
                    .map(|p| p.part(part))
                    .filter(|s| !s.is_empty())
                    .collect::<Vec<_>>()
            };
            Ok(some
                .map(|part| grouper.group(&slices(part)))
                .collect::<Option<Vec<_>>>())
        })?;
        let Some(groups) = groups.into_iter().collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        all.by_key.extend(groups.into_iter().flatten());
    }
    Ok(Some(all))
}

/// Where keys are hashes their order means nothing: sorts by the texts themselves.
fn sort_by_text(result: &mut Customers) -> Result<()> {
    let order = text_order(&result.ids);
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

fn text_order(ids: &ArrayRef) -> Vec<u64> {
    let mut order: Vec<u64> = (0..ids.len() as u64).collect();
    if let Some(texts) = ids.as_string_opt::<i32>() {
        order.sort_unstable_by_key(|&i| texts.value(i as usize));
    } else {
        let texts = ids.as_string::<i64>();
        order.sort_unstable_by_key(|&i| texts.value(i as usize));
    }
    order
}

fn reorder<T: Copy>(values: &mut Vec<T>, order: &[u64]) {
    *values = order.iter().map(|&i| values[i as usize]).collect();
}
