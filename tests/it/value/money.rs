//! What customers spend, and contracts: published parameters and forecasts.

use patronomy::Context;
use patronomy::saved::Saved;
use patronomy::value::{
    ContractModel, ContractParams, SpendModel, SpendParams, SpendSummary, Tenures,
};

use super::{close, columns};

/// Fader and Hardie (2013): 946 customers of CDNOW's sample with a repeat purchase.
#[test]
fn gamma_gamma_on_cdnow() {
    let name = "clv_rfm/cdnow_summary_39w_monetary.parquet";
    let Some(path) = crate::online_retail::data(name) else {
        return;
    };
    let c = columns(&path, &["frequency", "monetary_value"]);
    let summary = SpendSummary::new(&c[0], &c[1]).unwrap();
    let ctx = Context::new();
    let model = SpendParams::new().fit(&summary, &ctx).unwrap();
    assert_eq!((model.n_customers, model.notices.len()), (946, 0));
    assert!(model.estimates.converged);
    for (name, value) in [("p", 6.2488), ("q", 3.7446), ("v", 15.4477)] {
        close(
            model.estimates.value(name).unwrap(),
            value,
            3e-3 * value / 10.0 + 2e-4,
            name,
        );
    }
    close(
        model.estimates.log_likelihood,
        -4_055.923,
        0.01,
        "log-likelihood",
    );
    let expected = model.expected(&summary, &ctx).unwrap();
    let published = [
        24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17,
    ];
    for (found, published) in expected.iter().zip(published) {
        close(*found, published, 1e-2, "expected spend");
    }
    close(model.population_mean().unwrap(), 35.17, 1e-2, "mean");
    close(
        model.frequency_correlation.unwrap(),
        0.11,
        0.01,
        "correlation",
    );
    assert_eq!(
        SpendModel::from_json(&model.to_json().unwrap()).unwrap(),
        model
    );
}

#[test]
fn values_of_any_size_and_kind() {
    let ctx = Context::new();
    let x: Vec<f64> = (0..300).map(|i| f64::from(i * 7 % 5)).collect();
    let base: Vec<f64> = (0..300)
        .map(|i| {
            if i * 7 % 5 == 0 {
                0.0
            } else {
                (f64::from(i * 37 % 101) / 25.0 - 2.0).exp()
            }
        })
        .collect();
    let fit = |x: &[f64], z: &[f64]| {
        let s = SpendSummary::new(x, z).unwrap();
        let model = SpendParams::new().fit(&s, &ctx).unwrap();
        let expected = model.expected(&s, &ctx).unwrap();
        assert!(
            expected.iter().all(|e| e.is_finite() && *e > 0.0),
            "{model:?}"
        );
        assert!(model.estimates.converged || !model.notices.is_empty());
        model
    };
    let plain = fit(&x, &base);
    assert!(plain.estimates.converged, "{plain:?}");
    for scale in [1e-6, 1e9] {
        let z: Vec<f64> = base.iter().map(|z| z * scale).collect();
        let scaled = fit(&x, &z);
        let value = |m: &SpendModel, name: &str| m.estimates.value(name).unwrap();
        for (name, scale) in [("p", 1.0), ("q", 1.0), ("v", scale)] {
            close(
                value(&scaled, name) / scale / value(&plain, name),
                1.0,
                1e-4,
                name,
            );
        }
    }
    fit(&[1.0], &[5.0]);
    fit(&[1e6, 1.0], &[1e9, 1e-6]);
    let alike = fit(&[3.0; 50], &[7.0; 50]);
    assert!(!alike.estimates.converged && alike.notices[0].contains("spend alike"));
    let rising: Vec<f64> = (1..100).map(f64::from).collect();
    assert!(fit(&rising, &rising).notices[0].contains("correlate"));
    assert!(
        SpendSummary::new(&[1.0], &[0.0]).is_err() && SpendSummary::new(&[0.0], &[1.0]).is_err()
    );
    assert!(
        SpendSummary::new(&[1.0], &[f64::NAN]).is_err() && SpendSummary::new(&[], &[]).is_err()
    );
    let none = SpendSummary::new(&[0.0], &[0.0]).unwrap();
    assert!(SpendParams::new().fit(&none, &ctx).is_err());
}

/// Fader and Hardie (2007), "How to project customer retention": seven years, and the shares of year twelve.
#[test]
fn contracts_of_high_end_and_regular_customers() {
    let ctx = Context::new();
    let high = [1000.0, 869.0, 743.0, 653.0, 593.0, 551.0, 517.0, 491.0];
    let regular = [1000.0, 631.0, 468.0, 382.0, 326.0, 289.0, 262.0, 241.0];
    for (retained, alpha, beta, at_12) in
        [(high, 0.668, 3.806, 0.38), (regular, 0.704, 1.182, 0.165)]
    {
        let tenures = Tenures::from_retained(&retained).unwrap();
        let model = ContractParams::new().fit(&tenures, &ctx).unwrap();
        assert!(model.estimates.converged && model.notices.is_empty());
        close(
            model.estimates.value("alpha").unwrap(),
            alpha,
            6e-4,
            "alpha",
        );
        close(model.estimates.value("beta").unwrap(), beta, 6e-4, "beta");
        let survival = model.survival(12);
        close(survival[12], at_12, 0.015, "year 12");
        let retention = model.retention(12);
        for t in 0..12 {
            close(
                survival[t + 1] / survival[t],
                retention[t],
                1e-12,
                "retention",
            );
        }
        // One row for each customer says the same.
        let mut periods = Vec::new();
        let mut has_left = Vec::new();
        for t in 1..8 {
            let n = (retained[t - 1] - retained[t]) as usize;
            periods.extend(vec![t as f64; n]);
            has_left.extend(vec![true; n]);
        }
        periods.extend(vec![7.0; retained[7] as usize]);
        has_left.resize(periods.len(), false);
        let one_by_one = Tenures::from_customers(&periods, &has_left, None, &ctx).unwrap();
        assert_eq!(tenures, one_by_one);
        // Renewals to come, by their sum.
        let rate = f64::ln(1.1);
        let long = model.survival(4_000);
        let sum: f64 = (1..4_000)
            .map(|t| long[t] * (-rate * (t as f64 - 1.0)).exp())
            .sum();
        let later: f64 = (4..4_000)
            .map(|t| long[t] / long[3] * (-rate * (t as f64 - 4.0)).exp())
            .sum();
        let found = model.discounted(&[0.0, 3.0], rate).unwrap();
        close(found[0] / sum, 1.0, 1e-9, "from the start");
        close(found[1] / later, 1.0, 1e-9, "after three renewals");
        assert_eq!(
            ContractModel::from_json(&model.to_json().unwrap()).unwrap(),
            model
        );
    }
}

#[test]
fn contracts_that_say_little() {
    let ctx = Context::new();
    for retained in [
        [10.0, 10.0, 10.0],
        [10.0, 0.0, 0.0],
        [1.0, 1.0, 0.0],
        [1e9, 5e8, 2.5e8],
    ] {
        let model = ContractParams::new()
            .fit(&Tenures::from_retained(&retained).unwrap(), &ctx)
            .unwrap();
        assert!(
            model.estimates.converged || !model.notices.is_empty(),
            "{model:?}"
        );
        assert!(
            model.survival(50).iter().all(|s| (0.0..=1.0).contains(s)),
            "{model:?}"
        );
        assert!(
            model
                .discounted(&[0.0, 5.0], 0.1)
                .unwrap()
                .iter()
                .all(|d| d.is_finite() && *d >= 0.0)
        );
    }
    for bad in [
        &[10.0][..],
        &[10.0, 11.0],
        &[10.0, 1.5],
        &[0.0, 0.0],
        &[f64::NAN, 1.0],
        &[],
    ] {
        assert!(Tenures::from_retained(bad).is_err(), "{bad:?}");
    }
    assert!(Tenures::from_customers(&[0.0], &[true], None, &ctx).is_err());
    assert!(Tenures::from_customers(&[1.0], &[], None, &ctx).is_err());
    assert!(Tenures::from_customers(&[], &[], None, &ctx).is_err());
}
