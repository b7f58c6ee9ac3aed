//! Apriori: level by level, candidates of one item more counted in a pass over the baskets (Agrawal and Srikant, Fast algorithms for mining association
//! rules, 1994).
//!
//! Pairs are counted in an array with a cell for each ([`pairs`]). From then on two sets that differ in their last items alone join to a candidate, which
//! stays if all its subsets are frequent ([`candidates`]), and the baskets are led down a tree of the candidates' prefixes ([`count`]), as in the
//! implementations of Bodon (2003) and Borgelt (2003): nodes are arrays, baskets lose the items that no candidate has, those that held too few candidates are left
//! out of later passes, and equal baskets are counted once.
//!
//! All sets of a level are kept as a tree ([`levels`]), so that the sets come out in order at the end.
//!
//! Cost: a pass over the baskets for each level, and in it a visit to every prefix of a candidate that a basket has: each set is met as often as its support
//! says. Memory: the frequent sets, and [`CANDIDATE_BYTES`] for each candidate of a level, which is estimated before and refused where it is more than the
//! limit. It does well where sets are short and few, at high supports and on sparse data, and best where the baskets are very many; on dense data it is hopeless.

mod candidates;
mod count;
mod levels;
mod pairs;

use super::database::Database;
use super::sink::Sink;
use super::watch::{Shared, Watch};
use crate::error::{Error, Result};
use crate::parallel::map_ordered;
use count::{PIECES, Rows};
pub(super) use pairs::partners;

use levels::{Level, Levels};

/// What a candidate takes while it is counted: its item, and a count in each piece of the baskets and in all.
const CANDIDATE_BYTES: u64 = 4 * (2 + PIECES as u64);

/// Where the caller sets no limit.
const LIMIT_BYTES: u64 = 2_000_000_000;

/// Mines the frequent sets of a database. Sinks come back in the order of the sets; fewer where the watch stopped the work.
pub(super) fn mine<S: Sink>(
    database: &Database,
    max_len: usize,
    shared: &Shared<'_>,
) -> Result<Vec<S>> {
    let items: Vec<u32> = database.frequent().collect();
    let mut levels = Levels::default();
    let mut watch = Watch::new(shared);
    let mut rows = Rows::new(database);
    while levels.length() < max_len && !items.is_empty() {
        let Some(level) = next(database, &levels, &mut rows, shared)? else {
            break;
        };
        let is_last = level.items.is_empty();
        levels.push(level);
        watch.look(items.len() as u64 + levels.n_sets());
        if is_last || watch.is_stopped() {
            break;
        }
    }
    if !shared.is_whole()? {
        return Ok(Vec::new());
    }
    if S::EACH {
        return each(database, &items, &levels, shared);
    }
    let mut sink = S::new(shared.keeps);
    sink.many(items.len() as u64 + levels.n_sets(), 0);
    Ok(vec![sink])
}

/// The frequent sets of one item more; none if there are no candidates, or the watch stopped the work.
fn next(
    database: &Database,
    levels: &Levels,
    rows: &mut Rows,
    shared: &Shared<'_>,
) -> Result<Option<Level>> {
    let length = levels.length() + 1;
    if length == 2 {
        let n = database.n_items() as u64;
        check(shared, length, n * n.saturating_sub(1) / 2, 4)?;
        return pairs::frequent(database, shared).map(Some);
    }
    let most = limit_bytes(shared) / CANDIDATE_BYTES;
    let Some(found) = candidates::join(database, levels, most, shared)? else {
        check(shared, length, levels.n_joined(), CANDIDATE_BYTES)?;
        return Ok(None);
    };
    // What was stopped midway has no place for each set.
    if found.items.is_empty() || !shared.is_whole()? {
        return Ok(None);
    }
    rows.count(database, levels, &found, shared).map(Some)
}

fn limit_bytes(shared: &Shared<'_>) -> u64 {
    let limit = shared.ctx.budget.max_bytes();
    limit.unwrap_or(LIMIT_BYTES)
}

/// Refuses candidates that would take too much memory.
fn check(shared: &Shared<'_>, length: usize, n: u64, bytes: u64) -> Result<()> {
    let (needed_bytes, limit_bytes) = (n.saturating_mul(bytes), limit_bytes(shared));
    if needed_bytes <= limit_bytes {
        return Ok(());
    }
    Err(Error::Budget {
        job: format!("counting up to {n} candidates of {length} items by Apriori"),
        needed_bytes,
        limit_bytes,
        remedy: "take another algorithm, which has no candidates, or a higher support".into(),
    })
}

/// Hands out all sets in order.
fn each<S: Sink>(
    database: &Database,
    items: &[u32],
    levels: &Levels,
    shared: &Shared<'_>,
) -> Result<Vec<S>> {
    const TASKS: usize = 1024;
    let tasks: Vec<&[u32]> = items.chunks(items.len().div_ceil(TASKS).max(1)).collect();
    map_ordered(shared.ctx, "item sets", tasks, |task| {
        let mut sink = S::new(shared.keeps);
        for &item in task {
            sink.set(0, item, database.supports[item as usize]);
            levels.each(0, item as usize, &mut |depth, item, support| {
                sink.set(depth, item, support);
            });
        }
        sink.finish();
        Ok(sink)
    })
}
