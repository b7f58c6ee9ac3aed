//! Parameters, log-likelihoods and predictions as published for CDNOW and the donations.

use patronomy::Context;
use patronomy::value::{CustomerSummary, Law, LifetimeModel, LifetimeParams, SummaryColumns};

use super::{cdnow, close, columns, donations};

fn fit(law: Law, summary: &CustomerSummary) -> LifetimeModel {
    let model = LifetimeParams::new(law)
        .fit(summary, &Context::new())
        .unwrap();
    assert!(model.estimates.converged, "{:?}", model.notices);
    assert_eq!(model.notices, [""; 0]);
    model
}

fn check(model: &LifetimeModel, expected: [(&str, f64, f64); 4], log_likelihood: f64) {
    for (name, value, tolerance) in expected {
        close(model.estimates.value(name).unwrap(), value, tolerance, name);
    }
    close(
        model.estimates.log_likelihood,
        log_likelihood,
        6e-3,
        "log-likelihood",
    );
}

fn one(model: &LifetimeModel, x: f64, t_x: f64, age: f64, time: f64) -> (f64, f64) {
    let summary = CustomerSummary::new(&[x], &[t_x], &[age]).unwrap();
    let ctx = Context::new();
    let p = model.p_alive(&summary, &ctx).unwrap()[0];
    (p, model.expected(&summary, time, &ctx).unwrap()[0])
}

/// Fader, Hardie and Lee (2005); the walkthrough of R's BTYD 2.4.3 has more digits.
#[test]
fn bg_nbd_on_cdnow() {
    let Some(summary) = cdnow() else { return };
    assert_eq!((summary.n_customers(), summary.n_groups()), (2_357, 1_016));
    let model = fit(Law::BgNbd, &summary);
    let published = [
        ("r", 0.2426, 6e-5),
        ("alpha", 4.4136, 3e-4),
        ("a", 0.7929, 6e-5),
        ("b", 2.4259, 3e-4),
    ];
    check(&model, published, -9_582.429);
    let (p, expected) = one(&model, 26.0, 30.857_14, 31.0, 52.0);
    close(p, 0.968_852_3, 2e-5, "P(alive)");
    close(expected, 25.756_59, 2e-3, "expected");
    close(
        model.expected_new(52.0, &[]).unwrap(),
        1.444_004,
        2e-4,
        "of a new customer",
    );
}

/// The same walkthrough: transactions expected within 39 weeks by those of the calibration period.
#[test]
fn bg_nbd_foretells_the_next_39_weeks() {
    let Some(summary) = cdnow() else { return };
    let Some(path) = crate::online_retail::data(super::CDNOW) else {
        return;
    };
    let x = columns(&path, &["frequency"]).remove(0);
    let model = fit(Law::BgNbd, &summary);
    let expected = model.expected(&summary, 39.0, &Context::new()).unwrap();
    let published = [
        (1_411, 0.225_089_3),
        (439, 0.523_136_4),
        (214, 1.044_126),
        (100, 1.520_256),
        (62, 2.163_824),
        (38, 2.653_789),
        (29, 3.503_957),
        (64, 6.157_036),
    ];
    for (bin, (n, mean)) in published.into_iter().enumerate() {
        let rows: Vec<f64> = (x.iter().zip(&expected))
            .filter(|(x, _)| x.min(7.0) == bin as f64)
            .map(|(_, e)| *e)
            .collect();
        assert_eq!(rows.len(), n);
        close(
            rows.iter().sum::<f64>() / n as f64,
            mean,
            2e-4 * (1.0 + mean),
            "bin",
        );
    }
}

/// BTYD's walkthrough, and of R's `CLVTools` the standard errors: those of the logarithms times the parameters.
#[test]
fn pareto_nbd_on_cdnow() {
    let Some(summary) = cdnow() else { return };
    let model = fit(Law::ParetoNbd, &summary);
    let published = [
        ("r", 0.5533, 6e-5),
        ("alpha", 10.578, 6e-3),
        ("s", 0.6062, 2e-4),
        ("beta", 11.667, 6e-3),
    ];
    check(&model, published, -9_594.976);
    for (parameter, error) in model
        .estimates
        .parameters
        .iter()
        .zip([0.0476, 0.8427, 0.1873, 6.2105])
    {
        close(
            parameter.standard_error.unwrap(),
            error,
            0.02 * error,
            &parameter.name,
        );
    }
    let (p, expected) = one(&model, 26.0, 30.857_14, 31.0, 52.0);
    close(p, 0.997_874, 2e-6, "P(alive)");
    close(expected, 25.456_47, 3e-3, "expected");
    close(
        model.expected_new(52.0, &[]).unwrap(),
        1.473_434,
        3e-4,
        "of a new customer",
    );
}

/// Batislam et al. (2007), and the digits of lifetimes 0.11.3 on the same file.
#[test]
fn mbg_nbd_on_cdnow() {
    let Some(summary) = cdnow() else { return };
    let model = fit(Law::MbgNbd, &summary);
    for (name, value, tolerance) in [
        ("r", 0.5248, 6e-5),
        ("alpha", 6.183, 6e-4),
        ("a", 0.8914, 1e-4),
        ("b", 1.614, 6e-4),
    ] {
        close(model.estimates.value(name).unwrap(), value, tolerance, name);
    }
}

/// Fader, Hardie and Shang (2010), Table 3 and the text.
#[test]
fn bg_bb_on_the_donations() {
    let Some(summary) = donations() else { return };
    assert_eq!(summary.total_weight(), 11_104.0);
    let model = fit(Law::BgBb, &summary);
    let published = [
        ("alpha", 1.2035, 1e-4),
        ("beta", 0.7497, 1e-4),
        ("gamma", 0.6567, 1e-4),
        ("delta", 2.7834, 4e-4),
    ];
    check(&model, published, -33_225.58);
    for (x, t_x, p) in [(0.0, 0.0, 0.11), (2.0, 4.0, 0.59), (6.0, 6.0, 0.93)] {
        close(one(&model, x, t_x, 6.0, 5.0).0, p, 5.1e-3, "P(alive)");
    }
    close(
        one(&model, 0.0, 0.0, 6.0, 10.0).1,
        0.130_216_9,
        1e-5,
        "expected of 0",
    );
    close(
        one(&model, 4.0, 5.0, 6.0, 10.0).1,
        3.627_858,
        2e-4,
        "expected of 4",
    );
    close(
        model.expected_new(10.0, &[]).unwrap(),
        3.179_805,
        1e-4,
        "of a new customer",
    );
    let Some(path) = crate::online_retail::data(super::DONATIONS) else {
        return;
    };
    let weights = columns(&path, &["weights"]).remove(0);
    let expected = model.expected(&summary, 5.0, &Context::new()).unwrap();
    let total: f64 = expected.iter().zip(&weights).map(|(e, w)| e * w).sum();
    close(total, 12_884.2, 0.3, "total of five years");
}

/// A coin tossed for each customer tells nothing of it.
#[test]
fn covariates_without_an_effect_have_none() {
    let Some(path) = crate::online_retail::data(super::CDNOW) else {
        return;
    };
    let c = columns(&path, &["frequency", "recency", "T"]);
    let coin: Vec<f64> = (0..c[0].len()).map(|i| (i * 7_919 % 2) as f64).collect();
    let ctx = Context::new();
    let summary = SummaryColumns::new(&c[0], &c[1], &c[2])
        .covariate("coin", &coin)
        .collect(&ctx);
    let summary = summary.unwrap();
    for law in [Law::BgNbd, Law::ParetoNbd] {
        let plain = fit(law, &summary);
        let with = LifetimeParams::new(law)
            .rate_covariates(["coin"])
            .dropout_covariates(["coin"]);
        let with = with.fit(&summary, &ctx).unwrap();
        assert!(with.estimates.converged, "{:?}", with.notices);
        let ratio = plain.estimates.likelihood_ratio(&with.estimates).unwrap();
        assert_eq!(ratio.df, if law == Law::BgNbd { 3 } else { 2 });
        assert!(ratio.p_value > 0.01, "{ratio:?}");
        let coin = with
            .estimates
            .parameters
            .iter()
            .find(|p| p.name == "alpha.coin")
            .unwrap();
        assert!(coin.value.abs() < 3.0 * coin.standard_error.unwrap());
        let p = with.p_alive(&summary, &ctx).unwrap();
        assert!(p.iter().all(|p| (0.0..=1.0).contains(p)));
        assert!(with.expected_new(52.0, &[]).is_err() && with.expected_new(52.0, &[1.0]).is_ok());
    }
}
