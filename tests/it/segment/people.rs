//! Customers drawn around known centres.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use patronomy::features::Features;
use patronomy::segment::job::{Judgement, SegmentParams, Segments};
use patronomy::{Context, Table};

/// Numbers that look drawn and are the same each time: -1 to 1.
pub(crate) fn noise(i: usize, j: usize) -> f64 {
    let mut x = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ (j as u64 + 7).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^= x >> 32;
    (x >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

/// `n` customers, each with numbers.
pub(crate) fn table(n: usize, names: &[&str], number: impl Fn(usize, usize) -> f64) -> Features {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..n as i64));
    let mut columns = vec![("id", ids)];
    for (j, name) in names.iter().enumerate() {
        let column: Float64Array = (0..n).map(|i| Some(number(i, j))).collect();
        columns.push((name, Arc::new(column)));
    }
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    Features::from_table(&Table::from_batch(batch), "id", &ctx()).unwrap()
}

/// Three groups, of shares 1/2, 1/3 and 1/6, far from each other in money and visits.
pub(crate) fn three(n: usize) -> (Features, Vec<i32>) {
    let group = |i: usize| match i % 6 {
        0..3 => 0,
        3..5 => 1,
        _ => 2,
    };
    let centre = [[20.0, 2.0], [400.0, 3.0], [90.0, 40.0]];
    let features = table(n, &["money", "visits"], |i, j| {
        centre[group(i)][j] * (1.0 + 0.2 * noise(i, j))
    });
    (features, (0..n).map(|i| group(i) as i32).collect())
}

pub(crate) fn ctx() -> Context {
    Context::new()
}

pub(crate) fn said() -> Judgement {
    Judgement::new("Ann", "seen in the shop", "2026-01-05T10:00:00+00:00")
}

/// The three groups in three segments, and which is which.
pub(crate) fn of_three(n: usize) -> (Segments, Vec<i32>) {
    let (features, truth) = three(n);
    let params = SegmentParams::new().n_segments(3);
    (params.fit(&features, &ctx()).unwrap(), truth)
}
