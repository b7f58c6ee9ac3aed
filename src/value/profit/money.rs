//! Money as whole ten-thousandths of a currency unit.

use std::ops::{AddAssign, Sub};

use crate::kernels::lines::{MINOR, whole_minor};

/// A sum of money in ten-thousandths of a currency unit: it adds up exactly, in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Money(i128);

impl Money {
    /// The float nearest to it, in currency units.
    #[must_use]
    pub fn units(self) -> f64 {
        self.0 as f64 / MINOR
    }

    /// In ten-thousandths.
    #[must_use]
    pub const fn ten_thousandths(self) -> i128 {
        self.0
    }

    /// The nearest sum to a number of currency units, and whether it is that number to the digits of a float; none if there is none.
    pub(in crate::value) fn of(units: f64) -> Option<(Self, bool)> {
        /// Beyond, sums of as many as there can be would leave 127 bits.
        const MOST: f64 = 1e24;
        let (minor, is_whole) = whole_minor(units, 1.0);
        if is_whole {
            return Some((Self(minor.into()), true));
        }
        let scaled = units * MINOR;
        // A float beyond 2^53 is a whole number.
        let is_whole = scaled.abs() >= 2f64.powi(53);
        (scaled.abs() <= MOST).then(|| (Self(scaled.round() as i128), is_whole))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Money {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl std::ops::Neg for Money {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_whole_where_it_can_be() {
        assert_eq!(Money::of(0.1 + 0.2), Some((Money(3_000), true)));
        assert_eq!(Money::of(-2.55), Some((Money(-25_500), true)));
        assert_eq!(Money::of(1.0 / 3.0), Some((Money(3_333), false)));
        assert_eq!(
            Money::of(3e15),
            Some((Money(30_000_000_000_000_000_000), true))
        );
        assert_eq!(Money::of(1e300), None);
        assert_eq!(Money::of(f64::NAN), None);
        assert_eq!(Money::of(f64::INFINITY), None);
    }
}
