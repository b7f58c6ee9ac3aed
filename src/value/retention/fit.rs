//! The classes found: how likely each customer is of each.

use rand_distr::{Beta, Distribution, Gamma};

use super::deals::{Deals, Orders};
use super::params::RetentionParams;
use super::result::{Classed, Retention};
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::random::stream;
use crate::table::union::union;
use crate::value::job::{CustomerValue, summaries};
use crate::value::laws::Rates;
use crate::value::profit::Profit;

impl RetentionParams {
    /// Puts each customer into the likeliest of three [classes](super::RetentionClass), and says how likely each is.
    ///
    /// For each customer others are drawn that would have done the same, under the laws of the valuation: whether still there, how fast one of them buys and leaves, what a purchase is worth, and how many orders have a discount. Of little value are those
    /// worth less than [`min_value`](Self::min_value) within the horizon; of the valuable, those shop around whose hazard of leaving is above [`max_p_leave`](Self::max_p_leave), or whose share of discounted orders is above
    /// [`max_deal_share`](Self::max_deal_share). Discounts are known from the `profit` ledger of the same transactions (role `discount`); without it the hazard alone decides, and a notice says so. Shares of discounted
    /// orders are from a beta distribution over customers, fitted on all of them.
    ///
    /// Cost: about a microsecond for each customer and draw.
    ///
    /// ```
    /// use patronomy::value::{RetentionParams, ValueParams};
    /// use patronomy::{Context, simulate::Shop};
    /// let ctx = Context::new();
    /// let tx = Shop::new(300, 365, 1).transactions()?;
    /// let value = ValueParams::new().horizon_days(90).fit(&tx, &ctx)?;
    /// let classes = RetentionParams::new().fit(&value, None, &ctx)?;
    /// assert_eq!(classes.counts().iter().sum::<u64>(), classes.batch().num_rows() as u64);
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] for parameters outside their rules; [`Error::FeatureMismatch`] for a ledger of another day; [`Error::Cancelled`].
    pub fn fit(
        &self,
        value: &CustomerValue,
        profit: Option<&Profit>,
        ctx: &Context,
    ) -> Result<Retention> {
        self.validate()?;
        let mut notices = Vec::new();
        let orders = profit.map(|p| orders_of(value, p)).transpose()?;
        let deals = match &orders {
            Some(orders) => Deals::learn(orders, ctx)?,
            None => None,
        };
        if deals.is_none() {
            let said = "no order is known to have a discount: only the hazard of leaving tells who shops around";
            notices.push(said.to_owned());
        }
        let min_value = self
            .min_value
            .unwrap_or_else(|| least_of_share(value.numbers("value"), self.value_share));
        let job = Job {
            params: self,
            value,
            min_value,
            deals: deals
                .zip(orders.as_ref())
                .map(|(d, o)| o.iter().map(|&orders| d.of(orders)).collect::<Vec<_>>()),
        };
        let shares = job.shares(ctx)?;
        ctx.progress.finish();
        Retention::new(
            self.clone(),
            value,
            Classed {
                shares,
                deals: job.deals.map(|d| d.into_iter().map(Deals::mean).collect()),
                orders,
                min_value,
                notices,
            },
        )
    }
}

/// Orders of each valued customer.
fn orders_of(value: &CustomerValue, profit: &Profit) -> Result<Vec<Orders>> {
    if profit.reference() != value.model().reference {
        return Err(Error::FeatureMismatch {
            what: "the ledger of these customers".into(),
            why: format!(
                "it reaches to {}, the valuation to {}; draw it up of the same view",
                profit.reference(),
                value.model().reference
            ),
        });
    }
    let places = union(value.ids(), profit.ids(), "customers of the ledger")?;
    let (n, with) = (
        profit.counts_of("n_orders"),
        profit.counts_of("n_discounted_orders"),
    );
    let own = |place: Option<u32>| place.map_or((0, 0), |p| (n[p as usize], with[p as usize]));
    Ok(places.places_in_second().into_iter().map(own).collect())
}

/// The least value of the customers who hold a share of all value, the most valuable first.
fn least_of_share(values: &[f64], share: f64) -> f64 {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| *v > 0.0).collect();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let total: f64 = sorted.iter().sum();
    let mut sum = 0.0;
    for &value in &sorted {
        sum += value;
        if sum >= share * total {
            return value;
        }
    }
    sorted.last().copied().unwrap_or(f64::MIN_POSITIVE)
}

struct Job<'a> {
    params: &'a RetentionParams,
    value: &'a CustomerValue,
    min_value: f64,
    /// Of each customer the distribution of the share of discounted orders.
    deals: Option<Vec<Deals>>,
}

impl Job<'_> {
    /// For each customer the shares of draws that are of each class.
    fn shares(&self, ctx: &Context) -> Result<Vec<[f64; 3]>> {
        let model = self.value.model();
        let (counts, age, recency) = self.value.days();
        let mean = self.value.numbers("mean_value");
        let (summary, _) = summaries(&counts, &age, &recency, mean, ctx)?;
        let margins = self.value.margins();
        let horizon = f64::from(model.params.horizon_days);
        let (p, q, v) = model.spend.parameters();
        model
            .lifetime
            .with_drawn(&summary, ctx, &|row, p_alive, rates| {
                let mut rng = stream(self.params.seed, "retention", row as u64);
                let mut found = [0.0; 3];
                let x = if mean[row] > 0.0 {
                    f64::from(counts[row])
                } else {
                    0.0
                };
                // The rate of values, from Gamma(q + p x, v + x z); a purchase is worth p over it on average.
                let worth = Gamma::new(q + p * x, 1.0 / (v + x * mean[row].max(0.0))).ok();
                let deal = self
                    .deals
                    .as_ref()
                    .and_then(|d| Beta::new(d[row].a, d[row].b).ok());
                for _ in 0..self.params.n_draws {
                    let rates = rates(&mut rng);
                    let worth = worth.map_or(mean[row], |w| p / w.sample(&mut rng));
                    let value = rates.expected(horizon) * worth * margins[row];
                    let share = deal.map_or(0.0, |d| d.sample(&mut rng));
                    found[self.class(value, rates, share, horizon)] += 1.0;
                }
                let n = f64::from(self.params.n_draws);
                let mut shares = found.map(|f| f / n * p_alive);
                shares[usize::from(0.0 >= self.min_value)] += 1.0 - p_alive;
                shares
            })
    }

    fn class(&self, value: f64, rates: Rates, deal_share: f64, horizon: f64) -> usize {
        let shops = 1.0 - rates.stays(horizon) > self.params.max_p_leave
            || deal_share > self.params.max_deal_share;
        match (value >= self.min_value, shops) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_valuable_hold_the_share() {
        assert_eq!(least_of_share(&[1.0, 5.0, 0.0, 4.0], 0.5), 5.0);
        assert_eq!(least_of_share(&[1.0, 5.0, -9.0, 4.0], 0.8), 4.0);
        assert_eq!(least_of_share(&[1.0, 5.0, 4.0], 1.0), 1.0);
        assert_eq!(least_of_share(&[0.0], 0.8), f64::MIN_POSITIVE);
    }
}
