//! Records: consecutive lines of one customer, one counted value, one instant and one status, folded into one.

use super::index::Vacant;
use super::layout::Layout;
use crate::table::key::Key;
use crate::table::time::EARLIEST;
use crate::transactions::counts::{ORDER, USED};

/// What a record holds, spelt out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run<K> {
    pub(super) customer: K,
    pub(super) distinct: K,
    pub(super) time: i64,
    /// [`ORDER`], `UNCOUNTED` or [`USED`].
    pub(super) status: u8,
    /// From 1 to [`Record::MAX_LINES`].
    pub(super) n_lines: u32,
    /// Ten-thousandths as `i64`, or the bits of an `f64`.
    pub(super) amount: u64,
}

/// Lines in few bytes.
pub(super) trait Record: Copy + Default + Send + Sync {
    type Key: Key;
    /// A customer with what is counted.
    type Pair: Vacant;
    /// What fields mean.
    type Layout: Copy + Send + Sync;
    /// Lines in a record, at most.
    const MAX_LINES: usize;

    /// The lines as a record; sets bits of `misfit` where they do not fit: the record is then worth nothing.
    fn new(layout: &Self::Layout, run: &Run<Self::Key>, misfit: &mut u64) -> Self;
    fn customer(&self, layout: &Self::Layout) -> Self::Key;
    /// The pair of the customer, whose number it is, and what is counted.
    fn pair(&self, layout: &Self::Layout, number: u32) -> Self::Pair;
    fn time(&self, layout: &Self::Layout) -> i64;
    fn status(&self, layout: &Self::Layout) -> u8;
    fn n_lines(&self, layout: &Self::Layout) -> u32;
    fn amount(&self, layout: &Self::Layout) -> u64;

    fn is_order(&self, layout: &Self::Layout) -> bool {
        self.status(layout) < USED
    }

    fn is_counted(&self, layout: &Self::Layout) -> bool {
        self.status(layout) == ORDER
    }
}

/// A record whose fields are as wide as the data need: half the memory traffic of [`Wide`], or a third. Its money is exact.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Packed {
    /// From the low end: what is counted, customer; then at fixed places status and lines.
    ids: u64,
    /// Time, and above it money with its sign.
    rest: u64,
}

const STATUS_AT: u32 = 58;
const LINES_AT: u32 = 60;

const fn low_bits(bits: u32) -> u64 {
    (1 << bits) - 1
}

impl Record for Packed {
    type Key = u64;
    type Pair = u64;
    type Layout = Layout;
    const MAX_LINES: usize = 16;

    #[inline(always)]
    fn new(layout: &Layout, run: &Run<u64>, misfit: &mut u64) -> Self {
        let Layout {
            customer,
            distinct,
            time,
        } = layout;
        let (c, t) = (customer.code(run.customer), time.code(run.time));
        // A line that counts nothing has no key that could fit.
        let d = if run.status == ORDER {
            distinct.code(run.distinct)
        } else {
            0
        };
        let money = run.amount << time.bits;
        let lost = (money as i64 >> time.bits) as u64 ^ run.amount;
        *misfit |= c >> customer.bits | d >> distinct.bits | t >> time.bits | lost;
        Self {
            ids: c << distinct.bits
                | d
                | u64::from(run.status) << STATUS_AT
                | u64::from(run.n_lines - 1) << LINES_AT,
            rest: money | t,
        }
    }

    #[inline(always)]
    fn customer(&self, layout: &Layout) -> u64 {
        layout.customer.base + (self.pair(layout, 0) >> layout.distinct.bits)
    }

    #[inline(always)]
    fn pair(&self, _: &Layout, _: u32) -> u64 {
        self.ids & low_bits(STATUS_AT)
    }

    #[inline(always)]
    fn time(&self, layout: &Layout) -> i64 {
        layout.time.time(self.rest & low_bits(layout.time.bits))
    }

    #[inline(always)]
    fn status(&self, _: &Layout) -> u8 {
        (self.ids >> STATUS_AT & 3) as u8
    }

    #[inline(always)]
    fn n_lines(&self, _: &Layout) -> u32 {
        (self.ids >> LINES_AT) as u32 + 1
    }

    #[inline(always)]
    fn amount(&self, layout: &Layout) -> u64 {
        (self.rest as i64 >> layout.time.bits) as u64
    }
}

/// A record that holds any lines.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wide<K> {
    customer: K,
    distinct: K,
    stamp: u64,
    amount: u64,
}

impl<K: Key> Record for Wide<K> {
    type Key = K;
    type Pair = (u32, K);
    type Layout = ();
    const MAX_LINES: usize = 256;

    #[inline]
    fn new((): &(), run: &Run<K>, _: &mut u64) -> Self {
        // Instants from 1900 to 2200 take 54 bits; status and lines share the rest.
        let stamp = ((run.time - EARLIEST) as u64) << 10
            | u64::from(run.n_lines - 1) << 2
            | u64::from(run.status);
        Self {
            customer: run.customer,
            distinct: run.distinct,
            stamp,
            amount: run.amount,
        }
    }

    #[inline]
    fn customer(&self, (): &()) -> K {
        self.customer
    }

    #[inline]
    fn pair(&self, (): &(), number: u32) -> (u32, K) {
        (number, self.distinct)
    }

    #[inline]
    fn time(&self, (): &()) -> i64 {
        (self.stamp >> 10) as i64 + EARLIEST
    }

    #[inline]
    fn status(&self, (): &()) -> u8 {
        (self.stamp & 3) as u8
    }

    #[inline]
    fn n_lines(&self, (): &()) -> u32 {
        (self.stamp >> 2 & 0xff) as u32 + 1
    }

    #[inline]
    fn amount(&self, (): &()) -> u64 {
        self.amount
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::time::LATEST;
    use proptest::prelude::*;

    fn check<R: Record>(layout: &R::Layout, run: &Run<R::Key>) -> Result<(), TestCaseError> {
        let mut misfit = 0;
        let record = R::new(layout, run, &mut misfit);
        prop_assert_eq!(misfit, 0);
        prop_assert!(record.customer(layout) == run.customer);
        let back = (
            record.time(layout),
            record.status(layout),
            record.n_lines(layout),
            record.amount(layout),
        );
        prop_assert_eq!(back, (run.time, run.status, run.n_lines, run.amount));
        Ok(())
    }

    proptest! {
        #[test]
        fn packed_records_hold_what_fits(
            customers in prop::collection::vec(0u64..1 << 28, 1..9), distinct in prop::collection::vec(0u64..1 << 30, 1..9),
            times in prop::collection::vec(0i64..1 << 28, 1..9), pick: prop::sample::Index, status in 0u8..3, n_lines in 1u32..=16, minor in -(1i64 << 33)..1 << 33,
        ) {
            let times: Vec<i64> = times.into_iter().map(|t| t * 1_000_000).collect();
            let Some(layout) = Layout::learn(&customers, &distinct, &times) else { return Err(TestCaseError::fail("must fit")) };
            let run = Run {
                customer: *pick.get(&customers), distinct: *pick.get(&distinct), time: *pick.get(&times), status, n_lines, amount: minor as u64,
            };
            check::<Packed>(&layout, &run)?;
            let mut misfit = 0;
            let far = Run { customer: layout.customer.base + (1 << layout.customer.bits), ..run };
            Packed::new(&layout, &far, &mut misfit);
            prop_assert!(misfit != 0);
        }

        #[test]
        fn wide_records_hold_all(customer: u64, distinct: u64, time in EARLIEST..LATEST, status in 0u8..3, n_lines in 1u32..=256, amount: u64) {
            check::<Wide<u64>>(&(), &Run { customer, distinct, time, status, n_lines, amount })?;
            let (customer, distinct) = (u128::from(customer) << 64 | 7, u128::from(distinct) << 33);
            check::<Wide<u128>>(&(), &Run { customer, distinct, time, status, n_lines, amount })?;
        }
    }
}
