//! What rules recommend, as columns.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, UInt32Array};
use arrow_select::take::take;

use super::Recommendation;
use crate::baskets::Baskets;
use crate::error::{Error, Result};
use crate::itemsets::columns::{batch_of, labelled, named};
use crate::rules::Rules;

/// What rules recommend for many baskets.
#[derive(Debug, Clone)]
pub struct Recommendations {
    pub(super) rules: Rules,
    pub(super) baskets: Baskets,
    pub(super) n_baskets: usize,
    /// Of each row the basket, the rank from 1, and what is recommended.
    pub(super) rows: Vec<(u32, u32, Recommendation)>,
}

impl Recommendations {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The baskets looked at.
    #[must_use]
    pub fn n_baskets(&self) -> usize {
        self.n_baskets
    }

    /// Each recommendation: the basket, its rank from 1, item, score and rule.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32, Recommendation)> {
        self.rows.iter().copied()
    }

    /// The same, the highest score of all first; of equal ones in the order of the baskets.
    #[must_use]
    pub fn strongest_first(mut self) -> Self {
        self.rows.sort_by(|a, b| b.2.score.total_cmp(&a.2.score));
        self
    }

    /// One row each: `name` of the column of baskets (their ids, else their places), `rank`, `item`, `item_name` where items have names, `score`, and the
    /// reason: `rule` (its place), `antecedent`, `support_count` (baskets with both sides), `antecedent_count`, `confidence`, `lift`.
    ///
    /// # Errors
    /// Never, but for labels that Arrow cannot take.
    pub fn batch(&self, name: &str) -> Result<RecordBatch> {
        let baskets = UInt32Array::from_iter_values(self.rows.iter().map(|r| r.0));
        let ids: ArrayRef = match self.baskets.ids() {
            Some(ids) => take(ids, &baskets, None)
                .map_err(|e| Error::parameter("Recommendations", "ids", "cannot be taken", e))?,
            None => Arc::new(baskets),
        };
        let places: Vec<usize> = self.rows.iter().map(|r| r.2.rule as usize).collect();
        let reasons = self.rules.take(&places)?.with_measures(&[]).untested();
        let reasons = reasons.batch(0..places.len(), false)?;
        let items = UInt32Array::from_iter_values(self.rows.iter().map(|r| r.2.item));
        let rules = UInt32Array::from_iter_values(self.rows.iter().map(|r| r.2.rule));
        let ranks = UInt32Array::from_iter_values(self.rows.iter().map(|r| r.1));
        let scores = Float64Array::from_iter_values(self.rows.iter().map(|r| r.2.score));
        let names = self
            .rules
            .names()
            .map(|names| named(names, &items))
            .transpose()?;
        let item = labelled(self.rules.labels(), items)?;
        let mut columns: Vec<(&str, ArrayRef)> =
            vec![(name, ids), ("rank", Arc::new(ranks)), ("item", item)];
        columns.extend(names.map(|names| ("item_name", names)));
        columns.push(("score", Arc::new(scores)));
        columns.push(("rule", Arc::new(rules)));
        for reason in [
            "antecedent",
            "support_count",
            "antecedent_count",
            "confidence",
            "lift",
        ] {
            if let Some(column) = reasons.column_by_name(reason) {
                columns.push((reason, column.clone()));
            }
        }
        batch_of(columns)
    }
}
