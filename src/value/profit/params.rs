//! Parameters of a ledger.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::money::Money;
use crate::error::{Error, Result};

pub(super) const OWNER: &str = "ProfitParams";

/// What a ledger adds to the lines; [`fit`](Self::fit) draws it up.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ProfitParams {
    /// What an order through a channel costs, by the values of role `channel`: picking, parcels, fees; 0 or more.
    pub order_costs: BTreeMap<String, f64>,
    /// What a contact through a channel costs, by the values of role `channel` of the contacts; 0 or more.
    pub contact_costs: BTreeMap<String, f64>,
    /// The cost of goods of lines whose cost is not known, as a share of their money after discounts, 0 to 1: an assumption, said to be one. None: the profit of their customers is not known.
    pub assumed_cost_share: Option<f64>,
}

impl ProfitParams {
    /// No costs to serve, nothing assumed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what an order through a channel costs.
    #[must_use]
    pub fn order_cost(mut self, channel: impl Into<String>, cost: f64) -> Self {
        self.order_costs.insert(channel.into(), cost);
        self
    }

    /// Sets what a contact through a channel costs.
    #[must_use]
    pub fn contact_cost(mut self, channel: impl Into<String>, cost: f64) -> Self {
        self.contact_costs.insert(channel.into(), cost);
        self
    }

    /// Sets the cost share of lines without a cost.
    #[must_use]
    pub const fn assumed_cost_share(mut self, share: Option<f64>) -> Self {
        self.assumed_cost_share = share;
        self
    }

    /// Whether the parameters keep their rules.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that does not.
    pub fn validate(&self) -> Result<()> {
        for (name, costs) in [
            ("order_costs", &self.order_costs),
            ("contact_costs", &self.contact_costs),
        ] {
            for (channel, &cost) in costs {
                if !(cost >= 0.0 && Money::of(cost).is_some()) {
                    let rule = format!("must be 0 or more for each channel, as for `{channel}`");
                    return Err(Error::parameter(OWNER, name, rule, cost));
                }
            }
        }
        if let Some(share) = self.assumed_cost_share
            && !(0.0..=1.0).contains(&share)
        {
            let rule = "must be in [0, 1]";
            return Err(Error::parameter(OWNER, "assumed_cost_share", rule, share));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_is_kept() {
        let new = ProfitParams::new;
        assert!(new().order_cost("web", 0.0).validate().is_ok());
        for (bad, name) in [
            (new().order_cost("web", -0.1), "order_costs"),
            (new().contact_cost("phone", f64::NAN), "contact_costs"),
            (new().contact_cost("phone", 1e300), "contact_costs"),
            (new().assumed_cost_share(Some(1.1)), "assumed_cost_share"),
            (
                new().assumed_cost_share(Some(f64::NAN)),
                "assumed_cost_share",
            ),
        ] {
            let said = bad.validate().unwrap_err().to_string();
            assert!(said.starts_with(&format!("`{name}` of `")), "{said}");
        }
    }
}
