//! How sure a prediction is: parameters drawn as they may be as well, and the prediction with each of them.

use rand_distr::{Distribution, Gamma};
use serde::{Deserialize, Serialize};

use super::fit::Problem;
use super::model::{LifetimeModel, check_rate, tell};
use super::rows::{Ask, Rows, newcomer};
use crate::error::{Error, Result};
use crate::parallel::{Context, map_ordered, pieces};
use crate::random::stream;
use crate::value::fit::limits;
use crate::value::summary::CustomerSummary;

/// Where other parameters come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Drawn {
    /// From the normal distribution of the logarithms of the parameters around their estimates, with the covariance from the curvature of the log-likelihood.
    #[default]
    Normal,
    /// From fits with other weights of customers: exponential ones, of mean 1 (the Bayesian bootstrap, Rubin 1981). They hold where the curvature misleads; each draw costs a fit.
    Bootstrap,
}

/// How intervals are made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct IntervalParams {
    /// The chance that the interval holds what the law expects of the customer; above 0, below 1.
    pub level: f64,
    /// How many parameters are drawn; 20 to 10,000.
    pub n_draws: u32,
    /// Where from.
    pub drawn: Drawn,
    /// Of what is drawn.
    pub seed: u64,
}

impl Default for IntervalParams {
    fn default() -> Self {
        Self {
            level: 0.95,
            n_draws: 200,
            drawn: Drawn::default(),
            seed: 0,
        }
    }
}

impl IntervalParams {
    /// 95 % by 200 draws of the normal distribution.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the level.
    #[must_use]
    pub const fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Sets how many are drawn.
    #[must_use]
    pub const fn n_draws(mut self, n: u32) -> Self {
        self.n_draws = n;
        self
    }

    /// Sets where from.
    #[must_use]
    pub const fn drawn(mut self, drawn: Drawn) -> Self {
        self.drawn = drawn;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Whether the parameters keep their rules.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that does not.
    pub fn validate(&self) -> Result<()> {
        let owner = "IntervalParams";
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(Error::parameter(
                owner,
                "level",
                "must be in (0, 1)",
                self.level,
            ));
        }
        if !(20..=10_000).contains(&self.n_draws) {
            let rule = "must be from 20 to 10,000";
            return Err(Error::parameter(owner, "n_draws", rule, self.n_draws));
        }
        Ok(())
    }
}

/// What a model says of each customer, of which limits are asked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Prediction {
    /// See [`LifetimeModel::p_alive`].
    PAlive,
    /// See [`LifetimeModel::p_stay`].
    PStay {
        /// Time after the end of observation.
        time: f64,
    },
    /// See [`LifetimeModel::expected`].
    Expected {
        /// Time after the end of observation.
        time: f64,
    },
    /// See [`LifetimeModel::discounted`].
    Discounted {
        /// Of the discount, per unit of time.
        rate: f64,
    },
}

impl Prediction {
    fn ask(self, model: &LifetimeModel) -> Result<Ask> {
        Ok(match self {
            Self::PAlive => Ask::PAlive,
            Self::PStay { time } => {
                model.check_time(time)?;
                Ask::Stays { time }
            }
            Self::Expected { time } => {
                model.check_time(time)?;
                Ask::Expected { time }
            }
            Self::Discounted { rate } => {
                check_rate(rate)?;
                Ask::Discounted { rate }
            }
        })
    }
}

/// For each customer an interval.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Intervals {
    /// Lower limits.
    pub low: Vec<f64>,
    /// Upper limits.
    pub high: Vec<f64>,
}

impl LifetimeModel {
    /// For each customer the limits of the transactions expected within `time`: [`intervals`](Self::intervals) of [`Prediction::Expected`].
    ///
    /// # Errors
    /// As [`intervals`](Self::intervals).
    pub fn expected_intervals(
        &self,
        summary: &CustomerSummary,
        time: f64,
        params: &IntervalParams,
        ctx: &Context,
    ) -> Result<Intervals> {
        self.intervals(summary, Prediction::Expected { time }, params, ctx)
    }

    /// For each customer the limits of what the model says, given that its parameters are known from so many customers only.
    ///
    /// They hold the mean over customers who did the same, not what one of them does: for that see [`count_probabilities`](Self::count_probabilities). Cost: one prediction for each
    /// draw and group, and where parameters are bootstrapped a fit for each draw.
    ///
    /// # Errors
    /// As the prediction; [`Error::Parameter`] for parameters outside their rules, and where normal draws are asked of a model without a covariance.
    pub fn intervals(
        &self,
        summary: &CustomerSummary,
        prediction: Prediction,
        params: &IntervalParams,
        ctx: &Context,
    ) -> Result<Intervals> {
        params.validate()?;
        let ask = prediction.ask(self)?;
        let problem = self.problem(summary)?;
        let draws = match params.drawn {
            Drawn::Normal => self.normal_draws(params)?,
            Drawn::Bootstrap => self.bootstrap_draws(&problem, summary, params, ctx)?,
        };
        let draws: Vec<Vec<f64>> = draws
            .into_iter()
            .map(|d| self.in_search(&problem, d))
            .collect();
        let rows = problem.rows(&summary.groups);
        let limits = map_ordered(
            ctx,
            "intervals",
            pieces(summary.n_groups(), 1024).collect(),
            |r| Ok(limits_of_piece(&rows, &draws, ask, params.level, r)),
        )?;
        let (low, high): (Vec<_>, Vec<_>) = limits.into_iter().unzip();
        let told = Intervals {
            low: tell(summary, &low.concat(), 1, ctx)?,
            high: tell(summary, &high.concat(), 1, ctx)?,
        };
        ctx.progress.finish();
        Ok(told)
    }

    /// The limits of what the model says of a new customer, who has just bought for the first time, by normal draws.
    ///
    /// # Errors
    /// As the prediction; [`Error::Parameter`] for parameters outside their rules, for bootstrapped parameters, for a model without a covariance, and for covariates of another number.
    pub fn interval_new(
        &self,
        prediction: Prediction,
        covariates: &[f64],
        params: &IntervalParams,
    ) -> Result<(f64, f64)> {
        params.validate()?;
        let ask = prediction.ask(self)?;
        if params.drawn != Drawn::Normal {
            let rule =
                "must be `normal` for a new customer, of whom there is no summary to draw from";
            let found = format!("{:?}", params.drawn);
            return Err(Error::parameter("IntervalParams", "drawn", rule, found));
        }
        let mut other = self.clone();
        let mut values = Vec::with_capacity(params.n_draws as usize);
        for draw in self.normal_draws(params)? {
            for (p, x) in other.estimates.parameters.iter_mut().zip(draw) {
                p.value = if p.is_positive { x.exp() } else { x };
            }
            values.extend(newcomer(self.law, other.parameters_of(covariates)?, ask));
        }
        Ok(limits(&mut values, params.level))
    }

    /// A draw in the units of the search: covariates there have sizes of about 1.
    fn in_search(&self, problem: &Problem, draw: Vec<f64>) -> Vec<f64> {
        let mut estimates = self.estimates.clone();
        for (p, x) in estimates.parameters.iter_mut().zip(draw) {
            p.value = if p.is_positive { x.exp() } else { x };
        }
        problem.scaled(&estimates)
    }

    fn normal_draws(&self, params: &IntervalParams) -> Result<Vec<Vec<f64>>> {
        let (n, seed) = (params.n_draws, params.seed);
        let drawn = self.estimates.drawn(n, seed, "lifetime parameters");
        drawn.ok_or_else(|| {
            let rule = "must be `bootstrap` for a model without standard errors";
            Error::parameter("IntervalParams", "drawn", rule, "normal")
        })
    }

    fn bootstrap_draws(
        &self,
        problem: &Problem,
        summary: &CustomerSummary,
        params: &IntervalParams,
        ctx: &Context,
    ) -> Result<Vec<Vec<f64>>> {
        let groups = &summary.groups;
        let start = problem.scaled(&self.estimates);
        let refit = |i: u32| {
            let mut rng = stream(params.seed, "lifetime bootstrap", i.into());
            // The sum of w exponential weights is from Gamma(w).
            let drawn = |&w: &f64| Gamma::new(w, 1.0).map_or(w, |g| g.sample(&mut rng));
            let weights: Vec<f64> = groups.weight.iter().map(drawn).collect();
            let found = problem.search(groups, &weights, start.clone(), None, ctx)?;
            Ok(problem.unscaled(found.estimates.searched()))
        };
        (0..params.n_draws).map(refit).collect()
    }
}

/// Type-7 quantiles of the predictions with each draw.
fn limits_of_piece(
    rows: &Rows<'_>,
    draws: &[Vec<f64>],
    ask: Ask,
    level: f64,
    range: std::ops::Range<usize>,
) -> (Vec<f64>, Vec<f64>) {
    let predicted: Vec<Vec<f64>> = draws
        .iter()
        .map(|d| rows.answer_piece(d, ask, range.clone()))
        .collect();
    let of_group = |g: usize| {
        let mut values: Vec<f64> = predicted.iter().map(|p| p[g]).collect();
        limits(&mut values, level)
    };
    (0..range.len()).map(of_group).unzip()
}
