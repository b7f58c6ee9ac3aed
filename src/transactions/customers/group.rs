//! One part's records to one row per customer, in the order of their keys.

use super::index::{Index, One, Pair};
use super::partition::{Record, add_compensated};
use crate::table::key::Key;
use crate::table::number::MINOR;

/// The customers of a part that have an order, by key, column by column.
#[derive(Debug)]
pub(super) struct Group<K> {
    pub(super) keys: Vec<K>,
    pub(super) first: Vec<i64>,
    pub(super) last: Vec<i64>,
    pub(super) amount: Vec<f64>,
    pub(super) orders: Vec<u32>,
    pub(super) n_without_order: u64,
    pub(super) rows_without_order: u64,
}

/// What is known of a customer so far: one cache line for the narrow key.
#[derive(Debug, Clone, Copy)]
struct State<K> {
    key: K,
    /// What was counted last: lines of an order mostly follow each other.
    latest: K,
    first: i64,
    last: i64,
    orders: u32,
    lines: u32,
    /// Ten-thousandths, where money is exact.
    minor: i64,
    sum: f64,
    lost: f64,
}

/// Adds up one part after the other, in memory of its own that it keeps between them.
#[derive(Debug)]
pub(super) struct Grouper<K> {
    has_distinct: bool,
    exact: bool,
    numbers: Numbers<K>,
    pairs: Index<Pair<K>>,
    states: Vec<State<K>>,
}

impl<K: Key> Grouper<K> {
    /// Without a counted column every line is an order of its own.
    pub(super) fn new(has_distinct: bool, exact: bool) -> Self {
        let numbers = Numbers {
            range: None,
            by_position: Vec::new(),
            by_hash: Index::with_capacity(0),
        };
        Self {
            has_distinct,
            exact,
            numbers,
            pairs: Index::with_capacity(0),
            states: Vec::new(),
        }
    }

    /// Adds up the records of a part, given in row order; `None` if exact money outgrows 63 bits.
    pub(super) fn group(&mut self, slices: &[&[Record<K>]]) -> Option<Group<K>> {
        let n: usize = slices.iter().map(|s| s.len()).sum();
        self.numbers.reset(slices, n);
        self.pairs.reset(if self.has_distinct { n } else { 0 });
        self.states.clear();
        for record in slices.iter().copied().flatten() {
            self.add(record)?;
        }
        Some(Group::new(
            &self.numbers.in_key_order(&self.states),
            &self.states,
            self.exact,
        ))
    }

    #[inline]
    fn add(&mut self, record: &Record<K>) -> Option<()> {
        let number = self.numbers.of(record.customer, self.states.len() as u32);
        if number as usize == self.states.len() {
            self.states.push(State::new(record.customer));
        }
        let state = &mut self.states[number as usize];
        state.lines += record.lines();
        if self.exact {
            state.minor = state.minor.checked_add(record.minor())?;
        } else {
            add_compensated(&mut state.sum, &mut state.lost, record.money());
        }
        if !record.is_order() {
            return Some(());
        }
        state.first = state.first.min(record.time());
        state.last = state.last.max(record.time());
        if !self.has_distinct {
            state.orders += record.lines();
        } else if record.is_counted() && (state.orders == 0 || state.latest != record.distinct) {
            state.latest = record.distinct;
            state.orders += u32::from(self.pairs.insert(Pair(number, record.distinct)).1);
        }
        Some(())
    }
}

/// Numbers customers in order of appearance: by position in the range of keys where that is about as long as the list, else by hash.
#[derive(Debug)]
struct Numbers<K> {
    /// The lowest key, where positions serve.
    range: Option<u64>,
    by_position: Vec<u32>,
    by_hash: Index<One<K>>,
}

const NONE: u32 = u32::MAX;

impl<K: Key> Numbers<K> {
    fn reset(&mut self, slices: &[&[Record<K>]], n: usize) {
        let keys = || slices.iter().copied().flatten().map(|r| r.customer);
        let (low, high) = match (keys().min(), keys().max()) {
            (Some(low), Some(high)) => (low.widen(), high.widen()),
            _ => (0, 0),
        };
        self.range =
            (high - low <= 4 * n as u128 && high <= u128::from(u64::MAX)).then_some(low as u64);
        self.by_position.clear();
        if self.range.is_some() {
            self.by_position.resize((high - low) as usize + 1, NONE);
        } else {
            self.by_hash.reset(n / 2);
        }
    }

    /// The customer's number, or `next` where it is new.
    #[inline]
    fn of(&mut self, key: K, next: u32) -> u32 {
        let Some(low) = self.range else {
            return self.by_hash.insert(One(key)).0;
        };
        let slot = &mut self.by_position[(key.widen() as u64 - low) as usize];
        if *slot == NONE {
            *slot = next;
        }
        *slot
    }

    fn in_key_order(&self, states: &[State<K>]) -> Vec<u32> {
        if self.range.is_some() {
            return self
                .by_position
                .iter()
                .copied()
                .filter(|&n| n != NONE)
                .collect();
        }
        let mut keyed: Vec<(K, u32)> = states.iter().zip(0..).map(|(s, n)| (s.key, n)).collect();
        keyed.sort_unstable();
        keyed.into_iter().map(|(_, n)| n).collect()
    }
}

impl<K: Key> Group<K> {
    fn new(order: &[u32], states: &[State<K>], exact: bool) -> Self {
        let n = order.len();
        let mut group = Self {
            keys: Vec::with_capacity(n),
            first: Vec::with_capacity(n),
            last: Vec::with_capacity(n),
            amount: Vec::with_capacity(n),
            orders: Vec::with_capacity(n),
            n_without_order: 0,
            rows_without_order: 0,
        };
        for &number in order {
            let s = &states[number as usize];
            if s.first > s.last {
                group.n_without_order += 1;
                group.rows_without_order += u64::from(s.lines);
                continue;
            }
            group.keys.push(s.key);
            group.first.push(s.first);
            group.last.push(s.last);
            group.amount.push(s.amount(exact));
            group.orders.push(s.orders);
        }
        group
    }
}

impl<K: Key> State<K> {
    fn new(key: K) -> Self {
        let (first, last) = (i64::MAX, i64::MIN);
        Self {
            key,
            latest: K::default(),
            first,
            last,
            orders: 0,
            lines: 0,
            minor: 0,
            sum: 0.0,
            lost: 0.0,
        }
    }

    fn amount(&self, exact: bool) -> f64 {
        if exact {
            // Dividing a whole number below 2^53 gives the float nearest to the decimal.
            return self.minor as f64 / MINOR;
        }
        // Where the sum has left the range of floats the correction is no number.
        if self.sum.is_finite() {
            self.sum + self.lost
        } else {
            self.sum
        }
    }
}
