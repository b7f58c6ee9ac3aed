//! A rule's trend: how it holds period after period.

use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, UInt32Array};

use crate::baskets::Baskets;
use crate::error::{Error, Result};
use crate::itemsets::columns::batch_of;
use crate::parallel::Context;
use crate::rules::result::Rules;
use crate::rules::sets::counting::ClassCounts;
use crate::stats::tails::normal_two_sided;
use crate::table::time::Every;
use crate::transactions::Transactions;

impl Rules {
    /// How the rules hold in each period of some transactions: one row for each rule and period with a basket, `rule` (its place), `period` (its first
    /// day), `n_baskets`, `antecedent_count`, `consequent_count`, `support_count`, `confidence`, `lift`, and for the rule over all periods `trend`, the
    /// change of its confidence a year as a line fits it, weighted by the baskets with the antecedent, and `trend_p_value`: how likely no change at all
    /// looks as much like one (Cochran 1954, Armitage 1955; two-sided). No adjustment for the number of rules is made.
    ///
    /// The first and the last period may be cut short by the data. Cost: a walk of each basket through the sets of the rules.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there are more than 1,000 periods, or labels are of another type; [`Error::ColumnNotFound`] as baskets; [`Error::Cancelled`].
    pub fn trend(&self, tx: &Transactions, every: Every, ctx: &Context) -> Result<RecordBatch> {
        const MOST: usize = 1_000;
        let (baskets, times) = Baskets::with_times(tx, ctx)?;
        let calendar = tx.zone().calendar();
        let firsts: Vec<i32> = times
            .iter()
            .map(|&t| every.first_day(calendar.day(t)))
            .collect();
        let mut periods = firsts.clone();
        periods.sort_unstable();
        periods.dedup();
        if periods.len() > MOST {
            let rule = format!("must make at most {MOST} periods; take longer ones");
            return Err(Error::parameter(
                "Rules.trend",
                "every",
                rule,
                periods.len(),
            ));
        }
        let class = |first: &i32| periods.partition_point(|p| p < first) as u16;
        let class_of: Vec<u16> = firsts.iter().map(class).collect();
        let mut totals = vec![0_i64; periods.len()];
        class_of.iter().for_each(|&c| totals[usize::from(c)] += 1);
        let (coded, _) = self.coded(&baskets)?;
        let mut is_wanted = vec![false; self.shared.tree.len()];
        for rule in &*self.list {
            for set in [rule.x, rule.y, rule.xy] {
                is_wanted[set as usize] = true;
            }
        }
        let tree = &self.shared.tree;
        let counts = ClassCounts::new(tree, &is_wanted, &coded, &class_of, periods.len(), ctx)?;
        let mut table = Table::default();
        for (place, rule) in self.list.iter().enumerate() {
            let [x, y, xy] = [rule.x, rule.y, rule.xy].map(|set| counts.of(set));
            table.push(place as u32, &periods, &totals, [x, y, xy]);
        }
        ctx.progress.finish();
        table.batch()
    }
}

#[derive(Default)]
struct Table {
    rules: Vec<u32>,
    periods: Vec<i32>,
    /// Baskets, and those with the antecedent, the consequent, and both.
    counts: [Vec<i64>; 4],
    trends: Vec<f64>,
    p_values: Vec<f64>,
}

impl Table {
    fn push(&mut self, rule: u32, periods: &[i32], totals: &[i64], [x, y, xy]: [&[u32]; 3]) {
        let (trend, p_value) = trend(periods, x, xy);
        for (i, &period) in periods.iter().enumerate() {
            self.rules.push(rule);
            self.periods.push(period);
            let row = [totals[i], x[i].into(), y[i].into(), xy[i].into()];
            self.counts
                .iter_mut()
                .zip(row)
                .for_each(|(column, n)| column.push(n));
            self.trends.push(trend);
            self.p_values.push(p_value);
        }
    }

    fn batch(self) -> Result<RecordBatch> {
        let [n, x, y, xy] = &self.counts;
        let confidence = xy.iter().zip(x).map(|(&xy, &x)| xy as f64 / x as f64);
        let lift = (0..n.len()).map(|i| n[i] as f64 * xy[i] as f64 / (x[i] as f64 * y[i] as f64));
        let floats = |values: Vec<f64>| -> ArrayRef { Arc::new(Float64Array::from(values)) };
        let (confidence, lift) = (floats(confidence.collect()), floats(lift.collect()));
        let [n, x, y, xy] = self
            .counts
            .map(|column| -> ArrayRef { Arc::new(Int64Array::from(column)) });
        batch_of(vec![
            ("rule", Arc::new(UInt32Array::from(self.rules))),
            ("period", Arc::new(Date32Array::from(self.periods))),
            ("n_baskets", n),
            ("antecedent_count", x),
            ("consequent_count", y),
            ("support_count", xy),
            ("confidence", confidence),
            ("lift", lift),
            ("trend", floats(self.trends)),
            ("trend_p_value", floats(self.p_values)),
        ])
    }
}

/// The slope of a share over the days, a year, and its p-value; NaN and 1 where nothing can change.
fn trend(days: &[i32], trials: &[u32], hits: &[u32]) -> (f64, f64) {
    let sum = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>();
    let n = sum(&mut trials.iter().map(|&t| f64::from(t)));
    let k = sum(&mut hits.iter().map(|&h| f64::from(h)));
    let weighted = days
        .iter()
        .zip(trials)
        .map(|(&d, &t)| f64::from(d) * f64::from(t));
    let mean = sum(&mut weighted.into_iter()) / n;
    let (mut across, mut spread) = (0.0, 0.0);
    for ((&day, &trial), &hit) in days.iter().zip(trials).zip(hits) {
        let d = f64::from(day) - mean;
        across += d * f64::from(hit);
        spread += d * d * f64::from(trial);
    }
    let share = k / n;
    let variance = share * (1.0 - share) * spread;
    if !(spread > 0.0 && variance > 0.0) {
        return (if spread > 0.0 { 0.0 } else { f64::NAN }, 1.0);
    }
    (
        365.25 * across / spread,
        normal_two_sided(across / variance.sqrt()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: shares 1/4, 2/4, 3/4 a year apart; slope 1/4 a year; z = 2 / sqrt(.5 * .5 * 8) = sqrt(2).
    #[test]
    fn a_share_that_grows_has_a_trend() {
        let days = [0, 1461, 2922].map(|d| d / 4);
        let (slope, p) = trend(&days, &[4, 4, 4], &[1, 2, 3]);
        assert!((slope - 0.25).abs() < 1e-3, "{slope}");
        assert!((p - 0.157_299).abs() < 1e-4, "{p}");
        assert_eq!(trend(&days, &[4, 4, 4], &[4, 4, 4]), (0.0, 1.0));
        assert!(trend(&days, &[4, 0, 0], &[1, 0, 0]).0.is_nan());
        assert!(trend(&[], &[], &[]).0.is_nan());
    }
}
