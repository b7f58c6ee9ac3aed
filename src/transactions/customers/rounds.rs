//! Which records to try, and the two steps with each.

use std::collections::HashMap;
use std::ops::Range;

use super::attempt::Attempt;
use super::group::{Group, Grouper};
use super::layout::Layout;
use super::partition::Piece;
use super::record::{Packed, Record, Wide};
use crate::error::Result;
use crate::parallel::{Context, Spares, map_ordered, pieces};
use crate::table::ids::IdColumn;
use crate::table::key::Key;
use crate::table::{Segment, Table};
use crate::transactions::counts::Tally;
use crate::transactions::lines::{Codecs, Distinct, LineReader, Rules, counted};

/// Parts that one task adds up, so that they share its memory.
const PARTS_PER_TASK: usize = 8;
/// Rows that ids and times are learnt from: one in so many, but neither too few to learn from nor more than that takes.
const ROWS_PER_SAMPLE: usize = 512;
const MIN_SAMPLE: usize = 2048;
const MAX_SAMPLE: usize = 8_192;

/// The groups of all parts, in key order, and what was learnt on the way.
pub(super) struct Grouped<K> {
    pub(super) by_key: Vec<Group<K>>,
    pub(super) tally: Tally,
    pub(super) hashed: HashMap<u128, Segment>,
}

/// Groups by keys of either width.
pub(super) enum Groups {
    Narrow(Grouped<u64>, Codecs),
    Wide(Grouped<u128>),
}

/// Adds up all customers, with the smallest records that hold the lines: first a guess from a sample, then what holds more.
pub(super) fn group_all(rules: Rules<'_>, distinct: Distinct, ctx: &Context) -> Result<Groups> {
    let bound = rules.bound;
    let table = &bound.table;
    let rows = sample_rows(table);
    let other = counted(bound, distinct);
    let all_integers = bound.customer.is_integer() && other.is_none_or(IdColumn::is_integer);
    let codecs = Codecs {
        customer: bound.customer.codec(&rows),
        distinct: other.and_then(|c| c.codec(&rows)),
    };
    if codecs.customer.is_some() && (other.is_none() || codecs.distinct.is_some()) {
        let reader = LineReader::<u64>::new(rules, distinct, codecs)?;
        let sample = Sample::read(&reader, &rows);
        if let Some(layout) = sample.layout() {
            let (customers, budget) = (&sample.customers, &ctx.budget);
            let attempt = Attempt::<Packed>::new(table, &reader, layout, true, customers, budget)?;
            if let Some(groups) = group_rounds(&attempt, ctx)? {
                return Ok(Groups::Narrow(groups, codecs));
            }
        }
        if all_integers {
            let groups = group_wide(table, &reader, &sample.customers, ctx)?;
            return Ok(Groups::Narrow(groups, codecs));
        }
    }
    let reader = LineReader::<u128>::new(rules, distinct, Codecs::default())?;
    let customers = Sample::read(&reader, &rows).customers;
    Ok(Groups::Wide(group_wide(table, &reader, &customers, ctx)?))
}

/// With records that hold any line: of exact money if that will do, else of floats.
fn group_wide<K: Key>(
    table: &Table,
    reader: &LineReader<'_, K>,
    customers: &[K],
    ctx: &Context,
) -> Result<Grouped<K>> {
    let attempt = |exact| Attempt::<Wide<K>>::new(table, reader, (), exact, customers, &ctx.budget);
    if let Some(groups) = group_rounds(&attempt(true)?, ctx)? {
        return Ok(groups);
    }
    let groups = group_rounds(&attempt(false)?, ctx)?;
    Ok(groups.unwrap_or_else(|| unreachable!("a wide record of floats holds any line")))
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

/// All parts, in as many rounds as the memory allows; none if a line does not fit the records.
fn group_rounds<R: Record>(
    attempt: &Attempt<'_, R>,
    ctx: &Context,
) -> Result<Option<Grouped<R::Key>>> {
    let pieces_ahead =
        attempt.pieces().len() + attempt.splitters.n_parts().div_ceil(PARTS_PER_TASK);
    // Scores and columns come after: about as much again as a quarter of this.
    ctx.progress.plan(pieces_ahead as u64 * 5 / 4);
    let mut all = Grouped {
        by_key: Vec::new(),
        tally: Tally::default(),
        hashed: HashMap::new(),
    };
    for (round, parts) in attempt.rounds().enumerate() {
        let Some(found) = attempt.partition(&parts, round == 0, ctx)? else {
            return Ok(None);
        };
        all.tally.merge(&found.tally);
        all.hashed.extend(found.hashed);
        let Some(groups) = group_parts(attempt, &found.pieces, &parts, ctx)? else {
            return Ok(None);
        };
        all.by_key.extend(groups);
    }
    Ok(Some(all))
}

/// Adds up the records of some parts; none if exact money outgrows 63 bits.
fn group_parts<R: Record>(
    attempt: &Attempt<'_, R>,
    sorted: &[Piece<R>],
    parts: &Range<usize>,
    ctx: &Context,
) -> Result<Option<Vec<Group<R::Key>>>> {
    let spares = Spares::<Option<Grouper<R>>>::default();
    let new = || Grouper::new(attempt.layout, attempt.reader.has_distinct(), attempt.exact);
    let tasks = pieces(parts.len(), PARTS_PER_TASK).collect();
    let groups = map_ordered(ctx, "add up customers", tasks, |some: Range<usize>| {
        let mut grouper = spares.take().unwrap_or_else(new);
        let group = |part: usize| {
            let slices: Vec<_> = sorted.iter().flat_map(|p| p.part(part)).collect();
            grouper.group(&slices, attempt.splitters.range(parts.start + part))
        };
        let groups: Option<Vec<_>> = some.map(group).collect();
        spares.give_back(Some(grouper));
        Ok(groups)
    })?;
    let groups: Option<Vec<Vec<_>>> = groups.into_iter().collect();
    Ok(groups.map(|g| g.into_iter().flatten().collect()))
}
