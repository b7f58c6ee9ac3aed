//! Fitting the gamma-gamma model.
//!
//! With x transactions of mean value z,
//!
//! L = Γ(p x + q) / (Γ(p x) Γ(q)) · v^q · x^(p x) · z^(p x - 1) / (v + x z)^(p x + q).
//!
//! Source: Fader and Hardie (2013), "The gamma-gamma model of monetary value", equation 1a; Colombo and Jiang (1999).

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::model::SpendModel;
use super::summary::{SpendGroups, SpendSummary};
use crate::error::{Error, Result};
use crate::parallel::{Context, map_ordered, pieces};
use crate::stats::gamma::{digamma_rise, ln_rising};
use crate::stats::sum::Sum;
use crate::value::fit::{Controls, Point, Task, estimate};

pub(super) const OWNER: &str = "SpendParams";
pub(super) const NAMES: [&str; 3] = ["p", "q", "v"];
const PIECE: usize = 4096;
/// The model holds that frequency and value are independent; from here on it is said that they are not.
const CORRELATED: f64 = 0.2;

/// The gamma-gamma model of what a transaction is worth; [`fit`](Self::fit) finds its parameters.
///
/// Values of one customer's transactions are from Gamma(p, ν), with a ν for each customer from Gamma(q, v). It holds that what customers spend does not depend on how often they buy.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SpendParams {
    /// Penalty, and when the search ends.
    pub controls: Controls,
}

impl SpendParams {
    /// No penalty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the penalty: see [`Controls::penalty`].
    #[must_use]
    pub const fn penalty(mut self, penalty: f64) -> Self {
        self.controls.penalty = penalty;
        self
    }

    /// Sets the most steps of the search.
    #[must_use]
    pub const fn max_iter(mut self, n: u32) -> Self {
        self.controls.max_iter = n;
        self
    }

    /// Sets when the search ends: see [`Controls::tol`].
    #[must_use]
    pub const fn tol(mut self, tol: f64) -> Self {
        self.controls.tol = tol;
        self
    }

    /// Whether the parameters keep their rules.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that does not.
    pub fn validate(&self) -> Result<()> {
        self.controls.validate(OWNER)
    }

    /// Finds the parameters that make what customers spent likeliest; those without a transaction are left out.
    ///
    /// Cost: some forty passes over the groups, one logarithm each.
    ///
    /// # Errors
    /// [`Error::Parameter`] for parameters outside their rules; [`Error::TooFewRows`] without a customer who has a transaction; [`Error::Cancelled`].
    ///
    /// ```
    /// use patronomy::Context;
    /// use patronomy::value::{SpendParams, SpendSummary};
    /// let x: Vec<f64> = (0..200).map(|i| f64::from(1 + i % 5)).collect();
    /// let mean: Vec<f64> = (0..200).map(|i| 10.0 + f64::from(i * 37 % 50)).collect();
    /// let s = SpendSummary::new(&x, &mean)?;
    /// let model = SpendParams::new().fit(&s, &Context::new())?;
    /// let expected = model.expected(&s, &Context::new())?;
    /// assert!(expected.iter().all(|e| *e > 10.0 && *e < 60.0));
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    pub fn fit(&self, summary: &SpendSummary, ctx: &Context) -> Result<SpendModel> {
        self.validate()?;
        let groups = summary.with_spend();
        if groups.weight.is_empty() {
            return Err(Error::TooFewRows {
                job: "a spend model".into(),
                what: "customers with a transaction".into(),
                needed: 1,
                found: 0,
                reason: format!("of {} customers", summary.n_customers()),
            });
        }
        let mean = groups.mean_value();
        // What does not change while the search goes on.
        let ln_mean: Vec<f64> = groups.mean.iter().map(|z| z.ln()).collect();
        let names = NAMES.map(|n| (n.to_owned(), true));
        let task = Task {
            names: &names,
            start: [2.0, 3.0, mean].map(f64::ln).to_vec(),
            inverse: None,
            n_observations: groups.total_weight(),
            controls: &self.controls,
        };
        let found = estimate(task, &mut |at| likelihood(&groups, &ln_mean, at, ctx))?;
        ctx.progress.finish();
        let correlation = groups.correlation();
        let mut notices = said(correlation);
        if !found.estimates.converged {
            let names: Vec<String> = found
                .run_off
                .iter()
                .map(|(n, _)| format!("`{n}`"))
                .collect();
            notices.push(if names.is_empty() {
                format!("the search has not converged after {} steps", found.estimates.n_iter)
            } else {
                format!(
                    "{} cannot be told from these customers and ran off: all transactions of a customer, or all customers, spend alike; a small `penalty` keeps parameters from running",
                    names.join(", ")
                )
            });
        }
        let model = SpendModel {
            params: *self,
            estimates: found.estimates,
            n_customers: summary.n_with_spend() as u64,
            n_groups: groups.weight.len() as u64,
            mean_value: mean,
            frequency_correlation: correlation,
            notices,
        };
        Ok(model.with_notice_of_mean())
    }
}

fn said(correlation: Option<f64>) -> Vec<String> {
    match correlation {
        Some(r) if r.abs() >= CORRELATED => vec![format!(
            "frequency and mean value correlate ({r:.2}), but the model holds that they do not: the value of frequent buyers is {}",
            if r > 0.0 {
                "told too low"
            } else {
                "told too high"
            }
        )],
        _ => Vec::new(),
    }
}

/// The negative mean log-likelihood and its gradient.
fn likelihood(groups: &SpendGroups, ln_mean: &[f64], at: &[f64], ctx: &Context) -> Result<Point> {
    let natural: Vec<f64> = at.iter().map(|x| x.exp()).collect();
    let (p, q, v) = (natural[0], natural[1], natural[2]);
    let n = groups.weight.len();
    let parts = map_ordered(ctx, "likelihood", pieces(n, PIECE).collect(), |range| {
        Ok(score(groups, ln_mean, (p, q, v), range))
    })?;
    let mut sums = [Sum::default(); 4];
    for part in parts {
        sums.iter_mut().zip(part).for_each(|(s, x)| s.add(x));
    }
    let scale = -1.0 / groups.total_weight();
    let [value, by_p, by_q, by_v] = sums.map(|s| s.total() * scale);
    Ok(Point {
        value,
        gradient: vec![by_p * p, by_q * q, by_v * v],
    })
}

/// Weighted sums over some groups: the log-likelihood, its derivatives by p, q, v.
fn score(
    groups: &SpendGroups,
    ln_mean: &[f64],
    (p, q, v): (f64, f64, f64),
    range: Range<usize>,
) -> [f64; 4] {
    let ln_v = v.ln();
    let mut sums = [0.0; 4];
    let mut from = range.start;
    while from < range.end {
        let x = groups.frequency[from];
        let end = from + groups.frequency[from..range.end].partition_point(|&other| other <= x);
        let px = p * x;
        // Γ(p x + q) / Γ(q) / Γ(p x), by the side that loses less.
        let shared = ln_rising(px, q) - crate::stats::gamma::ln_gamma(q);
        let (by_px, by_q) = (digamma_rise(px, q), digamma_rise(q, px));
        let rows = groups.weight[from..end].iter().zip(&groups.mean[from..end]);
        for ((&w, &z), &ln_z) in rows.zip(&ln_mean[from..end]) {
            // ln(x z / v), and ln(1 + x z / v).
            let ratio = x * z / v;
            let (ln_ratio, ln_whole) = (x.ln() + ln_z - ln_v, ratio.ln_1p());
            let share = ratio / (1.0 + ratio);
            sums[0] += w * (shared + px * (ln_ratio - ln_whole) - q * ln_whole - ln_z);
            sums[1] += w * x * (by_px + ln_ratio - ln_whole);
            sums[2] += w * (by_q - ln_whole);
            sums[3] += w / v * (share * (px + q) - px);
        }
        from = end;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn gradients_are_slopes(
            rows in proptest::collection::vec((1_u32..50, 0.01..1000.0_f64), 1..8),
            at in proptest::array::uniform3(-2.0..4.0_f64),
        ) {
            let (x, z): (Vec<f64>, Vec<f64>) = rows.iter().map(|&(x, z)| (f64::from(x), z)).unzip();
            let groups = SpendSummary::new(&x, &z).unwrap().with_spend();
            let ln_mean: Vec<f64> = groups.mean.iter().map(|z| z.ln()).collect();
            let ctx = Context::new();
            let found = likelihood(&groups, &ln_mean, &at, &ctx).unwrap();
            for i in 0..3 {
                let value = |h: f64| {
                    let mut shifted = at;
                    shifted[i] += h;
                    likelihood(&groups, &ln_mean, &shifted, &ctx).unwrap().value
                };
                let slope = (value(1e-5) - value(-1e-5)) / 2e-5;
                let scale = 1.0 + slope.abs() + 1e-2 * found.value.abs();
                prop_assert!((found.gradient[i] - slope).abs() < 2e-7 * scale, "{i}: {} {slope}", found.gradient[i]);
            }
        }
    }
}
