//! Segments of customers around known centres: found, chosen, judged, matched, described.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, UInt64Type};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use patronomy::saved::Saved;
use patronomy::segment::explain::ExplainParams;
use patronomy::segment::job::{Judgement, Origin, SegmentModel, SegmentParams, Segments, Status};
use patronomy::segment::profile::{Attributes, Basis, ProfileParams};
use patronomy::segment::scaling::Scale;
use patronomy::{Context, Error, ErrorKind, Table};

use super::people::{noise, table, three};
use crate::tables::with_threads;

fn ctx() -> Context {
    Context::new()
}

fn said() -> Judgement {
    Judgement::new("Ann", "seen in the shop", "2026-01-05T10:00:00+00:00")
}

fn of_three(n: usize) -> (Segments, Vec<i32>) {
    let (features, truth) = three(n);
    let params = SegmentParams::new().n_segments(3);
    (params.fit(&features, &ctx()).unwrap(), truth)
}

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
fn experts_name_merge_split_and_reject_and_all_is_kept() {
    let (segments, truth) = of_three(600);
    let model = segments.model();
    let named = model.named(2, " Visitors ", said()).unwrap();
    assert_eq!(named.segments[2].name, "Visitors");
    let named = named
        .described(2, "come often, buy little", said())
        .unwrap();
    for bad in ["", "  ", "segment 1", &"x".repeat(101)] {
        assert_eq!(
            named.named(2, bad, said()).unwrap_err().kind(),
            ErrorKind::Parameter
        );
    }
    assert!(
        named
            .named(9, "nobody", said())
            .unwrap_err()
            .to_string()
            .contains("one of 0, 1, 2")
    );

    let merged = segments
        .under(named.merged(&[0, 1], said()).unwrap(), &ctx())
        .unwrap();
    assert_eq!(merged.sizes(), [500, 100]);
    assert_eq!(merged.model().segments[0].centers, [0, 1]);
    for bad in [&[0][..], &[0, 0], &[0, 7], &[]] {
        assert_eq!(
            named.merged(bad, said()).unwrap_err().kind(),
            ErrorKind::Parameter
        );
    }

    // Cut again, the groups come back under numbers of their own.
    let split = merged.split(0, 2, said(), &ctx()).unwrap();
    let ids: Vec<i32> = split.model().segments.iter().map(|s| s.id).collect();
    assert_eq!(ids, [2, 3, 4]);
    let mut sizes = split.sizes();
    sizes.sort_unstable();
    assert_eq!(sizes, [100, 200, 300]);
    assert!(
        merged.split(0, 1, said(), &ctx()).is_err()
            && merged.split(0, 501, said(), &ctx()).is_err()
    );

    let rejected = split
        .under(split.model().rejected(2, said()).unwrap(), &ctx())
        .unwrap();
    let nobody = rejected.labels().iter().filter(|&&l| l < 0).count();
    assert_eq!(nobody, truth.iter().filter(|&&t| t == 2).count());
    assert_eq!(rejected.batch().unwrap()["segment"].null_count(), nobody);
    assert!(rejected.model().rejected(2, said()).is_err());
    let restored = rejected.model().restored(2, said()).unwrap();
    assert!(restored.restored(2, said()).is_err());

    let back = SegmentModel::from_json(&restored.to_json().unwrap()).unwrap();
    assert_eq!(back, restored);
    assert_eq!(back.judgements.len(), 6);
    assert!(
        back.judgements
            .iter()
            .all(|j| j.by == "Ann" && j.action.is_some())
    );
}

#[test]
fn a_damaged_model_is_refused() {
    let (segments, _) = of_three(60);
    let text = segments.model().to_json().unwrap();
    for (from, to) in [
        ("\"next_id\": 3", "\"next_id\": 1"),
        ("\"n_init\": 10", "\"n_init\": 0"),
        ("\"sizes\": [", "\"sizes\": [4,"),
        ("\"kinds\": [", "\"kinds\": [\"coordinate\","),
    ] {
        assert!(text.contains(from), "{from}");
        let e = SegmentModel::from_json(&text.replacen(from, to, 1)).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::SavedFormat, "{from}: {e}");
    }
}

#[test]
fn names_go_with_their_customers_through_a_refit() {
    let (segments, _) = of_three(1_200);
    let model = segments.model().named(1, "savers", said()).unwrap();
    let model = Arc::new(model.named(2, "visitors", said()).unwrap());
    // Next month the savers spend a third more, and hardly any visitor is left.
    let later = table(1_000, &["money", "visits"], |i, j| match i % 10 {
        0..5 => [20.0, 2.0][j] * (1.0 + 0.2 * noise(i, j)),
        5..9 => [530.0, 3.0][j] * (1.0 + 0.2 * noise(i, j)),
        _ => [90.0, 40.0][j] * (1.0 + 0.2 * noise(i, j)),
    });
    for n_segments in [None, Some(3)] {
        let (found, changes) = model.refit(&later, n_segments, &ctx()).unwrap();
        let named = |name: &str| {
            found
                .model()
                .segments
                .iter()
                .position(|s| s.name == name)
                .unwrap()
        };
        assert_eq!(found.sizes()[named("savers")], 400);
        assert_eq!(found.sizes()[named("visitors")], 100);
        assert!(
            changes.segments.iter().all(|c| c.status == Status::Stable),
            "{changes:?}"
        );
        let savers = changes
            .segments
            .iter()
            .find(|c| c.name == "savers")
            .unwrap();
        assert!(savers.center_shift.unwrap() > 0.1 && savers.segment == 1);
        let shares = (savers.share_before.unwrap(), savers.share_after.unwrap());
        assert!((shares.0 - 1.0 / 3.0).abs() < 1e-9 && (shares.1 - 0.4).abs() < 1e-9);
        let money = changes
            .features
            .iter()
            .find(|f| f.0 == "money")
            .unwrap()
            .1
            .unwrap();
        assert!(money > 0.1 && changes.stability_index.unwrap() > 0.0);
    }
    // A fourth group takes a number of its own; without the savers their segment is gone.
    let four = table(900, &["money", "visits"], |i, j| {
        [[20.0, 2.0], [90.0, 40.0], [9_000.0, 300.0]][i % 3][j] * (1.0 + 0.1 * noise(i, j))
    });
    let (found, changes) = model.refit(&four, Some(3), &ctx()).unwrap();
    let of = |status| {
        changes
            .segments
            .iter()
            .filter(|c| c.status == status)
            .count()
    };
    assert_eq!((of(Status::New), of(Status::Gone)), (1, 1), "{changes:?}");
    assert!(
        found
            .model()
            .segments
            .iter()
            .any(|s| s.id == 3 && s.name == "segment 3")
    );
    assert!(model.refit(&four, Some(901), &ctx()).is_err());
}

#[test]
fn moves_are_counted_customer_by_customer() {
    let (segments, truth) = of_three(300);
    let chosen: Vec<usize> = (0..200).rev().collect();
    let some = segments.features().chosen(&chosen).unwrap();
    let model = segments.model().rejected(2, said()).unwrap();
    let later = Arc::new(model).assign(&some, &ctx()).unwrap();
    let moves = later.moves(&segments).unwrap();
    let counts = moves["n_customers"].as_primitive::<UInt64Type>();
    let names = |c: &str, i: usize| moves[c].as_string::<i32>().value(i).to_owned();
    let mut all = 0;
    for i in 0..moves.num_rows() {
        let (from, to, n) = (
            names("from_segment", i),
            names("to_segment", i),
            counts.value(i),
        );
        all += n;
        let label: i32 = from.trim_start_matches("segment ").parse().unwrap();
        let expected = (0..300).filter(|&c| {
            truth[c] == label
                && match to.as_str() {
                    "(gone)" => c >= 200,
                    "(none)" => c < 200 && label == 2,
                    _ => c < 200 && label != 2 && from == to,
                }
        });
        assert_eq!(n, expected.count() as u64, "{from} to {to}");
    }
    assert_eq!(all, 300);
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
fn one_good_match_is_worth_more_than_two_bad_ones() {
    // Old: a hundred and forty of one kind, forty of another. New: the forty have gone over to the larger group's other end.
    let place = |group: usize| [0.0, 10.0, 20.0][group];
    let group = |i: usize| {
        if i < 100 {
            0
        } else if i < 140 {
            1
        } else {
            2
        }
    };
    let old = table(180, &["x"], |i, _| place(group(i)));
    let params = SegmentParams::new().n_segments(3).scale(Scale::None);
    let three = params.fit(&old, &ctx()).unwrap();
    let ids: Vec<i32> = [0.0, 10.0, 20.0]
        .iter()
        .map(|x| (0..3).find(|&c| three.model().center(c) == [*x]).unwrap() as i32)
        .collect();
    // Overlaps are .56 and .29 for the large ones, .29 and 0 for the small: crossing them gains .57.
    let merged = three.model().merged(&[ids[0], ids[1]], said()).unwrap();
    let named = Arc::new(merged.named(ids[0], "the many", said()).unwrap());
    let moved = table(180, &["x"], |i, _| match group(i) {
        0 => 0.0,
        1 => 10.0,
        _ => 1.0,
    });
    let (found, changes) = named.refit(&moved, Some(2), &ctx()).unwrap();
    assert!(
        found.model().segments.iter().any(|s| s.name == "the many"),
        "{changes:?}"
    );
}

#[test]
fn splits_are_of_the_customers_of_the_fit_and_have_customers() {
    let (segments, _) = of_three(600);
    let some = segments
        .features()
        .chosen(&(0..60).collect::<Vec<_>>())
        .unwrap();
    let few = segments.model().assign(&some, &ctx()).unwrap();
    let e = few.split(0, 2, said(), &ctx()).unwrap_err();
    assert!(e.to_string().contains("refit them first"), "{e}");
    let alike = table(40, &["x"], |i, _| f64::from(u8::from(i < 10)));
    let two = SegmentParams::new()
        .n_segments(2)
        .fit(&alike, &ctx())
        .unwrap();
    let named = two
        .under(two.model().named(1, "segment 2", said()).unwrap(), &ctx())
        .unwrap();
    let split = named.split(0, 3, said(), &ctx()).unwrap();
    assert!(split.sizes().iter().all(|&n| n > 0), "{:?}", split.sizes());
    let mut names: Vec<&str> = split
        .model()
        .segments
        .iter()
        .map(|s| s.name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), split.model().segments.len());
}

#[test]
fn a_refit_says_what_is_odd_and_where_it_comes_from() {
    let (segments, _) = of_three(600);
    assert_eq!(segments.model().origin, Origin::Given);
    let lonely = table(600, &["money", "visits"], |i, j| {
        if i == 0 { 1e8 } else { [20.0, 2.0][j] }
    });
    let (found, _) = segments.model().refit(&lonely, Some(2), &ctx()).unwrap();
    assert_eq!(found.model().origin, Origin::Refit);
    let notices = found.model().notices.join("; ");
    assert!(notices.contains("one segment holds 99.8 %"), "{notices}");
    // A second refit looks back to the first, not to the fit.
    let (_, changes) = found.model().refit(&lonely, None, &ctx()).unwrap();
    assert!(
        changes.features.iter().all(|f| f.1 == Some(0.0)),
        "{changes:?}"
    );
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
