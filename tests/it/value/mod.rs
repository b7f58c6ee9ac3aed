//! Lifetime value, held to published figures, to high-precision arithmetic, and to customers whose truth is known.

mod cohorts;
mod exact;
mod hard;
mod keep;
mod kept;
mod kind;
mod later;
mod money;
mod profit;
mod recover;
mod same;
mod stay;
mod survival;
mod truth;
mod worth;

use std::path::Path;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type};
use patronomy::value::{CustomerSummary, SummaryColumns};
use patronomy::{Context, io};

pub(super) const CDNOW: &str = "clv_rfm/cdnow_summary_39w.parquet";

pub(super) const DONATIONS: &str = "clv_rfm/donations_summary.parquet";

pub(super) fn close(found: f64, expected: f64, tolerance: f64, what: &str) {
    let is_close = (found - expected).abs() <= tolerance;
    assert!(is_close, "{what}: {found} instead of {expected}");
}

/// Columns of a file as floats.
pub(super) fn columns(path: &Path, names: &[&str]) -> Vec<Vec<f64>> {
    let roles: Vec<(&str, &str)> = names.iter().map(|&n| (n, n)).collect();
    let table = io::read_table(path, &roles, &Context::new()).unwrap();
    let read = |name: &&str| {
        let of = |batch: &RecordBatch| -> Vec<f64> {
            let column = batch.column_by_name(name).unwrap();
            match column.as_primitive_opt::<Float64Type>() {
                Some(floats) => floats.values().to_vec(),
                None => column
                    .as_primitive::<Int64Type>()
                    .values()
                    .iter()
                    .map(|&i| i as f64)
                    .collect(),
            }
        };
        table.batches().iter().flat_map(of).collect()
    };
    names.iter().map(read).collect()
}

/// Customers and days of purchases of a file of CDNOW.
pub(super) fn purchase_days(path: &Path) -> Vec<(i64, i32)> {
    let roles = [("sample_id", "sample_id"), ("date", "date")];
    let table = io::read_table(path, &roles, &Context::new()).unwrap();
    let of = |batch: &RecordBatch| -> Vec<(i64, i32)> {
        let ids = batch
            .column_by_name("sample_id")
            .unwrap()
            .as_primitive::<Int64Type>();
        let days = batch
            .column_by_name("date")
            .unwrap()
            .as_primitive::<Date32Type>();
        ids.values()
            .iter()
            .copied()
            .zip(days.values().iter().copied())
            .collect()
    };
    table.batches().iter().flat_map(of).collect()
}

/// The calibration period of CDNOW's sample: 2,357 customers over 39 weeks.
pub(super) fn cdnow() -> Option<CustomerSummary> {
    let path = crate::online_retail::data(CDNOW)?;
    let read = columns(&path, &["frequency", "recency", "T"]);
    Some(CustomerSummary::new(&read[0], &read[1], &read[2]).unwrap())
}

/// 11,104 donors of 1995 over six years, as 22 rows with weights.
pub(super) fn donations() -> Option<CustomerSummary> {
    let path = crate::online_retail::data(DONATIONS)?;
    let read = columns(&path, &["frequency", "recency", "periods", "weights"]);
    let summary = SummaryColumns::new(&read[0], &read[1], &read[2]).weights(&read[3]);
    Some(summary.collect(&Context::new()).unwrap())
}
