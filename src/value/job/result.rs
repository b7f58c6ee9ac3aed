//! Valued customers, one a row.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, UInt32Type};
use arrow_array::{ArrayRef, Float64Array, Int32Array, RecordBatch, UInt8Array, UInt32Array};

use super::fit::ValueModel;
use super::seen::Seen;
use crate::error::Result;
use crate::transactions::RowCounts;
use crate::value::columns::to_batch;

/// Without an interval, or a ledger.
const NULLABLE: [&str; 3] = ["expected_margin", "value_low", "value_high"];

/// What was computed of each customer.
pub(super) struct Valued {
    pub(super) p_alive: Vec<f64>,
    pub(super) p_leave: Vec<f64>,
    pub(super) transactions: Vec<f64>,
    pub(super) spend: Vec<f64>,
    pub(super) margin: Option<Vec<f64>>,
    pub(super) value: Vec<f64>,
    pub(super) interval: Option<(Vec<f64>, Vec<f64>)>,
}

/// Customers with their values, sorted by customer, with the model that valued them.
///
/// Columns of [`batch`](Self::batch): `customer`; `frequency`, days with a purchase after the first; `recency_days` and `age_days`, since the last and the first;
/// `mean_value`, money of a day with a purchase; `last_value`, money (with a ledger: profit) of as many days before as the horizon has; `p_alive`, the chance to be still a customer; `p_leave`, the chance that who is one leaves within
/// the horizon; `expected_transactions` within it; `expected_spend`, money of each; `expected_margin`, the share of it that is profit (null without a ledger); `value`, their product, discounted;
/// `value_low` and `value_high`, between which the mean of customers who did the same lies, as far as the uncertain parameters of both laws go (null where there is no interval);
/// `tier`, 1 for the most valuable.
#[derive(Debug, Clone)]
pub struct CustomerValue {
    model: Arc<ValueModel>,
    batch: RecordBatch,
    today: i32,
}

impl CustomerValue {
    pub(super) fn new(model: ValueModel, seen: Seen, valued: Valued) -> Result<Self> {
        let (n, today) = (seen.age.len(), seen.today);
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
            ("last_value", numbers(seen.last)),
            ("p_alive", numbers(valued.p_alive)),
            ("p_leave", numbers(valued.p_leave)),
            ("expected_transactions", numbers(valued.transactions)),
            ("expected_spend", numbers(valued.spend)),
            ("expected_margin", valued.margin.map_or_else(none, numbers)),
            ("value", numbers(valued.value)),
            ("value_low", low),
            ("value_high", high),
            ("tier", Arc::new(tiers)),
        ];
        Ok(Self {
            model: Arc::new(model),
            batch: to_batch(columns, &NULLABLE, "columns of valued customers")?,
            today,
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

    /// The day up to which customers were observed, from 1970-01-01.
    pub(in crate::value) const fn today(&self) -> i32 {
        self.today
    }

    /// The customers.
    pub(in crate::value) fn ids(&self) -> &ArrayRef {
        self.batch.column(0)
    }

    /// A column of numbers that are never null; nothing if there is no such column.
    pub(in crate::value) fn numbers(&self, name: &str) -> &[f64] {
        let column = self.batch.column_by_name(name);
        let column = column.and_then(|c| c.as_primitive_opt::<Float64Type>());
        column.map_or(&[], |c| c.values())
    }

    /// Days with a purchase, days since the first and since the last.
    pub(in crate::value) fn days(&self) -> (Vec<u32>, Vec<i32>, Vec<i32>) {
        let days = |name: &str| -> Vec<i32> {
            let column = self.batch.column_by_name(name);
            let column = column.and_then(|c| c.as_primitive_opt::<Int32Type>());
            column.map_or_else(Vec::new, |c| c.values().to_vec())
        };
        let repeats = self.batch.column_by_name("frequency");
        let repeats = repeats.and_then(|c| c.as_primitive_opt::<UInt32Type>());
        let counts = repeats.map_or_else(Vec::new, |c| c.values().iter().map(|n| n + 1).collect());
        (counts, days("age_days"), days("recency_days"))
    }

    /// The share of money that is value.
    pub(in crate::value) fn margins(&self) -> Vec<f64> {
        let known = self.model.margin.is_some();
        if known {
            self.numbers("expected_margin").to_vec()
        } else {
            vec![1.0; self.batch.num_rows()]
        }
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
