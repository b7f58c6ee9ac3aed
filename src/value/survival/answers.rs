//! What a survival curve says of a time, a share, and a mean.

use super::curve::SurvivalCurve;
use crate::error::{Error, Result};
use crate::stats::sum::Sum;

const OWNER: &str = "SurvivalCurve";
/// Survival is a product of many quotients: so near to a share it has reached it.
const ROUNDING: f64 = 1e-9;

/// The mean duration up to a time.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RestrictedMean {
    /// The area under the survival curve up to the time, in the unit of the durations.
    pub mean: f64,
    /// Its standard error.
    pub standard_error: f64,
}

impl SurvivalCurve {
    /// The time by which half of the contracts have ended; none where more than half last beyond the last time.
    #[must_use]
    pub fn median(&self) -> Option<f64> {
        self.first_at_most(&self.survival, 0.5, |s| Some(*s))
    }

    /// The time by which a share `p` of the contracts has ended: the first with survival of 1 - p or less (to 1e-9, for rounding); none where it is not reached.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a share outside (0, 1].
    pub fn quantile(&self, p: f64) -> Result<Option<f64>> {
        let left = share_left(p)?;
        Ok(self.first_at_most(&self.survival, left, |s| Some(*s)))
    }

    /// Between which times that quantile lies, at the level of the curve: the first time at which the lower end of the interval of survival is 1 - p or less, and the first at which the upper end
    /// is; none where it is not reached (Brookmeyer and Crowley 1982, "A confidence interval for the median survival time", Biometrics 38).
    ///
    /// # Errors
    /// As [`quantile`](Self::quantile).
    pub fn quantile_interval(&self, p: f64) -> Result<(Option<f64>, Option<f64>)> {
        let left = share_left(p)?;
        // Where survival is 0 its lower end is no more, and its upper end is not known.
        let low = self.first_at_most(&self.low, left, |low| low.or(Some(0.0)));
        Ok((low, self.first_at_most(&self.high, left, |high| *high)))
    }

    fn first_at_most<T>(
        &self,
        values: &[T],
        bound: f64,
        value: impl Fn(&T) -> Option<f64>,
    ) -> Option<f64> {
        let reached = |v: &T| value(v).is_some_and(|v| v <= bound + ROUNDING);
        values.iter().position(reached).map(|at| self.times[at])
    }

    /// The share of contracts that lasts beyond each of some times; none after the last duration, where nobody was looked at (but 0 where all had ended).
    ///
    /// # Errors
    /// [`Error::Parameter`] for times that are not from 0 to 1e100.
    pub fn survival_at(&self, times: &[f64]) -> Result<Vec<Option<f64>>> {
        let known = self.at(times, &self.survival, 1.0)?;
        let is_gone = self.is_gone();
        let or_gone = |s: Option<f64>| s.or(is_gone.then_some(0.0));
        Ok(known.into_iter().map(or_gone).collect())
    }

    /// The cumulative hazard up to and with each of some times; none after the last duration.
    ///
    /// # Errors
    /// As [`survival_at`](Self::survival_at).
    pub fn hazard_at(&self, times: &[f64]) -> Result<Vec<Option<f64>>> {
        self.at(times, &self.cumulative_hazard, 0.0)
    }

    fn is_gone(&self) -> bool {
        self.survival.last().is_some_and(|&s| s == 0.0)
    }

    fn last_time(&self) -> f64 {
        self.times.last().copied().unwrap_or(0.0)
    }

    fn at(&self, times: &[f64], values: &[f64], before: f64) -> Result<Vec<Option<f64>>> {
        let of = |&t: &f64| {
            check_time("times", t)?;
            let n_up_to = self.times.partition_point(|&known| known <= t);
            let value = n_up_to.checked_sub(1).map_or(before, |at| values[at]);
            Ok((t <= self.last_time()).then_some(value))
        };
        times.iter().map(of).collect()
    }

    /// The mean duration where none counts for more than `time`: the area under the curve up to there, with the standard error of Greenwood's kind (Klein and Moeschberger 2003, "Survival analysis",
    /// section 4.5: the sum over the ends before of (area after it)² · ended / (at risk · left)).
    ///
    /// # Errors
    /// [`Error::Parameter`] for a time that is not above 0, and for one after the last duration, beyond which survival is not known (unless all had ended).
    pub fn restricted_mean(&self, time: f64) -> Result<RestrictedMean> {
        check_time("time", time)?;
        if time <= 0.0 {
            let rule = "must be above 0";
            return Err(Error::parameter(OWNER, "time", rule, time));
        }
        if time > self.last_time() && !self.is_gone() {
            let last = self.last_time();
            let rule = format!(
                "must be at most the last duration, {last}: beyond it survival is not known"
            );
            return Err(Error::parameter(OWNER, "time", rule, time));
        }
        let n = self.times.partition_point(|&t| t < time);
        let (mut area, mut variance) = (Sum::default(), Sum::default());
        let mut end = time;
        for at in (0..n).rev() {
            area.add(self.survival[at] * (end - self.times[at]));
            end = self.times[at];
            let (risk, ended) = (self.n_at_risk[at], self.n_ended[at]);
            let after = area.total();
            if ended > 0.0 && after > 0.0 {
                variance.add(after / risk * (after / (risk - ended)) * ended);
            }
        }
        area.add(end);
        Ok(RestrictedMean {
            mean: area.total(),
            standard_error: variance.total().sqrt(),
        })
    }
}

fn share_left(p: f64) -> Result<f64> {
    if p > 0.0 && p <= 1.0 {
        return Ok(1.0 - p);
    }
    let rule = "must be in (0, 1]: the share of contracts that has ended";
    Err(Error::parameter(OWNER, "p", rule, p))
}

fn check_time(name: &str, t: f64) -> Result<()> {
    if (0.0..=1e100).contains(&t) {
        return Ok(());
    }
    Err(Error::parameter(OWNER, name, "must be from 0 to 1e100", t))
}
