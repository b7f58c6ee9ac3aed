//! What a later period says of a valuation.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt8Type;
use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch, UInt8Array, UInt64Array};
use serde::{Deserialize, Serialize};

use super::result::CustomerValue;
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::stats::ranks::spearman;
use crate::stats::sum::Sum;
use crate::table::time::Moment;
use crate::table::union::union;
use crate::transactions::Transactions;
use crate::value::columns::to_batch;

/// How far a forecast was from what came.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ValueErrors {
    /// What it said of all customers together.
    pub total: f64,
    /// Mean absolute error of a customer.
    pub mean_absolute: f64,
    /// Root of the mean squared error of a customer.
    pub root_mean_square: f64,
    /// Spearman's correlation of forecast and money that came, -1 to 1; none where one of them does not vary.
    pub rank_correlation: Option<f64>,
    /// The share of all money that came from the tenth of customers it puts first; none where nothing came.
    pub top_tenth: Option<f64>,
}

/// A valuation held to the money, or profit, that then came from the same customers, beside the forecast that the last period repeats.
///
/// Columns of [`batch`](Self::batch), one row for each tier: `tier`; `n_customers`; `expected`; `low` and `high`, the sums of the limits (null where there are none); `actual`, what came, and `actual_error`, its standard error over customers;
/// `repeated`, what came in the period before, as long as the horizon.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ValueEvaluation {
    /// The first day that counts, and the last, as ISO text.
    pub period: [String; 2],
    /// Customers that were valued, and of whom it is known what came.
    pub n_customers: u64,
    /// Customers whose profit of the period is not known: they are left out.
    pub n_unknown: u64,
    /// Customers of the period who had not been valued: new ones.
    pub n_new: u64,
    /// What came from the customers that were valued.
    pub actual: f64,
    /// The valuation.
    pub expected: ValueErrors,
    /// "The last period repeats."
    pub repeated: ValueErrors,
    /// By how much the absolute error of a customer is smaller on average than if the last period is repeated, with 95 % limits (normal, over customers).
    pub gain: [f64; 3],
    batch: RecordBatch,
}

impl ValueEvaluation {
    /// One row for each tier.
    #[must_use]
    pub const fn batch(&self) -> &RecordBatch {
        &self.batch
    }
}

impl CustomerValue {
    /// Holds the values to the money that came within the horizon, or to the profit where value is profit (then by the same costs; `contacts` as there).
    ///
    /// `later` are the transactions, of which the days after the valuation count, as many as the horizon has; they must have been observed: lines, or a clock, reach to the last of them. Customers who did not come brought nothing. Values are not compared where
    /// money to come is discounted: what came is not.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a horizon that has not been observed whole, and for discounted values; as [`ValueParams::fit`](super::ValueParams::fit) and [`ProfitParams::fit`](crate::value::ProfitParams::fit).
    pub fn evaluate(
        &self,
        later: &Transactions,
        contacts: Option<&Transactions>,
        ctx: &Context,
    ) -> Result<ValueEvaluation> {
        let model = self.model();
        if model.params.discount_rate > 0.0 {
            let rule = "must be 0 for values that are held to money that came";
            let rate = model.params.discount_rate;
            return Err(Error::parameter("ValueParams", "discount_rate", rule, rate));
        }
        let horizon = i32::try_from(model.params.horizon_days).unwrap_or(i32::MAX / 2);
        let (first, last) = (self.today() + 1, self.today().saturating_add(horizon));
        let after = later.split(Moment::Day(first))?.1;
        check_observed(&after, first, last, ctx)?;
        let period = after.as_of(Moment::Day(last))?;
        let (ids, came) = self.came(&period, contacts, ctx)?;
        let places = union(self.ids(), &ids, "customers of the later transactions")?;
        let n_new = places.values.len() - self.ids().len();
        let actual: Vec<f64> = places
            .places_in_second()
            .into_iter()
            .map(|p| p.map_or(Some(0.0), |p| came[p as usize]))
            .map(|money| money.unwrap_or(f64::NAN))
            .collect();
        let known: Vec<usize> = (0..actual.len()).filter(|&i| !actual[i].is_nan()).collect();
        let of = |values: &[f64]| -> Vec<f64> { known.iter().map(|&i| values[i]).collect() };
        let told = Told {
            actual: of(&actual),
            expected: of(self.numbers("value")),
            repeated: of(self.numbers("last_value")),
        };
        let zone = later.zone();
        ctx.progress.finish();
        Ok(ValueEvaluation {
            period: [first, last].map(|day| Moment::Day(day).to_text(zone)),
            n_customers: known.len() as u64,
            n_unknown: (actual.len() - known.len()) as u64,
            n_new: n_new as u64,
            actual: total(&told.actual),
            expected: told.errors(&told.expected),
            repeated: told.errors(&told.repeated),
            gain: told.gain(),
            batch: self.by_tier(&known, &told)?,
        })
    }

    /// The customers of a period, and what came from each.
    fn came(
        &self,
        period: &Transactions,
        contacts: Option<&Transactions>,
        ctx: &Context,
    ) -> Result<(ArrayRef, Vec<Option<f64>>)> {
        let Some(margin) = &self.model().margin else {
            let found = period.customers(ctx)?;
            return Ok((found.ids, found.amount.into_iter().map(Some).collect()));
        };
        let contacts = contacts.map(|c| c.since_of(period));
        let profit = margin.ledger.fit(period, contacts.as_ref(), ctx)?;
        Ok((profit.ids().clone(), profit.of_customers()))
    }

    fn by_tier(&self, known: &[usize], told: &Told) -> Result<RecordBatch> {
        let tiers = self.batch().column_by_name("tier");
        let tiers = tiers.and_then(|t| t.as_primitive_opt::<UInt8Type>());
        let limits = ["value_low", "value_high"].map(|name| {
            let column = self.batch().column_by_name(name)?;
            let column = column.as_primitive_opt::<arrow_array::types::Float64Type>()?;
            (column.null_count() == 0).then(|| column.values().clone())
        });
        let n_tiers = self.model().params.n_tiers;
        let mut own: Vec<Vec<usize>> = vec![Vec::new(); usize::from(n_tiers)];
        for (place, &row) in known.iter().enumerate() {
            let tier = tiers.map_or(1, |t| t.value(row));
            own[usize::from(tier) - 1].push(place);
        }
        let sums = |of: &dyn Fn(usize) -> f64| -> ArrayRef {
            let of_tier = |own: &Vec<usize>| total(&own.iter().map(|&i| of(i)).collect::<Vec<_>>());
            Arc::new(
                own.iter()
                    .map(|o| Some(of_tier(o)))
                    .collect::<Float64Array>(),
            )
        };
        let limit = |values: &Option<_>| -> ArrayRef {
            let Some(values): &Option<arrow_buffer::ScalarBuffer<f64>> = values else {
                return Arc::new(Float64Array::new_null(own.len()));
            };
            sums(&|i| values[known[i]])
        };
        let errors: Float64Array = own
            .iter()
            .map(|o| Some(error_of_sum(o.iter().map(|&i| told.actual[i]))))
            .collect();
        let numbers: UInt8Array = (1..=n_tiers).map(Some).collect();
        let counts: UInt64Array = own.iter().map(|o| Some(o.len() as u64)).collect();
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("tier", Arc::new(numbers)),
            ("n_customers", Arc::new(counts)),
            ("expected", sums(&|i| told.expected[i])),
            ("low", limit(&limits[0])),
            ("high", limit(&limits[1])),
            ("actual", sums(&|i| told.actual[i])),
            ("actual_error", Arc::new(errors)),
            ("repeated", sums(&|i| told.repeated[i])),
        ];
        to_batch(columns, &["low", "high"], "tiers of a valuation")
    }
}

/// Whether lines or a clock reach to the last day.
fn check_observed(after: &Transactions, first: i32, last: i32, ctx: &Context) -> Result<()> {
    let latest = match after.clock() {
        Some(clock) => Some(clock),
        None => after.customers(ctx)?.latest,
    };
    let calendar = after.zone().calendar();
    let reached = latest.map_or(first - 1, |at| calendar.day(at));
    if reached >= last {
        return Ok(());
    }
    let text = |day: i32| Moment::Day(day).to_text(after.zone());
    let rule = format!(
        "must have been observed whole, to {}: the later transactions reach to {}; value for a shorter horizon, or set their clock with `as_of` if there were none after",
        text(last),
        text(reached)
    );
    Err(Error::parameter(
        "evaluate",
        "horizon_days",
        rule,
        last - first + 1,
    ))
}

/// Forecasts and what came, customer by customer.
struct Told {
    actual: Vec<f64>,
    expected: Vec<f64>,
    repeated: Vec<f64>,
}

impl Told {
    fn errors(&self, forecast: &[f64]) -> ValueErrors {
        let n = self.actual.len() as f64;
        let off: Vec<f64> = forecast
            .iter()
            .zip(&self.actual)
            .map(|(f, a)| f - a)
            .collect();
        let squares: Vec<f64> = off.iter().map(|o| o * o).collect();
        let sizes: Vec<f64> = off.iter().map(|o| o.abs()).collect();
        ValueErrors {
            total: total(forecast),
            mean_absolute: total(&sizes) / n,
            root_mean_square: (total(&squares) / n).sqrt(),
            rank_correlation: spearman(forecast, &self.actual),
            top_tenth: self.top_tenth(forecast),
        }
    }

    /// Of equal forecasts the first customers come first.
    fn top_tenth(&self, forecast: &[f64]) -> Option<f64> {
        let mut order: Vec<usize> = (0..forecast.len()).collect();
        order.sort_by(|&a, &b| forecast[b].total_cmp(&forecast[a]));
        order.truncate(forecast.len().div_ceil(10));
        let first: Vec<f64> = order.iter().map(|&i| self.actual[i]).collect();
        let share = total(&first) / total(&self.actual);
        share.is_finite().then_some(share)
    }

    /// By how much absolute errors are smaller than of the last period repeated.
    fn gain(&self) -> [f64; 3] {
        let off = |forecast: &[f64], i: usize| (forecast[i] - self.actual[i]).abs();
        let n = self.actual.len();
        let gains: Vec<f64> = (0..n)
            .map(|i| off(&self.repeated, i) - off(&self.expected, i))
            .collect();
        let mean = total(&gains) / n as f64;
        let reach = 1.959_964 * error_of_sum(gains.iter().copied()) / n as f64;
        [mean, mean - reach, mean + reach]
    }
}

fn total(values: &[f64]) -> f64 {
    let mut sum = Sum::default();
    values.iter().for_each(|&v| sum.add(v));
    sum.total()
}

/// The standard error of a sum of independent values: the root of n times their variance.
fn error_of_sum(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    let n = values.len() as f64;
    if n < 2.0 {
        return 0.0;
    }
    let mean = total(&values) / n;
    let squares: Vec<f64> = values.iter().map(|v| (v - mean).powi(2)).collect();
    (total(&squares) / (n - 1.0) * n).sqrt()
}
