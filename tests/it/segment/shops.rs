//! Segments of shops whose truth is known.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use patronomy::features::{FeatureParams, FeatureSet};
use patronomy::segment::choose::ChooseParams;
use patronomy::segment::class_gap::ClassGapParams;
use patronomy::segment::job::{Judgement, Origin, SegmentParams, Segments, Status};
use patronomy::simulate::{Difficulty, Shop, ShopParams, Task};
use patronomy::{Context, Moment};

fn ctx() -> Context {
    Context::new()
}

fn of(n_customers: usize, seed: u64, difficulty: Difficulty) -> Shop {
    let params = ShopParams::new().n_customers(n_customers).n_days(730);
    params.seed(seed).difficulty(difficulty).shop()
}

/// The adjusted Rand index of segments and the truth, over the oracle's.
fn beside_oracle(shop: &Shop, segments: &Segments) -> f64 {
    let oracle = shop.oracle().unwrap();
    let asked = oracle.predictions(Task::Segments).unwrap();
    let asked = asked["customer"].as_primitive::<Int64Type>();
    let own = segments.features().customers().as_primitive::<Int64Type>();
    let labels = segments.labels();
    let of = |id: i64| {
        own.values()
            .binary_search(&id)
            .map_or(-1.0, |i| f64::from(labels[i]))
    };
    let predicted: Vec<f64> = asked.values().iter().map(|&id| of(id)).collect();
    let found = oracle
        .evaluate(Task::Segments, &predicted)
        .unwrap()
        .unwrap();
    found / oracle.score(Task::Segments).score.unwrap()
}

#[test]
fn baskets_tell_the_segments_of_a_shop() {
    for (difficulty, least) in [(Difficulty::Easy, 0.95), (Difficulty::Medium, 0.85)] {
        let shop = of(2_000, 3, difficulty);
        let tx = shop.transactions().unwrap();
        let features = FeatureParams::new([FeatureSet::Basket])
            .fit(&tx, &ctx())
            .unwrap();
        let segments = SegmentParams::new()
            .n_segments(5)
            .fit(&features, &ctx())
            .unwrap();
        let share = beside_oracle(&shop, &segments);
        assert!(share >= least, "{difficulty:?}: {share:.3} of the oracle");
    }
}

/// Wholesale buyers are the sixth class; the oracle is not asked for them.
#[test]
fn latent_classes_are_the_segments_of_a_shop() {
    for (difficulty, least) in [(Difficulty::Easy, 0.95), (Difficulty::Medium, 0.9)] {
        let shop = of(4_000, 3, difficulty);
        let tx = shop.transactions().unwrap();
        let params = FeatureParams::new([FeatureSet::Classes]).n_classes(6);
        let features = params.fit(&tx, &ctx()).unwrap();
        let segments = SegmentParams::new().fit(&features, &ctx()).unwrap();
        let share = beside_oracle(&shop, &segments);
        assert!(share >= least, "{difficulty:?}: {share:.3} of the oracle");
        // A segment is the likeliest class.
        let columns = features.columns();
        let of_class = |i: usize| (0..6).max_by(|&a, &b| columns[a][i].total_cmp(&columns[b][i]));
        let mut pairs: Vec<(i32, usize)> = segments
            .labels()
            .iter()
            .copied()
            .zip((0..4_000).filter_map(of_class))
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        assert_eq!(pairs.len(), 6, "{difficulty:?}");
        let sum = |i: usize| columns.iter().map(|c| c[i]).sum::<f64>();
        assert!((0..features.len()).all(|i| (sum(i) - 1.0).abs() < 1e-9));
        // Nothing moves where nobody has bought anything since.
        let (again, changes) = segments.model().refit(&features, None, &ctx()).unwrap();
        assert_eq!(again.labels(), segments.labels());
        assert_eq!(again.model().origin, Origin::Classes);
        let mut few = ChooseParams::default();
        (few.max_segments, few.sample, few.n_resamples) = (3, 200, 2);
        let inner = segments
            .within(0, &SegmentParams::new().choose(few), &ctx())
            .unwrap();
        assert!(inner.sizes().len() > 1 && inner.model().origin == Origin::Chosen);
        assert!(changes.segments.iter().all(|c| c.status == Status::Stable));
    }
}

#[test]
fn names_survive_the_next_month() {
    for difficulty in [Difficulty::Easy, Difficulty::Medium, Difficulty::Hard] {
        let tx = of(1_500, 4, difficulty).transactions().unwrap();
        let day = |text| Moment::parse(text).unwrap();
        let (before, after) = (
            tx.as_of(day("2025-10-31")).unwrap(),
            tx.as_of(day("2025-11-30")).unwrap(),
        );
        let features = FeatureParams::new([FeatureSet::Rfm])
            .fit(&before, &ctx())
            .unwrap();
        let segments = SegmentParams::new()
            .n_segments(4)
            .fit(&features, &ctx())
            .unwrap();
        let mut model = segments.model().as_ref().clone();
        let names = ["regulars", "gone quiet", "big spenders", "new"];
        for (i, name) in names.iter().enumerate() {
            model = model.named(i as i32, name, Judgement::default()).unwrap();
        }
        let later = model.recipe.apply(&after, &ctx()).unwrap();
        for n_segments in [None, Some(4)] {
            let (found, changes) = model.refit(&later, n_segments, &ctx()).unwrap();
            let mut kept: Vec<&str> = found
                .model()
                .segments
                .iter()
                .map(|s| s.name.as_str())
                .collect();
            kept.sort_unstable();
            let mut expected = names;
            expected.sort_unstable();
            assert_eq!(kept, expected, "{difficulty:?}: {changes:?}");
            let is_same = |s| matches!(s, Status::Stable | Status::Changed);
            assert!(changes.segments.iter().all(|c| is_same(c.status)));
        }
    }
}

#[test]
fn a_class_gap_is_what_counting_says() {
    let tx = Shop::new(400, 365, 6).transactions().unwrap();
    let features = FeatureParams::new([FeatureSet::Rfm])
        .fit(&tx, &ctx())
        .unwrap();
    let segments = SegmentParams::new()
        .n_segments(3)
        .fit(&features, &ctx())
        .unwrap();
    let mut params = ClassGapParams::default();
    params.fdr = 1.0;
    let found = params.fit(&segments, &tx, &ctx()).unwrap();
    assert!(!found.gaps.is_empty() && found.notices.len() == 1);
    // The same from baskets of customers.
    let baskets = patronomy::baskets::Baskets::from_transactions(&tx, &ctx()).unwrap();
    let bought = baskets.by_customer(&ctx()).unwrap();
    let ids = bought.ids().unwrap().as_primitive::<Int64Type>();
    let own = segments.features().customers().as_primitive::<Int64Type>();
    let label = |id: i64| {
        own.values()
            .binary_search(&id)
            .map_or(-1, |i| segments.labels()[i])
    };
    let items_of = |id: i64| {
        let at = ids.values().iter().position(|&other| other == id);
        at.map_or(Vec::new(), |at| bought.iter().nth(at).unwrap().0.to_vec())
    };
    for item in &found.items {
        let buyers = bought.iter().zip(ids.values()).filter(|((items, _), id)| {
            items.contains(&item.item) && label(**id) == item.segment as i32
        });
        assert_eq!(item.n_buyers, buyers.count() as u64);
        assert!(item.share >= 0.1 && item.share > item.share_elsewhere);
    }
    for &(customer, at) in &found.gaps {
        let item = &found.items[at];
        assert_eq!(segments.labels()[customer], item.segment as i32);
        assert!(!items_of(own.value(customer)).contains(&item.item));
    }
    let most = found.gaps.chunk_by(|a, b| a.0 == b.0).map(<[_]>::len).max();
    assert_eq!(most, Some(5));
    let batch = found.batch().unwrap();
    assert_eq!(batch.num_rows(), found.gaps.len());
    assert!(
        batch["share"]
            .as_primitive::<Float64Type>()
            .values()
            .iter()
            .all(|s| *s <= 1.0)
    );

    let baskets = FeatureParams::new([FeatureSet::Basket])
        .fit(&tx, &ctx())
        .unwrap();
    let circular = SegmentParams::new()
        .n_segments(3)
        .fit(&baskets, &ctx())
        .unwrap();
    let found = ClassGapParams::default()
        .fit(&circular, &tx, &ctx())
        .unwrap();
    assert!(found.items.iter().all(|i| i.p_adjusted.is_none()) && found.notices.len() == 1);
}
