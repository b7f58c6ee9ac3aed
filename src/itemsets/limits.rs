//! How many sets are too many, and which support would do.

use super::job::Job;
use super::params::{Algorithm, Target};
use crate::error::{Error, Result};

/// More sets than these are refused where the caller says nothing else: 1.2 GB of frequent sets.
pub(crate) const MAX_ITEMSETS: u64 = 100_000_000;

/// A set in memory: its place, its last item and its support.
pub(crate) const SET_BYTES: u64 = 12;

impl Job<'_> {
    /// The highest minimum that leaves so many sets or more.
    pub(super) fn minimum_of_top(&self, k: u64) -> Result<u32> {
        let floor = match (self.params.min_support, self.params.min_support_count) {
            (None, None) => 1,
            _ => self.minimum,
        };
        // Where sets are left out for their length, those met say nothing of those wanted.
        let enough = if self.wants_all() && self.target() != Target::Generators {
            k
        } else {
            u64::MAX
        };
        let (mut low, mut high) = (floor, self.baskets.total_weight().max(floor));
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            let n = self.count(middle, Algorithm::Auto, enough, u64::MAX)?;
            if n.is_none_or(|n| n >= k.into()) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        Ok(low)
    }

    /// How many sets may be kept.
    pub(super) fn allowed(&self) -> u64 {
        let allowed = self.params.max_itemsets.unwrap_or(MAX_ITEMSETS);
        let held = self
            .ctx
            .budget
            .max_bytes()
            .map_or(u64::MAX, |bytes| bytes / SET_BYTES);
        allowed.min(held)
    }

    /// The error for more sets than allowed, with a support that would do.
    pub(super) fn too_many(&self, allowed: u64) -> Result<Error> {
        const STEPS: u64 = 1 << 25;
        let fits = |minimum| -> Result<bool> {
            let n = self.count(minimum, Algorithm::Auto, allowed, STEPS)?;
            Ok(n.is_some_and(|n| n <= allowed.into()))
        };
        let total = self.baskets.total_weight();
        let high = minimum_that_fits(self.minimum, total, fits)?;
        Ok(Error::Budget {
            job: format!("mining more than {allowed} item sets"),
            needed_bytes: (allowed + 1).saturating_mul(SET_BYTES),
            limit_bytes: allowed.saturating_mul(SET_BYTES),
            remedy: format!(
                "a minimum support of {high} baskets ({:.3}) stays within it; or ask for closed or maximal sets, for `top_k`, for shorter sets, or set `max_itemsets`",
                f64::from(high) / f64::from(total.max(1)),
            ),
        })
    }
}

/// A minimum above `low` with which it fits, to a sixteenth: near enough to act on, and soon found. The total where no lower one does.
pub(crate) fn minimum_that_fits(
    mut low: u32,
    total: u32,
    fits: impl Fn(u32) -> Result<bool>,
) -> Result<u32> {
    let mut high = low.saturating_mul(2);
    while high < total && !fits(high)? {
        (low, high) = (high, high.saturating_mul(2));
    }
    let mut high = high.min(total);
    while high.saturating_sub(low) > low / 16 + 1 {
        let middle = low + (high - low) / 2;
        if fits(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(high)
}
