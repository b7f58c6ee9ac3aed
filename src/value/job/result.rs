//! Valued customers, one a row.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int32Array, RecordBatch, UInt8Array, UInt32Array};
use arrow_schema::{Field, Schema};

use super::fit::{Seen, ValueModel};
use crate::error::{Error, Result};
use crate::transactions::RowCounts;

/// What was computed of each customer.
pub(super) struct Valued {
    pub(super) p_alive: Vec<f64>,
    pub(super) transactions: Vec<f64>,
    pub(super) spend: Vec<f64>,
    pub(super) value: Vec<f64>,
    pub(super) interval: Option<(Vec<f64>, Vec<f64>)>,
}

/// Customers with their values, sorted by customer, with the model that valued them.
///
/// Columns of [`batch`](Self::batch): `customer`; `frequency`, days with a purchase after the first; `recency_days` and `age_days`, since the last and the first;
/// `mean_value`, money of a day with a purchase; `p_alive`; `expected_transactions` within the horizon; `expected_spend`, money of each; `value`, their product;
/// `value_low` and `value_high`, between which the mean of customers who did the same lies, as far as the uncertain parameters of the lifetime law go (null where there is no interval);
/// `tier`, 1 for the most valuable.
#[derive(Debug, Clone)]
pub struct CustomerValue {
    model: Arc<ValueModel>,
    batch: RecordBatch,
}

impl CustomerValue {
    pub(super) fn new(model: ValueModel, seen: Seen, valued: Valued) -> Result<Self> {
        let n = seen.age.len();
        let tiers = valued.value.iter().map(|v| tier(&model.cuts, *v));
        let tiers: UInt8Array = tiers.collect();
        let numbers = |x: Vec<f64>| -> ArrayRef { Arc::new(Float64Array::from(x)) };
        let none = || -> ArrayRef { Arc::new(Float64Array::new_null(n)) };
        let (low, high) = match valued.interval {
            Some((low, high)) => (numbers(low), numbers(high)),
            None => (none(), none()),
        };
        let repeats: UInt32Array = seen.customers.orders.iter().map(|n| n - 1).collect();
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("customer", seen.customers.ids),
            ("frequency", Arc::new(repeats)),
            ("recency_days", Arc::new(Int32Array::from(seen.recency))),
            ("age_days", Arc::new(Int32Array::from(seen.age))),
            ("mean_value", numbers(seen.mean)),
            ("p_alive", numbers(valued.p_alive)),
            ("expected_transactions", numbers(valued.transactions)),
            ("expected_spend", numbers(valued.spend)),
            ("value", numbers(valued.value)),
            ("value_low", low),
            ("value_high", high),
            ("tier", Arc::new(tiers)),
        ];
        let fields = columns.iter().map(|(name, column)| {
            let is_interval = name.starts_with("value_");
            Field::new(*name, column.data_type().clone(), is_interval)
        });
        let schema = Schema::new(fields.collect::<Vec<_>>());
        let columns = columns.into_iter().map(|(_, c)| c).collect();
        let batch = RecordBatch::try_new(Arc::new(schema), columns);
        Ok(Self {
            model: Arc::new(model),
            batch: batch.map_err(|e| Error::FeatureMismatch {
                what: "columns of valued customers".into(),
                why: e.to_string(),
            })?,
        })
    }

    /// The laws, the cut points, the parameters.
    #[must_use]
    pub fn model(&self) -> &ValueModel {
        &self.model
    }

    /// One row per customer.
    #[must_use]
    pub const fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// Where the rows went.
    #[must_use]
    pub fn counts(&self) -> &RowCounts {
        &self.model.counts
    }
}

/// 1 for the most valuable.
fn tier(cuts: &[f64], value: f64) -> u8 {
    let above = cuts.partition_point(|&cut| cut <= value);
    (cuts.len() - above) as u8 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_valuable_are_the_first_tier() {
        let cuts = [2.0, 4.0, 6.0];
        let tiers = [7.0, 6.0, 5.9, 2.0, 0.0].map(|v| tier(&cuts, v));
        assert_eq!(tiers, [1, 1, 2, 3, 4]);
        assert_eq!(tier(&[], 1.0), 1);
    }
}
