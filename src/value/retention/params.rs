//! Parameters of the classes.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

const OWNER: &str = "RetentionParams";

/// Where classes part; [`fit`](Self::fit) finds them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RetentionParams {
    /// What a customer is worth at least within the horizon to be valuable, in the unit of value. None: what the most valuable are worth at least who hold [`value_share`](Self::value_share) of all value.
    pub min_value: Option<f64>,
    /// The share of all value that valuable customers hold where there is no `min_value`; above 0, at most 1.
    pub value_share: f64,
    /// The largest hazard of leaving of who is settled: the chance, of one still there, to leave within the horizon; 0 to 1.
    pub max_p_leave: f64,
    /// The largest share of orders with a discount of who is settled; 0 to 1.
    pub max_deal_share: f64,
    /// Customers that might be this one, drawn for each; 20 to 100,000.
    pub n_draws: u32,
    /// Of what is drawn.
    pub seed: u64,
}

impl Default for RetentionParams {
    fn default() -> Self {
        Self {
            min_value: None,
            value_share: 0.8,
            max_p_leave: 0.5,
            max_deal_share: 0.5,
            n_draws: 200,
            seed: 0,
        }
    }
}

impl RetentionParams {
    /// Four fifths of value, one half for both limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the least value.
    #[must_use]
    pub const fn min_value(mut self, value: Option<f64>) -> Self {
        self.min_value = value;
        self
    }

    /// Sets the share of value.
    #[must_use]
    pub const fn value_share(mut self, share: f64) -> Self {
        self.value_share = share;
        self
    }

    /// Sets the largest hazard of who is settled.
    #[must_use]
    pub const fn max_p_leave(mut self, p: f64) -> Self {
        self.max_p_leave = p;
        self
    }

    /// Sets the largest deal share of who is settled.
    #[must_use]
    pub const fn max_deal_share(mut self, share: f64) -> Self {
        self.max_deal_share = share;
        self
    }

    /// Sets how many are drawn.
    #[must_use]
    pub const fn n_draws(mut self, n: u32) -> Self {
        self.n_draws = n;
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
        let bad =
            |name: &str, rule: &str, value: f64| Err(Error::parameter(OWNER, name, rule, value));
        if let Some(value) = self.min_value
            && !value.is_finite()
        {
            return bad("min_value", "must be a finite number", value);
        }
        if !(self.value_share > 0.0 && self.value_share <= 1.0) {
            return bad("value_share", "must be in (0, 1]", self.value_share);
        }
        for (name, share) in [
            ("max_p_leave", self.max_p_leave),
            ("max_deal_share", self.max_deal_share),
        ] {
            if !(0.0..=1.0).contains(&share) {
                return bad(name, "must be in [0, 1]", share);
            }
        }
        if !(20..=100_000).contains(&self.n_draws) {
            let rule = "must be from 20 to 100,000";
            return Err(Error::parameter(OWNER, "n_draws", rule, self.n_draws));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_is_kept() {
        let new = RetentionParams::new;
        assert!(new().validate().is_ok());
        for (bad, name) in [
            (new().min_value(Some(f64::NAN)), "min_value"),
            (new().value_share(0.0), "value_share"),
            (new().value_share(f64::NAN), "value_share"),
            (new().max_p_leave(-0.1), "max_p_leave"),
            (new().max_deal_share(1.1), "max_deal_share"),
            (new().n_draws(19), "n_draws"),
        ] {
            let said = bad.validate().unwrap_err().to_string();
            assert!(said.starts_with(&format!("`{name}` of `")), "{said}");
        }
    }
}
