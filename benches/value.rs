//! Lifetime value: a million customers in whole days summed up, fitted and told about; Pareto/NBD on a hundred thousand: `cargo bench --bench value`.
//!
//! Under `cargo test` each runs once on few customers. The parameters are those that the customers were simulated with, or there is no figure.
#![allow(missing_docs, reason = "criterion's macros make public functions")]
#![allow(
    clippy::unwrap_used,
    reason = "a bench that cannot go on has failed; the panic says where"
)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use patronomy::Context;
use patronomy::value::{
    CustomerSummary, Law, LifetimeModel, LifetimeParams, SimulatedCustomers, simulate_customers,
};

/// Weeks of the papers in days.
const WEEK: f64 = 7.0;

fn shapes() -> [(Law, [f64; 4], usize); 2] {
    let scale = if std::env::args().any(|a| a == "--bench") {
        1
    } else {
        100
    };
    [
        (
            Law::BgNbd,
            [0.2426, 4.4136 * WEEK, 0.7929, 2.4259],
            1_000_000 / scale,
        ),
        (
            Law::ParetoNbd,
            [0.5533, 10.578 * WEEK, 0.6062, 11.667 * WEEK],
            100_000 / scale,
        ),
    ]
}

/// Customers of twelve weeks, observed to the end of week 39.
fn customers(law: Law, truth: [f64; 4], n: usize) -> SimulatedCustomers {
    let ages: Vec<f64> = (0..n).map(|i| 189.0 + (i * 7_919 % 84) as f64).collect();
    simulate_customers(law, truth, &ages, 1).unwrap()
}

fn summed_up(c: &SimulatedCustomers, recency: &[f64]) -> CustomerSummary {
    CustomerSummary::new(&c.frequency, recency, &c.age).unwrap()
}

fn fit(law: Law, summary: &CustomerSummary) -> LifetimeModel {
    let model = LifetimeParams::new(law)
        .fit(summary, &Context::new())
        .unwrap();
    assert!(model.estimates.converged, "{:?}", model.notices);
    model
}

fn lifetimes(criterion: &mut Criterion) {
    let ctx = Context::new();
    for (law, truth, n) in shapes() {
        let c = customers(law, truth, n);
        // Whole days make many customers equal; instants make none so.
        let days: Vec<f64> = c.recency.iter().map(|t| t.ceil()).collect();
        let mut group = criterion.benchmark_group(format!("{law:?}, {n} customers"));
        group
            .sample_size(10)
            .throughput(Throughput::Elements(n as u64));
        for (kind, recency) in [("days", &days), ("instants", &c.recency)] {
            let summary = summed_up(&c, recency);
            let model = fit(law, &summary);
            let found = model.estimates.value("r").unwrap();
            let tolerance = 2.0 / (n as f64).sqrt() + 0.02;
            assert!((found / truth[0] - 1.0).abs() < 10.0 * tolerance, "{found}");
            group.bench_function(format!("sum up, {kind}"), |b| {
                b.iter(|| summed_up(black_box(&c), recency));
            });
            group.bench_function(format!("fit, {kind}"), |b| {
                b.iter(|| fit(law, black_box(&summary)));
            });
            group.bench_function(format!("expect, {kind}"), |b| {
                b.iter(|| model.expected(black_box(&summary), 364.0, &ctx));
            });
        }
        let summary = summed_up(&c, &days);
        let model = fit(law, &summary);
        group.bench_function("discounted, days", |b| {
            b.iter(|| model.discounted(black_box(&summary), 3e-4, &ctx));
        });
        group.finish();
    }
}

criterion_group!(benches, lifetimes);
criterion_main!(benches);
