//! Rules of item sets, their tests, and one basket's answer: `cargo bench --bench rules`.
//!
//! Under `cargo test` each runs once on a small shop. The number of rules is the same each time, or there is no figure.
#![allow(missing_docs, reason = "criterion's macros make public functions")]
#![allow(
    clippy::unwrap_used,
    reason = "a bench that cannot go on has failed; the panic says where"
)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use patronomy::Context;
use patronomy::baskets::Baskets;
use patronomy::itemsets::ItemsetParams;
use patronomy::rules::{CompiledRules, Measure, RecommendParams, RuleParams, Rules, Test};
use patronomy::simulate::ShopParams;

fn is_bench() -> bool {
    std::env::args().any(|a| a == "--bench")
}

fn shop() -> Baskets {
    let n_lines = if is_bench() { 1_000_000 } else { 10_000 };
    let params = ShopParams::new().seed(1).n_items(3_000).lines(n_lines);
    let shop = params.shop();
    Baskets::from_transactions(&shop.transactions().unwrap(), &Context::new()).unwrap()
}

fn params() -> RuleParams {
    RuleParams::new()
        .min_support_count(if is_bench() { 20 } else { 2 })
        .min_confidence(0.0)
        .max_len(3)
}

fn mining(criterion: &mut Criterion) {
    let (baskets, ctx) = (shop(), Context::new());
    let support = params().min_support_count.unwrap();
    let sets = ItemsetParams::new().min_support_count(support).max_len(3);
    let sets = sets.fit(&baskets, &ctx).unwrap();
    let expected = params().fit(&baskets, &ctx).unwrap().len();
    assert!(expected > 10, "only {expected} rules");
    let mut group = criterion.benchmark_group("rules");
    group
        .sample_size(10)
        .throughput(Throughput::Elements(expected as u64));
    for test in [Test::None, Test::Fisher, Test::SizeConditional] {
        let params = params().test(test);
        group.bench_function(format!("{test:?}"), |b| {
            b.iter(|| {
                let rules = params.fit_itemsets(black_box(&sets), &ctx).unwrap();
                assert_eq!(rules.len(), expected);
            });
        });
    }
    group.finish();
}

fn measures(criterion: &mut Criterion) {
    let (baskets, ctx) = (shop(), Context::new());
    let rules = params().test(Test::None).fit(&baskets, &ctx).unwrap();
    let mut group = criterion.benchmark_group("measures");
    group.throughput(Throughput::Elements(rules.len() as u64));
    for measure in [Measure::Lift, Measure::JMeasure, Measure::HyperConfidence] {
        group.bench_function(measure.name(), |b| {
            b.iter(|| rules.measure(black_box(measure), &ctx).unwrap());
        });
    }
    group.finish();
}

/// As many as a large shop would put to use, the surest first.
fn in_use(baskets: &Baskets) -> Rules {
    let ctx = Context::new();
    let rules = params().test(Test::None).fit(baskets, &ctx).unwrap();
    let rules = rules.sort_by("confidence", true, &ctx).unwrap();
    let places: Vec<usize> = (0..rules.len().min(100_000)).collect();
    rules.take(&places).unwrap()
}

fn one_basket(criterion: &mut Criterion) {
    let baskets = shop();
    let rules = in_use(&baskets);
    let compiled = CompiledRules::new(&rules, &RecommendParams::new(), &Context::new()).unwrap();
    let mut recommender = compiled.recommender();
    let asked: Vec<Vec<u32>> = baskets.iter().take(1_000).map(|b| b.0.to_vec()).collect();
    let answers: usize = asked.iter().map(|b| recommender.recommend(b).len()).sum();
    assert!(answers > 0, "{} rules say nothing", rules.len());
    let mut group = criterion.benchmark_group("one_basket");
    group.throughput(Throughput::Elements(asked.len() as u64));
    group.bench_function(format!("{} rules, 1000 baskets", rules.len()), |b| {
        b.iter(|| {
            let n: usize = asked
                .iter()
                .map(|b| recommender.recommend(black_box(b)).len())
                .sum();
            assert_eq!(n, answers);
        });
    });
    group.finish();
}

criterion_group!(benches, mining, measures, one_basket);
criterion_main!(benches);
