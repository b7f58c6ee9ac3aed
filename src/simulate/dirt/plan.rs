//! Which rows are spoiled, and how: fixed before the table is written.

use std::collections::BTreeMap;
use std::ops::Range;

use rand::seq::index::sample;
use rand::{Rng, RngCore};
use rand_chacha::ChaCha8Rng;

use super::Dirt;
use crate::random::stream;
use crate::simulate::drawn::Drawn;
use crate::simulate::params::ShopParams;
use crate::simulate::visits::{Head, Kind, Link};

/// How many times the usual a bulk buyer's orders cost.
const BULK: (f64, f64) = (30.0, 100.0);
const HOLE_DAYS: (u32, u32) = (3, 10);
const SHORTEST_SHOP_WITH_HOLE: u32 = 10;

/// One row spoiled, or one row more after it.
#[derive(Debug, Clone, Copy)]
pub(in crate::simulate) struct Edit {
    /// The row, counted without the rows that are added.
    pub(in crate::simulate) row: usize,
    pub(in crate::simulate) kind: Dirt,
    /// What chance decides about it.
    pub(in crate::simulate) word: u64,
    /// The item of an unmatched return, and its units.
    pub(in crate::simulate) never_bought: (u32, i32),
    /// A number for a transaction of its own, from 0.
    pub(in crate::simulate) number: usize,
}

/// All that is spoiled, but for the days cut out, which are gone before rows have numbers.
#[derive(Debug, Default)]
pub(in crate::simulate) struct Plan {
    /// In order of rows, one for each row at most.
    pub(in crate::simulate) edits: Vec<Edit>,
    /// Bulk buyers by number, with the factor of their quantities.
    pub(in crate::simulate) bulk: BTreeMap<u32, i32>,
    /// The days without rows.
    pub(in crate::simulate) hole: Option<Range<u32>>,
}

impl Plan {
    /// The days to be cut out of the shop.
    pub(in crate::simulate) fn hole(params: &ShopParams) -> Option<Range<u32>> {
        let asked = params.dirt.iter().any(|(d, _)| *d == Dirt::TimeHole);
        if !asked || params.n_days < SHORTEST_SHOP_WITH_HOLE {
            return None;
        }
        let mut rng = stream(params.seed, "shop hole", 0);
        let n = rng.gen_range(HOLE_DAYS.0..=HOLE_DAYS.1.min(params.n_days / 3));
        let first = rng.gen_range(params.n_days / 3..=(params.n_days * 2 / 3 - n));
        Some(first..first + n)
    }

    /// The plan for a shop whose hole has been cut.
    pub(in crate::simulate) fn new(drawn: &Drawn, hole: Option<Range<u32>>) -> Self {
        let params = &drawn.mechanism.params;
        let mut plan = Self {
            hole,
            ..Self::default()
        };
        let share = |kind| {
            params
                .dirt
                .iter()
                .find(|(d, _)| *d == kind)
                .map(|(_, s)| *s)
        };
        if let Some(share) = share(Dirt::BulkBuyer) {
            plan.bulk = bulk_buyers(drawn, share);
        }
        plan.edits = edits(drawn, &plan.bulk);
        plan
    }

    /// The edits of these rows, in order.
    pub(in crate::simulate) fn of(&self, rows: Range<usize>) -> &[Edit] {
        let from = self.edits.partition_point(|e| e.row < rows.start);
        let to = self.edits.partition_point(|e| e.row < rows.end);
        &self.edits[from..to]
    }

    /// Where a row stands once the rows that are added stand among the others.
    pub(in crate::simulate) fn places(&self) -> Places {
        let added = self.edits.iter().filter(|e| e.kind.is_inserted());
        Places(added.map(|e| e.row).collect())
    }
}

/// The rows after which one is added.
pub(in crate::simulate) struct Places(Vec<usize>);

impl Places {
    pub(in crate::simulate) fn of(&self, row: usize) -> usize {
        row + self.0.partition_point(|&r| r < row)
    }
}

/// The row's own kinds, each with its number of rows.
fn wanted(params: &ShopParams, n_rows: usize) -> Vec<(Dirt, usize)> {
    let of_rows = |d: Dirt| d != Dirt::BulkBuyer && d != Dirt::TimeHole;
    let asked = params.dirt.iter().filter(|(d, _)| of_rows(*d));
    asked
        .map(|&(d, share)| (d, ((share * n_rows as f64).round() as usize).max(1)))
        .collect()
}

/// Draws rows without return, none twice, and deals them out to the kinds.
fn edits(drawn: &Drawn, bulk: &BTreeMap<u32, i32>) -> Vec<Edit> {
    let params = &drawn.mechanism.params;
    let wanted = wanted(params, drawn.n_rows());
    if wanted.is_empty() {
        return Vec::new();
    }
    let free = free_rows(drawn, bulk);
    let mut rng = stream(params.seed, "shop dirt", 0);
    let n: usize = wanted.iter().map(|(_, n)| n).sum();
    // A tiny shop may have fewer rows than were asked for.
    let picked = sample(&mut rng, free.len(), n.min(free.len())).into_iter();
    let kinds = wanted.iter().flat_map(|&(d, n)| std::iter::repeat_n(d, n));
    let mut edits: Vec<Edit> = picked
        .zip(kinds)
        .map(|(at, kind)| Edit {
            row: free[at],
            kind,
            word: rng.next_u64(),
            never_bought: (0, 0),
            number: 0,
        })
        .collect();
    edits.sort_unstable_by_key(|e| e.row);
    for (number, edit) in edits.iter_mut().enumerate() {
        edit.number = number;
        if edit.kind == Dirt::ReturnUnmatched {
            edit.never_bought = never_bought(drawn, edit.row, &mut rng);
        }
    }
    edits
}

/// Purchases of which nothing comes back.
fn free_rows(drawn: &Drawn, bulk: &BTreeMap<u32, i32>) -> Vec<usize> {
    let mut rows = Vec::new();
    for (head, &start) in drawn.order.iter().zip(&drawn.starts) {
        if head.kind != Kind::Order || bulk.contains_key(&head.customer) {
            continue;
        }
        let lines = drawn.lines(head).iter().enumerate();
        rows.extend(
            lines
                .filter(|(_, l)| l.link == Link::None)
                .map(|(i, _)| start + i),
        );
    }
    rows
}

/// An item that the customer of the row never bought, and a few units; where there is none, more units than anyone buys.
fn never_bought(drawn: &Drawn, row: usize, rng: &mut ChaCha8Rng) -> (u32, i32) {
    const TRIES: usize = 40;
    let head = &drawn.order[drawn.starts.partition_point(|&s| s <= row) - 1];
    let chunk = drawn.chunk_of(head);
    let from = chunk.heads.partition_point(|h| h.customer < head.customer);
    let to = chunk.heads.partition_point(|h| h.customer <= head.customer);
    let own = &chunk.heads[from..to];
    let bought = |item: u32| {
        let mut lines = own.iter().flat_map(|h| &chunk.lines[h.lines()]);
        lines.any(|l| l.item == item)
    };
    let n_items = drawn.mechanism.catalog.items.len() as u32;
    let found = (0..TRIES)
        .map(|_| rng.gen_range(0..n_items))
        .find(|&i| !bought(i));
    match found {
        Some(item) => (item, -rng.gen_range(1..=3)),
        None => (rng.gen_range(0..n_items), -1_000_000),
    }
}

/// Private customers whose quantities grow until their middle order costs a drawn multiple of the usual.
fn bulk_buyers(drawn: &Drawn, share: f64) -> BTreeMap<u32, i32> {
    let params = &drawn.mechanism.params;
    let mut rng = stream(params.seed, "shop bulk buyers", 0);
    let money = |h: &Head| -> f64 {
        let lines = drawn.lines(h).iter();
        lines
            .map(|l| f64::from(l.quantity) * f64::from(l.cents))
            .sum()
    };
    let mut all = Vec::new();
    let mut of_customer: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for head in drawn
        .order
        .iter()
        .filter(|h| h.kind == Kind::Order && !h.is_wholesale)
    {
        all.push(money(head));
        of_customer
            .entry(head.customer)
            .or_default()
            .push(money(head));
    }
    let customers: Vec<u32> = of_customer.keys().copied().collect();
    let n = ((share * params.n_customers as f64).round() as usize).max(1);
    let usual = middle(all);
    let picked = sample(&mut rng, customers.len(), n.min(customers.len())).into_iter();
    picked
        .map(|at| {
            let customer = customers[at];
            let own = middle(of_customer.remove(&customer).unwrap_or_default());
            let times = rng.gen_range(BULK.0..BULK.1);
            (customer, (times * usual / own).round().max(2.0) as i32)
        })
        .collect()
}

/// The upper middle value; 1 of none.
fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(1.0)
}
