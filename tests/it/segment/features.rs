//! Customers in numbers, beside the same numbers by other ways.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, UInt32Type};
use patronomy::baskets::Baskets;
use patronomy::features::{FeatureParams, FeatureSet, Features, Kind};
use patronomy::rfm::RfmParams;
use patronomy::saved::Saved;
use patronomy::segment::job::{SegmentModel, SegmentParams};
use patronomy::simulate::Shop;
use patronomy::{Context, ErrorKind, Moment, Transactions};

use crate::tables::{Ids, orders, roles, transactions, with_threads};

fn shop() -> Transactions {
    Shop::new(300, 365, 5).transactions().unwrap()
}

fn made(sets: &[FeatureSet], tx: &Transactions) -> Features {
    FeatureParams::new(sets.iter().copied())
        .fit(tx, &Context::new())
        .unwrap()
}

#[test]
fn rfm_is_what_rfm_scores() {
    let day = Moment::parse("2024-09-30").unwrap();
    for tx in [shop(), shop().as_of(day).unwrap()] {
        let rfm = RfmParams::new().fit(&tx, &Context::new()).unwrap();
        let found = made(&[FeatureSet::Rfm], &tx);
        let batch = rfm.batch();
        assert_eq!(found.customers(), batch.column(0));
        let recency = batch["recency_days"]
            .as_primitive::<Int32Type>()
            .values()
            .iter();
        assert!(
            recency
                .map(|&r| f64::from(r))
                .eq(found.columns()[0].iter().copied())
        );
        let frequency = batch["frequency"]
            .as_primitive::<UInt32Type>()
            .values()
            .iter();
        assert!(
            frequency
                .map(|&r| f64::from(r))
                .eq(found.columns()[1].iter().copied())
        );
        assert_eq!(
            batch["monetary"].as_primitive::<Float64Type>().values(),
            &found.columns()[2][..]
        );
    }
}

/// Items of each basket, customer by customer, from the public baskets.
#[test]
fn behaviour_counts_what_baskets_hold() {
    let tx = shop();
    let found = made(&[FeatureSet::Behaviour], &tx);
    let names = [
        "tenure_days",
        "orders_per_30_days",
        "order_value",
        "items_per_order",
        "item_variety",
        "weekend_share",
    ];
    assert_eq!(found.names(), names);
    let baskets = Baskets::from_transactions(&tx, &Context::new()).unwrap();
    let customers = baskets
        .customers()
        .unwrap()
        .as_primitive::<arrow_array::types::Int64Type>();
    let ids = found
        .customers()
        .as_primitive::<arrow_array::types::Int64Type>();
    for (i, &id) in ids.values().iter().enumerate() {
        let own = baskets
            .iter()
            .zip(customers.iter())
            .filter(|(_, c)| *c == Some(id));
        let own: Vec<&[u32]> = own.map(|((items, _), _)| items).collect();
        let entries: usize = own.iter().map(|b| b.len()).sum();
        let mut distinct: Vec<u32> = own.concat();
        distinct.sort_unstable();
        distinct.dedup();
        let column = |j: usize| found.columns()[j][i];
        assert_eq!(column(3), entries as f64 / own.len().max(1) as f64);
        assert_eq!(column(4), distinct.len() as f64 / entries.max(1) as f64);
        assert!((0.0..=1.0).contains(&column(5)) && column(0) >= 0.0 && column(1) > 0.0);
    }
}

#[test]
fn coordinates_are_made_again_by_their_recipe_and_by_any_threads() {
    let tx = shop();
    let sets = [FeatureSet::Basket, FeatureSet::Rfm];
    let found = made(&sets, &tx);
    let space = found.recipe().space.clone().unwrap();
    let q = space.n_components();
    assert!(q > 1 && found.names()[q] == "recency_days");
    assert_eq!(found.recipe().kinds[..q], vec![Kind::Coordinate; q][..]);
    assert!(space.singular_values.is_sorted_by(|a, b| a >= b));
    assert!(
        space.singular_values[..q]
            .iter()
            .all(|&s| s > space.noise_edge && s < 1.0)
    );
    let again = found.recipe().apply(&tx, &Context::new()).unwrap();
    assert_eq!(again.columns(), found.columns());
    for threads in [1, 7] {
        let other = with_threads(threads, || made(&sets, &tx));
        assert_eq!(other.columns(), found.columns());
    }
    // Later customers stand where they stand by the items' places, which have not moved.
    let later = tx.split(Moment::parse("2024-09-30").unwrap()).unwrap().1;
    let moved = found.recipe().apply(&later, &Context::new()).unwrap();
    assert_eq!(moved.recipe().space.as_ref(), Some(&space));
}

/// Baskets of customers 0, 1 ... of some items each, as a table of lines.
fn lines(bought: &[Vec<u32>]) -> Transactions {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, TimestampMicrosecondArray};
    let flat: Vec<(i64, i64)> = (0..)
        .zip(bought)
        .flat_map(|(c, items)| items.iter().map(move |&i| (c, i64::from(i))))
        .collect();
    let n = flat.len();
    let integers = |f: &dyn Fn(&(i64, i64)) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(flat.iter().map(f)))
    };
    let batch = RecordBatch::try_from_iter([
        ("customer", integers(&|l| l.0)),
        ("transaction", integers(&|l| l.0)),
        ("item", integers(&|l| l.1)),
        (
            "time",
            Arc::new(TimestampMicrosecondArray::from(vec![
                1_700_000_000_000_000;
                n
            ])) as ArrayRef,
        ),
        ("price", Arc::new(Float64Array::from(vec![1.0; n]))),
    ]);
    let roles = patronomy::Roles::new("customer", "time")
        .transaction("transaction")
        .item("item")
        .amount("price");
    transactions(batch.unwrap(), roles)
}

#[test]
fn few_items_and_separate_worlds_have_coordinates_too() {
    for n_items in [2, 3, 5, 20, 21, 22] {
        let bought: Vec<Vec<u32>> = (0..200_u32)
            .map(|c| {
                (0..n_items)
                    .filter(|i| (c * 7 + i * i * 3) % 5 < 2 || c % n_items == *i)
                    .collect()
            })
            .collect();
        for sets in [[FeatureSet::Basket], [FeatureSet::Classes]] {
            let found = FeatureParams::new(sets).fit(&lines(&bought), &Context::new());
            let found = found.unwrap_or_else(|e| panic!("{n_items} items, {sets:?}: {e}"));
            assert!(found.columns().iter().flatten().all(|x| x.is_finite()));
        }
    }
    // Two groups that share no item: the first coordinate tells them apart, whatever the seed.
    let apart: Vec<Vec<u32>> = (0..100)
        .map(|c| vec![c % 2 * 3, c % 2 * 3 + 1 + c % 4 / 2])
        .collect();
    for seed in 0..5 {
        let params = FeatureParams::new([FeatureSet::Basket])
            .n_components(1)
            .seed(seed);
        let found = params.fit(&lines(&apart), &Context::new()).unwrap();
        let side = |i: usize| found.columns()[0][i] > 0.0;
        assert!(
            (0..100).all(|i| side(i) == side(i % 2)) && side(0) != side(1),
            "seed {seed}"
        );
    }
    // All buy the same: there is nothing to tell, and that is said.
    let same = vec![vec![0, 1, 2]; 50];
    let found = FeatureParams::new([FeatureSet::Basket]).fit(&lines(&same), &Context::new());
    let notices = found.unwrap().notices().join("; ");
    assert!(notices.contains("independently"), "{notices}");
}

#[test]
fn classes_are_chosen_made_again_and_the_same_by_any_threads() {
    let tx = shop();
    let found = made(&[FeatureSet::Classes], &tx);
    let classes = found.recipe().classes.clone().unwrap();
    let best = classes
        .criteria
        .iter()
        .copied()
        .fold(f64::INFINITY, f64::min);
    assert_eq!(classes.criteria[classes.n_classes() - 1], best);
    let again = found.recipe().apply(&tx, &Context::new()).unwrap();
    assert_eq!(again.columns(), found.columns());
    for threads in [1, 7] {
        let other = with_threads(threads, || made(&[FeatureSet::Classes], &tx));
        assert_eq!(other.columns(), found.columns());
    }
    for bad in [1, 51] {
        let params = FeatureParams::new([FeatureSet::Classes]).n_classes(bad);
        assert_eq!(params.validate().unwrap_err().kind(), ErrorKind::Parameter);
    }
}

#[test]
fn seasons_are_told_where_there_are_weeks() {
    let tx = shop();
    let learnt = |season: bool, tx: &Transactions| {
        let params = FeatureParams::new([FeatureSet::Classes])
            .n_classes(4)
            .season(season);
        params.fit(tx, &Context::new()).unwrap()
    };
    let with = learnt(true, &tx);
    let classes = with.recipe().classes.clone().unwrap();
    let season = classes.season.clone().unwrap();
    assert!((50..=53).contains(&(season.log_sums.len() / 4)));
    let activity = classes.activity.clone().unwrap();
    assert_eq!(activity.log_shares.len(), 4 * (activity.cuts.len() + 1));
    let without = learnt(false, &tx).recipe().classes.clone().unwrap();
    assert!(without.season.is_none() && without.activity.is_some());
    // Six weeks tell no season.
    let short = tx.as_of(Moment::parse("2024-02-10").unwrap()).unwrap();
    let short = learnt(true, &short).recipe().classes.clone().unwrap();
    assert!(short.season.is_none());
    // A later view has weeks that were not learnt from.
    let past = tx.as_of(Moment::parse("2024-08-31").unwrap()).unwrap();
    let later = learnt(true, &past).recipe().apply(&tx, &Context::new());
    let later = later.unwrap();
    let sum = |i: usize| later.columns().iter().map(|c| c[i]).sum::<f64>();
    assert!((0..later.len()).all(|i| (sum(i) - 1.0).abs() < 1e-9));
    // Models with a season are kept as they are, and refused where they are damaged.
    let segments = SegmentParams::new().fit(&with, &Context::new()).unwrap();
    let text = segments.model().to_json().unwrap();
    let again = SegmentModel::from_json(&text).unwrap();
    assert_eq!(again.recipe.classes, Some(classes));
    for (from, to) in [
        ("\"usual\": [", "\"usual\": [0.5,"),
        ("\"cuts\": [", "\"cuts\": [9,9,"),
        ("\"first_week\": ", "\"first_week\": 99"),
    ] {
        assert!(text.contains(from), "{from}");
        let other = text.replace(from, to);
        let refused = SegmentModel::from_json(&other).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::SavedFormat, "{from}: {refused}");
    }
}

#[test]
fn nothing_to_describe_is_said() {
    let refused =
        |params: FeatureParams, tx: &Transactions| params.fit(tx, &Context::new()).unwrap_err();
    let empty = transactions(orders(50, 5, Ids::Integer, true).slice(0, 0), roles());
    let e = refused(FeatureParams::new([FeatureSet::Rfm]), &empty);
    assert_eq!(e.kind(), ErrorKind::TooFewRows, "{e}");
    let rare = FeatureParams::new([FeatureSet::Basket]).min_customers(1_000_000);
    let e = refused(rare, &shop());
    assert_eq!(e.kind(), ErrorKind::TooFewRows, "{e}");
    for bad in [
        FeatureParams::new([]),
        FeatureParams::new([FeatureSet::Rfm, FeatureSet::Rfm]),
        FeatureParams::new([FeatureSet::Basket]).n_components(0),
        FeatureParams::new([FeatureSet::Basket]).n_components(101),
        FeatureParams::new([FeatureSet::Basket]).min_customers(0),
    ] {
        assert_eq!(refused(bad, &shop()).kind(), ErrorKind::Parameter);
    }
}

#[test]
fn a_decomposition_stops_where_it_is_told_to() {
    let params = FeatureParams::new([FeatureSet::Basket]);
    let ctx = Context::new();
    params.fit(&shop(), &ctx).unwrap();
    let all = ctx.cancel.polls();
    for poll in [1, all / 3, all / 2, all] {
        let ctx = Context {
            cancel: patronomy::Cancel::at_poll(poll),
            ..Context::new()
        };
        // A fresh view each time: one that has been asked before knows its netting.
        let e = params.fit(&shop(), &ctx).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Cancelled, "poll {poll} of {all}: {e}");
    }
}
