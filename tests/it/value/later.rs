//! Models beside what happened later: CDNOW's second 39 weeks.

use std::collections::BTreeMap;

use patronomy::Context;
use patronomy::value::{CustomerSummary, Law, LifetimeModel, LifetimeParams, simulate_customers};

use super::{close, columns};

/// The calibration table of BTYD's walkthrough: the counts that happened, and those that BG/NBD expected.
#[test]
fn cdnow_by_frequency() {
    let Some((summary, later)) = cdnow_with_holdout() else {
        return;
    };
    let ctx = Context::new();
    let model = LifetimeParams::new(Law::BgNbd).fit(&summary, &ctx).unwrap();
    let table = model.holdout(&summary, &later, 39.0, 7, &ctx).unwrap();
    let published = [
        (1_411.0, 0.236_711_6, 0.225_089_3),
        (439.0, 0.697_038_7, 0.523_136_4),
        (214.0, 1.392_523, 1.044_126),
        (100.0, 1.56, 1.520_256),
        (62.0, 2.532_258, 2.163_824),
        (38.0, 2.947_368, 2.653_789),
        (29.0, 3.862_069, 3.503_957),
        (64.0, 6.359_375, 6.157_036),
    ];
    assert_eq!(table.bins.len(), published.len());
    for (bin, (n, actual, expected)) in table.bins.iter().zip(published) {
        assert_eq!(bin.n_customers, n);
        close(bin.actual_mean, actual, 1e-6, "actual");
        close(
            bin.expected_mean,
            expected,
            2e-4 * (1.0 + expected),
            "expected",
        );
    }
    assert!(table.bins[7].is_open && !table.bins[6].is_open);
    assert_eq!(table.actual_total, later.iter().sum::<f64>());
    assert!(table.correlation.unwrap() > 0.6 && table.mean_absolute_error < 0.9);
    assert!(model.holdout(&summary, &later[1..], 39.0, 7, &ctx).is_err());
    // The expected total of 39 weeks lies within a tenth of what came.
    let ends: Vec<f64> = (1..=39).map(f64::from).collect();
    let curve = model.tracking(&summary, &ends, None, &ctx).unwrap();
    let repeats: f64 = 2_457.0;
    close(
        curve.expected[38] / repeats,
        1.0,
        0.1,
        "of the calibration period",
    );
    assert!(curve.expected_increments.iter().all(|e| *e > 0.0));
}

/// Summaries of the calibration file, and distinct days with a purchase after 1997-09-30, up to 1998-06-30.
fn cdnow_with_holdout() -> Option<(CustomerSummary, Vec<f64>)> {
    let path = crate::online_retail::data(super::CDNOW)?;
    let c = columns(&path, &["ID", "frequency", "recency", "T"]);
    let path = crate::online_retail::data("clv_rfm/cdnow_sample.parquet")?;
    let lines = super::purchase_days(&path);
    let mut later: BTreeMap<i64, std::collections::BTreeSet<i32>> = BTreeMap::new();
    for (customer, day) in lines {
        // 1997-09-30 is day 10,134 from 1970.
        if day > 10_134 {
            later.entry(customer).or_default().insert(day);
        }
    }
    let counts = c[0]
        .iter()
        .map(|id| later.get(&(*id as i64)).map_or(0.0, |d| d.len() as f64));
    Some((
        CustomerSummary::new(&c[1], &c[2], &c[3]).unwrap(),
        counts.collect(),
    ))
}

#[test]
fn a_curve_counts_each_customer_from_its_first_day() {
    let model = LifetimeModel::from_parameters(Law::ParetoNbd, [0.55, 10.6, 0.6, 11.7]).unwrap();
    let summary = CustomerSummary::new(&[0.0, 0.0], &[0.0, 0.0], &[30.0, 20.0]).unwrap();
    let ctx = Context::new();
    let curve = model
        .tracking(&summary, &[5.0, 12.0], Some(&[1.0, 2.0]), &ctx)
        .unwrap();
    let new = |t: f64| model.expected_new(t, &[]).unwrap();
    close(
        curve.expected[0],
        new(5.0),
        1e-12,
        "only the first is there",
    );
    close(curve.expected[1], new(12.0) + new(2.0), 1e-12, "both");
    assert_eq!(curve.actual, [1.0, 3.0]);
    close(
        curve.total_error().unwrap(),
        curve.expected[1] / 3.0 - 1.0,
        1e-12,
        "error",
    );
    for bad in [&[0.0][..], &[2.0, 1.0], &[f64::NAN]] {
        assert!(model.tracking(&summary, bad, None, &ctx).is_err());
    }
    assert!(model.tracking(&summary, &[1.0], Some(&[]), &ctx).is_err());
}

/// What customers of a law do later is what the law expects of them.
#[test]
fn simulated_customers_do_what_was_expected() {
    let ctx = Context::new();
    for (law, p) in [
        (Law::BgNbd, [0.8, 5.0, 0.9, 3.0]),
        (Law::MbgCnbd { k: Some(2) }, [0.8, 2.5, 0.9, 3.0]),
        (Law::ParetoNbd, [0.8, 5.0, 1.5, 30.0]),
        (Law::BgBb, [1.2, 2.5, 0.7, 9.0]),
    ] {
        // The same customers, observed longer: their streams are their own.
        let short = simulate_customers(law, p, &vec![20.0; 20_000], 4).unwrap();
        let long = simulate_customers(law, p, &vec![35.0; 20_000], 4).unwrap();
        let later: Vec<f64> = (long.frequency.iter().zip(&short.frequency))
            .map(|(l, s)| l - s)
            .collect();
        assert!(later.iter().all(|n| *n >= 0.0));
        let summary = CustomerSummary::new(&short.frequency, &short.recency, &short.age).unwrap();
        let model = LifetimeModel::from_parameters(law, p).unwrap();
        let table = model.holdout(&summary, &later, 15.0, 5, &ctx).unwrap();
        close(
            table.expected_total / table.actual_total,
            1.0,
            0.04,
            &format!("{law:?} total"),
        );
        for bin in &table.bins {
            let tolerance = 0.1 + 4.0 * (bin.expected_mean / bin.n_customers).sqrt();
            close(
                bin.actual_mean,
                bin.expected_mean,
                tolerance,
                &format!("{law:?} {bin:?}"),
            );
        }
        let p_alive = model.p_alive(&summary, &ctx).unwrap();
        let alive = short.is_alive.iter().filter(|a| **a).count() as f64;
        close(
            p_alive.iter().sum::<f64>() / alive,
            1.0,
            0.03,
            &format!("{law:?} alive"),
        );
        close(
            model.expected_new(20.0, &[]).unwrap() * 20_000.0 / short.frequency.iter().sum::<f64>(),
            1.0,
            0.04,
            "new",
        );
    }
}
