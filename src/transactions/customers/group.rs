//! One part's records to one row per customer.

use super::index::{Index, One, Pair};
use super::partition::{Record, add_compensated};
use crate::table::key::Key;
use crate::table::number::MINOR;

/// A customer with an order.
#[derive(Debug, Clone, Copy)]
pub(super) struct CustomerRow<K> {
    pub(super) key: K,
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) amount: f64,
    pub(super) orders: u32,
}

/// The customers of a part, by key.
#[derive(Debug)]
pub(super) struct Group<K> {
    pub(super) rows: Vec<CustomerRow<K>>,
    pub(super) n_without_order: u64,
    pub(super) rows_without_order: u64,
}

/// What is known of a customer so far.
#[derive(Debug, Clone, Copy)]
struct State<K> {
    key: K,
    /// What was counted last: lines of an order mostly follow each other.
    latest: Option<K>,
    first: i64,
    last: i64,
    orders: u32,
    lines: u32,
    money: Money,
}

/// A sum of money: exact in ten-thousandths, or compensated floats.
#[derive(Debug, Clone, Copy, Default)]
struct Money {
    minor: i128,
    sum: f64,
    lost: f64,
}

/// Adds up the records of a part, given in row order.
///
/// Without a counted column every line is an order of its own.
pub(super) fn group<K: Key>(slices: &[&[Record<K>]], has_distinct: bool, exact: bool) -> Group<K> {
    let n: usize = slices.iter().map(|s| s.len()).sum();
    let mut customers = Index::with_capacity(n / 2);
    let mut pairs = Index::with_capacity(if has_distinct { n } else { 0 });
    let mut states: Vec<State<K>> = Vec::new();
    for record in slices.iter().copied().flatten() {
        let (number, is_new) = customers.insert(One(record.customer));
        if is_new {
            states.push(State::new(record.customer));
        }
        let state = &mut states[number as usize];
        state.lines += record.lines();
        state.money.add(record, exact);
        if !record.is_order() {
            continue;
        }
        state.first = state.first.min(record.time());
        state.last = state.last.max(record.time());
        if !has_distinct {
            state.orders += record.lines();
        } else if record.is_counted() && state.latest != Some(record.distinct) {
            state.latest = Some(record.distinct);
            state.orders += u32::from(pairs.insert(Pair(number, record.distinct)).1);
        }
    }
    finish(states, exact)
}

fn finish<K: Key>(states: Vec<State<K>>, exact: bool) -> Group<K> {
    let mut result = Group {
        rows: Vec::with_capacity(states.len()),
        n_without_order: 0,
        rows_without_order: 0,
    };
    for s in states {
        if s.first > s.last {
            result.n_without_order += 1;
            result.rows_without_order += u64::from(s.lines);
            continue;
        }
        let amount = s.money.total(exact);
        result.rows.push(CustomerRow {
            key: s.key,
            first: s.first,
            last: s.last,
            amount,
            orders: s.orders,
        });
    }
    result.rows.sort_unstable_by_key(|r| r.key);
    result
}

impl<K> State<K> {
    const fn new(key: K) -> Self {
        let money = Money {
            minor: 0,
            sum: 0.0,
            lost: 0.0,
        };
        Self {
            key,
            latest: None,
            first: i64::MAX,
            last: i64::MIN,
            orders: 0,
            lines: 0,
            money,
        }
    }
}

impl Money {
    fn add<K>(&mut self, record: &Record<K>, exact: bool) {
        if exact {
            self.minor += i128::from(record.minor());
        } else {
            add_compensated(&mut self.sum, &mut self.lost, record.money());
        }
    }

    fn total(&self, exact: bool) -> f64 {
        if !exact {
            // Where the sum has left the range of floats the correction is no number.
            return if self.sum.is_finite() {
                self.sum + self.lost
            } else {
                self.sum
            };
        }
        // Dividing a whole number below 2^53 gives the float nearest to the decimal.
        i64::try_from(self.minor).map_or(self.minor as f64, |m| m as f64) / MINOR
    }
}
