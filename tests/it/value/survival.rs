//! Survival curves and the log-rank test, held to published tables, to sums by hand, and to every wrong question.

use patronomy::saved::Saved;
use patronomy::value::{Durations, LogRank, SurvivalCurve, SurvivalParams};
use patronomy::{Budget, Context, ErrorKind, Result};

use super::close;

/// Weeks of remission of 21 patients on 6-MP and 21 on placebo (Freireich et al. 1963, as printed by Cox 1972, "Regression models and life-tables", table 1); + is still in remission.
pub(super) const MERCAPTOPURINE: &str =
    "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+";
pub(super) const PLACEBO: &str = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23";

fn read(text: &str) -> (Vec<f64>, Vec<bool>) {
    let one = |word: &str| {
        let time = word.trim_end_matches('+').parse::<f64>().unwrap();
        (time, !word.ends_with('+'))
    };
    text.split_whitespace().map(one).unzip()
}

fn fit(durations: &Durations<'_>) -> Result<SurvivalCurve> {
    SurvivalParams::new().fit(durations, &Context::new())
}

fn of(text: &str) -> SurvivalCurve {
    let (times, ended) = read(text);
    fit(&Durations::new(&times, &ended)).unwrap()
}

/// Collett (2003), "Modelling survival data in medical research", and Kalbfleisch and Prentice (1980) print the estimates of both groups to three digits.
#[test]
fn the_printed_estimates_of_6_mp() {
    let curve = of(MERCAPTOPURINE);
    for (time, n_at_risk, survival, error) in [
        (6.0, 21.0, 0.857, 0.076),
        (7.0, 17.0, 0.807, 0.087),
        (10.0, 15.0, 0.753, 0.096),
        (13.0, 12.0, 0.690, 0.107),
        (16.0, 11.0, 0.627, 0.114),
        (22.0, 7.0, 0.538, 0.128),
        (23.0, 6.0, 0.448, 0.135),
    ] {
        let at = curve.times.iter().position(|&t| t == time).unwrap();
        assert_eq!(curve.n_at_risk[at], n_at_risk, "{time}");
        close(curve.survival[at], survival, 5.1e-4, "survival");
        close(curve.standard_error[at].unwrap(), error, 1e-3, "error");
    }
    assert_eq!(curve.median(), Some(23.0));
    assert_eq!(of(PLACEBO).median(), Some(8.0));
    // Without a censored row the estimate is the share that is left.
    let placebo = of(PLACEBO);
    for (time, left) in [
        (1.0, 19.0),
        (5.0, 12.0),
        (8.0, 8.0),
        (15.0, 3.0),
        (22.0, 1.0),
    ] {
        let found = placebo.survival_at(&[time]).unwrap()[0].unwrap();
        close(found, left / 21.0, 1e-12, "placebo");
    }
    assert_eq!(placebo.survival.last(), Some(&0.0));
    assert_eq!(placebo.standard_error.last(), Some(&None));
    assert_eq!(
        (placebo.low.last(), placebo.high.last()),
        (Some(&None), Some(&None))
    );
}

/// The test of both groups: 16.79 with one degree of freedom, of which 19.25 and 10.75 ends were expected (Kalbfleisch and Prentice 1980, section 1.5; `survdiff` of R's survival prints the same).
#[test]
fn the_printed_log_rank_test() {
    let (mut times, mut ended) = read(MERCAPTOPURINE);
    let (placebo, gone) = read(PLACEBO);
    times.extend(placebo);
    ended.extend(gone);
    let group: Vec<u32> = (0..42).map(|i| i / 21).collect();
    let test = LogRank::of(&Durations::new(&times, &ended), &group, &Context::new()).unwrap();
    close(test.statistic, 16.79, 5e-3, "statistic");
    assert_eq!(test.df, 1);
    close(test.p_value, 4.17e-5, 5e-8, "p-value");
    let [treated, placebo] = test.groups[..] else {
        panic!("{test:?}")
    };
    assert_eq!((treated.n_ended, placebo.n_ended), (9.0, 21.0));
    assert_eq!((treated.n_contracts, placebo.n_contracts), (21.0, 21.0));
    close(treated.expected, 19.25, 5e-3, "expected");
    close(placebo.expected, 10.75, 5e-3, "expected");
    // The order of the groups makes no difference, nor does one more that ended before all.
    let swapped: Vec<u32> = group.iter().map(|g| 1 - g).collect();
    let other = LogRank::of(&Durations::new(&times, &ended), &swapped, &Context::new()).unwrap();
    close(other.statistic, test.statistic, 1e-12, "swapped");
}

/// By hand: of 5, one ends at 1; of 4, two at 3, where one is censored too; the last is censored at 6.
#[test]
fn a_curve_by_hand() {
    let (times, ended) = read("3 1 3+ 6+ 3");
    let curve = fit(&Durations::new(&times, &ended)).unwrap();
    assert_eq!(curve.times, [1.0, 3.0, 6.0]);
    assert_eq!(curve.n_at_risk, [5.0, 4.0, 1.0]);
    assert_eq!(
        (&curve.n_ended[..], &curve.n_censored[..]),
        (&[1.0, 2.0, 0.0][..], &[0.0, 1.0, 1.0][..])
    );
    close(curve.survival[1], 0.8 * 0.5, 1e-15, "survival");
    // Greenwood: 1 / (5 * 4) + 2 / (4 * 2).
    let error = 0.3_f64.sqrt();
    close(
        curve.standard_error[1].unwrap(),
        0.4 * error,
        1e-15,
        "error",
    );
    let shift = (1.959_963_984_540_054 * error / 0.4_f64.ln().abs()).exp();
    close(curve.low[1].unwrap(), 0.4_f64.powf(shift), 1e-12, "low");
    close(
        curve.high[1].unwrap(),
        0.4_f64.powf(1.0 / shift),
        1e-12,
        "high",
    );
    close(curve.cumulative_hazard[2], 0.2 + 0.5, 1e-15, "hazard");
    let error = (1.0 / 25.0 + 2.0 / 16.0_f64).sqrt();
    close(curve.hazard_standard_error[2], error, 1e-15, "hazard error");
    let factor = (1.959_963_984_540_054 * error / 0.7).exp();
    close(curve.hazard_low[2], 0.7 / factor, 1e-12, "hazard low");
    close(curve.hazard_high[2], 0.7 * factor, 1e-12, "hazard high");
    // 1 up to 1, 0.8 up to 3, 0.4 up to 5.
    let mean = curve.restricted_mean(5.0).unwrap();
    close(mean.mean, 1.0 + 1.6 + 0.8, 1e-14, "mean");
    let variance = 2.4_f64.powi(2) / 20.0 + 0.8_f64.powi(2) * 2.0 / 8.0;
    close(
        mean.standard_error,
        variance.sqrt(),
        1e-14,
        "error of the mean",
    );
    assert_eq!(
        curve.survival_at(&[0.0, 0.9, 1.0, 2.0, 6.0, 6.1]).unwrap()[..4],
        [Some(1.0), Some(1.0), Some(0.8), Some(0.8)]
    );
    assert_eq!(curve.survival_at(&[6.1]).unwrap(), [None]);
    assert_eq!(
        curve.hazard_at(&[0.0, 1.0, 7.0]).unwrap(),
        [Some(0.0), Some(0.2), None]
    );
    assert_eq!(curve.quantile(0.2).unwrap(), Some(1.0));
    assert_eq!(curve.quantile(0.7).unwrap(), None);
    assert!(curve.notices.is_empty());
}

#[test]
fn weights_are_rows_written_once() {
    let (times, ended) = read("2 2 2 5+ 5+ 7 9+ 9+ 9+ 9+");
    let whole = fit(&Durations::new(&times, &ended)).unwrap();
    let (times, ended) = read("9+ 7 5+ 2");
    let mut same = fit(&Durations::new(&times, &ended).weights(&[4.0, 1.0, 2.0, 3.0])).unwrap();
    same.n_rows = 10;
    assert_eq!(whole, same);
    // Ends of all, of fractions that do not add up evenly, leave nothing.
    let (times, ended) = read("1 2 3 4");
    let curve = fit(&Durations::new(&times, &ended).weights(&[0.1, 0.2, 0.3, 1e-3])).unwrap();
    assert_eq!(curve.survival[3], 0.0);
    assert_eq!(curve.n_at_risk[3], 1e-3);
}

/// Who entered at 2 is not at risk of what happens at 1 or 2, but of what happens after.
#[test]
fn late_entries_are_at_risk_after_them() {
    let (times, ended) = read("1 2 4 5 6+");
    let entry = [0.0, 0.0, 2.0, 0.0, 3.0];
    let curve = fit(&Durations::new(&times, &ended).entry(&entry)).unwrap();
    assert_eq!(curve.n_at_risk, [3.0, 2.0, 3.0, 2.0, 1.0]);
    close(
        curve.survival[3],
        2.0 / 3.0 * 0.5 * 2.0 / 3.0 * 0.5,
        1e-15,
        "survival",
    );
    let zeros = [0.0; 5];
    let from_start = fit(&Durations::new(&times, &ended).entry(&zeros)).unwrap();
    assert_eq!(from_start, fit(&Durations::new(&times, &ended)).unwrap());
    // All that were there ended before the next came: survival stays 0, and it is said.
    let (times, ended) = read("1 5 6");
    let curve = fit(&Durations::new(&times, &ended).entry(&[0.0, 2.0, 2.0])).unwrap();
    assert_eq!(curve.survival, [0.0; 3]);
    assert!(
        curve.notices[0].contains("all at risk at 1 ended"),
        "{:?}",
        curve.notices
    );
    assert_eq!(curve.hazard_low.iter().filter(|x| x.is_finite()).count(), 3);
}

#[test]
fn edges_have_their_conventions() {
    // One that is running still.
    let one = fit(&Durations::new(&[4.0], &[false])).unwrap();
    assert_eq!((one.survival[0], one.standard_error[0]), (1.0, Some(0.0)));
    assert_eq!((one.low[0], one.high[0]), (Some(1.0), Some(1.0)));
    assert_eq!((one.cumulative_hazard[0], one.hazard_high[0]), (0.0, 0.0));
    assert_eq!(
        (one.median(), one.quantile_interval(0.5).unwrap()),
        (None, (None, None))
    );
    assert!(one.notices[0].contains("no contract has ended"));
    assert_eq!(one.restricted_mean(4.0).unwrap().mean, 4.0);
    // One that ended at once.
    let gone = fit(&Durations::new(&[0.0], &[true])).unwrap();
    assert_eq!(
        (gone.times[0], gone.survival[0], gone.median()),
        (0.0, 0.0, Some(0.0))
    );
    assert_eq!(
        gone.survival_at(&[0.0, 99.0]).unwrap(),
        [Some(0.0), Some(0.0)]
    );
    assert_eq!(gone.restricted_mean(10.0).unwrap().mean, 0.0);
    assert_eq!(gone.quantile_interval(0.5).unwrap(), (Some(0.0), None));
    // Both zeros are one time; half of four have ended at 0.
    let curve = fit(&Durations::new(
        &[0.0, -0.0, 1.0, 1.0],
        &[true, true, false, true],
    ))
    .unwrap();
    assert_eq!(
        (&curve.times[..], curve.survival[0]),
        (&[0.0, 1.0][..], 0.5)
    );
    assert_eq!(curve.median(), Some(0.0));
    assert_eq!(curve.quantile(1.0).unwrap(), None);
}

fn said(result: Result<SurvivalCurve>, kind: ErrorKind, words: &[&str]) {
    let e = result.unwrap_err();
    assert_eq!(e.kind(), kind, "{e}");
    for word in words {
        assert!(e.to_string().contains(word), "{e}: {word}");
    }
}

#[test]
fn every_broken_rule_is_named() {
    let ended = [true, false];
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1e-9, 1e101] {
        let times = [1.0, bad];
        said(
            fit(&Durations::new(&times, &ended)),
            ErrorKind::BadValues,
            &["`durations`", "row 1"],
        );
        let weights = Durations::new(&[1.0, 2.0], &ended).weights(&times);
        said(fit(&weights), ErrorKind::BadValues, &["`weights`"]);
        let entry = Durations::new(&[5.0, 6.0], &ended).entry(&times);
        said(fit(&entry), ErrorKind::BadValues, &["`entry`"]);
    }
    let zero = Durations::new(&[1.0, 2.0], &ended).weights(&[0.0, 1.0]);
    said(fit(&zero), ErrorKind::BadValues, &["`weights`", "row 0"]);
    let at_once = Durations::new(&[1.0, 2.0], &ended).entry(&[0.5, 2.0]);
    said(
        fit(&at_once),
        ErrorKind::BadValues,
        &["`entry`", "not below the duration"],
    );
    said(
        fit(&Durations::new(&[], &[])),
        ErrorKind::TooFewRows,
        &["found 0"],
    );
    said(
        fit(&Durations::new(&[1.0], &ended)),
        ErrorKind::Parameter,
        &["`ended`", "got 2"],
    );
    let short = Durations::new(&[1.0, 2.0], &ended).weights(&[1.0]);
    said(fit(&short), ErrorKind::Parameter, &["`weights`", "got 1"]);
    let rows = Durations::new(&[1.0, 2.0], &ended);
    for level in [0.0, 1.0, f64::NAN, 95.0] {
        let found = SurvivalParams::new()
            .level(level)
            .fit(&rows, &Context::new());
        said(found, ErrorKind::Parameter, &["`level`", "(0, 1)"]);
    }
    let tight = Context {
        budget: Budget::bytes(10),
        ..Context::new()
    };
    said(
        SurvivalParams::new().fit(&rows, &tight),
        ErrorKind::Budget,
        &["survival"],
    );
    let cancelled = Context::new();
    cancelled.cancel.cancel();
    let many = vec![1.0; 100_000];
    let all = vec![true; 100_000];
    let stopped = SurvivalParams::new().fit(&Durations::new(&many, &all), &cancelled);
    said(stopped, ErrorKind::Cancelled, &[]);
    let curve = fit(&rows).unwrap();
    for t in [f64::NAN, -1.0, f64::INFINITY] {
        assert_eq!(
            curve.survival_at(&[t]).unwrap_err().kind(),
            ErrorKind::Parameter
        );
        assert_eq!(
            curve.hazard_at(&[t]).unwrap_err().kind(),
            ErrorKind::Parameter
        );
        assert_eq!(
            curve.restricted_mean(t).unwrap_err().kind(),
            ErrorKind::Parameter
        );
        assert_eq!(curve.quantile(t).unwrap_err().kind(), ErrorKind::Parameter);
    }
    assert!(
        curve
            .restricted_mean(2.5)
            .unwrap_err()
            .to_string()
            .contains("at most the last duration, 2")
    );
    assert!(curve.restricted_mean(0.0).is_err() && curve.quantile(0.0).is_err());
}

#[test]
fn tests_that_cannot_be_made_are_refused() {
    let rows = Durations::new(&[1.0, 2.0, 3.0], &[true, true, false]);
    let test = |rows: &Durations<'_>, group: &[u32]| {
        let e = LogRank::of(rows, group, &Context::new()).unwrap_err();
        (e.kind(), e.to_string())
    };
    for (group, word) in [
        (&[0, 0, 0][..], "got 1"),
        (&[0, 2, 2], "none of 1"),
        (&[0, 1], "got 2"),
        (&[0, 1, 100], "got 101"),
    ] {
        let (kind, said) = test(&rows, group);
        assert_eq!(kind, ErrorKind::Parameter, "{said}");
        assert!(said.contains(word), "{said}");
    }
    let nobody = Durations::new(&[1.0, 2.0, 3.0], &[false; 3]);
    assert_eq!(test(&nobody, &[0, 1, 1]).0, ErrorKind::TooFewRows);
    // The first group was gone before the second came.
    let apart = rows.entry(&[0.0, 1.5, 1.5]);
    assert_eq!(test(&apart, &[0, 1, 1]).0, ErrorKind::TooFewRows);
    let parts = rows.weights(&[1.0, 1.5, 1.0]);
    assert_eq!(test(&parts, &[0, 1, 1]).0, ErrorKind::BadValues);
}

/// Three groups, of which one ended before any other was there: it has no part in the test.
#[test]
fn a_group_that_meets_no_other_takes_no_degree_of_freedom() {
    let (times, ended) = read("1 5 7 8 5 9 11 12+");
    let entry = [0.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0];
    let rows = Durations::new(&times, &ended).entry(&entry);
    let three = LogRank::of(&rows, &[0, 1, 1, 1, 2, 2, 2, 2], &Context::new()).unwrap();
    let later = Durations::new(&times[1..], &ended[1..]).entry(&entry[1..]);
    let two = LogRank::of(&later, &[0, 0, 0, 1, 1, 1, 1], &Context::new()).unwrap();
    assert_eq!((three.df, two.df), (1, 1));
    close(three.statistic, two.statistic, 1e-12, "statistic");
}

#[test]
fn curves_are_kept_and_damaged_ones_refused() {
    let curve = of(MERCAPTOPURINE);
    let text = curve.to_json().unwrap();
    assert_eq!(SurvivalCurve::from_json(&text).unwrap(), curve);
    let line = |name: &str| format!("\"{name}\": [");
    for (from, to) in [
        ("\"level\": 0.95".into(), "\"level\": 1.5".into()),
        (line("times"), format!("{} 99.0,", line("times"))),
        (line("n_ended"), format!("{} -3.0,", line("n_ended"))),
        ("\"n_rows\": 21".into(), "\"n_rows\": 2".into()),
        ("34.0".into(), "36.0".into()),
        (
            "\"kind\": \"survival\"".into(),
            "\"kind\": \"spend\"".into(),
        ),
        ("\"steps\"".into(), "\"curve\"".to_owned()),
    ] {
        let from: String = from;
        assert!(text.contains(&from), "{from}");
        let e = SurvivalCurve::from_json(&text.replacen(&from, &to, 1)).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::SavedFormat, "{from}: {e}");
    }
    let times: Vec<f64> = (0..400_001).map(f64::from).collect();
    let all = vec![true; times.len()];
    let large = fit(&Durations::new(&times, &all)).unwrap();
    assert!(
        large
            .to_json()
            .unwrap_err()
            .to_string()
            .contains("round the durations")
    );
    assert_eq!(large.survival_batch().num_rows(), 400_001);
}

fn golden() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/survival-v1.json")
}

#[test]
#[ignore = "writes the golden file of a new version, once"]
fn write_the_golden_file_of_survival() {
    assert!(!golden().exists(), "a golden file is never written again");
    of(MERCAPTOPURINE).save(&golden()).unwrap();
}

#[test]
fn the_golden_file_of_survival_loads_and_tells() {
    let told = SurvivalCurve::load(&golden()).unwrap();
    let today = of(MERCAPTOPURINE);
    assert_eq!((told.n_rows, told.median()), (21, Some(23.0)));
    assert_eq!(told.times, today.times);
    for (a, b) in told.survival.iter().zip(&today.survival) {
        close(*a, *b, 1e-12, "survival");
    }
}
