//! The chance to stay, held to what it must have to do with expected transactions.

use patronomy::Context;
use patronomy::value::{
    CustomerSummary, Drawn, IntervalParams, Law, LifetimeModel, LifetimeParams, Prediction,
    simulate_customers,
};

const X: [f64; 5] = [0.0, 1.0, 2.0, 7.0, 40.0];
const T_X: [f64; 5] = [0.0, 30.0, 5.0, 37.5, 38.0];
const AGE: [f64; 5] = [38.0, 38.0, 39.0, 38.0, 39.0];

fn model(law: Law, parameters: [f64; 4]) -> LifetimeModel {
    LifetimeModel::from_parameters(law, parameters).unwrap()
}

/// Who leaves with chance p after each transaction leaves once: the chance is E[p · transactions], and p times the density of Beta(a, b) is that of Beta(a + 1, b), but for a / (a + b).
#[test]
fn who_leaves_leaves_after_a_transaction() {
    let ctx = Context::new();
    let summary = CustomerSummary::new(&X, &T_X, &AGE).unwrap();
    let laws = [
        (Law::BgNbd, 0.0),
        (Law::MbgNbd, 1.0),
        (Law::BgCnbd { k: Some(2) }, 0.0),
        (Law::MbgCnbd { k: Some(3) }, 1.0),
    ];
    for (law, first) in laws {
        for (a, b) in [(0.8, 2.4), (0.05, 0.3), (3.0, 40.0)] {
            let own = model(law, [0.6, 9.0, a, b]);
            let other = model(law, [0.6, 9.0, a + 1.0, b]);
            for time in [0.5, 39.0, 4_000.0] {
                let stay = own.p_stay(&summary, time, &ctx).unwrap();
                let expected = other.expected(&summary, time, &ctx).unwrap();
                let alive = other.p_alive(&summary, &ctx).unwrap();
                for i in 0..X.len() {
                    let b = b + X[i] + first;
                    let leave = a / (a + b) * expected[i] / alive[i];
                    let off = (1.0 - stay[i] - leave).abs();
                    assert!(off < 1e-9, "{law:?} {a} {b} {time} {i}: {off}");
                }
            }
        }
    }
}

/// Of Pareto/NBD the rate of transactions and that of leaving are independent: expected transactions grow by the rate times the chance to be there.
#[test]
fn who_is_there_buys() {
    let ctx = Context::new();
    let summary = CustomerSummary::new(&X, &T_X, &AGE).unwrap();
    let own = model(Law::ParetoNbd, [0.55, 10.6, 0.6, 11.7]);
    let alive = own.p_alive(&summary, &ctx).unwrap();
    for time in [1.0, 39.0, 700.0] {
        let stay = own.p_stay(&summary, time, &ctx).unwrap();
        let step = 1e-4 * time;
        let later = own.expected(&summary, time + step, &ctx).unwrap();
        let before = own.expected(&summary, time - step, &ctx).unwrap();
        for i in 0..X.len() {
            let slope = (later[i] - before[i]) / (2.0 * step);
            let rate = (0.55 + X[i]) / (10.6 + AGE[i]);
            let found = slope / (alive[i] * rate);
            assert!((found - stay[i]).abs() < 1e-6, "{time} {i}");
        }
    }
}

/// Of BG/BB a customer stays who has not left before any opportunity.
#[test]
fn opportunities_are_passed_one_by_one() {
    let ctx = Context::new();
    let summary = CustomerSummary::new(&[0.0, 3.0], &[0.0, 4.0], &[6.0, 6.0]).unwrap();
    let own = model(Law::BgBb, [1.2, 0.75, 0.66, 2.78]);
    let stay = own.p_stay(&summary, 3.0, &ctx).unwrap();
    let product: f64 = (0..3)
        .map(|i| {
            let delta = 2.78 + 6.0 + 1.0 + f64::from(i);
            delta / (0.66 + delta)
        })
        .product();
    assert!(stay.iter().all(|s| (s - product).abs() < 1e-12), "{stay:?}");
    assert!(own.p_stay(&summary, 0.0, &ctx).is_err());
    assert!(own.p_stay(&summary, f64::NAN, &ctx).is_err());
}

/// Limits of any prediction are those of what it says with each of the drawn parameters.
#[test]
fn limits_are_those_of_the_drawn_parameters() {
    let ctx = Context::new();
    let ages: Vec<f64> = (0..2_000).map(|i| 27.0 + f64::from(i % 12)).collect();
    let customers = simulate_customers(Law::ParetoNbd, [0.55, 10.6, 0.6, 11.7], &ages, 1).unwrap();
    let summary = customers.summary().unwrap();
    let params = IntervalParams::new();
    for law in [Law::BgNbd, Law::ParetoNbd] {
        let own = LifetimeParams::new(law).fit(&summary, &ctx).unwrap();
        let ask = |p: Prediction| own.intervals(&summary, p, &params, &ctx).unwrap();
        let said = [
            (Prediction::PAlive, own.p_alive(&summary, &ctx)),
            (
                Prediction::PStay { time: 39.0 },
                own.p_stay(&summary, 39.0, &ctx),
            ),
            (
                Prediction::Expected { time: 39.0 },
                own.expected(&summary, 39.0, &ctx),
            ),
            (
                Prediction::Discounted { rate: 0.002 },
                own.discounted(&summary, 0.002, &ctx),
            ),
        ];
        for (prediction, told) in said {
            let (limits, told) = (ask(prediction), told.unwrap());
            let mut n_within = 0;
            for (i, t) in told.iter().enumerate() {
                assert!(limits.low[i] <= limits.high[i], "{prediction:?}");
                n_within += usize::from(limits.low[i] <= *t && *t <= limits.high[i]);
            }
            // The estimate itself is in the middle of what is drawn around it.
            assert_eq!(n_within, told.len(), "{law:?} {prediction:?}");
        }
        let same = own
            .expected_intervals(&summary, 39.0, &params, &ctx)
            .unwrap();
        assert_eq!(ask(Prediction::Expected { time: 39.0 }), same);
        let (low, high) = own
            .interval_new(Prediction::Expected { time: 52.0 }, &[], &params)
            .unwrap();
        let new = own.expected_new(52.0, &[]).unwrap();
        assert!(low < new && new < high, "{low} {new} {high}");
        // More customers would know it better.
        let wide = IntervalParams::new().level(0.5);
        let (a, b) = own
            .interval_new(Prediction::Expected { time: 52.0 }, &[], &wide)
            .unwrap();
        assert!(low < a && b < high);
        for bad in [
            Prediction::Discounted { rate: 0.0 },
            Prediction::PStay { time: f64::NAN },
        ] {
            assert!(own.intervals(&summary, bad, &params, &ctx).is_err());
        }
        let drawn = IntervalParams::new().drawn(Drawn::Bootstrap);
        assert!(own.interval_new(Prediction::PAlive, &[], &drawn).is_err());
    }
}
