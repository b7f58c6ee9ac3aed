//! Segments of customers around known centres: found, chosen, judged, matched, described.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type};
use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use patronomy::segment::explain::ExplainParams;
use patronomy::segment::job::{SegmentParams, Segments};
use patronomy::segment::profile::{Attributes, Basis, ProfileParams};
use patronomy::segment::scaling::Scale;
use patronomy::{Error, ErrorKind, Table};

use super::people::{ctx, noise, of_three, said, table, three};
use crate::tables::with_threads;

#[test]
fn planted_groups_are_found_and_their_number_is_recommended() {
    let (features, truth) = three(1_200);
    let found = SegmentParams::new().fit(&features, &ctx()).unwrap();
    // The largest first, which is how the truth is numbered.
    assert_eq!(found.labels(), truth);
    let choice = found.model().choice.as_ref().unwrap();
    assert_eq!(
        (
            choice.n_segments,
            choice.candidates.len(),
            choice.has_groups
        ),
        (3, 9, true)
    );
    assert!(
        choice.reason.contains("3 has the largest silhouette"),
        "{}",
        choice.reason
    );
    let of_3 = &choice.candidates[1];
    assert!(of_3.stability.unwrap() > 0.99 && of_3.silhouette.unwrap() > 0.7);
    let falls = choice
        .candidates
        .windows(2)
        .all(|c| c[1].inertia <= c[0].inertia);
    assert!(falls, "more centres never fit worse");
    assert_eq!(found.sizes(), [600, 400, 200]);
}

#[test]
fn the_bits_do_not_depend_on_threads() {
    let (features, _) = three(900);
    let fit = || SegmentParams::new().fit(&features, &ctx()).unwrap();
    let one = with_threads(1, fit);
    for threads in [2, 7] {
        let other = with_threads(threads, fit);
        assert_eq!(one.model(), other.model());
        assert_eq!(one.batch().unwrap(), other.batch().unwrap());
    }
}

#[test]
fn one_cloud_is_called_one() {
    let cloud = table(1_500, &["a", "b"], |i, j| {
        (0..6).map(|k| noise(i, j * 6 + k)).sum()
    });
    let params = SegmentParams::new().scale(Scale::Standard);
    let found = params.fit(&cloud, &ctx()).unwrap();
    let choice = found.model().choice.as_ref().unwrap();
    assert!(!choice.has_groups);
    let notices = &found.model().notices;
    assert!(
        notices.iter().any(|n| n.contains("finds no groups")),
        "{notices:?}"
    );
}

#[test]
fn without_scaling_the_largest_unit_decides_and_that_is_said() {
    let wide = table(600, &["cents", "visits"], |i, j| match j {
        0 if i == 0 => 9e9,
        0 => 100.0 * noise(i, 0),
        _ => {
            if i % 2 == 0 {
                1.0
            } else {
                50.0
            }
        }
    });
    let fit = |scale| {
        SegmentParams::new()
            .n_segments(2)
            .scale(scale)
            .fit(&wide, &ctx())
            .unwrap()
    };
    let raw = fit(Scale::None);
    let said = raw.model().notices.join("\n");
    assert!(
        said.contains("one segment holds 99.8 %") && said.contains("`cents` makes 100 %"),
        "{said}"
    );
    assert!(said.contains("not scaled"), "{said}");
    let scaled = fit(Scale::Log);
    assert!(scaled.sizes().iter().all(|&n| n > 200));
}

#[test]
fn a_constant_column_tells_nobody_apart() {
    let flat = table(60, &["same", "visits"], |i, j| {
        if j == 0 { 7.0 } else { (i % 2) as f64 }
    });
    for scale in [
        Scale::Log,
        Scale::Standard,
        Scale::Robust,
        Scale::YeoJohnson,
    ] {
        let found = SegmentParams::new()
            .n_segments(2)
            .scale(scale)
            .fit(&flat, &ctx())
            .unwrap();
        let notices = found.model().notices.join("\n");
        assert!(
            notices.contains("`same` has one value"),
            "{scale:?}: {notices}"
        );
        assert_eq!(found.sizes(), [30, 30]);
    }
    // All alike: as many segments as there are different customers.
    let alike = table(10, &["same"], |_, _| 7.0);
    let found = SegmentParams::new()
        .n_segments(3)
        .fit(&alike, &ctx())
        .unwrap();
    assert_eq!(found.sizes(), [10]);
    let chosen = SegmentParams::new().fit(&alike, &ctx()).unwrap();
    assert_eq!(chosen.sizes(), [10]);
}

#[test]
fn bad_input_is_named() {
    let kind = |r: patronomy::Result<Segments>| {
        r.map(|_| ())
            .map_err(|e: Error| (e.kind(), e.to_string()))
            .unwrap_err()
    };
    let (features, _) = three(60);
    let fit = |p: SegmentParams| kind(p.fit(&features, &ctx()));
    assert_eq!(
        fit(SegmentParams::new().n_segments(0)).0,
        ErrorKind::Parameter
    );
    assert_eq!(fit(SegmentParams::new().n_init(0)).0, ErrorKind::Parameter);
    assert_eq!(
        fit(SegmentParams::new().reach(f64::NAN)).0,
        ErrorKind::Parameter
    );
    assert_eq!(
        fit(SegmentParams::new().n_segments(61)).0,
        ErrorKind::TooFewRows
    );
    for bad in [f64::NAN, f64::INFINITY, 1e200] {
        let odd = table(9, &["money", "visits"], |i, j| {
            if (i, j) == (4, 1) { bad } else { i as f64 }
        });
        let (kind, said) = kind(SegmentParams::new().n_segments(2).fit(&odd, &ctx()));
        assert!(
            kind == ErrorKind::BadValues && said.contains("`visits`"),
            "{said}"
        );
    }
    let tiny = table(12, &["a"], |i, _| 1e-300 * (i % 2) as f64);
    let found = SegmentParams::new()
        .n_segments(2)
        .scale(Scale::Standard)
        .fit(&tiny, &ctx());
    assert!(found.is_ok());
    let (segments, _) = of_three(60);
    let others = table(5, &["money", "calls"], |i, _| i as f64);
    let (kind, said) = kind(segments.model().assign(&others, &ctx()));
    assert!(
        kind == ErrorKind::FeatureMismatch && said.contains("money, calls"),
        "{said}"
    );
}

#[test]
fn strangers_fit_none_and_borders_have_no_margin() {
    let (segments, _) = of_three(1_200);
    let strangers = table(4, &["money", "visits"], |i, j| {
        [[20.0, 2.0], [1e7, 1e5], [400.0, 3.0], [92.0, 2.45]][i][j]
    });
    let found = segments
        .model()
        .assign(&strangers, &ctx())
        .unwrap()
        .batch()
        .unwrap();
    let fits = found["fits"].as_boolean();
    assert!(fits.value(0) && !fits.value(1) && fits.value(2));
    let margin = found["margin"].as_primitive::<Float64Type>();
    assert!(margin.value(0) > 0.8 && margin.value(3) < 0.1, "{margin:?}");
    let share = segments.batch().unwrap()["fits"].as_boolean().true_count();
    assert!(
        (1_185..=1_192).contains(&share),
        "{share} of 1200 are within the reach of .99"
    );
}

#[test]
fn profiles_test_only_what_segments_were_not_found_in() {
    let (segments, truth) = of_three(900);
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values((0..900).rev()));
    let at = |i: usize| 899 - i;
    let country: StringArray = (0..900)
        .map(|i| {
            let is_home = truth[at(i)] != 2 || noise(at(i), 90) > 0.6;
            (i % 50 != 0).then_some(if is_home { "UK" } else { "DE" })
        })
        .collect();
    let age: Float64Array = (0..900)
        .map(|i| Some(40.0 + 20.0 * noise(at(i), 91)))
        .collect();
    let columns: [(&str, ArrayRef); 3] = [
        ("id", ids),
        ("country", Arc::new(country)),
        ("age", Arc::new(age)),
    ];
    let table = Table::from_batch(RecordBatch::try_from_iter(columns).unwrap());
    let attributes = Attributes::new(&table, "id", &ctx()).unwrap();
    let found = ProfileParams::default()
        .fit(&segments, Some(&attributes), &ctx())
        .unwrap();
    for t in &found.traits {
        assert_eq!(t.p_value.is_some(), t.basis == Basis::Other);
        assert!((0.0..=1.0).contains(&t.superiority));
    }
    let german = found
        .traits
        .iter()
        .find(|t| t.segment == 2 && t.level.as_deref() == Some("DE"))
        .unwrap();
    assert!(german.value > 0.6 && german.elsewhere == 0.0 && german.p_adjusted.unwrap() < 1e-20);
    let ages = found.traits.iter().filter(|t| t.column == "age");
    assert!(ages.clone().count() == 3 && ages.clone().all(|t| t.p_adjusted.unwrap() > 0.05));
    assert!(
        found.words[2].starts_with("high visits: 40"),
        "{}",
        found.words[2]
    );
    assert!(found.words[2].contains("country DE"), "{}", found.words[2]);
    assert_eq!(found.summary().unwrap().num_rows(), 3);
    let representatives = found.representatives().unwrap();
    let segment = representatives["segment"].as_primitive::<Int32Type>();
    let customer = representatives["customer"].as_primitive::<arrow_array::types::Int64Type>();
    for i in 0..representatives.num_rows() {
        assert_eq!(truth[customer.value(i) as usize], segment.value(i));
    }
    let twice =
        RecordBatch::try_from_iter([("id", Arc::new(Int64Array::from(vec![1, 1])) as ArrayRef)])
            .unwrap();
    let e = Attributes::new(&Table::from_batch(twice), "id", &ctx()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::BadValues);
}

#[test]
fn rules_stand_for_segments_and_are_tested_on_others() {
    let (segments, _) = of_three(1_200);
    let found = ExplainParams::default().fit(&segments, &ctx()).unwrap();
    assert!(found.fidelity > 0.99 && (found.baseline - 0.5).abs() < 0.05);
    assert_eq!(found.n_held_out, 600);
    assert_eq!(found.rules.iter().map(|r| r.n_covered).sum::<u64>(), 600);
    assert!(
        found
            .rules
            .iter()
            .all(|r| r.rule.contains("money") || r.rule.contains("visits"))
    );
    assert_eq!(found.batch().unwrap().num_rows(), found.rules.len());
    // Groups that no column tells apart: the rules are no better than the largest group.
    let cloud = table(2_000, &["a", "b"], noise);
    let two = SegmentParams::new()
        .n_segments(2)
        .fit(&cloud, &ctx())
        .unwrap();
    let mut params = ExplainParams::default();
    params.max_depth = 0;
    assert!(params.fit(&two, &ctx()).is_err());
}

#[test]
fn segments_within_a_segment_are_of_its_customers() {
    let (segments, truth) = of_three(600);
    let merged = segments
        .under(segments.model().merged(&[0, 1], said()).unwrap(), &ctx())
        .unwrap();
    let inner = merged
        .within(0, &SegmentParams::new().n_segments(2), &ctx())
        .unwrap();
    assert_eq!(inner.sizes(), [300, 200]);
    let ids = inner
        .features()
        .customers()
        .as_primitive::<arrow_array::types::Int64Type>();
    for (&id, &label) in ids.values().iter().zip(inner.labels()) {
        assert_eq!(truth[id as usize], label);
    }
}

#[test]
fn what_segments_were_found_in_is_not_tested_as_an_attribute() {
    let (segments, _) = of_three(300);
    let batch = segments.features().batch().unwrap();
    let attributes = Attributes::new(&Table::from_batch(batch), "customer", &ctx()).unwrap();
    let found = ProfileParams::default()
        .fit(&segments, Some(&attributes), &ctx())
        .unwrap();
    assert!(found.traits.iter().all(|t| t.p_value.is_none()));
    assert_eq!(found.notices.len(), 2, "{:?}", found.notices);
}
