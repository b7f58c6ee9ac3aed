//! Curves in files and in tables.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch};
use arrow_schema::{Field, Schema};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::curve::{Steps, SurvivalCurve, SurvivalParams};
use crate::error::{Error, Result};
use crate::saved::Saved;

const OWNER: &str = "SurvivalCurve";
/// A file of more times would be too large to be read again.
const MOST_TIMES: usize = 400_000;

/// What is kept of a curve: all else is computed from it, so nothing can disagree.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    params: SurvivalParams,
    n_rows: u64,
    steps: Steps,
}

impl Serialize for SurvivalCurve {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.times.len() > MOST_TIMES {
            return Err(S::Error::custom(format!(
                "it has {} different times, and {MOST_TIMES} can be saved; round the durations, to days say",
                self.times.len()
            )));
        }
        let kept = Kept {
            params: self.params,
            n_rows: self.n_rows,
            steps: self.steps(),
        };
        kept.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SurvivalCurve {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let kept = Kept::deserialize(deserializer)?;
        kept.curve().map_err(serde::de::Error::custom)
    }
}

impl Kept {
    fn curve(self) -> Result<SurvivalCurve> {
        self.params.validate()?;
        self.steps.check()?;
        if self.n_rows < self.steps.times.len() as u64 {
            let rule = "must be at least one for each time";
            return Err(Error::parameter(OWNER, "n_rows", rule, self.n_rows));
        }
        Ok(SurvivalCurve::of(self.params, self.n_rows, self.steps))
    }
}

impl Steps {
    /// Whether contracts could have done this.
    fn check(&self) -> Result<()> {
        let n = self.times.len();
        let lists = [&self.n_at_risk, &self.n_ended, &self.n_censored];
        if n == 0 || lists.iter().any(|list| list.len() != n) {
            let rule = "must be as many as the counts, and some";
            return Err(Error::parameter(OWNER, "times", rule, n));
        }
        let rises = self.times.windows(2).all(|w| w[0] < w[1]);
        let ends = [self.times[0], self.times[n - 1]];
        if !rises || !ends.iter().all(|t| (0.0..=1e100).contains(t)) {
            let rule = "must rise from 0 or more";
            return Err(Error::parameter(OWNER, "times", rule, "others"));
        }
        let is_possible = |i: usize| {
            let (risk, ended, censored) = (self.n_at_risk[i], self.n_ended[i], self.n_censored[i]);
            let leaving = ended + censored;
            // Sums of fractions may differ in their last digits.
            ended >= 0.0
                && censored >= 0.0
                && leaving > 0.0
                && ended <= risk
                && leaving <= risk * (1.0 + 1e-9)
                && risk.is_finite()
        };
        match (0..n).find(|&i| !is_possible(i)) {
            None => Ok(()),
            Some(i) => {
                let rule = "must hold those who ended or were censored at every time";
                Err(Error::parameter(
                    OWNER,
                    "n_at_risk",
                    rule,
                    self.n_at_risk[i],
                ))
            }
        }
    }
}

impl Saved for SurvivalCurve {
    const KIND: &'static str = "survival";

    fn check(&self) -> Result<()> {
        self.params.validate()?;
        self.steps().check()
    }
}

impl SurvivalCurve {
    fn steps(&self) -> Steps {
        Steps {
            times: self.times.clone(),
            n_at_risk: self.n_at_risk.clone(),
            n_ended: self.n_ended.clone(),
            n_censored: self.n_censored.clone(),
        }
    }

    /// Survival as a table: `time`, `n_at_risk`, `n_ended`, `n_censored`, `survival`, `standard_error`, `low`, `high`; one row for each time, nulls where there is none.
    #[must_use]
    pub fn survival_batch(&self) -> RecordBatch {
        let numbers = |x: &[Option<f64>]| Float64Array::from(x.to_vec());
        self.batch([
            ("survival", self.survival.clone().into(), false),
            ("standard_error", numbers(&self.standard_error), true),
            ("low", numbers(&self.low), true),
            ("high", numbers(&self.high), true),
        ])
    }

    /// The cumulative hazard as a table: `time`, `n_at_risk`, `n_ended`, `n_censored`, `cumulative_hazard`, `standard_error`, `low`, `high`; one row for each time.
    #[must_use]
    pub fn hazard_batch(&self) -> RecordBatch {
        let numbers = |x: &[f64]| Float64Array::from(x.to_vec());
        self.batch([
            ("cumulative_hazard", numbers(&self.cumulative_hazard), false),
            (
                "standard_error",
                numbers(&self.hazard_standard_error),
                false,
            ),
            ("low", numbers(&self.hazard_low), false),
            ("high", numbers(&self.hazard_high), false),
        ])
    }

    fn batch(&self, estimate: [(&str, Float64Array, bool); 4]) -> RecordBatch {
        let counts = [
            ("time", &self.times),
            ("n_at_risk", &self.n_at_risk),
            ("n_ended", &self.n_ended),
            ("n_censored", &self.n_censored),
        ];
        let counts = counts.map(|(name, x)| (name, Float64Array::from(x.clone()), false));
        let (fields, columns): (Vec<Field>, Vec<ArrayRef>) = counts
            .into_iter()
            .chain(estimate)
            .map(|(name, column, is_nullable)| {
                let field = Field::new(name, arrow_schema::DataType::Float64, is_nullable);
                (field, Arc::new(column) as ArrayRef)
            })
            .unzip();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
            .unwrap_or_else(|e| unreachable!("the columns have one length: {e}"))
    }
}
