//! What experts and later months do to segments of customers around known centres.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use patronomy::ErrorKind;
use patronomy::saved::Saved;
use patronomy::segment::job::{Origin, SegmentModel, SegmentParams, Status};
use patronomy::segment::scaling::Scale;

use super::people::{ctx, noise, of_three, said, table};

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
fn one_good_match_is_worth_more_than_two_bad_ones() {
    // A hundred and forty are the many, and forty others.
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
    // By the old centres nobody has changed; by the new ones the forty are with the hundred.
    let moved = table(180, &["x"], |i, _| [14.0, 0.0, 16.0][group(i)]);
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
