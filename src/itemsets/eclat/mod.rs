//! Eclat: depth first, by the rows that each item has (Zaki, Scalable algorithms for association mining, 2000), or lacks (dEclat: Zaki and Gouda, Fast
//! vertical mining using diffsets, 2003).
//!
//! The sets that share all but their last item are a class; intersecting the rows of two members gives a member of the next class. The first classes come
//! from the baskets: those that have an item are numbered anew, and for each item after it that is frequent with it the numbers are delivered from a pass over
//! them, so that pairs that are not frequent cost no intersection (Zaki's horizontal recovery of pairs).
//!
//! How rows are written is chosen by class. The class of an item is one of **bits** where a bit for each basket of the item takes no more words than four
//! times the row numbers of its members (a word is done some eight times as fast as a number), else one of **lists** of numbers. A class of
//! lists becomes one of **differences**, the rows that its members lack, where these are shorter in sum; so do all that come from it. Bits are
//! moved close together where at most half of the rows are left.
//!
//! Where sets are only counted, items in all rows of a set (perfect extensions) are taken out: each doubles the sets.
//!
//! Cost: an intersection for each set, and for each that is not frequent though its two parents are. Memory: 8 bytes for each item of the
//! baskets, and the classes on the way to one set. It wins on sparse data, whose lists are short, and where few rows make a set; on dense data at low support its
//! intersections repeat what a prefix tree shares.

mod bits;
mod lists;

use super::database::Database;
use super::sink::Sink;
use super::tasks::{Walk, each_item, sets_in_all};
use super::vertical::{Counts, Vertical};
use super::watch::Shared;
use crate::error::Result;

/// What a thread keeps from task to task.
#[derive(Debug, Default)]
struct Scratch {
    counts: Counts,
    found: Vec<(u32, u32)>,
    /// Of each item its place in the class; none between items.
    names: Vec<u32>,
    weights: Vec<u32>,
    bits: Vec<bits::Class>,
    lists: Vec<lists::Class>,
}

const NONE: u32 = u32::MAX;

/// One thread's way through the classes.
struct Miner<'a, 'w, S> {
    database: &'a Database,
    minimum: u32,
    max_len: usize,
    is_bits: fn(usize, usize) -> bool,
    walk: &'a mut Walk<'w, S>,
    scratch: &'a mut Scratch,
    /// Of the rows of the first item; none where all are one.
    weights: Vec<u32>,
}

/// Mines the frequent sets of a database. Sinks come back in the order of the sets; fewer where the watch stopped the work.
pub(super) fn mine<S: Sink>(
    database: &Database,
    max_len: usize,
    shared: &Shared<'_>,
) -> Result<Vec<S>> {
    mine_as(database, max_len, shared, |n_words, n_numbers| {
        n_words <= 4 * n_numbers
    })
}

/// The same; the closure says whether a class is one of bits, by the words and the numbers it would take.
fn mine_as<S: Sink>(
    database: &Database,
    max_len: usize,
    shared: &Shared<'_>,
    is_bits: fn(usize, usize) -> bool,
) -> Result<Vec<S>> {
    let n_free = database.n_in_all::<S>();
    let n = database.n_items() - n_free;
    let vertical = Vertical::new(database);
    let items: Vec<u32> = database.frequent().filter(|&i| (i as usize) < n).collect();
    let mut sinks = each_item(shared, &items, |walk, scratch: &mut Scratch, item| {
        let mut miner = Miner {
            database,
            minimum: database.minimum_of(item),
            max_len,
            is_bits,
            walk,
            weights: std::mem::take(&mut scratch.weights),
            scratch,
        };
        miner.item(&vertical, item);
        miner.scratch.weights = miner.weights;
    })?;
    sinks.push(sets_in_all(n_free));
    Ok(sinks)
}

impl<S: Sink> Miner<'_, '_, S> {
    /// The sets whose first item this is.
    fn item(&mut self, vertical: &Vertical<'_>, item: u32) {
        let support = self.database.supports[item as usize];
        let places = vertical.places(item);
        if self.walk.is_stopped(places.len()) {
            return;
        }
        if S::EACH {
            self.walk.sink.set(0, item, support);
            if self.max_len <= 1 {
                return;
            }
        }
        let mut found = std::mem::take(&mut self.scratch.found);
        let counts = &mut self.scratch.counts;
        counts.frequent_after(vertical, item, self.minimum, &mut found);
        let mut free = 0;
        if !S::EACH {
            let n = found.len();
            found.retain(|&(_, count)| count != support);
            free = n - found.len();
            self.walk.sink.many(1, free);
        }
        match found[..] {
            [] => {}
            [(_, _)] if !S::EACH => self.walk.sink.many(1, free),
            _ => self.class(vertical, item, &found, free),
        }
        self.scratch.found = found;
    }

    /// The sets of an item and those that are frequent with it.
    fn class(&mut self, vertical: &Vertical<'_>, item: u32, found: &[(u32, u32)], free: usize) {
        let places = vertical.places(item);
        self.weights.clear();
        if !self.database.weights.is_empty() {
            self.weights
                .extend(places.iter().map(|&p| vertical.weight(p)));
        }
        let names = &mut self.scratch.names;
        names.resize(self.database.n_items(), NONE);
        for (name, &(other, _)) in (0..).zip(found) {
            names[other as usize] = name;
        }
        let delivered = places.iter().zip(0..).flat_map(|(&place, row)| {
            let others = vertical.after(place).iter();
            let others = others.map(|&other| names[other as usize]);
            others.filter(|&n| n != NONE).map(move |n| (n, row))
        });
        // Weighted rows are fewer than their weight: lists are then a little too dear.
        let n_numbers: usize = found.iter().map(|&(_, count)| count as usize).sum();
        let n_words = places.len().div_ceil(64) * found.len();
        if (self.is_bits)(n_words, n_numbers) {
            let mut class = self.scratch.bits.pop().unwrap_or_default();
            class.deliver(found, places.len(), delivered);
            found.iter().for_each(|f| names[f.0 as usize] = NONE);
            self.bits(&class, 1, free);
            self.scratch.bits.push(class);
        } else {
            let mut class = self.scratch.lists.pop().unwrap_or_default();
            class.deliver(found, delivered);
            found.iter().for_each(|f| names[f.0 as usize] = NONE);
            let n_rows = places.len();
            class.shorten(n_rows, || (0..n_rows as u32).collect::<Vec<_>>());
            self.lists(&class, 1, free);
            self.scratch.lists.push(class);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baskets::Baskets;
    use crate::itemsets::database::Selection;
    use crate::itemsets::sink::{Count, Tree};
    use crate::parallel::Context;
    use arrow_array::Int64Array;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn sets(
        database: &Database,
        is_bits: fn(usize, usize) -> bool,
    ) -> (Vec<(u32, u32, u32)>, u128) {
        let ctx = Context::new();
        let shared = Shared::new(&ctx, u64::MAX, u64::MAX);
        let trees = mine_as::<Tree>(database, usize::MAX, &shared, is_bits).unwrap();
        let of = |tree: Tree| {
            let sets = tree.depths.into_iter().zip(tree.items).zip(tree.supports);
            sets.map(|((depth, item), support)| (depth, item, support))
                .collect::<Vec<_>>()
        };
        let counts = mine_as::<Count>(database, usize::MAX, &shared, is_bits).unwrap();
        let n = counts.iter().map(Count::total).sum();
        (trees.into_iter().flat_map(of).collect(), n)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn bits_lists_and_differences_agree(
            rows in prop::collection::vec(prop::collection::vec(prop::bool::weighted(0.6), 9), 600),
            weights in prop::option::of(prop::collection::vec(1..5u32, 600)),
            minimum in 40..300u32,
        ) {
            let row = |row: &Vec<bool>| (0..).zip(row).filter(|(_, has)| **has).map(|(i, _)| i).collect();
            let rows: Vec<Vec<u32>> = rows.iter().map(row).collect();
            let ends = rows.iter().scan(0, |end, row| { *end += row.len(); Some(*end) });
            let labels = Arc::new(Int64Array::from_iter_values(0..9));
            let mut baskets = Baskets::from_numbers(ends.collect(), rows.concat(), labels).unwrap();
            if let Some(weights) = weights {
                baskets = baskets.with_weights(weights).unwrap();
            }
            let selection = Selection { minimum, ..Selection::default() };
            let database = Database::new(&baskets, &selection, &Context::new()).unwrap();
            let (bits, n) = sets(&database, |_, _| true);
            prop_assert_eq!(bits.len() as u128, n);
            prop_assert_eq!(sets(&database, |_, _| false), (bits, n));
        }
    }
}
