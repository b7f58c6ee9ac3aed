//! What share of a customer's money is profit: the customer's own, as far as it is known well, and that of all.

use serde::{Deserialize, Serialize};

use super::params::ProfitParams;
use super::result::Profit;
use crate::error::{Error, Result};
use crate::stats::sum::Sum;

/// The share of money that is profit, by credibility: a customer's own share counts Z = w / (w + k), with w the customer's money and k = within / between.
///
/// `within` is how much the orders of one customer differ, `between` how much customers do. Source: Bühlmann and Straub (1970), "Glaubwürdigkeit für Schadensätze"; Bühlmann and Gisler (2005), *A Course in Credibility Theory and
/// its Applications*, chapter 4.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MarginModel {
    /// The parameters of the ledger it was learnt from.
    pub ledger: ProfitParams,
    /// The share of all customers' money that is profit.
    pub collective: f64,
    /// Variance of an order's share around its customer's, times the order's money.
    pub within: f64,
    /// Variance of customers' shares; 0 where customers do not differ more than their orders do.
    pub between: f64,
    /// Customers whose profit is known.
    pub n_customers: u64,
}

/// A customer's money and, where it is known, profit.
pub(in crate::value) type Earned = (f64, Option<f64>);

impl MarginModel {
    /// Learns from orders, and from each customer's money under the view's rule for returns.
    ///
    /// # Errors
    /// [`Error::TooFewRows`] where no customer's profit is known, or all money comes to nothing.
    pub(in crate::value) fn learn(profit: &Profit, earned: &[Earned]) -> Result<Self> {
        let (mut money, mut gained, mut n_customers) = (Sum::default(), Sum::default(), 0);
        for &(amount, known) in earned {
            if let (true, Some(profit)) = (amount > 0.0, known) {
                money.add(amount);
                gained.add(profit);
                n_customers += 1;
            }
        }
        if n_customers == 0 {
            return Err(Error::TooFewRows {
                job: "value by profit".into(),
                what: "customers whose profit is known".into(),
                needed: 1,
                found: 0,
                reason: "no customer who paid something has a cost for each line: assume a cost share, or value without a ledger".into(),
            });
        }
        let (within, between) = components(profit);
        Ok(Self {
            ledger: profit.params().clone(),
            collective: gained.total() / money.total(),
            within,
            between,
            n_customers,
        })
    }

    /// The share expected of a customer.
    pub(in crate::value) fn expected(&self, (amount, profit): Earned) -> f64 {
        let Some(profit) = profit.filter(|_| amount > 0.0) else {
            return self.collective;
        };
        let weight = self.between * amount;
        let credibility = if weight > 0.0 {
            weight / (weight + self.within)
        } else {
            0.0
        };
        credibility * profit / amount + (1.0 - credibility) * self.collective
    }

    /// Whether a fit could have given it.
    pub(in crate::value) fn check(&self) -> Result<()> {
        self.ledger.validate()?;
        let is_variance = |v: f64| v.is_finite() && v >= 0.0;
        if self.collective.is_finite() && is_variance(self.within) && is_variance(self.between) {
            return Ok(());
        }
        let rule = "must be numbers, and variances 0 or more";
        let found = format!("{}, {}, {}", self.collective, self.within, self.between);
        Err(Error::parameter("MarginModel", "collective", rule, found))
    }
}

/// Variances within and between customers, from orders whose profit is known.
fn components(profit: &Profit) -> (f64, f64) {
    let mut within = Sum::default();
    // Of each customer with an order: money and mean share.
    let mut shares: Vec<(f64, f64)> = Vec::new();
    let mut n_more = 0.0;
    for own in profit
        .own_orders()
        .chunk_by(|a, b| a.customer == b.customer)
    {
        let known: Vec<(f64, f64)> = own
            .iter()
            .filter_map(|o| {
                let money = o.sums.revenue.units();
                let gained = o.sums.profit()?.units();
                (o.has_purchase && money > 0.0).then(|| (money, gained / money))
            })
            .collect();
        let money: f64 = known.iter().map(|o| o.0).sum();
        if known.is_empty() || !money.is_finite() {
            continue;
        }
        let mean = known.iter().map(|(w, x)| w * x).sum::<f64>() / money;
        known
            .iter()
            .for_each(|(w, x)| within.add(w * (x - mean).powi(2)));
        n_more += known.len() as f64 - 1.0;
        shares.push((money, mean));
    }
    let within = if n_more > 0.0 {
        within.total() / n_more
    } else {
        0.0
    };
    (within, between(&shares, within))
}

/// The unbiased variance between customers, or 0.
fn between(shares: &[(f64, f64)], within: f64) -> f64 {
    let total_of = |f: &dyn Fn(&(f64, f64)) -> f64| {
        let mut sum = Sum::default();
        shares.iter().for_each(|s| sum.add(f(s)));
        sum.total()
    };
    let money = total_of(&|s| s.0);
    let mean = total_of(&|s| s.0 * s.1) / money;
    let spread = total_of(&|s| s.0 * (s.1 - mean).powi(2));
    let size = money - total_of(&|s| s.0 * s.0) / money;
    let found = (spread - (shares.len() as f64 - 1.0) * within) / size;
    if found.is_finite() {
        found.max(0.0)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(within: f64, between: f64) -> MarginModel {
        MarginModel {
            ledger: ProfitParams::new(),
            collective: 0.3,
            within,
            between,
            n_customers: 9,
        }
    }

    #[test]
    fn the_more_is_known_the_more_it_counts() {
        let m = model(10.0, 0.1);
        assert!((m.expected((100.0, Some(50.0))) - (0.5 * 0.5 + 0.5 * 0.3)).abs() < 1e-15);
        assert!((m.expected((900.0, Some(450.0))) - (0.9 * 0.5 + 0.1 * 0.3)).abs() < 1e-15);
        assert_eq!(m.expected((100.0, None)), 0.3);
        assert_eq!(m.expected((0.0, Some(-5.0))), 0.3);
        assert_eq!(model(0.0, 0.0).expected((100.0, Some(50.0))), 0.3);
        assert_eq!(model(0.0, 0.1).expected((100.0, Some(50.0))), 0.5);
    }

    /// By hand: money 1 and 3, shares .2 and .6, so mean .5, spread .12, size 4 - 10/4.
    #[test]
    fn variance_between_by_hand() {
        let found = between(&[(1.0, 0.2), (3.0, 0.6)], 0.03);
        assert!((found - (0.12 - 0.03) / 1.5).abs() < 1e-15);
        assert_eq!(between(&[(1.0, 0.2), (3.0, 0.6)], 0.2), 0.0);
        assert_eq!(between(&[(1.0, 0.2)], 0.0), 0.0);
    }
}
