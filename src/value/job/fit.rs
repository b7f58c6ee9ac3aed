//! From transactions to what is learnt of them.

use serde::{Deserialize, Serialize};

use super::params::ValueParams;
use super::result::{CustomerValue, Valued};
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::saved::Saved;
use crate::table::time::Moment;
use crate::transactions::customers::Customers;
use crate::transactions::{RowCounts, Transactions};
use crate::value::lifetime::{LifetimeModel, LifetimeParams};
use crate::value::spend::{SpendModel, SpendParams, SpendSummary};
use crate::value::summary::CustomerSummary;

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
    /// customers; both hold that spending does not depend on frequency, and a notice says where it does. Nothing is discounted.
    ///
    /// Cost: one pass over the lines, and what the fits cost; intervals cost a prediction of all customers for each draw.
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
    /// the money of a line; [`Error::Cancelled`], [`Error::Budget`].
    pub fn fit(&self, tx: &Transactions, ctx: &Context) -> Result<CustomerValue> {
        self.validate()?;
        let seen = Seen::of(tx, ctx)?;
        let lifetime = LifetimeParams::new(self.law).fit(&seen.summary, ctx)?;
        let spend = SpendParams::new().fit(&seen.spend, ctx)?;
        let mut notices = Vec::new();
        for (law, own) in [("lifetime", &lifetime.notices), ("spend", &spend.notices)] {
            notices.extend(own.iter().map(|n| format!("{law}: {n}")));
        }
        notices.extend(seen.notices());
        let mut model = ValueModel {
            params: self.clone(),
            lifetime,
            spend,
            cuts: Vec::new(),
            reference: Moment::Day(seen.today).to_text(tx.zone()),
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
    /// Values other customers, or the same at another time, with these laws and cut points.
    ///
    /// # Errors
    /// As [`ValueParams::fit`].
    pub fn score(&self, tx: &Transactions, ctx: &Context) -> Result<CustomerValue> {
        self.check()?;
        let seen = Seen::of(tx, ctx)?;
        let valued = self.value(&seen, ctx)?;
        ctx.progress.finish();
        let mut model = self.clone();
        model.counts = seen.customers.counts();
        model.notices = seen.notices();
        model.reference = Moment::Day(seen.today).to_text(tx.zone());
        CustomerValue::new(model, seen, valued)
    }

    fn value(&self, seen: &Seen, ctx: &Context) -> Result<Valued> {
        let time = f64::from(self.params.horizon_days);
        let p_alive = self.lifetime.p_alive(&seen.summary, ctx)?;
        let transactions = self.lifetime.expected(&seen.summary, time, ctx)?;
        let spend = self.spend.expected(&seen.spend, ctx)?;
        let worth = |n: &[f64]| n.iter().zip(&spend).map(|(n, v)| n * v).collect();
        let interval = match self.params.interval {
            Some(params) if self.lifetime.estimates.covariance.is_some() => {
                let found = self
                    .lifetime
                    .expected_intervals(&seen.summary, time, &params, ctx)?;
                Some((worth(&found.low), worth(&found.high)))
            }
            _ => None,
        };
        Ok(Valued {
            value: worth(&transactions),
            p_alive,
            transactions,
            spend,
            interval,
        })
    }
}

/// What is seen of customers.
pub(super) struct Seen {
    pub(super) customers: Customers,
    pub(super) today: i32,
    /// Days since the first purchase, and since the last.
    pub(super) age: Vec<i32>,
    pub(super) recency: Vec<i32>,
    /// Money of a day with a purchase.
    pub(super) mean: Vec<f64>,
    summary: CustomerSummary,
    spend: SpendSummary,
    n_nothing: usize,
}

/// How old who came on the last day is.
const YOUNGEST: f64 = 0.5;

impl Seen {
    fn of(tx: &Transactions, ctx: &Context) -> Result<Self> {
        tx.one_currency(ctx)?;
        let customers = tx.by_day(ctx)?.customers(ctx)?;
        if customers.len() == 0 {
            return Err(customers.counts().no_customers("value"));
        }
        let calendar = tx.zone().calendar();
        let latest = customers.latest.unwrap_or(0);
        let today = calendar.day(tx.clock().unwrap_or(latest));
        let since = |times: &[i64]| -> Vec<i32> {
            times.iter().map(|&t| today - calendar.day(t)).collect()
        };
        let (age, recency) = (since(&customers.first), since(&customers.last));
        let days = customers.orders.iter();
        let mean: Vec<f64> = days
            .zip(&customers.amount)
            .map(|(&n, amount)| amount / f64::from(n))
            .collect();
        let repeats: Vec<f64> = customers.orders.iter().map(|&n| f64::from(n - 1)).collect();
        let until_last: Vec<f64> = age
            .iter()
            .zip(&recency)
            .map(|(a, r)| f64::from(a - r))
            .collect();
        let ages: Vec<f64> = age.iter().map(|&a| f64::from(a).max(YOUNGEST)).collect();
        let summary = CustomerSummary::new(&repeats, &until_last, &ages)?;
        // Who got all money back has shown no value of a purchase.
        let paid = |i: usize| mean[i] > 0.0;
        let of = |value: &dyn Fn(usize) -> f64| -> Vec<f64> {
            (0..mean.len())
                .map(|i| if paid(i) { value(i) } else { 0.0 })
                .collect()
        };
        let spend = SpendSummary::collect(
            &of(&|i| f64::from(customers.orders[i])),
            &of(&|i| mean[i]),
            None,
            ctx,
        )?;
        let n_nothing = (0..mean.len()).filter(|&i| !paid(i)).count();
        Ok(Self {
            customers,
            today,
            age,
            recency,
            mean,
            summary,
            spend,
            n_nothing,
        })
    }

    fn notices(&self) -> Vec<String> {
        let mut said = Vec::new();
        if self.n_nothing > 0 {
            said.push(format!(
                "{} customer(s) paid nothing on balance: a purchase of theirs is valued as that of all customers",
                self.n_nothing
            ));
        }
        let without = self.customers.n_without_order;
        if without > 0 {
            said.push(format!(
                "{without} customer(s) without an order are left out"
            ));
        }
        said
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
