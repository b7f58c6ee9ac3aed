//! Simulated customers: the parameters they were made with lie in the intervals that the fit tells, as often as it says.

use patronomy::Context;
use patronomy::value::{Law, LifetimeModel, LifetimeParams, simulate_customers};

/// Fits of 200 simulated sets, 40 in short runs; `PROPTEST_CASES` above 1,000 asks for long ones.
fn n_sets() -> u64 {
    let asked = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|n| n.parse().ok());
    if asked.unwrap_or(0) >= 1_000 { 200 } else { 40 }
}

fn fit(law: Law, truth: [f64; 4], n: usize, seed: u64) -> LifetimeModel {
    let ages: Vec<f64> = (0..n).map(|i| 30.0 + (i % 10) as f64).collect();
    let summary = simulate_customers(law, truth, &ages, seed)
        .unwrap()
        .summary()
        .unwrap();
    LifetimeParams::new(law)
        .fit(&summary, &Context::new())
        .unwrap()
}

#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    for (law, truth) in [
        (Law::BgNbd, [0.8, 5.0, 0.9, 3.0]),
        (Law::MbgCnbd { k: Some(2) }, [0.8, 2.5, 0.9, 3.0]),
        (Law::ParetoNbd, [0.8, 5.0, 1.0, 15.0]),
        (Law::BgBb, [1.2, 1.5, 0.7, 9.0]),
    ] {
        let n_sets = n_sets();
        let mut held = [0_u64; 4];
        for seed in 0..n_sets {
            let model = fit(law, truth, 1_500, seed);
            for (i, p) in model.estimates.parameters.iter().enumerate() {
                let (low, high) = p.interval(0.95).unwrap_or((0.0, f64::INFINITY));
                held[i] += u64::from((low..=high).contains(&truth[i]));
            }
        }
        for (held, name) in held.into_iter().zip(law.parameter_names()) {
            let share = held as f64 / n_sets as f64;
            // Of few sets the share itself varies by more.
            let range = if n_sets >= 200 {
                0.90..=0.985
            } else {
                0.825..=1.0
            };
            assert!(
                range.contains(&share),
                "{law:?} {name}: {share} of {n_sets}"
            );
        }
    }
}

#[test]
fn the_regularity_of_purchases_is_found() {
    for (made, asked) in [
        (Law::BgCnbd { k: Some(3) }, Law::BgCnbd { k: None }),
        (Law::MbgCnbd { k: Some(2) }, Law::MbgCnbd { k: None }),
        (Law::MbgNbd, Law::MbgCnbd { k: None }),
    ] {
        let ages = vec![40.0; 2_000];
        let summary = simulate_customers(made, [0.9, 2.0, 0.9, 3.0], &ages, 8)
            .unwrap()
            .summary()
            .unwrap();
        let model = LifetimeParams::new(asked)
            .fit(&summary, &Context::new())
            .unwrap();
        let expected = match made {
            Law::MbgNbd => Law::MbgCnbd { k: Some(1) },
            other => other,
        };
        assert_eq!(model.law, expected, "{:?}", model.tried);
        assert_eq!(model.tried.len(), 6);
        let sum: f64 = model
            .log_likelihoods(&summary, &Context::new())
            .unwrap()
            .iter()
            .sum();
        assert!((sum / model.estimates.log_likelihood - 1.0).abs() < 1e-10);
    }
}

#[test]
fn effects_of_covariates_are_found() {
    use patronomy::value::SummaryColumns;
    // Two channels: the second buys twice as often.
    let n = 6_000;
    let ages = vec![35.0; n];
    let ctx = Context::new();
    for law in [Law::BgNbd, Law::ParetoNbd] {
        let truth = if law == Law::BgNbd {
            [0.8, 8.0, 0.9, 3.0]
        } else {
            [0.8, 8.0, 1.0, 15.0]
        };
        let mut twice = truth;
        twice[1] /= 2.0;
        let a = simulate_customers(law, truth, &ages, 1).unwrap();
        let b = simulate_customers(law, twice, &ages, 2).unwrap();
        let join = |a: &[f64], b: &[f64]| [a, b].concat();
        let channel = join(&vec![0.0; n], &vec![100.0; n]);
        let (x, t_x) = (
            join(&a.frequency, &b.frequency),
            join(&a.recency, &b.recency),
        );
        let age = join(&ages, &ages);
        let summary = SummaryColumns::new(&x, &t_x, &age)
            .covariate("channel", &channel)
            .collect(&ctx)
            .unwrap();
        let model = LifetimeParams::new(law)
            .rate_covariates(["channel"])
            .fit(&summary, &ctx)
            .unwrap();
        assert!(model.estimates.converged, "{:?}", model.notices);
        let effect = model
            .estimates
            .parameters
            .iter()
            .find(|p| p.name == "alpha.channel")
            .unwrap();
        let (low, high) = effect.interval(0.9999).unwrap();
        let expected = 2.0_f64.ln() / 100.0;
        assert!(
            low < expected && expected < high && low > 0.5 * expected,
            "{effect:?}"
        );
        let ratio =
            model.expected_new(1.0, &[100.0]).unwrap() / model.expected_new(1.0, &[0.0]).unwrap();
        assert!((1.7..2.3).contains(&ratio), "{ratio}");
    }
}
