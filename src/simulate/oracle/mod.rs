//! The oracle: how well anyone could do who knows the mechanism but sees only the data.

mod baskets;
mod customers;
mod evidence;
mod lifetime;
mod metrics;
mod pairs;
mod trends;

use std::fmt;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use serde::{Deserialize, Serialize};

use super::drawn::Drawn;
use super::truth::{floats, texts};
use super::write::to_batch;
use crate::error::{Error, Result};
use crate::parallel::Context;

/// A question whose answer is planted, with the metric by which answers are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Task {
    /// The segment of each private customer, from all data; adjusted Rand index.
    Segments,
    /// Which customers place no order that stands within the horizon after the cut, from what is before it; area under the ROC curve.
    Churn,
    /// The money of each customer within that horizon; Spearman's correlation.
    Value,
    /// The item hidden from an order after the cut, as its position in the table of items; hit rate of one guess.
    RuleBaskets,
    /// Which pairs of items belong to a rule with one antecedent; average precision.
    RulePairs,
    /// Which private customers with an order since the day of deviations deviate; average precision.
    Deviations,
    /// Whom to send a letter, from what was known on the day; Qini's coefficient on the true uplift.
    Campaign,
    /// Which items rise or fall; average precision.
    Trends,
}

impl Task {
    /// Every task.
    pub const ALL: [Self; 8] = [
        Self::Segments,
        Self::Churn,
        Self::Value,
        Self::RuleBaskets,
        Self::RulePairs,
        Self::Deviations,
        Self::Campaign,
        Self::Trends,
    ];

    /// The name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Segments => "segments",
            Self::Churn => "churn",
            Self::Value => "value",
            Self::RuleBaskets => "rule_baskets",
            Self::RulePairs => "rule_pairs",
            Self::Deviations => "deviations",
            Self::Campaign => "campaign",
            Self::Trends => "trends",
        }
    }

    /// The name of the metric; 1 is perfect in each.
    #[must_use]
    pub const fn metric(self) -> &'static str {
        match self {
            Self::Segments => "adjusted_rand_index",
            Self::Churn => "roc_auc",
            Self::Value => "spearman",
            Self::RuleBaskets => "hit_rate_at_1",
            Self::RulePairs | Self::Deviations | Self::Trends => "average_precision",
            Self::Campaign => "qini",
        }
    }

    /// The task of a name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.name() == name)
    }

    fn measure(self, truth: &[f64], predictions: &[f64]) -> Option<f64> {
        match self {
            Self::Segments => metrics::adjusted_rand(truth, predictions),
            Self::Churn => metrics::roc_auc(truth, predictions),
            Self::Value => metrics::spearman(truth, predictions),
            Self::RuleBaskets => metrics::hit_rate(truth, predictions),
            Self::RulePairs | Self::Deviations | Self::Trends => {
                metrics::average_precision(truth, predictions)
            }
            Self::Campaign => metrics::qini(truth, predictions),
        }
    }

    /// What is scored without any insight: by a constant, at random, or by naming the item that is hidden most often.
    fn chance(self, truth: &[f64]) -> Option<f64> {
        match self {
            Self::Segments | Self::Value | Self::Campaign => Some(0.0),
            Self::Churn => Some(0.5),
            Self::RulePairs | Self::Deviations | Self::Trends => {
                (!truth.is_empty()).then(|| truth.iter().sum::<f64>() / truth.len() as f64)
            }
            Self::RuleBaskets => most_frequent(truth),
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The share of the most frequent value.
fn most_frequent(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let runs = sorted.chunk_by(|a, b| a.total_cmp(b).is_eq());
    let longest = runs.map(<[f64]>::len).max()?;
    Some(longest as f64 / values.len() as f64)
}

/// A task with its answers.
#[derive(Debug)]
struct Solved {
    /// What each row is about.
    keys: Vec<(&'static str, ArrayRef)>,
    truth: Vec<f64>,
    oracle: Vec<f64>,
    /// Answers of one who also knows each customer's hidden traits, where that is another.
    clairvoyant: Option<Vec<f64>>,
}

/// The oracle's score in a task.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct OracleScore {
    /// The task.
    pub task: Task,
    /// Rows it is measured on.
    pub n: usize,
    /// The score without any insight.
    pub chance: Option<f64>,
    /// The oracle's; none where the shop is too small for the question to have an answer.
    pub score: Option<f64>,
    /// That of one who also knows each customer's hidden traits: rate, drop-out rate, segment. No method can be asked for it.
    pub clairvoyant: Option<f64>,
}

/// The oracle's answers to every task about a shop, and the measure of anyone else's.
///
/// The oracle knows the mechanism with all its numbers, but of the customers only what the clean table says: its answers are Bayes' rule.
/// Dirt is not held against it. Cost: about a second for each 200,000 lines.
///
/// ```
/// use patronomy::simulate::{Shop, Task};
/// let oracle = Shop::new(200, 365, 1).oracle()?;
/// let score = oracle.score(Task::Churn);
/// assert!(score.score > score.chance);
/// // Anyone's predictions, one for each row of `predictions`, are measured alike.
/// let n = oracle.predictions(Task::Churn)?.num_rows();
/// assert_eq!(oracle.evaluate(Task::Churn, &vec![0.0; n])?, Some(0.5));
/// # Ok::<(), patronomy::Error>(())
/// ```
#[derive(Debug)]
pub struct Oracle {
    /// In the order of [`Task::ALL`].
    solved: Vec<Solved>,
}

impl Oracle {
    pub(super) fn ask(drawn: &Drawn, ctx: &Context) -> Result<Self> {
        // Five tasks go through all customers.
        ctx.progress
            .plan(5 * drawn.customers().count().div_ceil(customers::PIECE) as u64);
        Ok(Self {
            solved: vec![
                customers::segments(drawn, ctx)?,
                customers::churn(drawn, ctx)?,
                customers::value(drawn, ctx)?,
                baskets::baskets(drawn, ctx)?,
                pairs::pairs(drawn, ctx)?,
                customers::deviations(drawn, ctx)?,
                customers::campaign(drawn, ctx)?,
                trends::trends(drawn),
            ],
        })
    }

    fn solved(&self, task: Task) -> &Solved {
        &self.solved[task as usize]
    }

    /// The oracle's score in a task.
    #[must_use]
    pub fn score(&self, task: Task) -> OracleScore {
        let solved = self.solved(task);
        let measure = |p: &Vec<f64>| task.measure(&solved.truth, p);
        OracleScore {
            task,
            n: solved.truth.len(),
            chance: task.chance(&solved.truth),
            score: measure(&solved.oracle),
            clairvoyant: solved.clairvoyant.as_ref().and_then(measure),
        }
    }

    /// One row per task: `task`, `metric`, `n`, `chance`, `score`, `clairvoyant`; see [`OracleScore`].
    ///
    /// # Errors
    /// None that are known.
    pub fn scores(&self) -> Result<RecordBatch> {
        let all: Vec<OracleScore> = Task::ALL.map(|t| self.score(t)).into();
        let column = |f: fn(&OracleScore) -> Option<f64>| -> ArrayRef {
            Arc::new(all.iter().map(f).collect::<Float64Array>())
        };
        let n = all.iter().map(|s| s.n as i64);
        to_batch(vec![
            ("task", texts(all.iter().map(|s| s.task.name()))),
            ("metric", texts(all.iter().map(|s| s.task.metric()))),
            ("n", Arc::new(Int64Array::from_iter_values(n))),
            ("chance", column(|s| s.chance)),
            ("score", column(|s| s.score)),
            ("clairvoyant", column(|s| s.clairvoyant)),
        ])
    }

    /// The rows a task is measured on: what each is about, its `truth`, and the `oracle`'s prediction.
    ///
    /// # Errors
    /// None that are known.
    pub fn predictions(&self, task: Task) -> Result<RecordBatch> {
        let solved = self.solved(task);
        let mut columns = solved.keys.clone();
        columns.push(("truth", floats(solved.truth.iter().copied())));
        columns.push(("oracle", floats(solved.oracle.iter().copied())));
        to_batch(columns)
    }

    /// The score of anyone's predictions, one for each row of [`predictions`](Self::predictions); none where the shop is too small for
    /// the question to have an answer.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there are more or fewer of them than rows, or one is no number.
    pub fn evaluate(&self, task: Task, predictions: &[f64]) -> Result<Option<f64>> {
        let solved = self.solved(task);
        let n = solved.truth.len();
        let refuse = |rule: String, value: String| {
            Err(Error::parameter(
                "Oracle.evaluate",
                "predictions",
                rule,
                value,
            ))
        };
        if predictions.len() != n {
            let rule = format!("must have one value for each of the {n} rows of `{task}`");
            return refuse(rule, predictions.len().to_string());
        }
        if let Some(at) = predictions.iter().position(|p| p.is_nan()) {
            return refuse("must be numbers".into(), format!("NaN at row {at}"));
        }
        Ok(task.measure(&solved.truth, predictions))
    }
}
