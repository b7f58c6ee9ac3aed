//! What the shifted beta-geometric model has learnt.

use serde::{Deserialize, Serialize};

use super::fit::{ContractParams, NAMES};
use crate::error::{Error, Result};
use crate::saved::Saved;
use crate::stats::gamma::ln_rising;
use crate::stats::quadrature::Nodes;
use crate::value::fit::Estimates;

const OWNER: &str = "ContractModel";

/// How long customers renew: the parameters alpha and beta of the distribution of the chance to leave after a period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ContractModel {
    /// The parameters it was fitted with.
    pub params: ContractParams,
    /// The parameters found, and how likely they make the data.
    pub estimates: Estimates,
    /// Customers it was fitted on.
    pub n_customers: u64,
    /// What the user should know.
    pub notices: Vec<String>,
}

impl ContractModel {
    fn values(&self) -> (f64, f64) {
        (
            self.estimates.parameters[0].value,
            self.estimates.parameters[1].value,
        )
    }

    /// The share of customers that is left after 0, 1, ... `periods` periods: S(t) = (beta)_t / (alpha + beta)_t.
    #[must_use]
    pub fn survival(&self, periods: u32) -> Vec<f64> {
        let (a, b) = self.values();
        let of = |t: u32| (ln_rising(b, t.into()) - ln_rising(a + b, t.into())).exp();
        (0..=periods).map(of).collect()
    }

    /// The share of those there in period 1, 2, ... `periods` that renews at its end: (beta + t - 1) / (alpha + beta + t - 1), which rises although no customer changes.
    #[must_use]
    pub fn retention(&self, periods: u32) -> Vec<f64> {
        let (a, b) = self.values();
        let of = |t: u32| (b + f64::from(t)) / (a + b + f64::from(t));
        (0..periods).map(of).collect()
    }

    /// For customers who have renewed so many times (0 in their first period) the renewals to come, the next one now at full worth and each later one discounted by exp(-rate) for each
    /// period between (discounted expected residual lifetime, Fader and Hardie 2010, "Customer-base valuation in a contractual setting", equation 6).
    ///
    /// `rate` is per period, with continuous compounding: ln(1 + d) for an interest of d. Ten digits; some hundred terms for each number.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a rate that is not above 0, and renewals that are no whole numbers of 0 or more.
    pub fn discounted(&self, renewals: &[f64], rate: f64) -> Result<Vec<f64>> {
        if !(rate > 1e-12 && rate <= 1e12) {
            let rule =
                "must be above 0 (1e-12 at least): without a discount the sum may have no end";
            return Err(Error::parameter(OWNER, "rate", rule, rate));
        }
        if let Some(bad) = renewals
            .iter()
            .find(|n| !crate::value::summary::is_count(**n))
        {
            let rule = "must be whole numbers of 0 or more";
            return Err(Error::parameter(OWNER, "renewals", rule, bad));
        }
        let (a, b) = self.values();
        let (soon, gone) = ((-rate).exp(), -(-rate).exp_m1());
        let of = |&n: &f64| Nodes::beta(a, b + n).mean(|p| (1.0 - p) / (gone + p * soon));
        Ok(renewals.iter().map(of).collect())
    }
}

impl Saved for ContractModel {
    const KIND: &'static str = "contract";

    fn check(&self) -> Result<()> {
        self.params.validate()?;
        let names: Vec<String> = NAMES.iter().map(|&n| n.into()).collect();
        self.estimates.check(OWNER, &names)?;
        if self.estimates.parameters.iter().all(|p| p.is_positive) {
            return Ok(());
        }
        Err(Error::parameter(
            OWNER,
            "parameters",
            "must be positive ones",
            "others",
        ))
    }
}
