//! One row per customer: orders, money, first and last order, from any number of lines.
//!
//! Two steps, both parallel over pieces that depend on the data alone. [`partition`] reads the lines once, folds
//! consecutive lines of one order into a [`record`], and sorts the records into parts by ranges of customer keys. [`group`] takes a
//! part at a time, small enough for the second-level cache, and adds its records up in row order, so that sums do not
//! depend on threads. Parts come out in key order: the result is sorted by customer without a sort of its own.

mod group;
mod index;
mod layout;
mod partition;
mod record;
mod splitters;

use std::collections::HashMap;
use std::ops::Range;

use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::{Array, UInt64Array};

use super::bound::Bound;
use super::counts::Tally;
use super::lines::{Codecs, Distinct, LineReader, Rules, counted};
use crate::error::{Error, Result};
use crate::parallel::{Context, Spares, join, map_ordered, pieces};
use crate::table::ids::IdColumn;
use crate::table::key::Key;
use crate::table::{Segment, Table};
use group::{Group, Grouper};
use layout::Layout;
use partition::{Attempt, Misfit};
use record::{Packed, Record, Wide};

/// Parts that one task adds up, so that they share its memory.
const PARTS_PER_TASK: usize = 8;
/// Rows that ids and times are learnt from: one in so many, but neither too few to learn from nor more than that takes.
const ROWS_PER_SAMPLE: usize = 512;
const MIN_SAMPLE: usize = 2048;
const MAX_SAMPLE: usize = 8_192;

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
pub(crate) fn customers(rules: Rules<'_>, ctx: &Context) -> Result<Customers> {
    let bound = rules.bound;
    bound.check_money()?;
    let groups = group_all(rules, Distinct::Transactions, ctx)?;
    match groups {
        Groups::Narrow(groups, codecs) => finish(bound, groups, codecs, ctx),
        Groups::Wide(groups) => finish(bound, groups, Codecs::default(), ctx),
    }
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
    let order = text_order(&ids);
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

/// The groups of all parts, in key order, and what was learnt on the way.
struct Grouped<K> {
    by_key: Vec<Group<K>>,
    tally: Tally,
    hashed: HashMap<u128, Segment>,
}

/// Groups by keys of either width.
enum Groups {
    Narrow(Grouped<u64>, Codecs),
    Wide(Grouped<u128>),
}

/// Adds up all customers, with the smallest records that hold the lines: first a guess from a sample, then what holds more.
fn group_all(rules: Rules<'_>, distinct: Distinct, ctx: &Context) -> Result<Groups> {
    let bound = rules.bound;
    let table = &bound.table;
    let rows = sample_rows(table);
    let other = counted(bound, distinct);
    let all_integers = bound.customer.is_integer() && other.is_none_or(IdColumn::is_integer);
    let codecs = Codecs {
        customer: bound.customer.codec(&rows),
        distinct: other.and_then(|c| c.codec(&rows)),
    };
    let mut exact = true;
    if codecs.customer.is_some() && (other.is_none() || codecs.distinct.is_some()) {
        let reader = LineReader::<u64>::new(rules, distinct, codecs)?;
        let sample = Sample::read(&reader, &rows);
        if let Some(layout) = sample.layout() {
            let attempt = Attempt::<Packed>::new(table, &reader, layout, true, &sample.customers);
            match group_rounds(&attempt, ctx)? {
                Ok(groups) => return Ok(Groups::Narrow(groups, codecs)),
                Err(misfit) => exact = misfit != Misfit::Money,
            }
        }
        if all_integers {
            let groups = group_wide(table, &reader, &sample.customers, exact, ctx)?;
            return Ok(Groups::Narrow(groups, codecs));
        }
    }
    let reader = LineReader::<u128>::new(rules, distinct, Codecs::default())?;
    let customers = Sample::read(&reader, &rows).customers;
    Ok(Groups::Wide(group_wide(
        table, &reader, &customers, exact, ctx,
    )?))
}

/// With records that hold any line: of exact money if that will do, else of floats.
fn group_wide<K: Key>(
    table: &Table,
    reader: &LineReader<'_, K>,
    customers: &[K],
    exact: bool,
    ctx: &Context,
) -> Result<Grouped<K>> {
    let attempt = |exact| Attempt::<Wide<K>>::new(table, reader, (), exact, customers);
    if exact && let Ok(groups) = group_rounds(&attempt(true), ctx)? {
        return Ok(groups);
    }
    let groups = group_rounds(&attempt(false), ctx)?;
    Ok(groups.unwrap_or_else(|_| unreachable!("a wide record of floats holds any line")))
}

/// Rows evenly spaced, the first and the last among them.
fn sample_rows(table: &Table) -> Vec<Segment> {
    let last = table.n_rows().saturating_sub(1);
    let n = (table.n_rows() / ROWS_PER_SAMPLE)
        .clamp(MIN_SAMPLE, MAX_SAMPLE)
        .min(table.n_rows());
    let row = |i: usize| (i as u128 * last as u128 / n.saturating_sub(1).max(1) as u128) as usize;
    (0..n)
        .flat_map(|i| table.segments(row(i)..row(i) + 1))
        .collect()
}

/// What the sampled rows hold.
struct Sample<K> {
    customers: Vec<K>,
    distinct: Vec<K>,
    times: Vec<i64>,
}

impl<K: Key> Sample<K> {
    fn read(reader: &LineReader<'_, K>, rows: &[Segment]) -> Self {
        let (mut customers, mut distinct, mut times) = (Vec::new(), Vec::new(), Vec::new());
        for at in rows {
            reader.sample(at, &mut customers, &mut distinct, &mut times);
        }
        Self {
            customers,
            distinct,
            times,
        }
    }
}

impl Sample<u64> {
    fn layout(&self) -> Option<Layout> {
        Layout::learn(&self.customers, &self.distinct, &self.times)
    }
}

/// All parts, in as many rounds as the memory allows.
fn group_rounds<R: Record>(
    attempt: &Attempt<'_, R>,
    ctx: &Context,
) -> Result<std::result::Result<Grouped<R::Key>, Misfit>> {
    let pieces_ahead = attempt.n_pieces() + attempt.splitters.n_parts().div_ceil(PARTS_PER_TASK);
    // Scores and columns come after: about as much again as a quarter of this.
    ctx.progress.plan(pieces_ahead as u64 * 5 / 4);
    let mut all = Grouped {
        by_key: Vec::new(),
        tally: Tally::default(),
        hashed: HashMap::new(),
    };
    for (round, parts) in attempt.rounds(&ctx.budget)?.into_iter().enumerate() {
        let found = match attempt.partition(&parts, round == 0, ctx)? {
            Ok(found) => found,
            Err(misfit) => return Ok(Err(misfit)),
        };
        all.tally.merge(&found.tally);
        all.hashed.extend(found.hashed);
        let spares = Spares::<Option<Grouper<R>>>::default();
        let tasks = pieces(parts.len(), PARTS_PER_TASK).collect();
        let groups = map_ordered(ctx, "add up customers", tasks, |some: Range<usize>| {
            let mut grouper = spares.take().unwrap_or_else(|| {
                Grouper::new(attempt.layout, attempt.reader.has_distinct(), attempt.exact)
            });
            let slices = |part| {
                found
                    .pieces
                    .iter()
                    .flat_map(|p| p.part(part))
                    .collect::<Vec<_>>()
            };
            let groups = some
                .map(|part| {
                    grouper.group(&slices(part), attempt.splitters.range(parts.start + part))
                })
                .collect::<Option<Vec<_>>>();
            spares.give_back(Some(grouper));
            Ok(groups)
        })?;
        let Some(groups) = groups.into_iter().collect::<Option<Vec<_>>>() else {
            return Ok(Err(Misfit::Money));
        };
        all.by_key.extend(groups.into_iter().flatten());
    }
    Ok(Ok(all))
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
