//! Parameters of the job.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::value::laws::Law;
use crate::value::lifetime::IntervalParams;

pub(super) const OWNER: &str = "ValueParams";
/// A year, in days.
pub(super) const YEAR: f64 = 365.25;
/// A thousand years.
const MOST_DAYS: u32 = 365_250;

/// What customers are valued by; [`fit`](Self::fit) values them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ValueParams {
    /// How customers buy and leave: BG/NBD, MBG/NBD or Pareto/NBD.
    pub law: Law,
    /// Days after the reference within which money counts; 1 to 365,250.
    pub horizon_days: u32,
    /// By how much a year money to come is worth less: 0 to 10, .1 for 10 %.
    pub discount_rate: f64,
    /// How many tiers of equally many customers there are, 1 to 100; equal values share one.
    pub n_tiers: u8,
    /// How intervals are made; none where there are to be none.
    pub interval: Option<IntervalParams>,
}

impl Default for ValueParams {
    fn default() -> Self {
        Self {
            law: Law::default(),
            horizon_days: 365,
            discount_rate: 0.0,
            n_tiers: 4,
            interval: Some(IntervalParams::default()),
        }
    }
}

impl ValueParams {
    /// BG/NBD, a year, four tiers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the law.
    #[must_use]
    pub const fn law(mut self, law: Law) -> Self {
        self.law = law;
        self
    }

    /// Sets the horizon.
    #[must_use]
    pub const fn horizon_days(mut self, days: u32) -> Self {
        self.horizon_days = days;
        self
    }

    /// Sets the discount a year.
    #[must_use]
    pub const fn discount_rate(mut self, rate: f64) -> Self {
        self.discount_rate = rate;
        self
    }

    /// Sets the number of tiers.
    #[must_use]
    pub const fn n_tiers(mut self, n: u8) -> Self {
        self.n_tiers = n;
        self
    }

    /// Sets how intervals are made.
    #[must_use]
    pub const fn interval(mut self, interval: Option<IntervalParams>) -> Self {
        self.interval = interval;
        self
    }

    /// Whether the parameters keep their rules.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that does not.
    pub fn validate(&self) -> Result<()> {
        if !matches!(self.law, Law::BgNbd | Law::MbgNbd | Law::ParetoNbd) {
            let rule = "must be bg_nbd, mbg_nbd or pareto_nbd: others need more than first and last purchases";
            return Err(Error::parameter(
                OWNER,
                "law",
                rule,
                format!("{:?}", self.law),
            ));
        }
        let days = self.horizon_days;
        if !(1..=MOST_DAYS).contains(&days) {
            let rule = format!("must be from 1 to {MOST_DAYS}");
            return Err(Error::parameter(OWNER, "horizon_days", rule, days));
        }
        if !(0.0..=10.0).contains(&self.discount_rate) {
            let rule = "must be in [0, 10]: .1 takes off 10 % a year";
            return Err(Error::parameter(
                OWNER,
                "discount_rate",
                rule,
                self.discount_rate,
            ));
        }
        if !(1..=100).contains(&self.n_tiers) {
            let rule = "must be from 1 to 100";
            return Err(Error::parameter(OWNER, "n_tiers", rule, self.n_tiers));
        }
        self.interval.map_or(Ok(()), |i| i.validate())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_is_kept() {
        let good = ValueParams::new();
        assert!(good.validate().is_ok());
        let drawn = IntervalParams::new().n_draws(1);
        for (bad, name) in [
            (good.clone().law(Law::BgBb), "law"),
            (good.clone().law(Law::BgCnbd { k: Some(2) }), "law"),
            (good.clone().horizon_days(0), "horizon_days"),
            (good.clone().horizon_days(MOST_DAYS + 1), "horizon_days"),
            (good.clone().discount_rate(-0.1), "discount_rate"),
            (good.clone().discount_rate(f64::NAN), "discount_rate"),
            (good.clone().n_tiers(0), "n_tiers"),
            (good.clone().interval(Some(drawn)), "n_draws"),
        ] {
            let said = bad.validate().unwrap_err().to_string();
            assert!(said.starts_with(&format!("`{name}` of `")), "{said}");
        }
    }
}
