//! Sets on which other libraries fail: no panic, no NaN, and what is wrong is said.

use patronomy::value::{
    CustomerSummary, IntervalParams, Law, LifetimeModel, LifetimeParams, SummaryColumns,
    simulate_customers,
};
use patronomy::{Context, ErrorKind};

const LAWS: [Law; 5] = [
    Law::BgNbd,
    Law::MbgNbd,
    Law::MbgCnbd { k: Some(2) },
    Law::ParetoNbd,
    Law::BgBb,
];

/// All that a model says is a number, and within its range.
fn sound(model: &LifetimeModel, summary: &CustomerSummary) {
    let ctx = Context::new();
    for p in &model.estimates.parameters {
        assert!(p.value.is_finite() && p.value > 0.0, "{model:?}");
    }
    assert!(model.estimates.log_likelihood.is_finite());
    let law = model.law;
    let p = model.p_alive(summary, &ctx).unwrap();
    assert!(p.iter().all(|p| (0.0..=1.0).contains(p)), "{law:?} {p:?}");
    for time in [1.0, 52.0, 1000.0] {
        let expected = model.expected(summary, time, &ctx).unwrap();
        let is_good = |e: &f64| e.is_finite() && *e >= 0.0;
        assert!(
            expected.iter().all(is_good),
            "{law:?} {time}: {expected:?} {model:?}"
        );
        let new = model.expected_new(time, &[]).unwrap();
        assert!(is_good(&new), "{law:?} {new}");
    }
    let worth = model.discounted(summary, 0.002, &ctx).unwrap();
    assert!(
        worth.iter().all(|w| w.is_finite() && *w >= 0.0),
        "{law:?} {worth:?} {model:?}"
    );
    let chances = model.count_probabilities(summary, 10.0, 8, &ctx).unwrap();
    for row in chances.chunks(9) {
        let sum: f64 = row.iter().sum();
        assert!(
            row.iter().all(|c| (-1e-12..=1.0 + 1e-9).contains(c)) && sum <= 1.0 + 1e-9,
            "{law:?} {row:?}"
        );
    }
}

fn fits(x: &[f64], t_x: &[f64], age: &[f64]) -> Vec<LifetimeModel> {
    let summary = CustomerSummary::new(x, t_x, age).unwrap();
    let ctx = Context::new();
    let mut models = Vec::new();
    for law in LAWS {
        if law == Law::BgBb && t_x.iter().zip(x).any(|(t, x)| t.fract() != 0.0 || t < x) {
            continue;
        }
        let model = LifetimeParams::new(law).fit(&summary, &ctx).unwrap();
        assert!(
            model.estimates.converged || !model.notices.is_empty(),
            "{model:?}"
        );
        sound(&model, &summary);
        let held = LifetimeParams::new(law)
            .penalty(0.01)
            .fit(&summary, &ctx)
            .unwrap();
        sound(&held, &summary);
        models.push(model);
    }
    models
}

#[test]
fn nobody_has_bought_again() {
    for model in fits(&[0.0; 50], &[0.0; 50], &[30.0; 50]) {
        assert!(!model.estimates.converged);
        let is_said = |n: &String| n.contains("no customer has bought again");
        assert!(model.notices.iter().any(is_said), "{:?}", model.notices);
    }
}

#[test]
fn one_customer() {
    fits(&[3.0], &[20.0], &[30.0]);
    fits(&[0.0], &[0.0], &[1.0]);
    fits(&[1.0], &[1.0], &[1.0]);
}

#[test]
fn one_heavy_buyer_among_those_who_bought_once() {
    let mut x = vec![0.0; 500];
    let mut t_x = vec![0.0; 500];
    (x[7], t_x[7]) = (400.0, 460.0);
    fits(&x, &t_x, &[500.0; 500]);
    (x[7], t_x[7]) = (1e6, 460.5);
    fits(&x, &t_x, &[500.0; 500]);
}

#[test]
fn the_most_regular_and_the_most_frequent() {
    let model =
        LifetimeModel::from_parameters(Law::BgCnbd { k: Some(20) }, [0.5, 2.0, 0.8, 2.4]).unwrap();
    let x = [0.0, 1.0, 1e6, 9e15];
    let summary = CustomerSummary::new(&x, &[0.0, 3.0, 25.0, 29.0], &[30.0; 4]).unwrap();
    let ctx = Context::new();
    let all = [
        model.p_alive(&summary, &ctx).unwrap(),
        model.expected(&summary, 10.0, &ctx).unwrap(),
        model.discounted(&summary, 0.01, &ctx).unwrap(),
        model.count_probabilities(&summary, 10.0, 5, &ctx).unwrap(),
        model.log_likelihoods(&summary, &ctx).unwrap(),
    ];
    assert!(all.concat().iter().all(|v| v.is_finite()), "{all:?}");
}

#[test]
fn everybody_buys_alike_and_stays() {
    let x: Vec<f64> = (0..300).map(|i| 10.0 + f64::from(i % 2)).collect();
    let models = fits(&x, &[29.0; 300], &[30.0; 300]);
    let said = models.iter().filter(|m| !m.notices.is_empty()).count();
    assert!(said > 0);
}

#[test]
fn times_of_any_size() {
    let base: Vec<(f64, f64, f64)> = (0..400)
        .map(|i| {
            let x = f64::from(i * 37 % 11 % 5);
            let age = 30.0 + f64::from(i % 7);
            let t_x = if x == 0.0 {
                0.0
            } else {
                age * f64::from(i * 13 % 17 + 1) / 18.0
            };
            (x, t_x, age)
        })
        .collect();
    let x: Vec<f64> = base.iter().map(|b| b.0).collect();
    let at = |scale: f64| {
        let t_x: Vec<f64> = base.iter().map(|b| b.1 * scale).collect();
        let age: Vec<f64> = base.iter().map(|b| b.2 * scale).collect();
        fits(&x, &t_x, &age)
    };
    let plain = at(1.0);
    for scale in [1e-6, 1e6, 1e12] {
        for (a, b) in plain.iter().zip(at(scale)) {
            // The unit of time changes the scales alone.
            let (a, b) = (&a.estimates.parameters, &b.estimates.parameters);
            if plain.iter().all(|m| m.estimates.converged) {
                assert!((a[0].value / b[0].value - 1.0).abs() < 1e-4, "{a:?} {b:?}");
                assert!(
                    (a[1].value * scale / b[1].value - 1.0).abs() < 1e-4,
                    "{a:?} {b:?}"
                );
            }
        }
    }
}

#[test]
fn rows_that_cannot_be_are_named() {
    let good = [[1.0, 5.0, 10.0], [0.0, 0.0, 10.0]];
    let cases: [([f64; 3], &str, &str); 13] = [
        ([1.5, 5.0, 10.0], "frequency", "whole numbers"),
        ([-1.0, 5.0, 10.0], "frequency", "whole numbers"),
        ([f64::NAN, 5.0, 10.0], "frequency", "whole numbers"),
        ([f64::INFINITY, 5.0, 10.0], "frequency", "whole numbers"),
        ([1.0, 0.0, 10.0], "recency", "0 with a frequency above 0"),
        ([0.0, 5.0, 10.0], "recency", "with a frequency of 0"),
        ([1.0, 11.0, 10.0], "recency", "above the customer's age"),
        ([1.0, f64::NAN, 10.0], "recency", "from 0 to"),
        ([1.0, -1.0, 10.0], "recency", "from 0 to"),
        ([0.0, 0.0, 0.0], "age", "above 0"),
        ([0.0, 0.0, -1.0], "age", "above 0"),
        ([0.0, 0.0, f64::NAN], "age", "above 0"),
        ([0.0, 0.0, f64::INFINITY], "age", "above 0"),
    ];
    for (bad, column, rule) in cases {
        let rows = [good[0], good[1], bad, good[0], bad];
        let of = |c: usize| rows.map(|r| r[c]);
        let e = CustomerSummary::new(&of(0), &of(1), &of(2)).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::BadValues);
        let said = e.to_string();
        assert!(
            said.starts_with(&format!("column `{column}`: 2 value(s)")),
            "{said}"
        );
        assert!(said.contains(rule) && said.contains("at row 2"), "{said}");
    }
    let e = CustomerSummary::new(&[], &[], &[]).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::TooFewRows);
    let e = CustomerSummary::new(&[1.0], &[], &[1.0]).unwrap_err();
    assert_eq!(
        e.to_string(),
        "`recency` of `CustomerSummary` must have one value for each of 1 customers; got 0"
    );
    let ctx = Context::new();
    let plain = || SummaryColumns::new(&[1.0], &[1.0], &[2.0]);
    for bad in [
        plain().weights(&[0.0]),
        plain().covariate("a", &[f64::NAN]),
        plain().covariate("a", &[1.0]).covariate("a", &[1.0]),
        plain().log_intervals(&[f64::INFINITY]),
        plain().weights(&[1.0, 2.0]),
    ] {
        assert!(bad.collect(&ctx).is_err());
    }
}

#[test]
fn parameters_outside_their_rules_are_named() {
    let summary = CustomerSummary::new(&[1.0, 0.0], &[5.5, 0.0], &[10.0, 10.0]).unwrap();
    let ctx = Context::new();
    let fit = |p: LifetimeParams| p.fit(&summary, &ctx).unwrap_err();
    for (params, name) in [
        (LifetimeParams::new(Law::BgCnbd { k: Some(0) }), "k"),
        (LifetimeParams::new(Law::BgCnbd { k: Some(21) }), "k"),
        (LifetimeParams::new(Law::MbgCnbd { k: None }), "k"),
        (LifetimeParams::new(Law::BgNbd).penalty(-1.0), "penalty"),
        (LifetimeParams::new(Law::BgNbd).penalty(f64::NAN), "penalty"),
        (LifetimeParams::new(Law::BgNbd).max_iter(0), "max_iter"),
        (LifetimeParams::new(Law::BgNbd).tol(0.0), "tol"),
        (
            LifetimeParams::new(Law::BgBb).rate_covariates(["a"]),
            "rate_covariates",
        ),
        (
            LifetimeParams::new(Law::BgNbd).rate_covariates(["a", "a"]),
            "rate_covariates",
        ),
    ] {
        let said = fit(params).to_string();
        assert!(
            said.starts_with(&format!("`{name}` of `LifetimeParams`")),
            "{said}"
        );
    }
    let e = fit(LifetimeParams::new(Law::ParetoNbd).rate_covariates(["chanel"]));
    assert_eq!(e.kind(), ErrorKind::ColumnNotFound);
    let e = fit(LifetimeParams::new(Law::BgBb));
    assert!(
        e.to_string()
            .contains("`recency`: 1 value(s) are no whole numbers, first at row 0: `5.5`"),
        "{e}"
    );
    let model = LifetimeModel::from_parameters(Law::BgNbd, [0.2, 4.0, 0.8, 2.4]).unwrap();
    for time in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(model.expected(&summary, time, &ctx).is_err());
        assert!(model.discounted(&summary, time, &ctx).is_err());
    }
    assert!(model.count_probabilities_new(5.0, 100_001, &[]).is_err());
    let old = CustomerSummary::new(&[0.0], &[0.0], &[1e7]).unwrap();
    let e = LifetimeParams::new(Law::BgBb).fit(&old, &ctx).unwrap_err();
    assert!(e.to_string().contains("above a million"), "{e}");
    assert!(LifetimeModel::from_parameters(Law::BgNbd, [0.2, 0.0, 0.8, 2.4]).is_err());
    assert!(LifetimeModel::from_parameters(Law::BgCnbd { k: None }, [1.0; 4]).is_err());
}

/// Where nobody seems to leave the law is that of purchases alone, and intervals are those of its two parameters.
#[test]
fn a_law_at_its_edge_has_intervals() {
    let ctx = Context::new();
    let ages: Vec<f64> = (0..4_000).map(|i| 60.0 + f64::from(i % 300)).collect();
    // Leaving is so slow that no data show it.
    let customers = simulate_customers(Law::ParetoNbd, [0.8, 60.0, 1.0, 1e9], &ages, 4).unwrap();
    let summary = customers.summary().unwrap();
    let mut widths = Vec::new();
    for law in [Law::BgNbd, Law::MbgNbd, Law::ParetoNbd] {
        let model = LifetimeParams::new(law).fit(&summary, &ctx).unwrap();
        assert!(!model.estimates.converged, "{law:?}");
        let said = model.notices.join("; ");
        assert!(said.contains("nobody seems to leave"), "{said}");
        assert!(said.contains("as they stand"), "{said}");
        let errors: Vec<bool> = (model.estimates.parameters.iter())
            .map(|p| p.standard_error.is_some())
            .collect();
        assert!(
            errors[0] && errors[1] && !(errors[2] && errors[3]),
            "{errors:?}"
        );
        let limits = model
            .expected_intervals(&summary, 90.0, &IntervalParams::new(), &ctx)
            .unwrap();
        let expected = model.expected(&summary, 90.0, &ctx).unwrap();
        for ((low, told), high) in limits.low.iter().zip(&expected).zip(&limits.high) {
            assert!(low < told && told < high);
        }
        widths.push(limits.high[0] - limits.low[0]);
    }
    // The same law at the edge of each.
    assert!(
        widths.iter().all(|w| (w / widths[0] - 1.0).abs() < 0.2),
        "{widths:?}"
    );
}
