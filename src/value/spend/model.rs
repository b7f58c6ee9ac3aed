//! What the gamma-gamma model has learnt.

use serde::{Deserialize, Serialize};

use super::fit::{NAMES, SpendParams};
use super::summary::SpendSummary;
use crate::error::{Error, Result};
use crate::parallel::{Context, filled, map_ordered, pieces};
use crate::saved::Saved;
use crate::value::fit::{Estimates, limits};
use crate::value::lifetime::{Drawn, IntervalParams, Intervals};

const OWNER: &str = "SpendModel";

/// What a transaction is worth: the parameters p, q and v of the gamma-gamma model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SpendModel {
    /// The parameters it was fitted with.
    pub params: SpendParams,
    /// The parameters found, and how likely they make the data. Densities of money: the log-likelihood depends on the currency.
    pub estimates: Estimates,
    /// Customers with a transaction, which it was fitted on.
    pub n_customers: u64,
    /// How many of them differed.
    pub n_groups: u64,
    /// The mean over these customers of their mean values.
    pub mean_value: f64,
    /// Pearson's correlation of frequency and mean value, which the model holds to be 0; none where one does not vary.
    pub frequency_correlation: Option<f64>,
    /// What the user should know.
    pub notices: Vec<String>,
}

impl SpendModel {
    fn values(&self) -> (f64, f64, f64) {
        let p = &self.estimates.parameters;
        (p[0].value, p[1].value, p[2].value)
    }

    /// The mean value of a transaction over all customers, p v / (q - 1), in the unit of the data; none where q is at most 1 and there is no mean.
    #[must_use]
    pub fn population_mean(&self) -> Option<f64> {
        let (p, q, v) = self.values();
        (q > 1.0).then(|| p * v / (q - 1.0))
    }

    pub(super) fn with_notice_of_mean(mut self) -> Self {
        if self.population_mean().is_none() {
            self.notices.push(
                "`q` is at most 1, so the law has no mean: customers without a transaction are given the mean of the others".into(),
            );
        }
        self
    }

    /// For each customer the expected value of a transaction: p (v + x z) / (p x + q - 1), a mean of the customer's own values and of all customers' (Fader and Hardie 2013, equation 5).
    ///
    /// Without a transaction it is [`population_mean`](Self::population_mean), or where there is none the mean of the data; so too where p x + q is at most 1.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub fn expected(&self, summary: &SpendSummary, ctx: &Context) -> Result<Vec<f64>> {
        let groups = &summary.groups;
        let values = self.values();
        let of_group = |(&x, &z): (&f64, &f64)| self.expected_with(values, x, z);
        let told: Vec<f64> = groups
            .frequency
            .iter()
            .zip(&groups.mean)
            .map(of_group)
            .collect();
        let found = filled(ctx, "customers", summary.n_customers(), |row| {
            told[summary.group_of[row] as usize]
        });
        ctx.progress.finish();
        found
    }

    /// What is expected of one with `x` transactions of mean value `z`, with these parameters.
    fn expected_with(&self, (p, q, v): (f64, f64, f64), x: f64, z: f64) -> f64 {
        let shape = p * x + q - 1.0;
        if x > 0.0 && shape > 0.0 {
            p * (v + x * z) / shape
        } else if q > 1.0 {
            p * v / (q - 1.0)
        } else {
            self.mean_value
        }
    }

    /// For each customer the limits of [`expected`](Self::expected), given that p, q and v are known from so many customers only; none without standard errors.
    ///
    /// # Errors
    /// [`Error::Parameter`] for parameters outside their rules, and for bootstrapped parameters; [`Error::Cancelled`].
    pub fn expected_intervals(
        &self,
        summary: &SpendSummary,
        params: &IntervalParams,
        ctx: &Context,
    ) -> Result<Option<Intervals>> {
        params.validate()?;
        if params.drawn != Drawn::Normal {
            let rule = "must be `normal` for what a transaction is worth";
            let found = format!("{:?}", params.drawn);
            return Err(Error::parameter("IntervalParams", "drawn", rule, found));
        }
        let drawn = self
            .estimates
            .drawn(params.n_draws, params.seed, "spend parameters");
        let Some(drawn) = drawn else {
            return Ok(None);
        };
        let drawn: Vec<(f64, f64, f64)> = drawn
            .iter()
            .map(|d| (d[0].exp(), d[1].exp(), d[2].exp()))
            .collect();
        let groups = &summary.groups;
        let parts = map_ordered(
            ctx,
            "intervals",
            pieces(summary.n_groups(), 1024).collect(),
            |range: std::ops::Range<usize>| {
                let of_group = |g: usize| {
                    let (x, z) = (groups.frequency[g], groups.mean[g]);
                    let values = drawn.iter().map(|&d| self.expected_with(d, x, z));
                    limits(&mut values.collect::<Vec<_>>(), params.level)
                };
                Ok(range.map(of_group).collect::<Vec<_>>())
            },
        )?
        .concat();
        let of = |row: usize| parts[summary.group_of[row] as usize];
        let n = summary.n_customers();
        Ok(Some(Intervals {
            low: filled(ctx, "customers", n, |row| of(row).0)?,
            high: filled(ctx, "customers", n, |row| of(row).1)?,
        }))
    }

    /// The parameters p, q and v as they were found.
    pub(in crate::value) fn parameters(&self) -> (f64, f64, f64) {
        self.values()
    }
}

impl Saved for SpendModel {
    const KIND: &'static str = "spend";

    fn check(&self) -> Result<()> {
        self.params.validate()?;
        let names: Vec<String> = NAMES.iter().map(|&n| n.into()).collect();
        self.estimates.check(OWNER, &names)?;
        let are_positive = self.estimates.parameters.iter().all(|p| p.is_positive);
        if are_positive && self.mean_value > 0.0 && self.mean_value.is_finite() {
            return Ok(());
        }
        Err(Error::parameter(
            OWNER,
            "mean_value",
            "must be above 0",
            self.mean_value,
        ))
    }
}
