//! Parameters of the kinds.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

const OWNER: &str = "KindParams";

/// When a customer is new, lapsing, lost; [`fit`](Self::fit) tells them apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct KindParams {
    /// Days after the first purchase for which a customer is new; 0 to 36,500.
    pub new_days: u32,
    /// Gaps between days with a purchase from which on a customer has a rhythm of its own, 1 to 1,000; before, it is measured by that of the shop.
    pub own_gaps: u32,
    /// Silence, in usual gaps, beyond which a customer is lapsing; above 0.
    pub lapsing_gaps: f64,
    /// Silence, in usual gaps, beyond which a customer is lost; at least `lapsing_gaps`.
    pub lost_gaps: f64,
    /// Usual gaps count as this many days at least, so that a daily buyer is not lost after a holiday; above 0.
    pub least_gap_days: f64,
}

impl Default for KindParams {
    fn default() -> Self {
        Self {
            new_days: 60,
            own_gaps: 3,
            lapsing_gaps: 2.0,
            lost_gaps: 4.0,
            least_gap_days: 7.0,
        }
    }
}

impl KindParams {
    /// New for 60 days; a rhythm from 3 gaps on; lapsing after 2 of them, lost after 4; gaps of a week at least.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets for how long a customer is new.
    #[must_use]
    pub const fn new_days(mut self, days: u32) -> Self {
        self.new_days = days;
        self
    }

    /// Sets from how many gaps on a rhythm is a customer's own.
    #[must_use]
    pub const fn own_gaps(mut self, n: u32) -> Self {
        self.own_gaps = n;
        self
    }

    /// Sets when a customer is lapsing.
    #[must_use]
    pub const fn lapsing_gaps(mut self, gaps: f64) -> Self {
        self.lapsing_gaps = gaps;
        self
    }

    /// Sets when a customer is lost.
    #[must_use]
    pub const fn lost_gaps(mut self, gaps: f64) -> Self {
        self.lost_gaps = gaps;
        self
    }

    /// Sets the least gap.
    #[must_use]
    pub const fn least_gap_days(mut self, days: f64) -> Self {
        self.least_gap_days = days;
        self
    }

    /// Whether the parameters keep their rules.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that does not.
    pub fn validate(&self) -> Result<()> {
        if self.new_days > 36_500 {
            let rule = "must be at most 36,500";
            return Err(Error::parameter(OWNER, "new_days", rule, self.new_days));
        }
        if !(1..=1_000).contains(&self.own_gaps) {
            let rule = "must be from 1 to 1,000";
            return Err(Error::parameter(OWNER, "own_gaps", rule, self.own_gaps));
        }
        for (name, value) in [
            ("lapsing_gaps", self.lapsing_gaps),
            ("least_gap_days", self.least_gap_days),
        ] {
            if !(value > 0.0 && value <= 1e9) {
                return Err(Error::parameter(
                    OWNER,
                    name,
                    "must be above 0 and at most 1e9",
                    value,
                ));
            }
        }
        if !(self.lost_gaps >= self.lapsing_gaps && self.lost_gaps <= 1e9) {
            let rule = format!(
                "must be at least `lapsing_gaps`, {}, and at most 1e9",
                self.lapsing_gaps
            );
            return Err(Error::parameter(OWNER, "lost_gaps", rule, self.lost_gaps));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_is_kept() {
        let new = KindParams::new;
        assert!(new().lost_gaps(2.0).new_days(0).validate().is_ok());
        for (bad, name) in [
            (new().new_days(36_501), "new_days"),
            (new().own_gaps(0), "own_gaps"),
            (new().lapsing_gaps(0.0), "lapsing_gaps"),
            (new().lapsing_gaps(f64::NAN), "lapsing_gaps"),
            (new().lost_gaps(1.9), "lost_gaps"),
            (new().lost_gaps(f64::INFINITY), "lost_gaps"),
            (new().least_gap_days(-1.0), "least_gap_days"),
        ] {
            let said = bad.validate().unwrap_err().to_string();
            assert!(said.starts_with(&format!("`{name}` of `")), "{said}");
        }
    }
}
