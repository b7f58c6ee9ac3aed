//! The same bits, whatever the threads, the order of customers, or how they are put together.

use patronomy::value::{
    CustomerSummary, Drawn, IntervalParams, Law, LifetimeModel, LifetimeParams, SummaryColumns,
    simulate_customers,
};
use patronomy::{Cancel, Context, ErrorKind};

use crate::tables::with_threads;

const LAWS: [Law; 5] = [
    Law::BgNbd,
    Law::MbgNbd,
    Law::BgCnbd { k: Some(2) },
    Law::ParetoNbd,
    Law::BgBb,
];

/// Customers in whole weeks, so that many are equal; what the BG/BB law can take too.
fn customers(n: usize) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let ages: Vec<f64> = (0..n).map(|i| 20.0 + (i * 7_919 % 20) as f64).collect();
    let s = simulate_customers(Law::BgBb, [1.2, 4.0, 0.7, 9.0], &ages, 3).unwrap();
    (s.frequency, s.recency, s.age)
}

fn all(model: &LifetimeModel, summary: &CustomerSummary, ctx: &Context) -> Vec<f64> {
    let params = IntervalParams::new().n_draws(20).seed(5);
    let intervals = model
        .expected_intervals(summary, 10.0, &params, ctx)
        .unwrap();
    [
        model.p_alive(summary, ctx).unwrap(),
        model.expected(summary, 10.0, ctx).unwrap(),
        model.discounted(summary, 0.01, ctx).unwrap(),
        model.count_probabilities(summary, 10.0, 3, ctx).unwrap(),
        model.log_likelihoods(summary, ctx).unwrap(),
        intervals.low,
        intervals.high,
    ]
    .concat()
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let (x, t_x, age) = customers(30_000);
    for law in LAWS {
        let run = |threads: usize| {
            with_threads(threads, || {
                let ctx = Context::new();
                let summary = SummaryColumns::new(&x, &t_x, &age).collect(&ctx).unwrap();
                let model = LifetimeParams::new(law).fit(&summary, &ctx).unwrap();
                let told = all(&model, &summary, &ctx);
                (model, told)
            })
        };
        let one = run(1);
        assert!(one.1.iter().all(|v| v.is_finite()));
        assert!(one == run(2) && one == run(7), "{law:?}");
    }
}

#[test]
fn the_order_of_customers_is_of_no_matter() {
    let (x, t_x, age) = customers(5_000);
    let turned = |v: &[f64]| v.iter().rev().copied().collect::<Vec<_>>();
    let ctx = Context::new();
    let one = CustomerSummary::new(&x, &t_x, &age).unwrap();
    let other = CustomerSummary::new(&turned(&x), &turned(&t_x), &turned(&age)).unwrap();
    let model = LifetimeParams::new(Law::BgNbd).fit(&one, &ctx).unwrap();
    assert_eq!(
        model,
        LifetimeParams::new(Law::BgNbd).fit(&other, &ctx).unwrap()
    );
    let p = model.p_alive(&one, &ctx).unwrap();
    assert_eq!(turned(&p), model.p_alive(&other, &ctx).unwrap());
}

/// A covariate without an effect keeps customers apart: the same sums, in another order.
#[test]
fn collapsed_customers_are_as_likely_as_single_ones() {
    let (x, t_x, age) = customers(3_000);
    let number: Vec<f64> = (0..x.len()).map(|i| i as f64).collect();
    let ctx = Context::new();
    let together = CustomerSummary::new(&x, &t_x, &age).unwrap();
    let apart = SummaryColumns::new(&x, &t_x, &age).covariate("number", &number);
    let apart = apart.collect(&ctx).unwrap();
    assert!(apart.n_groups() == x.len() && together.n_groups() < x.len());
    // Whole weights are as many rows.
    let mut rows: Vec<[u64; 3]> = (0..x.len())
        .map(|i| [x[i] as u64, t_x[i] as u64, age[i] as u64])
        .collect();
    rows.sort_unstable();
    let chunks: Vec<&[[u64; 3]]> = rows.chunk_by(|a, b| a == b).collect();
    let column = |c: usize| chunks.iter().map(|g| g[0][c] as f64).collect::<Vec<_>>();
    let weights: Vec<f64> = chunks.iter().map(|g| g.len() as f64).collect();
    let (wx, wt, wa) = (column(0), column(1), column(2));
    let weighted = SummaryColumns::new(&wx, &wt, &wa)
        .weights(&weights)
        .collect(&ctx)
        .unwrap();
    for law in LAWS {
        let fit = |s: &CustomerSummary| LifetimeParams::new(law).fit(s, &ctx).unwrap();
        let (a, b, c) = (fit(&together), fit(&apart), fit(&weighted));
        for other in [&b, &c] {
            for (p, q) in a
                .estimates
                .parameters
                .iter()
                .zip(&other.estimates.parameters)
            {
                assert!(
                    (p.value / q.value - 1.0).abs() < 1e-6,
                    "{law:?} {p:?} {q:?}"
                );
            }
            let (ll, other) = (a.estimates.log_likelihood, other.estimates.log_likelihood);
            assert!((ll / other - 1.0).abs() < 1e-12);
        }
        let rows: f64 = a.log_likelihoods(&apart, &ctx).unwrap().iter().sum();
        assert!((rows / a.estimates.log_likelihood - 1.0).abs() < 1e-10);
    }
}

#[test]
fn bootstrapped_intervals_are_like_normal_ones() {
    let ages: Vec<f64> = (0..3_000).map(|i| 30.0 + f64::from(i % 9)).collect();
    let s = simulate_customers(Law::BgNbd, [0.25, 4.4, 0.8, 2.4], &ages, 9)
        .unwrap()
        .summary()
        .unwrap();
    let ctx = Context::new();
    let model = LifetimeParams::new(Law::BgNbd).fit(&s, &ctx).unwrap();
    let expected = model.expected(&s, 20.0, &ctx).unwrap();
    let of = |drawn| {
        let params = IntervalParams::new().n_draws(60).drawn(drawn);
        model.expected_intervals(&s, 20.0, &params, &ctx).unwrap()
    };
    let (normal, bootstrap) = (of(Drawn::Normal), of(Drawn::Bootstrap));
    for (i, expected) in expected.iter().enumerate() {
        for v in [&normal, &bootstrap] {
            assert!(v.low[i] < *expected && *expected < v.high[i]);
        }
        let ratio = (normal.high[i] - normal.low[i]) / (bootstrap.high[i] - bootstrap.low[i]);
        assert!((0.4..2.5).contains(&ratio), "{ratio}");
    }
    assert!(bootstrap != normal);
}

#[test]
fn a_cancel_stops_at_the_next_poll() {
    let (x, t_x, age) = customers(3_000);
    let summary = CustomerSummary::new(&x, &t_x, &age).unwrap();
    for poll in [1, 5, 20] {
        let cancel = Cancel::at_poll(poll);
        let ctx = Context {
            cancel: cancel.clone(),
            ..Context::new()
        };
        let e = LifetimeParams::new(Law::BgNbd)
            .fit(&summary, &ctx)
            .unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Cancelled);
        assert!(cancel.polls() <= poll + 8);
    }
}
