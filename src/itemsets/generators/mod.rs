//! Generators: frequent sets whose every smaller set has more support, also called free sets or key patterns (Bastide et al., Mining frequent patterns with
//! counting inference, 2000; Boulicaut, Bykowski and Rigotti 2003), mined depth first.
//!
//! A set is a generator if for each of its items some row has all of the set but this item. These **critical rows** are kept for each item on the way
//! (Murakami and Uno, Efficient algorithms for dualizing large-scale hypergraphs, 2014, use them so): a new item keeps of them those that it has too. Once an item has
//! none left, no larger set is a generator either, so nothing is looked up and no set that is none is kept; top-level items are independent tasks.
//!
//! Rows are bits where that takes no more words than four times the row numbers of lists, else lists of numbers. Items to extend a first item by
//! come from a pass over its baskets, so that pairs that are not frequent cost nothing more.
//!
//! Cost: for each set and each item of it one intersection. Memory: 4 bytes for each item of the baskets (or a bit for each item and basket), beside 8 for
//! finding pairs, and the rows of one set.

mod rows;

use super::database::Database;
use super::sink::{Lists, Sink};
use super::tasks::{Walk, each_item};
use super::vertical::{Counts, Vertical};
use super::watch::Shared;
use crate::error::Result;
use rows::{Bits, Rows};

/// Mines the frequent generators of a database. Sinks come back in the order of the sets; fewer where the watch stopped the work.
pub(super) fn mine(database: &Database, max_len: usize, shared: &Shared<'_>) -> Result<Vec<Lists>> {
    let n_words = database.ends.len().div_ceil(64) * database.n_items();
    if n_words <= 4 * database.items.len() {
        with_rows::<Bits>(database, max_len, shared)
    } else {
        with_rows::<Vec<u32>>(database, max_len, shared)
    }
}

fn with_rows<R: Rows>(
    database: &Database,
    max_len: usize,
    shared: &Shared<'_>,
) -> Result<Vec<Lists>> {
    let vertical = Vertical::new(database);
    let n_rows = database.ends.len();
    let codes = 0..database.n_items() as u32;
    let columns: Vec<R> = codes
        .map(|code| R::new(vertical.places(code).iter().map(|p| p.row), n_rows))
        .collect();
    // An item in every basket says no more than the empty set.
    let is_generator = |&i: &u32| database.supports[i as usize] < database.total;
    let items: Vec<u32> = database.frequent().filter(is_generator).collect();
    each_item(shared, &items, |walk, scratch: &mut Scratch, item| {
        let mut found = std::mem::take(&mut scratch.found);
        let counts = &mut scratch.counts;
        counts.frequent_after(&vertical, item, database.minimum, &mut found);
        let codes: Vec<u32> = found.iter().map(|f| f.0).collect();
        scratch.found = found;
        let mut miner = Miner {
            database,
            columns: &columns,
            max_len,
            walk,
            path: vec![item],
        };
        let column = &columns[item as usize];
        miner
            .walk
            .sink
            .list(&[item], database.supports[item as usize]);
        if max_len > 1 {
            // Of the rows without the item there is no list: the first critical rows are those of the second item without the first.
            miner.extend(column, &Critical::First(column), &codes);
        }
    })
}

/// What a thread keeps from task to task.
#[derive(Debug, Default)]
struct Scratch {
    counts: Counts,
    found: Vec<(u32, u32)>,
}

/// The critical rows of each item of a set.
enum Critical<'a, R> {
    /// Of a set of one item: all rows but these.
    First(&'a R),
    Each(Vec<R>),
}

impl<R: Rows> Critical<'_, R> {
    /// Whether each item keeps some with another item's rows.
    fn meets(&self, column: &R) -> bool {
        match self {
            Self::First(rows) => column.minus(rows).n_rows() > 0,
            Self::Each(all) => all.iter().all(|rows| rows.meets(column)),
        }
    }

    /// Those of the set with one item more, `rows` being those of the set.
    fn with(&self, rows: &R, column: &R) -> Vec<R> {
        let mut all = match self {
            Self::First(rows) => vec![column.minus(rows)],
            Self::Each(all) => all.iter().map(|rows| rows.and(column)).collect(),
        };
        all.push(rows.minus(column));
        all
    }
}

struct Miner<'a, 'w, R> {
    database: &'a Database,
    columns: &'a [R],
    max_len: usize,
    walk: &'a mut Walk<'w, Lists>,
    path: Vec<u32>,
}

impl<R: Rows> Miner<'_, '_, R> {
    /// The generators that extend the path by one of `items`, and more.
    fn extend(&mut self, rows: &R, critical: &Critical<'_, R>, items: &[u32]) {
        let n = rows.n_rows();
        let mut kept = Vec::with_capacity(items.len());
        for &item in items {
            if self.walk.is_stopped(rows.cost() * self.path.len()) {
                return;
            }
            let column = &self.columns[item as usize];
            let with = rows.and(column);
            // The item has critical rows if it is not in all rows of the set.
            if with.n_rows() == n {
                continue;
            }
            let support = with.weight(&self.database.weights);
            if support >= self.database.minimum && critical.meets(column) {
                kept.push((item, with, support));
            }
        }
        let codes: Vec<u32> = kept.iter().map(|k| k.0).collect();
        for (i, (item, with, support)) in kept.iter().enumerate() {
            self.path.push(*item);
            self.walk.sink.list(&self.path, *support);
            let rest = &codes[i + 1..];
            if self.path.len() < self.max_len && !rest.is_empty() && !self.walk.is_stopped(0) {
                let column = &self.columns[*item as usize];
                let critical = Critical::Each(critical.with(rows, column));
                self.extend(with, &critical, rest);
            }
            self.path.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baskets::Baskets;
    use crate::itemsets::database::Selection;
    use crate::itemsets::filter::filter;
    use crate::itemsets::params::Target;
    use crate::itemsets::sink::Tree;
    use crate::parallel::Context;
    use arrow_array::Int64Array;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn sets(parts: &[Lists]) -> Vec<(Vec<u32>, u32)> {
        let of = |part: &Lists| -> Vec<(Vec<u32>, u32)> {
            let sets = part.supports.iter().enumerate();
            sets.map(|(i, &support)| (part.get(i).to_vec(), support))
                .collect()
        };
        parts.iter().flat_map(of).collect()
    }

    proptest! {
        #[test]
        fn bits_and_lists_find_what_a_filter_leaves(
            rows in prop::collection::vec(prop::collection::vec(0..12u32, 0..9), 0..200),
            minimum in 1..20u32,
        ) {
            let ends = rows.iter().scan(0, |end, row| { *end += row.len(); Some(*end) });
            let labels = Arc::new(Int64Array::from_iter_values(0..12));
            let baskets = Baskets::from_numbers(ends.collect(), rows.concat(), labels).unwrap();
            let selection = Selection { minimum, ..Selection::default() };
            let database = Database::new(&baskets, &selection, &Context::new()).unwrap();
            let ctx = Context::new();
            let shared = Shared::new(&ctx, u64::MAX, u64::MAX);
            let bits = with_rows::<Bits>(&database, usize::MAX, &shared).unwrap();
            let lists = with_rows::<Vec<u32>>(&database, usize::MAX, &shared).unwrap();
            let trees = crate::itemsets::eclat::mine::<Tree>(&database, usize::MAX, &shared).unwrap();
            let left = filter(&trees, Target::Generators, database.total, &ctx).unwrap();
            prop_assert_eq!(sets(&bits), sets(&left));
            prop_assert_eq!(sets(&lists), sets(&left));
        }
    }
}
