//! One part's records to one row per customer, in the order of their keys.

use super::index::{Index, Set};
use super::record::Record;
use crate::kernels::lines::MINOR;
use crate::stats::sum::add_compensated;
use crate::table::key::Key;

/// The customers of a part that have an order, by key, column by column.
#[derive(Debug)]
pub(super) struct Group<K> {
    pub(super) keys: Vec<K>,
    pub(super) first: Vec<i64>,
    pub(super) last: Vec<i64>,
    pub(super) amount: Vec<f64>,
    pub(super) orders: Vec<u32>,
    /// Instant of the last line of any of them.
    pub(super) latest: Option<i64>,
    pub(super) n_without_order: u64,
    pub(super) rows_without_order: u64,
}

/// What is known of a customer so far: about one cache line.
#[derive(Debug, Clone, Copy)]
struct State {
    /// Of orders.
    first: i64,
    last: i64,
    /// Of any line.
    latest: i64,
    orders: u32,
    lines: u64,
    money: Money,
}

/// A sum of money: exact, or with what adding has lost.
#[derive(Debug, Clone, Copy, Default)]
struct Money {
    /// Ten-thousandths as `i64`, or the bits of an `f64`.
    sum: u64,
    lost: f64,
}

/// Adds up one part after the other, in memory of its own that it keeps between them.
pub(super) struct Grouper<R: Record> {
    layout: R::Layout,
    has_distinct: bool,
    exact: bool,
    numbers: Numbers<R::Key>,
    pairs: Set<R::Pair>,
    states: Vec<State>,
}

impl<R: Record> Grouper<R> {
    /// Without a counted column every line is an order of its own.
    pub(super) fn new(layout: R::Layout, has_distinct: bool, exact: bool) -> Self {
        Self {
            layout,
            has_distinct,
            exact,
            numbers: Numbers::new(),
            pairs: Set::new(),
            states: Vec::new(),
        }
    }

    /// Adds up the records of a part, given in row order; `None` if exact money outgrows 63 bits.
    ///
    /// `range` is that of the part's keys, both ends inside, where it is known.
    pub(super) fn group(
        &mut self,
        slices: &[&[R]],
        range: Option<(R::Key, R::Key)>,
    ) -> Option<Group<R::Key>> {
        let layout = self.layout;
        let n: usize = slices.iter().map(|s| s.len()).sum();
        let records = || slices.iter().copied().flatten();
        let (low, high) = range.unwrap_or_else(|| {
            let keys = || records().map(|r| r.customer(&layout));
            (
                keys().min().unwrap_or_default(),
                keys().max().unwrap_or_default(),
            )
        });
        let keys = records().map(|r| r.customer(&layout));
        let n_customers = self.numbers.number(low, high, n, keys);
        // Parts are alike: the last one tells how many there will be.
        let pairs = self.pairs.len() + self.pairs.len() / 8;
        self.pairs.reset(if self.has_distinct { pairs } else { 0 });
        self.states.clear();
        self.states.resize(n_customers, State::new());
        for (i, record) in records().enumerate() {
            self.add(&layout, record, self.numbers.of_each[i])?;
        }
        Some(self.finish())
    }

    #[inline]
    fn add(&mut self, layout: &R::Layout, record: &R, number: u32) -> Option<()> {
        let state = &mut self.states[number as usize];
        let n_lines = record.n_lines(layout);
        state.lines += u64::from(n_lines);
        state.money.add(record.amount(layout), self.exact)?;
        let time = record.time(layout);
        state.latest = state.latest.max(time);
        if !record.is_order(layout) {
            return Some(());
        }
        state.first = state.first.min(time);
        state.last = state.last.max(time);
        if !self.has_distinct {
            state.orders = state.orders.saturating_add(n_lines);
        } else if record.is_counted(layout) {
            state.orders += u32::from(self.pairs.insert(record.pair(layout, number)));
        }
        Some(())
    }

    fn finish(&self) -> Group<R::Key> {
        let order = self.numbers.in_key_order();
        let mut group = Group::with_capacity(order.len());
        for &(key, number) in &order {
            let s = &self.states[number as usize];
            if s.first > s.last {
                group.n_without_order += 1;
                group.rows_without_order += s.lines;
                continue;
            }
            group.latest = group.latest.max(Some(s.latest));
            group.keys.push(key);
            group.first.push(s.first);
            group.last.push(s.last);
            group.amount.push(s.money.total(self.exact));
            group.orders.push(s.orders);
        }
        group
    }
}

impl State {
    fn new() -> Self {
        Self {
            first: i64::MAX,
            last: i64::MIN,
            latest: i64::MIN,
            orders: 0,
            lines: 0,
            money: Money::default(),
        }
    }
}

impl Money {
    #[inline]
    fn add(&mut self, amount: u64, exact: bool) -> Option<()> {
        if exact {
            self.sum = (self.sum as i64).checked_add(amount as i64)? as u64;
        } else {
            let mut sum = f64::from_bits(self.sum);
            add_compensated(&mut sum, &mut self.lost, f64::from_bits(amount));
            self.sum = sum.to_bits();
        }
        Some(())
    }

    fn total(self, exact: bool) -> f64 {
        if exact {
            // Dividing a whole number below 2^53 gives the float nearest to the decimal.
            return self.sum as i64 as f64 / MINOR;
        }
        let sum = f64::from_bits(self.sum);
        // Where the sum has left the range of floats the correction is no number.
        if sum.is_finite() {
            sum + self.lost
        } else {
            sum
        }
    }
}

/// Numbers customers in order of appearance: by position in the range of keys where that is about as long as the list, else by hash.
#[derive(Debug)]
struct Numbers<K> {
    of_each: Vec<u32>,
    /// Whether positions serve.
    is_dense: bool,
    low: u64,
    by_position: Vec<u32>,
    by_hash: Index<K>,
}

const NONE: u32 = u32::MAX;

impl<K: Key> Numbers<K> {
    fn new() -> Self {
        Self {
            of_each: Vec::new(),
            is_dense: false,
            low: 0,
            by_position: Vec::new(),
            by_hash: Index::new(),
        }
    }

    /// Numbers `n` keys from `low` to `high`, and says how many there are.
    fn number(&mut self, low: K, high: K, n: usize, keys: impl Iterator<Item = K>) -> usize {
        self.of_each.clear();
        self.by_position.clear();
        let (low, high) = (low.widen(), high.widen());
        self.is_dense = n > 0 && high - low <= 4 * n as u128 && high <= u128::from(u64::MAX);
        if !self.is_dense {
            self.by_hash.reset(n / 2);
            self.of_each
                .extend(keys.map(|key| self.by_hash.insert(key)));
            return self.by_hash.keys().len();
        }
        self.by_position.resize((high - low) as usize + 1, NONE);
        self.low = low as u64;
        let (low, mut next) = (self.low, 0);
        self.of_each.extend(keys.map(|key| {
            let slot = &mut self.by_position[(key.widen() as u64 - low) as usize];
            // Without a branch: whether a customer is new cannot be foreseen.
            let is_new = *slot == NONE;
            *slot = if is_new { next } else { *slot };
            next += u32::from(is_new);
            *slot
        }));
        next as usize
    }

    /// All customers with their numbers, in the order of their keys.
    fn in_key_order(&self) -> Vec<(K, u32)> {
        if self.is_dense {
            let by_position = self.by_position.iter().enumerate();
            let customers = by_position.filter(|&(_, &n)| n != NONE);
            return customers
                .map(|(at, &n)| (K::from_u64(self.low + at as u64), n))
                .collect();
        }
        sorted_by_key(self.by_hash.keys())
    }
}

/// Keys with their positions, sorted: spread over cells by their leading bits, which leaves little to sort where keys are even.
fn sorted_by_key<K: Key>(keys: &[K]) -> Vec<(K, u32)> {
    let low = keys.iter().map(|k| k.high()).min().unwrap_or(0);
    let span = keys.iter().map(|k| k.high()).max().unwrap_or(0) - low;
    let n_cells = keys.len().next_power_of_two();
    let shift = (64 - span.leading_zeros()).saturating_sub(n_cells.trailing_zeros());
    let cell = |key: K| ((key.high() - low) >> shift) as usize;
    let mut next = vec![0u32; n_cells + 1];
    keys.iter().for_each(|&k| next[cell(k) + 1] += 1);
    for c in 0..n_cells {
        next[c + 1] += next[c];
    }
    let mut sorted = vec![(K::ZERO, 0); keys.len()];
    for (&key, n) in keys.iter().zip(0..) {
        let at = &mut next[cell(key)];
        sorted[*at as usize] = (key, n);
        *at += 1;
    }
    let mut from = 0;
    for &end in &next[..n_cells] {
        sorted[from..end as usize].sort_unstable();
        from = end as usize;
    }
    sorted
}

impl<K> Group<K> {
    fn with_capacity(n: usize) -> Self {
        Self {
            keys: Vec::with_capacity(n),
            first: Vec::with_capacity(n),
            last: Vec::with_capacity(n),
            amount: Vec::with_capacity(n),
            orders: Vec::with_capacity(n),
            latest: None,
            n_without_order: 0,
            rows_without_order: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_are_sorted_wherever_they_crowd(keys in prop::collection::hash_set(prop_oneof![0u64..50, any::<u64>(), (1u64 << 40)..(1 << 40) + 9], 0..300)) {
            let keys: Vec<u64> = keys.into_iter().collect();
            let mut expected: Vec<(u64, u32)> = keys.iter().copied().zip(0..).collect();
            expected.sort_unstable();
            prop_assert_eq!(sorted_by_key(&keys), expected);
            let wide: Vec<u128> = keys.iter().map(|&k| u128::from(k) << 30).collect();
            let sorted = sorted_by_key(&wide);
            prop_assert!(sorted.is_sorted() && sorted.iter().all(|&(k, n)| wide[n as usize] == k));
        }
    }
}
