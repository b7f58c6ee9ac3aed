//! The survival curve and the cumulative hazard.

use serde::{Deserialize, Serialize};

use super::rows::Durations;
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::stats::sum::Sum;
use crate::stats::tails::normal_within;

/// How the survival curve is made; [`fit`](Self::fit) makes it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SurvivalParams {
    /// The chance that an interval holds the truth at its time; above 0, below 1. 0.95 by default.
    pub level: f64,
}

impl Default for SurvivalParams {
    fn default() -> Self {
        Self { level: 0.95 }
    }
}

impl SurvivalParams {
    /// Intervals of 95 %.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the level of the intervals.
    #[must_use]
    pub const fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Whether the parameters keep their rules.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that does not.
    pub fn validate(&self) -> Result<()> {
        if self.level > 0.0 && self.level < 1.0 {
            return Ok(());
        }
        let rule = "must be in (0, 1), as 0.95";
        Err(Error::parameter(
            "SurvivalParams",
            "level",
            rule,
            self.level,
        ))
    }

    /// The share of contracts that lasts beyond each time, and the cumulative hazard, of contracts of which some are still running.
    ///
    /// Survival is the product over the times up to t of 1 - ended / at risk (Kaplan and Meier 1958, "Nonparametric estimation from incomplete observations", JASA 53), its standard error
    /// Greenwood's (1926, "The natural duration of cancer"), its interval that of ln(-ln S), which stays within 0 and 1 (Kalbfleisch and Prentice 1980, "The statistical analysis of failure time
    /// data", section 1.4). The cumulative hazard is the sum of ended / at risk, its variance the sum of ended / at risk² (Aalen 1978, "Nonparametric inference for a family of counting processes",
    /// Annals of Statistics 6), its interval that of its logarithm.
    ///
    /// A contract that is censored at a time at which others end was at risk then: ends come before censoring. Ends at time 0 count like others. Intervals hold for one time each, not for the whole
    /// curve at once.
    ///
    /// Cost: one sort of the rows, O(n log n), some 50 bytes for each while it lasts; any number of threads gives the same bits.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a level outside its rule and columns of unequal length; [`Error::BadValues`] with how many rows break a rule and the first of them, for durations, entries and weights
    /// that are NaN, infinite or negative, entries at or after the duration, and weights of 0; [`Error::TooFewRows`] without a row; [`Error::Budget`]; [`Error::Cancelled`].
    ///
    /// ```
    /// use patronomy::Context;
    /// use patronomy::value::{Durations, SurvivalParams};
    /// // Weeks without a relapse of 21 patients on 6-MP (Freireich et al. 1963); `false` is still well.
    /// let weeks = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35].map(f64::from);
    /// let relapsed = [6.0, 7.0, 10.0, 13.0, 16.0, 22.0, 23.0];
    /// let mut ended = weeks.map(|t| relapsed.contains(&t));
    /// (ended[3], ended[7]) = (false, false);
    /// let curve = SurvivalParams::new().fit(&Durations::new(&weeks, &ended), &Context::new())?;
    /// assert_eq!(curve.median(), Some(23.0));
    /// assert!((curve.survival[0] - 18.0 / 21.0).abs() < 1e-15);
    /// assert!((curve.survival_at(&[24.0])?[0].unwrap() - 0.448).abs() < 5e-4);
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    pub fn fit(&self, durations: &Durations<'_>, ctx: &Context) -> Result<SurvivalCurve> {
        self.validate()?;
        durations.check()?;
        let mut steps = Steps::default();
        durations.sweep(None, 1, ctx, |t, at| {
            steps.times.push(t);
            steps.n_at_risk.push(at[0].at_risk);
            steps.n_ended.push(at[0].ended);
            steps.n_censored.push(at[0].censored);
        })?;
        let n = durations.len() as u64;
        Ok(SurvivalCurve::of(*self, n, steps))
    }
}

/// What happened at each different duration: all that a curve is computed from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Steps {
    pub(super) times: Vec<f64>,
    pub(super) n_at_risk: Vec<f64>,
    pub(super) n_ended: Vec<f64>,
    pub(super) n_censored: Vec<f64>,
}

/// How many contracts last how long: one value for each different duration, ended or censored, in every list.
///
/// Before the first time survival is 1 and the hazard 0. Where all at risk have ended, survival is 0: Greenwood's sum has no value there, so the standard error, `low` and `high` are none. Where
/// nobody has ended yet, both are 1, and the standard error 0.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SurvivalCurve {
    /// The parameters it was made with.
    pub params: SurvivalParams,
    /// Rows it was made of.
    pub n_rows: u64,
    /// Different durations, ascending.
    pub times: Vec<f64>,
    /// Contracts under observation just before each, as their weights say.
    pub n_at_risk: Vec<f64>,
    /// Those that ended at it.
    pub n_ended: Vec<f64>,
    /// Those that were still running at the last look, which was then.
    pub n_censored: Vec<f64>,
    /// The share that lasts beyond the time, in [0, 1].
    pub survival: Vec<f64>,
    /// Its standard error by Greenwood; none where survival is 0.
    pub standard_error: Vec<Option<f64>>,
    /// The lower end of the interval of survival.
    pub low: Vec<Option<f64>>,
    /// The upper end.
    pub high: Vec<Option<f64>>,
    /// The cumulative hazard up to and with the time, 0 or more.
    pub cumulative_hazard: Vec<f64>,
    /// Its standard error.
    pub hazard_standard_error: Vec<f64>,
    /// The lower end of its interval.
    pub hazard_low: Vec<f64>,
    /// The upper end.
    pub hazard_high: Vec<f64>,
    /// What the user should know.
    pub notices: Vec<String>,
}

impl SurvivalCurve {
    pub(super) fn of(params: SurvivalParams, n_rows: u64, steps: Steps) -> Self {
        let notices = steps.notices();
        let mut curve = Self {
            params,
            n_rows,
            survival: Vec::with_capacity(steps.times.len()),
            standard_error: Vec::new(),
            low: Vec::new(),
            high: Vec::new(),
            cumulative_hazard: Vec::new(),
            hazard_standard_error: Vec::new(),
            hazard_low: Vec::new(),
            hazard_high: Vec::new(),
            notices,
            times: steps.times,
            n_at_risk: steps.n_at_risk,
            n_ended: steps.n_ended,
            n_censored: steps.n_censored,
        };
        let z = normal_within(params.level);
        let (mut survival, mut greenwood) = (1.0, Sum::default());
        let (mut hazard, mut variance) = (Sum::default(), Sum::default());
        for (&n, &ended) in curve.n_at_risk.iter().zip(&curve.n_ended) {
            if ended > 0.0 {
                let left = n - ended;
                survival *= left / n;
                greenwood.add(ended / n / left);
                hazard.add(ended / n);
                variance.add(ended / n / n);
            }
            let (error, low, high) = interval(survival, greenwood.total().sqrt(), z);
            curve.survival.push(survival);
            curve.standard_error.push(error);
            curve.low.push(low);
            curve.high.push(high);
            let (sum, error) = (hazard.total(), variance.total().sqrt());
            let factor = if sum > 0.0 {
                (z * error / sum).exp()
            } else {
                1.0
            };
            curve.cumulative_hazard.push(sum);
            curve.hazard_standard_error.push(error);
            curve.hazard_low.push(sum / factor);
            curve.hazard_high.push(sum * factor);
        }
        curve
    }
}

/// The standard error of survival and its interval, from the standard error of its logarithm; none where survival is 0.
fn interval(survival: f64, error_of_ln: f64, z: f64) -> (Option<f64>, Option<f64>, Option<f64>) {
    if survival <= 0.0 {
        return (None, None, None);
    }
    let ln = survival.ln();
    if ln >= 0.0 {
        return (Some(0.0), Some(1.0), Some(1.0));
    }
    let shift = (z * error_of_ln / -ln).exp();
    let (low, high) = ((ln * shift).exp(), (ln / shift).exp());
    (Some(survival * error_of_ln), Some(low), Some(high))
}

impl Steps {
    fn notices(&self) -> Vec<String> {
        let mut said = Vec::new();
        if self.n_ended.iter().all(|&d| d == 0.0) {
            said.push("no contract has ended: survival is 1 as far as it is known".into());
        }
        let gone = |i: &usize| self.n_ended[*i] > 0.0 && self.n_ended[*i] >= self.n_at_risk[*i];
        if let Some(at) = (0..self.times.len()).find(gone)
            && at + 1 < self.times.len()
        {
            let time = self.times[at];
            said.push(format!(
                "all at risk at {time} ended then, so survival is 0 from there on although others entered later: leave out the time before more had entered"
            ));
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_stay_within_their_bounds() {
        assert_eq!(interval(0.0, f64::INFINITY, 1.96), (None, None, None));
        let one = Some(1.0);
        assert_eq!(interval(1.0, 0.0, 1.96), (Some(0.0), one, one));
        for survival in [1e-300, 1e-9, 0.5, 1.0 - 1e-9] {
            for error in [1e-9, 0.1, 10.0] {
                let (_, low, high) = interval(survival, error, 1.96);
                let (low, high) = (low.unwrap(), high.unwrap());
                assert!((0.0..=survival).contains(&low), "{survival} {error}: {low}");
                assert!((survival..=1.0).contains(&high), "{survival} {error}");
            }
        }
    }
}
