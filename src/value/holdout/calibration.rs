//! Transactions of a later period beside those expected, by what customers did before.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::stats::sum::Sum;
use crate::value::lifetime::LifetimeModel;
use crate::value::summary::{CustomerSummary, check, is_count};

/// Customers of one frequency, or of the largest and all above.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HoldoutBin {
    /// Repeat transactions before.
    pub frequency: u64,
    /// Whether customers with more are in it too.
    pub is_open: bool,
    /// Customers, as their weights say.
    pub n_customers: f64,
    /// The mean of their transactions within the later period; NaN never: bins without a customer are left out.
    pub actual_mean: f64,
    /// The mean of those expected.
    pub expected_mean: f64,
}

/// A model beside a later period.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HoldoutTable {
    /// By frequency before, ascending.
    pub bins: Vec<HoldoutBin>,
    /// All transactions of the later period, and all expected.
    pub actual_total: f64,
    /// All expected.
    pub expected_total: f64,
    /// The mean over customers of |actual - expected|.
    pub mean_absolute_error: f64,
    /// The root of the mean of (actual - expected)².
    pub root_mean_squared_error: f64,
    /// Pearson's correlation of actual and expected; none where one does not vary.
    pub correlation: Option<f64>,
}

impl LifetimeModel {
    /// Transactions of the `time` after the end of observation, `actual`, beside those expected of the same customers: by their frequency before, from 0 to `max_frequency` and above, and over all.
    ///
    /// Source: the holdout plots of Fader, Hardie and Lee (2005).
    ///
    /// # Errors
    /// As [`expected`](Self::expected); [`Error::BadValues`] for counts that are none; [`Error::Parameter`] for another number of them than there are customers.
    pub fn holdout(
        &self,
        summary: &CustomerSummary,
        actual: &[f64],
        time: f64,
        max_frequency: u32,
        ctx: &Context,
    ) -> Result<HoldoutTable> {
        let n = summary.n_customers();
        if actual.len() != n {
            let rule = format!("must have one count for each of {n} customers");
            return Err(Error::parameter(
                "LifetimeModel",
                "actual",
                rule,
                actual.len(),
            ));
        }
        let rule = (
            "are no whole numbers of 0 or more",
            "count each customer's transactions within the later period",
        );
        check("actual", actual, |i| is_count(actual[i]), rule)?;
        let expected = self.expected(summary, time, ctx)?;
        let mut bins = vec![Means::default(); max_frequency as usize + 1];
        let mut all = Means::default();
        for (row, (&a, &e)) in actual.iter().zip(&expected).enumerate() {
            let x = summary.groups.frequency[summary.group_of[row] as usize];
            let weight = summary.weight_of(row);
            bins[x.min(f64::from(max_frequency)) as usize].add(weight, a, e);
            all.add(weight, a, e);
        }
        let bins = (0_u64..).zip(&bins).filter(|(_, m)| m.weight.total() > 0.0);
        let bin = |(frequency, m): (u64, &Means)| HoldoutBin {
            frequency,
            is_open: frequency == u64::from(max_frequency),
            n_customers: m.weight.total(),
            actual_mean: m.mean(m.actual),
            expected_mean: m.mean(m.expected),
        };
        Ok(HoldoutTable {
            bins: bins.map(bin).collect(),
            actual_total: all.actual.total(),
            expected_total: all.expected.total(),
            mean_absolute_error: all.mean(all.off),
            root_mean_squared_error: all.mean(all.off_squared).sqrt(),
            correlation: all.correlation(),
        })
    }
}

/// Weighted sums over customers.
#[derive(Debug, Clone, Copy, Default)]
struct Means {
    weight: Sum,
    actual: Sum,
    expected: Sum,
    off: Sum,
    off_squared: Sum,
    actual_squared: Sum,
    expected_squared: Sum,
    product: Sum,
}

impl Means {
    fn add(&mut self, weight: f64, actual: f64, expected: f64) {
        let off = actual - expected;
        for (sum, value) in [
            (&mut self.weight, 1.0),
            (&mut self.actual, actual),
            (&mut self.expected, expected),
            (&mut self.off, off.abs()),
            (&mut self.off_squared, off * off),
            (&mut self.actual_squared, actual * actual),
            (&mut self.expected_squared, expected * expected),
            (&mut self.product, actual * expected),
        ] {
            sum.add(weight * value);
        }
    }

    fn mean(&self, sum: Sum) -> f64 {
        sum.total() / self.weight.total()
    }

    fn correlation(&self) -> Option<f64> {
        let (a, e) = (self.mean(self.actual), self.mean(self.expected));
        let of_a = self.mean(self.actual_squared) - a * a;
        let of_e = self.mean(self.expected_squared) - e * e;
        let found = (self.mean(self.product) - a * e) / (of_a.sqrt() * of_e.sqrt());
        found.is_finite().then_some(found.clamp(-1.0, 1.0))
    }
}
