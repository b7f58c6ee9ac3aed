//! All transactions up to each time, and those expected.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::parallel::{Context, map_ordered};
use crate::stats::sum::Sum;
use crate::value::laws::Law;
use crate::value::lifetime::LifetimeModel;
use crate::value::summary::CustomerSummary;

/// Repeat transactions of all customers up to each time, as expected and as they were.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TrackingCurve {
    /// Times on one clock, which begins when the first customer came.
    pub ends: Vec<f64>,
    /// Transactions expected up to each.
    pub expected: Vec<f64>,
    /// Transactions expected since the end before.
    pub expected_increments: Vec<f64>,
    /// Transactions up to each; empty where they were not given.
    pub actual: Vec<f64>,
}

impl TrackingCurve {
    /// By how much the expected total is off at the last end, as a fraction of the actual one; none without one.
    #[must_use]
    pub fn total_error(&self) -> Option<f64> {
        let (expected, actual) = (self.expected.last()?, self.actual.last()?);
        (*actual > 0.0).then(|| expected / actual - 1.0)
    }
}

impl LifetimeModel {
    /// Repeat transactions expected of all customers up to each of `ends`, on a clock that begins when the first of them came (the one of the greatest age, at whose end observation ends);
    /// beside them `actual_increments`, counts between one end and the next, where there are any.
    ///
    /// Each customer counts from its own first transaction, as one who is new then: nothing that it did later is known to the curve. Cost: an expectation for each end and each different
    /// age. Source: Fader, Hardie and Lee (2005), figures 3 and 4.
    ///
    /// # Errors
    /// [`Error::Parameter`] for ends that do not rise from above 0 (in whole numbers where the law is BG/BB), and for another number of increments; [`Error::ColumnNotFound`] for a covariate
    /// that the summary lacks; [`Error::Cancelled`].
    pub fn tracking(
        &self,
        summary: &CustomerSummary,
        ends: &[f64],
        actual_increments: Option<&[f64]>,
        ctx: &Context,
    ) -> Result<TrackingCurve> {
        let mut before = 0.0;
        for &end in ends {
            self.check_time(end)?;
            if end <= before {
                let rule = "must rise from above 0";
                return Err(Error::parameter("LifetimeModel", "ends", rule, end));
            }
            before = end;
        }
        if let Some(actual) = actual_increments
            && actual.len() != ends.len()
        {
            let rule = format!("must have one count for each of {} ends", ends.len());
            return Err(Error::parameter(
                "LifetimeModel",
                "actual_increments",
                rule,
                actual.len(),
            ));
        }
        let cohorts = self.cohorts(summary)?;
        let first = summary.groups.age.iter().fold(0.0, |m: f64, &t| m.max(t));
        let expected = map_ordered(ctx, "tracking", ends.to_vec(), |end| {
            let mut total = Sum::default();
            for cohort in &cohorts {
                let since = end - (first - cohort.age);
                // Of the BG/BB law ages count opportunities, so these are whole numbers.
                let is_there = since > 0.0 && (self.law != Law::BgBb || since >= 1.0);
                if is_there {
                    total.add(cohort.weight * self.expected_new(since, &cohort.covariates)?);
                }
            }
            Ok(total.total())
        })?;
        ctx.progress.finish();
        let mut sum = 0.0;
        let actual = actual_increments.unwrap_or_default().iter().map(|n| {
            sum += n;
            sum
        });
        let actual = actual.collect();
        let mut last = 0.0;
        let increments = expected
            .iter()
            .map(|&e| e - std::mem::replace(&mut last, e));
        Ok(TrackingCurve {
            ends: ends.to_vec(),
            expected_increments: increments.collect(),
            expected,
            actual,
        })
    }

    /// Customers of one age and one row of covariates, ascending.
    fn cohorts(&self, summary: &CustomerSummary) -> Result<Vec<Cohort>> {
        let patterns = self.patterns(summary)?;
        let groups = &summary.groups;
        let n = self.covariates.len();
        let mut order: Vec<usize> = (0..groups.weight.len()).collect();
        let key = |g: &usize| (groups.pattern[*g], groups.age[*g].to_bits());
        order.sort_by_key(key);
        let mut cohorts = Vec::new();
        for members in order.chunk_by(|a, b| key(a) == key(b)) {
            let mut weight = Sum::default();
            members.iter().for_each(|&g| weight.add(groups.weight[g]));
            let pattern = groups.pattern[members[0]] as usize;
            cohorts.push(Cohort {
                age: groups.age[members[0]],
                weight: weight.total(),
                covariates: patterns[pattern * n..][..n].to_vec(),
            });
        }
        Ok(cohorts)
    }
}

struct Cohort {
    age: f64,
    weight: f64,
    covariates: Vec<f64>,
}
