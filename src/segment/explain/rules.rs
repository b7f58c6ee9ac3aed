//! The tree as rules.

use std::sync::Arc;

use arrow_array::{Float64Array, Int32Array, RecordBatch, StringArray, UInt64Array};
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::tree::{Data, Tree};
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::random::stream;
use crate::segment::job::{Segments, to_batch};

const OWNER: &str = "ExplainParams";
/// Most rows that a tree is grown on; as many are kept to test it.
const MOST_ROWS: usize = 50_000;

/// Parameters of an explanation; [`fit`](Self::fit) finds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ExplainParams {
    /// Most thresholds one after the other: 1 to 10.
    pub max_depth: usize,
    /// Least share of the customers behind a rule: 0 to below .5.
    pub min_share: f64,
}

impl Default for ExplainParams {
    fn default() -> Self {
        Self {
            max_depth: 4,
            min_share: 0.01,
        }
    }
}

/// A rule, and how it does on customers that it was not made of.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SegmentRule {
    /// The place of the segment.
    pub segment: usize,
    /// Conditions in the features' own units, such as `frequency >= 3.5 and monetary < 120`.
    pub rule: String,
    /// Held-out customers that it covers.
    pub n_covered: u64,
    /// The share of these who are in the segment; none if it covers none.
    pub precision: Option<f64>,
    /// The share of the segment's held-out customers whom it covers; none if there are none.
    pub recall: Option<f64>,
}

/// Rules that stand for the segments.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Explanation {
    /// The rules, segment by segment; each customer is covered by one.
    pub rules: Vec<SegmentRule>,
    /// The share of held-out customers whom the rules put in their segment.
    pub fidelity: f64,
    /// The same of the rule that puts all in the largest segment.
    pub baseline: f64,
    /// Customers the rules were tested on.
    pub n_held_out: u64,
    segments: Segments,
}

impl ExplainParams {
    /// Grows a tree on half of the customers (at most 50,000) and tests it on others (as many). Customers of rejected segments are left out.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a parameter outside its rule; [`Error::TooFewRows`] for fewer than two customers; [`Error::Cancelled`].
    pub fn fit(&self, segments: &Segments, ctx: &Context) -> Result<Explanation> {
        if !(1..=10).contains(&self.max_depth) {
            return Err(Error::parameter(
                OWNER,
                "max_depth",
                "must be from 1 to 10",
                self.max_depth,
            ));
        }
        if !(self.min_share >= 0.0 && self.min_share < 0.5) {
            return Err(Error::parameter(
                OWNER,
                "min_share",
                "must be in [0, 0.5)",
                self.min_share,
            ));
        }
        let labels = segments.labels();
        let mut rows: Vec<usize> = (0..labels.len()).filter(|&i| labels[i] >= 0).collect();
        if rows.len() < 2 {
            return Err(Error::TooFewRows {
                job: "explaining segments".into(),
                what: "customers in segments".into(),
                needed: 2,
                found: rows.len() as u64,
                reason: "half of them test what the others show".into(),
            });
        }
        rows.shuffle(&mut stream(segments.model().params.seed, "explain", 0));
        let half = (rows.len() / 2).min(MOST_ROWS);
        let mut test = rows.split_off(half);
        test.truncate(MOST_ROWS);
        let data = Data {
            columns: segments.features().columns(),
            labels,
            n_classes: segments.model().segments.len(),
        };
        let min_rows = ((half as f64 * self.min_share) as usize).max(1);
        let tree = Tree::grow(&data, rows, self.max_depth, min_rows, ctx)?;
        Ok(tested(&tree, &data, &test, segments))
    }
}

fn tested(tree: &Tree, data: &Data<'_>, test: &[usize], segments: &Segments) -> Explanation {
    let n_leaves = tree.n_leaves();
    let (mut covered, mut right) = (vec![0_u64; n_leaves], vec![0_u64; n_leaves]);
    let mut sizes = vec![0_u64; data.n_classes];
    for &i in test {
        let (leaf, class) = tree.leaf_of(data.columns, i);
        covered[leaf] += 1;
        right[leaf] += u64::from(data.labels[i] as usize == class);
        sizes[data.labels[i] as usize] += 1;
    }
    let names = segments.features().names();
    let mut paths = Vec::new();
    walk(tree, &mut vec![None; names.len()], &mut |bounds, class| {
        paths.push((class, written(bounds, names)));
    });
    let share = |part: u64, all: u64| (all > 0).then(|| part as f64 / all as f64);
    let rules = paths
        .into_iter()
        .enumerate()
        .map(|(leaf, (segment, rule))| SegmentRule {
            segment,
            rule,
            n_covered: covered[leaf],
            precision: share(right[leaf], covered[leaf]),
            recall: share(right[leaf], sizes[segment]),
        });
    let mut rules: Vec<SegmentRule> = rules.collect();
    rules.sort_by(|a, b| {
        a.segment
            .cmp(&b.segment)
            .then(b.n_covered.cmp(&a.n_covered))
    });
    let n = test.len() as f64;
    Explanation {
        rules,
        fidelity: right.iter().sum::<u64>() as f64 / n,
        baseline: sizes.iter().copied().max().unwrap_or(0) as f64 / n,
        n_held_out: test.len() as u64,
        segments: segments.clone(),
    }
}

/// The bounds of a column: at least, and below.
type Bounds = Option<(f64, f64)>;

/// Calls `each` with the bounds and the class of every leaf, from the left.
fn walk(tree: &Tree, bounds: &mut Vec<Bounds>, each: &mut impl FnMut(&[Bounds], usize)) {
    match tree {
        Tree::Leaf(class) => each(bounds, *class),
        Tree::Split {
            column,
            threshold,
            left,
            right,
        } => {
            let before = bounds[*column];
            let (low, high) = before.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
            bounds[*column] = Some((low, high.min(*threshold)));
            walk(left, bounds, each);
            bounds[*column] = Some((low.max(*threshold), high));
            walk(right, bounds, each);
            bounds[*column] = before;
        }
    }
}

fn written(bounds: &[Bounds], names: &[String]) -> String {
    let mut conditions = Vec::new();
    for (name, bounds) in names.iter().zip(bounds) {
        let Some((low, high)) = *bounds else { continue };
        match (low.is_finite(), high.is_finite()) {
            (true, true) => conditions.push(format!("{low} <= {name} < {high}")),
            (true, false) => conditions.push(format!("{name} >= {low}")),
            (false, true) => conditions.push(format!("{name} < {high}")),
            (false, false) => {}
        }
    }
    if conditions.is_empty() {
        return "always".into();
    }
    conditions.join(" and ")
}

impl Explanation {
    /// The rules as a table: `segment`, `segment_name`, `rule`, `n_covered`, `precision`, `recall`.
    ///
    /// # Errors
    /// None that are known.
    pub fn batch(&self) -> Result<RecordBatch> {
        let own = &self.segments.model().segments;
        let rules = || self.rules.iter();
        to_batch(vec![
            (
                "segment",
                Arc::new(Int32Array::from_iter_values(
                    rules().map(|r| own[r.segment].id),
                )),
            ),
            (
                "segment_name",
                Arc::new(StringArray::from_iter_values(
                    rules().map(|r| &own[r.segment].name),
                )),
            ),
            (
                "rule",
                Arc::new(StringArray::from_iter_values(rules().map(|r| &r.rule))),
            ),
            (
                "n_covered",
                Arc::new(UInt64Array::from_iter_values(rules().map(|r| r.n_covered))),
            ),
            (
                "precision",
                Arc::new(rules().map(|r| r.precision).collect::<Float64Array>()),
            ),
            (
                "recall",
                Arc::new(rules().map(|r| r.recall).collect::<Float64Array>()),
            ),
        ])
    }
}
