//! Saved models of value: files of version 1 load for ever, and damaged ones are refused.

use std::path::{Path, PathBuf};

use patronomy::saved::Saved;
use patronomy::simulate::Shop;
use patronomy::value::{
    ContractModel, ContractParams, Law, LifetimeModel, LifetimeParams, SpendModel, SpendParams,
    SpendSummary, SummaryColumns, Tenures, ValueModel, ValueParams, simulate_customers,
};
use patronomy::{Context, ErrorKind};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/lifetime-v1.json")
}

fn fitted(law: Law) -> LifetimeModel {
    let ages: Vec<f64> = (0..800).map(|i| 30.0 + f64::from(i % 9)).collect();
    let made =
        simulate_customers(Law::MbgCnbd { k: Some(2) }, [0.8, 2.5, 0.9, 3.0], &ages, 5).unwrap();
    let coin: Vec<f64> = (0..800).map(|i| f64::from(i * 7_919 % 2)).collect();
    let ctx = Context::new();
    let columns = SummaryColumns::new(&made.frequency, &made.recency, &made.age);
    let columns = columns
        .log_intervals(&made.log_intervals)
        .covariate("coin", &coin);
    let params = LifetimeParams::new(law).rate_covariates(["coin"]);
    params.fit(&columns.collect(&ctx).unwrap(), &ctx).unwrap()
}

/// Wrote the golden file of this version. It is kept as it is: a later version gets a file of its own.
#[test]
#[ignore = "writes the golden file of a new version, once"]
fn write_the_golden_file() {
    assert!(!golden().exists(), "a golden file is never written again");
    fitted(Law::MbgCnbd { k: None }).save(&golden()).unwrap();
}

#[test]
fn the_golden_file_of_version_1_loads_and_tells() {
    let model = LifetimeModel::load(&golden()).unwrap();
    assert_eq!(model.law, Law::MbgCnbd { k: Some(2) });
    assert_eq!(
        (model.tried.len(), model.covariates.as_slice()),
        (6, &["coin".to_owned()][..])
    );
    // A fit of today ends in the same place, if not at the same last digit on every platform.
    let today = fitted(Law::MbgCnbd { k: None });
    assert_eq!(
        (&today.law, &today.data_hash),
        (&model.law, &model.data_hash)
    );
    for (a, b) in model
        .estimates
        .parameters
        .iter()
        .zip(&today.estimates.parameters)
    {
        assert!(
            (a.value - b.value).abs() < 1e-6 * (1.0 + a.value.abs()),
            "{a:?} {b:?}"
        );
    }
    let told = model.expected_new(10.0, &[1.0]).unwrap();
    assert!((told - today.expected_new(10.0, &[1.0]).unwrap()).abs() < 1e-6 * told);
}

#[test]
fn every_law_comes_back_as_it_was() {
    for law in [
        Law::BgNbd,
        Law::BgCnbd { k: Some(3) },
        Law::MbgCnbd { k: None },
        Law::ParetoNbd,
    ] {
        let model = fitted(law);
        assert_eq!(
            LifetimeModel::from_json(&model.to_json().unwrap()).unwrap(),
            model
        );
    }
    let given = LifetimeModel::from_parameters(Law::BgBb, [1.2, 0.75, 0.66, 2.8]).unwrap();
    assert_eq!(
        LifetimeModel::from_json(&given.to_json().unwrap()).unwrap(),
        given
    );
}

#[test]
fn a_file_that_no_fit_has_made_is_refused() {
    let text = std::fs::read_to_string(golden()).unwrap();
    for (from, to) in [
        ("\"mbg_cnbd\"", "\"bg_cnbd\""),
        ("\"name\": \"alpha.coin\"", "\"name\": \"a.coin\""),
        ("\"is_positive\": true", "\"is_positive\": false"),
        ("\"kind\": \"lifetime\"", "\"kind\": \"spend\""),
        ("\"penalty\": 0.0", "\"penalty\": -1.0"),
        ("\"n_iter\"", "\"n_steps\""),
    ] {
        assert!(text.contains(from), "{from}");
        let e = LifetimeModel::from_json(&text.replacen(from, to, 1)).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::SavedFormat, "{from}: {e}");
    }
    for n in (0..text.trim_end().len()).step_by(17) {
        assert!(LifetimeModel::from_json(&text[..n]).is_err());
    }
}

/// The other models of value, each with its golden file.
fn others() -> (SpendModel, ContractModel, ValueModel) {
    let ctx = Context::new();
    let frequency: Vec<f64> = (0..60).map(|i| f64::from(1 + i % 5)).collect();
    let mean: Vec<f64> = (0..60).map(|i| 10.0 + f64::from(i * 7 % 23)).collect();
    let spend = SpendSummary::new(&frequency, &mean).unwrap();
    let retained = [1000.0, 869.0, 743.0, 653.0, 593.0, 551.0, 517.0, 491.0];
    let tenures = Tenures::from_retained(&retained).unwrap();
    let tx = Shop::new(300, 365, 1).transactions().unwrap();
    let value = ValueParams::new().horizon_days(90).fit(&tx, &ctx).unwrap();
    (
        SpendParams::new().fit(&spend, &ctx).unwrap(),
        ContractParams::new().fit(&tenures, &ctx).unwrap(),
        value.model().clone(),
    )
}

fn of_version_1(name: &str) -> PathBuf {
    golden().with_file_name(format!("{name}-v1.json"))
}

#[test]
#[ignore = "writes the golden files of a new version, once"]
fn write_the_other_golden_files() {
    let (spend, contract, value) = others();
    let file = |name| {
        let file = of_version_1(name);
        assert!(!file.exists(), "a golden file is never written again");
        file
    };
    spend.save(&file("spend")).unwrap();
    contract.save(&file("contract")).unwrap();
    value.save(&file("value")).unwrap();
}

#[test]
fn golden_files_of_all_models_load_and_tell() {
    let (spend, contract, value) = others();
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6 * b.abs(), "{a} {b}");
    let told = SpendModel::load(&of_version_1("spend")).unwrap();
    near(
        told.population_mean().unwrap(),
        spend.population_mean().unwrap(),
    );
    let told = ContractModel::load(&of_version_1("contract")).unwrap();
    near(told.survival(12)[12], contract.survival(12)[12]);
    let told = ValueModel::load(&of_version_1("value")).unwrap();
    assert_eq!(
        (told.n_customers, &told.reference),
        (value.n_customers, &value.reference)
    );
    assert_eq!(told.lifetime.data_hash, value.lifetime.data_hash);
    for (a, b) in told.cuts.iter().zip(&value.cuts) {
        near(*a, *b);
    }
    let tx = Shop::new(300, 365, 1).transactions().unwrap();
    let scored = told.score(&tx, &Context::new()).unwrap();
    assert_eq!(scored.batch().num_rows() as u64, told.n_customers);
}

#[test]
fn a_value_that_no_fit_has_made_is_refused() {
    let text = std::fs::read_to_string(of_version_1("value")).unwrap();
    for (from, to) in [
        ("\"n_tiers\": 4", "\"n_tiers\": 5"),
        ("\"horizon_days\": 90", "\"horizon_days\": 0"),
        ("\"law\": \"bg_nbd\"", "\"law\": \"bg_bb\""),
        ("\"cuts\"", "\"cut\""),
        ("\"kind\": \"value\"", "\"kind\": \"spend\""),
    ] {
        assert!(text.contains(from), "{from}");
        let e = ValueModel::from_json(&text.replacen(from, to, 1)).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::SavedFormat, "{from}: {e}");
    }
}
