//! How wide the fields of a packed record must be, learnt from a sample of the rows.
//!
//! The layout leaves room around what the sample holds. A row that does not fit ends the attempt, and wide records take its place: the
//! layout decides how fast the job is, never what comes out.

use crate::table::time::DAY;

/// The customer and what is counted, together: status and number of lines take the rest of a word.
const PAIR_BITS: u32 = 58;
/// Money of a record, in ten-thousandths and with a sign: up to 800,000 at least; the time takes the rest of a word.
const MONEY_BITS: u32 = 34;
/// Room for fields to grow beyond the sample, at most.
const SPARE_BITS: u32 = 6;

/// The fields of a record: in one word the customer above what is counted, in the other money above the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) customer: Frame,
    pub(super) distinct: Frame,
    pub(super) time: Ticks,
}

/// A range of keys, as distances from its lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) base: u64,
    pub(super) bits: u32,
}

/// Instants as whole numbers of a unit since the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticks {
    base: i64,
    unit: i64,
    pub(super) bits: u32,
    /// Multiplying by it divides by the unit's odd part, where that leaves no remainder.
    inverse: u64,
    /// The unit's power of two.
    twos: u32,
}

impl Layout {
    /// A layout with room for these keys and instants; none if they take too many bits, or there are none.
    pub(super) fn learn(customers: &[u64], distinct: &[u64], times: &[i64]) -> Option<Self> {
        let customers = span(customers)?;
        let distinct = span(distinct).unwrap_or((0, 0));
        let first = *times.iter().min()?;
        let unit = unit_of(times, first);
        let ticks = times.iter().map(|t| (t - first) / unit).max()?;
        let (a, b, c) = (
            bits(customers.1 - customers.0),
            bits(distinct.1 - distinct.0),
            bits(ticks as u64),
        );
        let in_pair = (PAIR_BITS.checked_sub(a + b)? / 2).min(SPARE_BITS);
        // The code of an instant between two ticks, or out of range, must not wrap into the bits: unit and bits together stay in 63.
        let limit = (64 - MONEY_BITS).min(63 - bits(unit as u64));
        let in_time = limit.checked_sub(c)?.min(SPARE_BITS);
        Some(Self {
            customer: Frame::around(customers, a + in_pair),
            distinct: Frame::around(distinct, b + in_pair),
            time: Ticks::around(first, ticks, unit, c + in_time),
        })
    }
}

impl Frame {
    /// The range of so many bits that has the span in its middle.
    fn around((low, high): (u64, u64), bits: u32) -> Self {
        let size = 1u64 << bits;
        let below = (size - 1 - (high - low)) / 2;
        // At the ends of the keys the range is moved, so that distances keep the order.
        let base = low.saturating_sub(below).min(u64::MAX - (size - 1));
        Self { base, bits }
    }

    /// The distance of a key from the lowest: of one outside, more than `bits`.
    pub(super) const fn code(&self, key: u64) -> u64 {
        key.wrapping_sub(self.base)
    }
}

impl Ticks {
    fn around(first: i64, span: i64, unit: i64, bits: u32) -> Self {
        let below = ((1i64 << bits) - 1 - span) / 2;
        let (odd, twos) = (unit as u64 >> unit.trailing_zeros(), unit.trailing_zeros());
        // Newton's iteration doubles the digits that are right; an odd number is its own inverse in three.
        let inverse = (0..5).fold(odd, |x, _| {
            x.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(x)))
        });
        Self {
            base: first.saturating_sub(below.saturating_mul(unit)),
            unit,
            bits,
            inverse,
            twos,
        }
    }

    /// The number of units since the first: of an instant outside, or between two, more than `bits`.
    pub(super) const fn code(&self, time: i64) -> u64 {
        // Bits of a remainder come round to the top.
        (time.wrapping_sub(self.base) as u64)
            .wrapping_mul(self.inverse)
            .rotate_right(self.twos)
    }

    pub(super) const fn time(&self, code: u64) -> i64 {
        self.base + code as i64 * self.unit
    }
}

/// Bits that hold the numbers up to `largest`.
const fn bits(largest: u64) -> u32 {
    64 - largest.leading_zeros()
}

fn span(keys: &[u64]) -> Option<(u64, u64)> {
    Some((*keys.iter().min()?, *keys.iter().max()?))
}

/// The largest unit of time that all instants are whole numbers of, counted from the first.
fn unit_of(times: &[i64], first: i64) -> i64 {
    const SECOND: i64 = 1_000_000;
    let common = times.iter().fold(0, |g, &t| gcd(g, t - first));
    let units = [DAY, 3600 * SECOND, 60 * SECOND, SECOND, 1_000];
    units.into_iter().find(|u| common % u == 0).unwrap_or(1)
}

fn gcd(mut a: i64, mut b: i64) -> i64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::time::{EARLIEST, LATEST};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn frames_keep_the_order_and_know_their_ends(low: u64, span in 0u64..1 << 40, bits in 41u32..60, key: u64) {
            let high = low.saturating_add(span);
            let frame = Frame::around((low, high), bits);
            let fits = |key| frame.code(key) >> bits == 0;
            prop_assert!(fits(low) && fits(high) && frame.code(low) <= frame.code(high));
            let last = frame.base + ((1 << bits) - 1);
            prop_assert_eq!(fits(key), (frame.base..=last).contains(&key));
        }

        #[test]
        fn ticks_divide_without_a_remainder(first in EARLIEST..LATEST, span in 0i64..1 << 30, unit in prop::sample::select(vec![1, 1_000, 1_000_000, 60_000_000, DAY]), at in -10i64..1 << 31, off in 0i64..1000) {
            let ticks = Ticks::around(first, span, unit, 32);
            let at = at % ((LATEST - EARLIEST) / unit);
            let time = ticks.base.wrapping_add(at * unit + off);
            let fits = ticks.code(time) >> 32 == 0;
            let exact = (time - ticks.base) % unit == 0 && (0..1i64 << 32).contains(&((time - ticks.base) / unit));
            prop_assert_eq!(fits, exact);
            if fits {
                prop_assert_eq!(ticks.time(ticks.code(time)), time);
            }
        }
    }

    #[test]
    fn a_layout_has_room_where_there_is_some_and_none_where_there_is_not() {
        let times = [1_600_000_000_000_000, 1_660_000_000_000_000];
        let dense = Layout::learn(&[100_000, 3_100_000], &[500_000, 2_500_000], &times).unwrap();
        assert_eq!(dense.time.unit, 60_000_000, "a million minutes");
        assert!(dense.customer.bits > 22 && dense.distinct.bits > 21 && dense.time.bits > 20);
        let far = 1 << 61;
        assert_eq!(
            Layout::learn(&[0, far], &[0, 1], &times),
            None,
            "ids too far apart"
        );
        assert_eq!(
            Layout::learn(&[0, 9], &[0, 1], &[0, 1, 1 << 31]),
            None,
            "times too fine"
        );
        assert_eq!(Layout::learn(&[], &[], &times), None);
        assert!(Layout::learn(&[0, u64::MAX], &[], &times).is_none());
        assert!(Layout::learn(&[5], &[], &[0]).is_some());
    }
}
