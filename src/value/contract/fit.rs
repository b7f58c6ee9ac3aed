//! Fitting the shifted beta-geometric model.
//!
//! A customer leaves at the end of each period with a chance from Beta(α, β): P(T = t) = α / (α + β + t - 1) · S(t - 1), S(t) = (β)_t / (α + β)_t.
//!
//! Source: Fader and Hardie (2007), "How to project customer retention", Journal of Interactive Marketing 21(1), equations 5 and 6.

use serde::{Deserialize, Serialize};

use super::model::ContractModel;
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::stats::gamma::{digamma_rise, ln_rising};
use crate::stats::sum::Sum;
use crate::value::collapse::collapse;
use crate::value::fit::{Controls, Point, Task, estimate};
use crate::value::summary::{WEIGHT, check, check_size, is_count};

const OWNER: &str = "ContractParams";
pub(super) const NAMES: [&str; 2] = ["alpha", "beta"];

/// How long contracts lasted, in whole periods: for each different tenure how many customers left at its end, and how many were still there.
#[derive(Debug, Clone, PartialEq)]
pub struct Tenures {
    /// Ascending.
    pub(super) periods: Vec<f64>,
    pub(super) left: Vec<f64>,
    pub(super) stayed: Vec<f64>,
    n_customers: u64,
}

impl Tenures {
    /// Of one cohort: how many customers there were at the start, and were left after each period, such as `[1000, 631, 468]`.
    ///
    /// # Errors
    /// [`Error::BadValues`] for what is no whole number or rises; [`Error::TooFewRows`] for fewer than two numbers, or no customer.
    pub fn from_retained(retained: &[f64]) -> Result<Self> {
        let rule = ("are no whole numbers of 0 or more", "count customers");
        check("retained", retained, |i| is_count(retained[i]), rule)?;
        let rule = (
            "are above the number before",
            "follow one cohort: nobody joins it later",
        );
        check(
            "retained",
            retained,
            |i| i == 0 || retained[i] <= retained[i - 1],
            rule,
        )?;
        let first = retained.first().copied().unwrap_or(0.0);
        if retained.len() < 2 || first == 0.0 {
            return Err(Error::TooFewRows {
                job: "a contract model".into(),
                what: "counts of one cohort, of some customers at the start".into(),
                needed: 2,
                found: retained.len() as u64,
                reason: "the start, and after each period".into(),
            });
        }
        let n = retained.len() - 1;
        let mut stayed = vec![0.0; n];
        stayed[n - 1] = retained[n];
        Ok(Self {
            periods: (1..=n).map(|t| t as f64).collect(),
            left: retained.windows(2).map(|w| w[0] - w[1]).collect(),
            stayed,
            n_customers: first as u64,
        })
    }

    /// Of customers one by one: how many periods each has begun (1 or more), and whether the customer has left at the end of the last; else it was renewed then, and what follows is not known.
    ///
    /// # Errors
    /// [`Error::BadValues`] for tenures that are no whole numbers of 1 or more, and weights not above 0; [`Error::Parameter`] for columns of unequal length; [`Error::TooFewRows`] without a
    /// customer; [`Error::Cancelled`].
    pub fn from_customers(
        periods: &[f64],
        has_left: &[bool],
        weights: Option<&[f64]>,
        ctx: &Context,
    ) -> Result<Self> {
        let n = periods.len();
        let lengths = [
            ("has_left", has_left.len()),
            ("weights", weights.map_or(n, <[f64]>::len)),
        ];
        if let Some((name, length)) = lengths.into_iter().find(|(_, length)| *length != n) {
            let rule = format!("must have one value for each of {n} customers");
            return Err(Error::parameter("Tenures", name, rule, length));
        }
        check_size("Tenures", n)?;
        let rule = ("are no whole numbers of 1 or more", "count begun periods");
        check(
            "periods",
            periods,
            |i| is_count(periods[i]) && periods[i] >= 1.0,
            rule,
        )?;
        if let Some(w) = weights {
            check("weights", w, |i| w[i] > 0.0 && w[i] <= 1e100, WEIGHT)?;
        }
        let left: Vec<f64> = has_left.iter().map(|&l| f64::from(u8::from(l))).collect();
        let groups = collapse(ctx, &[periods, &left], weights)?;
        let mut tenures = Self {
            periods: Vec::new(),
            left: Vec::new(),
            stayed: Vec::new(),
            n_customers: n as u64,
        };
        for ((&t, &l), &w) in (groups.columns[0].iter())
            .zip(&groups.columns[1])
            .zip(&groups.weight)
        {
            if tenures.periods.last().is_none_or(|last| *last < t) {
                tenures.periods.push(t);
                tenures.left.push(0.0);
                tenures.stayed.push(0.0);
            }
            let column = if l > 0.0 {
                &mut tenures.left
            } else {
                &mut tenures.stayed
            };
            if let Some(last) = column.last_mut() {
                *last += w;
            }
        }
        Ok(tenures)
    }

    /// How many customers there are.
    #[must_use]
    pub const fn n_customers(&self) -> u64 {
        self.n_customers
    }

    fn total(&self) -> f64 {
        let mut total = Sum::default();
        self.left
            .iter()
            .chain(&self.stayed)
            .for_each(|&w| total.add(w));
        total.total()
    }
}

/// The shifted beta-geometric model of contracts; [`fit`](Self::fit) finds its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ContractParams {
    /// Penalty, and when the search ends.
    pub controls: Controls,
}

impl ContractParams {
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

    /// Finds the parameters that make the tenures likeliest. Cost: some forty passes over the different tenures.
    ///
    /// # Errors
    /// [`Error::Parameter`] for parameters outside their rules; [`Error::Cancelled`].
    ///
    /// ```
    /// use patronomy::Context;
    /// use patronomy::value::{ContractParams, Tenures};
    /// // The "regular" customers of Fader and Hardie (2007).
    /// let t = Tenures::from_retained(&[1000.0, 631.0, 468.0, 382.0, 326.0, 289.0, 262.0, 241.0])?;
    /// let model = ContractParams::new().fit(&t, &Context::new())?;
    /// assert!((model.estimates.value("alpha")? - 0.704).abs() < 1e-3);
    /// assert!((model.estimates.value("beta")? - 1.182).abs() < 1e-3);
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    pub fn fit(&self, tenures: &Tenures, ctx: &Context) -> Result<ContractModel> {
        self.validate()?;
        let names = NAMES.map(|n| (n.to_owned(), true));
        let task = Task {
            names: &names,
            start: vec![0.0, 1.0],
            inverse: None,
            n_observations: tenures.total(),
            controls: &self.controls,
        };
        let found = estimate(task, &mut |at| {
            ctx.cancel.poll()?;
            Ok(likelihood(tenures, at))
        })?;
        let mut notices = Vec::new();
        if tenures.left.iter().all(|&n| n == 0.0) {
            notices.push("nobody has left: when customers leave cannot be told".into());
        } else if tenures.stayed.iter().all(|&n| n == 0.0) && tenures.periods.len() == 1 {
            notices.push("all have left at once: how much customers differ cannot be told".into());
        }
        if !found.estimates.converged {
            notices.push(if found.run_off.is_empty() {
                format!("the search has not converged after {} steps", found.estimates.n_iter)
            } else {
                "`alpha` and `beta` ran off: customers seem to leave alike, with one chance for all; a small `penalty` keeps parameters from running".into()
            });
        }
        Ok(ContractModel {
            params: *self,
            estimates: found.estimates,
            n_customers: tenures.n_customers,
            notices,
        })
    }
}

/// The negative mean log-likelihood and its gradient.
fn likelihood(tenures: &Tenures, at: &[f64]) -> Point {
    let (a, b) = (at[0].exp(), at[1].exp());
    let mut sums = [Sum::default(); 3];
    for ((&t, &left), &stayed) in (tenures.periods.iter())
        .zip(&tenures.left)
        .zip(&tenures.stayed)
    {
        for (weight, renewed, leaves) in [(left, t - 1.0, true), (stayed, t, false)] {
            if weight == 0.0 {
                continue;
            }
            let shrinks = digamma_rise(a + b, renewed);
            let mut ln = ln_rising(b, renewed) - ln_rising(a + b, renewed);
            let mut by = [-shrinks, digamma_rise(b, renewed) - shrinks];
            if leaves {
                let whole = a + b + renewed;
                ln += (a / whole).ln();
                by[0] += 1.0 / a - 1.0 / whole;
                by[1] -= 1.0 / whole;
            }
            sums[0].add(weight * ln);
            sums[1].add(weight * by[0] * a);
            sums[2].add(weight * by[1] * b);
        }
    }
    let scale = -1.0 / tenures.total();
    let [value, by_a, by_b] = sums.map(|s| s.total() * scale);
    Point {
        value,
        gradient: vec![by_a, by_b],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn gradients_are_slopes(
            rows in proptest::collection::vec((1_u32..200, proptest::bool::ANY), 1..20),
            at in proptest::array::uniform2(-3.0..5.0_f64),
        ) {
            let (t, left): (Vec<f64>, Vec<bool>) = rows.iter().map(|&(t, l)| (f64::from(t), l)).unzip();
            let tenures = Tenures::from_customers(&t, &left, None, &Context::new()).unwrap();
            prop_assert_eq!(tenures.total(), t.len() as f64);
            let found = likelihood(&tenures, &at);
            for i in 0..2 {
                let value = |h: f64| {
                    let mut shifted = at;
                    shifted[i] += h;
                    likelihood(&tenures, &shifted).value
                };
                let slope = (value(1e-5) - value(-1e-5)) / 2e-5;
                let scale = 1.0 + slope.abs() + 1e-2 * found.value.abs();
                prop_assert!((found.gradient[i] - slope).abs() < 2e-7 * scale);
            }
        }
    }
}
