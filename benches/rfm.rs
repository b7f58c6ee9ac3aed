//! The RFM job and its parts at a million rows: `cargo bench --bench rfm`.
//!
//! Under `cargo test` each runs once on a small table. Either way the counts are asserted: a bench whose result is wrong measures nothing.
#![allow(missing_docs, reason = "criterion's macros make public functions")]
#![allow(
    clippy::unwrap_used,
    reason = "a bench that cannot go on has failed; the panic says where"
)]

use std::hint::black_box;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use patronomy::rfm::{Convention, RfmParams, SegmentMap};
use patronomy::{Context, Roles, Table, Transactions};

/// How customers are named and how the rows lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    OrderedIntegers,
    ShuffledIntegers,
    ShuffledText,
    ShuffledLongText,
}

const CASES: [(Case, &str); 4] = [
    (Case::OrderedIntegers, "ordered int64"),
    (Case::ShuffledIntegers, "shuffled int64"),
    (Case::ShuffledText, "shuffled text"),
    (Case::ShuffledLongText, "shuffled long text"),
];

/// A million rows, ten a customer, two an order; in test mode a hundredth of that.
fn n_rows() -> usize {
    if std::env::args().any(|a| a == "--bench") {
        1_000_000
    } else {
        10_000
    }
}

fn mix(i: u64) -> u64 {
    let z = (i ^ (i >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn transactions(case: Case) -> Transactions {
    const DAY: i64 = 86_400_000_000;
    let n = n_rows() as u64;
    let mut lines: Vec<u64> = (0..n).collect();
    if case != Case::OrderedIntegers {
        lines.sort_by_key(|&i| mix(i));
    }
    let customer = |i: &u64| mix(i / 10) as i64 & 0xff_ffff_ffff;
    let text = |prefix: &str| -> ArrayRef {
        let names = lines.iter().map(|i| format!("{prefix}{}", customer(i)));
        Arc::new(StringArray::from_iter_values(names))
    };
    let ids: ArrayRef = match case {
        Case::ShuffledText => text("c"),
        Case::ShuffledLongText => text("customer number "),
        _ => Arc::new(Int64Array::from_iter_values(lines.iter().map(customer))),
    };
    let integers = |f: &dyn Fn(u64) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(lines.iter().map(|&i| f(i))))
    };
    let times = lines
        .iter()
        .map(|&i| 19_000 * DAY + (mix(i / 2) % 700) as i64 * DAY);
    let prices = lines.iter().map(|&i| (mix(!i) % 10_000) as f64 / 100.0);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("customer", ids),
        ("invoice", integers(&|i| (i / 2) as i64)),
        ("item", integers(&|i| (mix(i) % 500) as i64)),
        (
            "time",
            Arc::new(TimestampMicrosecondArray::from_iter_values(times)),
        ),
        ("quantity", integers(&|i| 1 + (i % 3) as i64)),
        ("price", Arc::new(Float64Array::from_iter_values(prices))),
    ];
    let table = Table::from_batch(RecordBatch::try_from_iter(columns).unwrap());
    let roles = Roles::new("customer", "time")
        .transaction("invoice")
        .item("item")
        .quantity("quantity")
        .price("price");
    Transactions::new(table, roles).unwrap()
}

/// Reading the lines and adding them up per customer.
fn add_up(c: &mut Criterion) {
    let mut group = c.benchmark_group("counts");
    group.throughput(Throughput::Elements(n_rows() as u64));
    for (case, name) in CASES {
        let tx = transactions(case);
        group.bench_function(name, |b| {
            b.iter(|| {
                let counts = tx.counts(&Context::new()).unwrap();
                assert_eq!(counts.rows_used, n_rows() as u64);
                black_box(counts)
            });
        });
    }
    group.finish();
}

/// The whole job, quintiles and segments included.
fn job(c: &mut Criterion) {
    let mut group = c.benchmark_group("rfm");
    group.throughput(Throughput::Elements(n_rows() as u64));
    let params = RfmParams::new().segments(SegmentMap::rf_grid());
    for (case, name) in CASES {
        let tx = transactions(case);
        group.bench_function(name, |b| {
            b.iter(|| {
                let rfm = params.fit(&tx, &Context::new()).unwrap();
                assert_eq!(rfm.batch().num_rows(), n_rows() / 10);
                black_box(rfm)
            });
        });
    }
    group.finish();
}

/// What the rule that cuts the bins, and counting items, add to the job.
fn variants(c: &mut Criterion) {
    let mut group = c.benchmark_group("rfm of shuffled int64");
    let tx = transactions(Case::ShuffledIntegers);
    for (name, params) in [
        ("together", RfmParams::new()),
        ("ntile", RfmParams::new().convention(Convention::Ntile)),
        ("breadth", RfmParams::new().breadth(true)),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let rfm = params.fit(&tx, &Context::new()).unwrap();
                assert_eq!(rfm.batch().num_rows(), n_rows() / 10);
                black_box(rfm)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, add_up, job, variants);
criterion_main!(benches);
