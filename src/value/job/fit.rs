//! From transactions to what is learnt of them.

use serde::{Deserialize, Serialize};

use super::params::{ValueParams, YEAR};
use super::result::{CustomerValue, Valued};
use super::seen::Seen;
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::saved::Saved;
use crate::stats::quadrature::GAUSS;
use crate::transactions::{RowCounts, Transactions};
use crate::value::lifetime::{Drawn, LifetimeModel, LifetimeParams};
use crate::value::profit::{MarginModel, Profit};
use crate::value::spend::{SpendModel, SpendParams};

/// Laws fitted on customers, and cut points of their values: what other customers are valued with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ValueModel {
    /// The parameters it was fitted with.
    pub params: ValueParams,
    /// How customers buy and leave, in days.
    pub lifetime: LifetimeModel,
    /// What a day with a purchase is worth.
    pub spend: SpendModel,
    /// What share of that is profit, where there was a ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<MarginModel>,
    /// The least value of each tier but the lowest, ascending.
    pub cuts: Vec<f64>,
    /// The day up to which customers were observed, as ISO text.
    pub reference: String,
    /// Customers it was fitted on.
    pub n_customers: u64,
    /// Where the rows went.
    pub counts: RowCounts,
    /// What the user should know.
    pub notices: Vec<String>,
}

impl Saved for ValueModel {
    const KIND: &'static str = "value";

    fn check(&self) -> Result<()> {
        self.params.validate()?;
        self.lifetime.check()?;
        self.spend.check()?;
        self.margin.as_ref().map_or(Ok(()), MarginModel::check)?;
        let rises = self.cuts.windows(2).all(|w| w[0] <= w[1]);
        if !rises || self.cuts.len() + 1 != usize::from(self.params.n_tiers) {
            let rule = "must rise, one for each tier but the lowest";
            let found = format!("{:?}", self.cuts);
            return Err(Error::parameter("ValueModel", "cuts", rule, found));
        }
        Ok(())
    }
}

impl ValueParams {
    /// Values the customers of a view: transactions expected within the horizon, times what one is worth.
    ///
    /// A transaction is a day on which a customer bought, whatever the number of orders. Days count from the first purchase; who came on the last day is half a day
    /// old. Money is that of the roles, net of returns as the view has them. The law of [`LifetimeParams`] and the gamma-gamma model of [`SpendParams`] are fitted on all
    /// customers; both hold that spending does not depend on frequency, and a notice says where it does. Money to come is worth less by [`discount_rate`](Self::discount_rate) a year.
    ///
    /// Cost: two passes over the lines, and what the fits cost; intervals cost a prediction of all customers for each draw, a discount costs twelve.
    ///
    /// ```
    /// use patronomy::value::ValueParams;
    /// use patronomy::{Context, simulate::Shop};
    /// let tx = Shop::new(300, 365, 1).transactions()?;
    /// let value = ValueParams::new().horizon_days(90).fit(&tx, &Context::new())?;
    /// assert_eq!(value.batch().schema().field(0).name(), "customer");
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] for parameters outside their rules; [`Error::TooFewRows`] without a customer who has an order, or without one who paid something; a missing role for
    /// the money of a line; [`Error::BadValues`] where currencies are mixed; [`Error::Cancelled`], [`Error::Budget`].
    pub fn fit(&self, tx: &Transactions, ctx: &Context) -> Result<CustomerValue> {
        self.fit_with(tx, None, ctx)
    }

    /// The same, where value is profit: what a transaction is worth, times the share of it that is profit by a ledger of the same view (see [`MarginModel`]).
    ///
    /// # Errors
    /// As [`fit`](Self::fit); [`Error::FeatureMismatch`] for a ledger of another day; [`Error::TooFewRows`] if it knows no customer's profit.
    pub fn fit_profit(
        &self,
        tx: &Transactions,
        profit: &Profit,
        ctx: &Context,
    ) -> Result<CustomerValue> {
        self.fit_with(tx, Some(profit), ctx)
    }

    fn fit_with(
        &self,
        tx: &Transactions,
        profit: Option<&Profit>,
        ctx: &Context,
    ) -> Result<CustomerValue> {
        self.validate()?;
        let seen = Seen::of(tx, profit, self, ctx)?;
        let lifetime = LifetimeParams::new(self.law).fit(&seen.summary, ctx)?;
        let spend = SpendParams::new().fit(&seen.spend, ctx)?;
        let margin = match (profit, &seen.earned) {
            (Some(profit), Some(earned)) => Some(MarginModel::learn(profit, earned)?),
            _ => None,
        };
        let mut notices = Vec::new();
        for (law, own) in [("lifetime", &lifetime.notices), ("spend", &spend.notices)] {
            notices.extend(own.iter().map(|n| format!("{law}: {n}")));
        }
        notices.extend(profit.into_iter().flat_map(|p| p.notices().to_vec()));
        notices.extend(seen.notices(self));
        let mut model = ValueModel {
            params: self.clone(),
            lifetime,
            spend,
            margin,
            cuts: Vec::new(),
            reference: seen.reference.clone(),
            n_customers: seen.customers.len() as u64,
            counts: seen.customers.counts(),
            notices,
        };
        let valued = model.value(&seen, ctx)?;
        model.cuts = cuts(&valued.value, self.n_tiers);
        ctx.progress.finish();
        CustomerValue::new(model, seen, valued)
    }
}

impl ValueModel {
    /// Values other customers, or the same at another time, with these laws and cut points. Of a model of profit each customer has the share that all customers had.
    ///
    /// # Errors
    /// As [`ValueParams::fit`].
    pub fn score(&self, tx: &Transactions, ctx: &Context) -> Result<CustomerValue> {
        self.score_with(tx, None, ctx)
    }

    /// The same, where the ledger of these transactions tells each customer's own share of profit.
    ///
    /// # Errors
    /// As [`ValueParams::fit_profit`]; [`Error::Parameter`] if the model was fitted without a ledger.
    pub fn score_profit(
        &self,
        tx: &Transactions,
        profit: &Profit,
        ctx: &Context,
    ) -> Result<CustomerValue> {
        self.score_with(tx, Some(profit), ctx)
    }

    fn score_with(
        &self,
        tx: &Transactions,
        profit: Option<&Profit>,
        ctx: &Context,
    ) -> Result<CustomerValue> {
        self.check()?;
        if profit.is_some() && self.margin.is_none() {
            let rule = "must be left away: the model was fitted without one";
            return Err(Error::parameter("ValueModel", "profit", rule, "a ledger"));
        }
        let seen = Seen::of(tx, profit, &self.params, ctx)?;
        let valued = self.value(&seen, ctx)?;
        ctx.progress.finish();
        let mut model = self.clone();
        model.counts = seen.customers.counts();
        model.notices = seen.notices(&self.params);
        if self.margin.is_some() && profit.is_none() {
            let said = "without a ledger, the share of profit is that of all customers the model was fitted on";
            model.notices.push(said.into());
        }
        model.reference.clone_from(&seen.reference);
        CustomerValue::new(model, seen, valued)
    }

    fn value(&self, seen: &Seen, ctx: &Context) -> Result<Valued> {
        let time = f64::from(self.params.horizon_days);
        let summary = &seen.summary;
        let transactions = self.lifetime.expected(summary, time, ctx)?;
        let stay = self.lifetime.p_stay(summary, time, ctx)?;
        let spend = self.spend.expected(&seen.spend, ctx)?;
        let margin = self.margin.as_ref().map(|m| match &seen.earned {
            Some(earned) => earned.iter().map(|&e| m.expected(e)).collect(),
            None => vec![m.collective; spend.len()],
        });
        let discounted = self.discounted(&transactions, seen, ctx)?;
        let share = |i: usize| margin.as_ref().map_or(1.0, |m: &Vec<f64>| m[i]);
        let value: Vec<f64> = (0..spend.len())
            .map(|i| discounted[i] * spend[i] * share(i))
            .collect();
        let interval = self.interval(seen, &transactions, &spend, &value, ctx)?;
        Ok(Valued {
            p_alive: self.lifetime.p_alive(summary, ctx)?,
            p_leave: stay.into_iter().map(|p| 1.0 - p).collect(),
            value,
            transactions,
            spend,
            margin,
            interval,
        })
    }

    /// Transactions, each worth e^(-δ t) of one at once: e^(-δ h) E(h) + δ ∫ e^(-δ t) E(t) dt up to the horizon, with t = h u² for the sake of the start.
    fn discounted(&self, transactions: &[f64], seen: &Seen, ctx: &Context) -> Result<Vec<f64>> {
        let delta = self.params.discount_rate.ln_1p() / YEAR;
        let mut sum = transactions.to_vec();
        if delta == 0.0 {
            return Ok(sum);
        }
        let end = f64::from(self.params.horizon_days);
        sum.iter_mut().for_each(|s| *s *= (-delta * end).exp());
        for (u, weight) in GAUSS {
            let time = end * u * u;
            let expected = self.lifetime.expected(&seen.summary, time, ctx)?;
            let factor = weight * 2.0 * end * u * delta * (-delta * time).exp();
            sum.iter_mut()
                .zip(expected)
                .for_each(|(s, e)| *s += factor * e);
        }
        Ok(sum)
    }

    /// Limits of value. The laws of transactions and of spending are fitted apart and taken as independent: relative distances add up by their squares.
    fn interval(
        &self,
        seen: &Seen,
        transactions: &[f64],
        spend: &[f64],
        value: &[f64],
        ctx: &Context,
    ) -> Result<Option<(Vec<f64>, Vec<f64>)>> {
        let Some(params) = self.params.interval else {
            return Ok(None);
        };
        if self.lifetime.estimates.covariance.is_none() {
            return Ok(None);
        }
        let time = f64::from(self.params.horizon_days);
        let counts = self
            .lifetime
            .expected_intervals(&seen.summary, time, &params, ctx)?;
        let money =
            self.spend
                .expected_intervals(&seen.spend, &params.drawn(Drawn::Normal), ctx)?;
        let limits = |of_counts: &[f64], of_money: Option<&Vec<f64>>, sign: f64| -> Vec<f64> {
            let one = |i: usize| {
                let off = relative(transactions[i], of_counts[i]);
                let of_spend = of_money.map_or(0.0, |m| relative(spend[i], m[i]));
                value[i] * (sign * off.hypot(of_spend)).exp()
            };
            (0..value.len()).map(one).collect()
        };
        let low = limits(&counts.low, money.as_ref().map(|m| &m.low), -1.0);
        let high = limits(&counts.high, money.as_ref().map(|m| &m.high), 1.0);
        let ordered = low.into_iter().zip(high);
        Ok(Some(ordered.map(|(a, b)| (a.min(b), a.max(b))).unzip()))
    }
}

/// How far a limit is from its middle, as a logarithm; nothing where either is nothing.
fn relative(middle: f64, limit: f64) -> f64 {
    if middle > 0.0 && limit > 0.0 {
        (limit / middle).ln()
    } else {
        0.0
    }
}

/// The least values of the tiers but the lowest.
fn cuts(values: &[f64], n_tiers: u8) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let n_tiers = usize::from(n_tiers);
    (1..n_tiers)
        .map(|tier| sorted[(tier * sorted.len() / n_tiers).min(sorted.len() - 1)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_share_out_customers() {
        let values: Vec<f64> = (0..8).rev().map(f64::from).collect();
        assert_eq!(cuts(&values, 4), [2.0, 4.0, 6.0]);
        assert_eq!(cuts(&values, 1), [0.0; 0]);
        assert_eq!(cuts(&[5.0], 3), [5.0, 5.0]);
    }
}
