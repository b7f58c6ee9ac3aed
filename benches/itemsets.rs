//! Our miners beside each other on drawn shops from 10^4 to 10^7 lines: `cargo bench --bench itemsets`.
//!
//! Under `cargo test` each runs once on the smallest shop. The number of sets is the same for all, or there is no figure.
#![allow(missing_docs, reason = "criterion's macros make public functions")]
#![allow(
    clippy::unwrap_used,
    reason = "a bench that cannot go on has failed; the panic says where"
)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use patronomy::Context;
use patronomy::baskets::Baskets;
use patronomy::itemsets::{Algorithm, ItemsetParams, Target};
use patronomy::simulate::ShopParams;

fn sizes() -> &'static [usize] {
    if std::env::args().any(|a| a == "--bench") {
        &[10_000, 100_000, 1_000_000, 10_000_000]
    } else {
        &[10_000]
    }
}

fn shop(n_lines: usize) -> Baskets {
    let params = ShopParams::new().seed(1).n_items(3_000).lines(n_lines);
    let shop = params.shop();
    Baskets::from_transactions(&shop.transactions().unwrap(), &Context::new()).unwrap()
}

fn miners(criterion: &mut Criterion) {
    for &n_lines in sizes() {
        let baskets = shop(n_lines);
        let n_entries: usize = baskets.iter().map(|(items, _)| items.len()).sum();
        let mut group = criterion.benchmark_group(format!("frequent/{n_lines}"));
        group
            .sample_size(10)
            .throughput(Throughput::Elements(n_entries as u64));
        let params = ItemsetParams::new().min_support(0.001);
        let expected = params.fit(&baskets, &Context::new()).unwrap().n_itemsets();
        assert!(expected > 100, "only {expected} sets");
        for algorithm in Algorithm::NAMED {
            let params = params.clone().algorithm(algorithm);
            group.bench_function(BenchmarkId::from_parameter(format!("{algorithm:?}")), |b| {
                b.iter(|| {
                    let found = params.fit(black_box(&baskets), &Context::new()).unwrap();
                    assert_eq!(found.n_itemsets(), expected);
                });
            });
        }
        group.finish();
    }
}

fn targets(criterion: &mut Criterion) {
    let n_lines = sizes().iter().copied().filter(|&n| n <= 1_000_000).max();
    let baskets = shop(n_lines.unwrap());
    let mut group = criterion.benchmark_group("targets");
    group.sample_size(10);
    for target in [
        Target::Frequent,
        Target::Closed,
        Target::Maximal,
        Target::Generators,
    ] {
        let params = ItemsetParams::new().min_support(0.001).target(target);
        let expected = params.count(&baskets, &Context::new()).unwrap();
        group.bench_function(format!("{target:?}"), |b| {
            b.iter(|| {
                let found = params.fit(black_box(&baskets), &Context::new()).unwrap();
                assert_eq!(u128::from(found.n_itemsets()), expected);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, miners, targets);
criterion_main!(benches);
