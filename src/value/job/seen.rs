//! What a view shows of customers.

use arrow_array::Array;

use super::params::ValueParams;
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::table::time::Moment;
use crate::table::union::union;
use crate::transactions::Transactions;
use crate::transactions::customers::Customers;
use crate::value::profit::{Earned, Money, Profit};
use crate::value::spend::SpendSummary;
use crate::value::summary::CustomerSummary;

/// Customers with an order, as a view shows them.
pub(super) struct Seen {
    pub(super) customers: Customers,
    pub(super) today: i32,
    pub(super) reference: String,
    /// Days since the first purchase, and since the last.
    pub(super) age: Vec<i32>,
    pub(super) recency: Vec<i32>,
    /// Money of a day with a purchase.
    pub(super) mean: Vec<f64>,
    /// Money, or with a ledger profit, of the last days, as many as the horizon has.
    pub(super) last: Vec<f64>,
    /// With a ledger: money and profit of each.
    pub(super) earned: Option<Vec<Earned>>,
    pub(super) summary: CustomerSummary,
    pub(super) spend: SpendSummary,
    n_nothing: usize,
    history_days: i32,
}

/// How old who came on the last day is.
const YOUNGEST: f64 = 0.5;

impl Seen {
    pub(super) fn of(
        tx: &Transactions,
        profit: Option<&Profit>,
        params: &ValueParams,
        ctx: &Context,
    ) -> Result<Self> {
        tx.one_currency(ctx)?;
        let customers = tx.by_day(ctx)?.customers(ctx)?;
        if customers.len() == 0 {
            return Err(customers.counts().no_customers("value"));
        }
        let calendar = tx.zone().calendar();
        let latest = customers.latest.unwrap_or(0);
        let today = calendar.day(tx.clock().unwrap_or(latest));
        let reference = Moment::Day(today).to_text(tx.zone());
        let since = |times: &[i64]| -> Vec<i32> {
            times.iter().map(|&t| today - calendar.day(t)).collect()
        };
        let (age, recency) = (since(&customers.first), since(&customers.last));
        let days = customers.orders.iter();
        let mean: Vec<f64> = days
            .zip(&customers.amount)
            .map(|(&n, amount)| amount / f64::from(n))
            .collect();
        let (summary, spend) = summaries(&customers.orders, &age, &recency, &mean, ctx)?;
        let history_days = age.iter().max().copied().unwrap_or_default() + 1;
        let days = history_days.min(i32::try_from(params.horizon_days).unwrap_or(i32::MAX));
        let from = calendar.start_of(today - days + 1);
        let scale = f64::from(params.horizon_days) / f64::from(days);
        let (last, earned) = match profit {
            None => (amounts_since(tx, &customers, from, ctx)?, None),
            Some(profit) => {
                let (last, earned) = by_ledger(profit, &customers, &reference, from)?;
                (last, Some(earned))
            }
        };
        let n_nothing = mean.len() - mean.iter().filter(|&&m| m > 0.0).count();
        Ok(Self {
            customers,
            today,
            reference,
            age,
            recency,
            mean,
            last: last.into_iter().map(|money| money * scale).collect(),
            earned,
            summary,
            spend,
            n_nothing,
            history_days,
        })
    }

    pub(super) fn notices(&self, params: &ValueParams) -> Vec<String> {
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
        if i64::from(self.history_days) < i64::from(params.horizon_days) {
            said.push(format!(
                "`last_value` is of {} days, all there are, carried on to {}",
                self.history_days, params.horizon_days
            ));
        }
        said
    }
}

/// What the laws are fitted on: days with a purchase in `n_days`.
pub(in crate::value) fn summaries(
    n_days: &[u32],
    age: &[i32],
    recency: &[i32],
    mean: &[f64],
    ctx: &Context,
) -> Result<(CustomerSummary, SpendSummary)> {
    let repeats: Vec<f64> = n_days.iter().map(|&n| f64::from(n - 1)).collect();
    let until_last: Vec<f64> = age
        .iter()
        .zip(recency)
        .map(|(a, r)| f64::from(a - r))
        .collect();
    let ages: Vec<f64> = age.iter().map(|&a| f64::from(a).max(YOUNGEST)).collect();
    let summary = CustomerSummary::new(&repeats, &until_last, &ages)?;
    // Who got all money back has shown no value of a purchase.
    let of = |value: &dyn Fn(usize) -> f64| -> Vec<f64> {
        (0..mean.len())
            .map(|i| if mean[i] > 0.0 { value(i) } else { 0.0 })
            .collect()
    };
    let spend =
        SpendSummary::collect(&of(&|i| f64::from(n_days[i])), &of(&|i| mean[i]), None, ctx)?;
    Ok((summary, spend))
}

/// Each customer's money from an instant on.
fn amounts_since(
    tx: &Transactions,
    customers: &Customers,
    from: i64,
    ctx: &Context,
) -> Result<Vec<f64>> {
    let found = tx.since(from).customers(ctx)?;
    let places = union(&customers.ids, &found.ids, "customers")?.places_in_second();
    let amount = |place: Option<u32>| place.map_or(0.0, |p| found.amount[p as usize]);
    Ok(places.into_iter().map(amount).collect())
}

/// Each customer's profit from an instant on, and money and profit of all time.
fn by_ledger(
    profit: &Profit,
    customers: &Customers,
    reference: &str,
    from: i64,
) -> Result<(Vec<f64>, Vec<Earned>)> {
    if profit.reference() != reference {
        return Err(Error::FeatureMismatch {
            what: "the ledger of these transactions".into(),
            why: format!(
                "it reaches to {}, the transactions to {reference}; draw it up of the same view",
                profit.reference()
            ),
        });
    }
    let places = union(&customers.ids, profit.ids(), "customers of the ledger")?;
    let known = profit.of_customers();
    let mut since = vec![0.0; known.len()];
    for order in profit.own_orders().iter().filter(|o| o.time >= from) {
        since[order.customer as usize] += order.sums.profit().map_or(0.0, Money::units);
    }
    let own = places.places_in_second().into_iter().zip(&customers.amount);
    let own = own.map(|(place, &amount)| match place {
        Some(p) => (since[p as usize], (amount, known[p as usize])),
        None => (0.0, (amount, None)),
    });
    Ok(own.unzip())
}

/// The number of customers, for messages.
impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} customers", self.customers.ids.len())
    }
}
