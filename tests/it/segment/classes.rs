//! Latent classes that know the week of a purchase, held to shops made so that only those can tell them.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, TimestampMicrosecondArray};
use patronomy::features::{FeatureParams, FeatureSet, Features};
use patronomy::saved::Saved;
use patronomy::segment::job::{Origin, SegmentModel, SegmentParams};
use patronomy::simulate::ShopParams;
use patronomy::{Context, ErrorKind, Roles, Transactions};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::tables::{DAY, FIRST_DAY, transactions, with_threads};

const ITEMS: usize = 20;

/// A basket: who, on which day, and what.
type Basket = (i64, i32, Vec<usize>);

fn sold(baskets: &[Basket]) -> Transactions {
    let rows = || {
        (0_i64..)
            .zip(baskets)
            .flat_map(|(t, (c, day, items))| items.iter().map(move |&i| (*c, t, i as i64, *day)))
    };
    let whole = |f: fn((i64, i64, i64, i32)) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(rows().map(f)))
    };
    let times = rows().map(|r| i64::from(FIRST_DAY + r.3) * DAY);
    let batch = RecordBatch::try_from_iter([
        ("customer", whole(|r| r.0)),
        ("transaction", whole(|r| r.1)),
        ("item", whole(|r| r.2)),
        (
            "time",
            Arc::new(TimestampMicrosecondArray::from_iter_values(times)) as ArrayRef,
        ),
        (
            "price",
            Arc::new(Float64Array::from(vec![1.0; rows().count()])),
        ),
    ]);
    let roles = Roles::new("customer", "time").transaction("transaction");
    transactions(batch.unwrap(), roles.item("item").amount("price"))
}

/// Two tastes, for even and for odd items, twice as strong for the own half. All sell in a season of their own, which is stronger: the first ten in the first half of
/// the weeks. A customer comes in one half, four times.
fn seasonal(n_customers: i64, n_weeks: i32) -> Vec<Basket> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut baskets = Vec::new();
    for customer in 0..n_customers {
        let (taste, half) = (customer % 2, (customer / 2) % 2);
        for _ in 0..4 {
            let week = half as i32 * (n_weeks / 2) + rng.gen_range(0..n_weeks / 2);
            let weight = |i: usize| {
                let likes = if i as i64 % 2 == taste { 4.0 } else { 1.0 };
                let sells = if i64::from(i >= ITEMS / 2) == half {
                    8.0
                } else {
                    1.0
                };
                likes * sells
            };
            let mut items = Vec::new();
            while items.len() < 4 {
                let i = rng.gen_range(0..ITEMS);
                if rng.gen_range(0.0..32.0) < weight(i) && !items.contains(&i) {
                    items.push(i);
                }
            }
            baskets.push((customer, week * 7 + rng.gen_range(0..7), items));
        }
    }
    baskets
}

fn classes(tx: &Transactions, season: bool) -> Features {
    let params = FeatureParams::new([FeatureSet::Classes]).n_classes(2);
    params.season(season).fit(tx, &Context::new()).unwrap()
}

/// The share of customers whose class is that of their number divided by `by`, by the better of both namings.
fn agreement(found: &Features, by: usize) -> f64 {
    let n = found.len();
    let is_first = &found.columns()[0];
    let same = (0..n)
        .filter(|&i| (is_first[i] > 0.5) == ((i / by).is_multiple_of(2)))
        .count();
    same.max(n - same) as f64 / n as f64
}

#[test]
fn a_season_is_not_taken_for_a_taste() {
    let tx = sold(&seasonal(600, 40));
    let (without, with) = (classes(&tx, false), classes(&tx, true));
    assert!(agreement(&without, 2) > 0.95, "halves of the year without");
    let share = agreement(&with, 1);
    assert!(share > 0.9, "{share:.3} are of their taste");
    let of = |found: &Features| found.recipe().classes.clone().unwrap();
    assert!(of(&without).season.is_none());
    let learnt = of(&with);
    let season = learnt.season.as_ref().unwrap();
    assert_eq!(season.log_sums.len(), 2 * 40);
    // 2024-01-01 was a Monday; the Monday before 1970 was the 29th of December.
    assert_eq!(season.first_week, (FIRST_DAY + 3) / 7);
    assert!(learnt.log_likelihood.is_finite());
}

#[test]
fn a_view_of_a_few_weeks_has_no_season() {
    for (n_weeks, has_season) in [(6, false), (8, true)] {
        let found = classes(&sold(&seasonal(200, n_weeks)), true);
        let learnt = found.recipe().classes.as_ref().unwrap();
        assert_eq!(learnt.season.is_some(), has_season, "{n_weeks} weeks");
    }
}

/// Each customer's classes are said alone as among all, in the next year as in this, and far from all weeks as well.
#[test]
fn a_customer_is_placed_alone_and_in_other_years() {
    let baskets = seasonal(400, 52);
    let found = classes(&sold(&baskets), true);
    let alone = |customer: i64, days: i32| {
        let own = baskets.iter().filter(|b| b.0 == customer);
        let own: Vec<Basket> = own.map(|b| (b.0, b.1 + days, b.2.clone())).collect();
        let placed = found.recipe().apply(&sold(&own), &Context::new()).unwrap();
        placed.columns()[0][0]
    };
    let first = &found.columns()[0];
    let mut n_other = 0;
    for customer in 0..40 {
        let own = first[customer as usize];
        assert!((alone(customer, 0) - own).abs() < 1e-9, "{customer}");
        for years in [-2, -1, 1, 3] {
            let then = alone(customer, years * 364);
            assert!((then - own).abs() < 1e-9, "{customer} in {years} years");
        }
        // Half a year later another season sells: the same basket says something else.
        n_other += usize::from((alone(customer, 182) - own).abs() > 1e-9);
    }
    assert!(n_other > 30, "{n_other} of 40");
}

/// Of 20 weeks there is nothing a year earlier: in weeks after them a class is drawn to what sells over all weeks.
#[test]
fn weeks_of_no_known_year_are_as_all() {
    let baskets = seasonal(300, 20);
    let found = classes(&sold(&baskets), true);
    let shifted = |weeks: i32| {
        let later: Vec<Basket> = baskets
            .iter()
            .map(|b| (b.0, b.1 + weeks * 7, b.2.clone()))
            .collect();
        let placed = found.recipe().apply(&sold(&later), &Context::new());
        placed.unwrap().columns().to_vec()
    };
    assert!(shifted(20) != found.columns());
    // One unknown week is like another.
    let (a, b) = (shifted(20), shifted(25));
    let off = a[0].iter().zip(&b[0]).map(|(x, y)| (x - y).abs());
    assert!(off.fold(0.0, f64::max) < 1e-9);
}

#[test]
fn classes_are_the_same_by_any_threads_and_can_be_cancelled() {
    let tx = sold(&seasonal(3_000, 60));
    let found = with_threads(1, || classes(&tx, true));
    for threads in [2, 7] {
        let other = with_threads(threads, || classes(&tx, true));
        assert_eq!(other.columns(), found.columns(), "{threads} threads");
        assert_eq!(other.recipe(), found.recipe(), "{threads} threads");
    }
    let counted = Context::new();
    let params = FeatureParams::new([FeatureSet::Classes]).n_classes(2);
    params.fit(&tx, &counted).unwrap();
    let n = counted.cancel.polls();
    for poll in [n / 2, n - 3] {
        let mut ctx = Context::new();
        ctx.cancel = patronomy::Cancel::at_poll(poll);
        let e = params.fit(&tx, &ctx).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Cancelled, "poll {poll} of {n}");
    }
}

/// The numbers of a small model by another way: each customer's likelihoods written out.
#[test]
fn chances_are_what_the_model_says() {
    let baskets = seasonal(200, 20);
    let found = classes(&sold(&baskets), true);
    let model = found.recipe().classes.as_ref().unwrap();
    let (season, orders) = (
        model.season.as_ref().unwrap(),
        model.activity.as_ref().unwrap(),
    );
    let item = |i: usize| model.items.iter().position(|t| *t == i.to_string());
    for customer in 0..50_i64 {
        let own: Vec<&Basket> = baskets.iter().filter(|b| b.0 == customer).collect();
        let group = orders
            .cuts
            .iter()
            .filter(|&&cut| (cut as usize) <= own.len())
            .count();
        let of_class = |k: usize| {
            let mut sum = orders.log_shares[group * 2 + k];
            for (_, day, items) in &own {
                sum += model.log_chances[(model.items.len() + items.len() - 1) * 2 + k];
                for i in items.iter().filter_map(|&i| item(i)) {
                    sum += model.log_chances[i * 2 + k];
                    sum -= season.log_sums[(day / 7) as usize * 2 + k];
                }
            }
            sum
        };
        let expected = 1.0 / (1.0 + (of_class(1) - of_class(0)).exp());
        let told = found.columns()[0][customer as usize];
        assert!(
            (told - expected).abs() < 1e-9,
            "{customer}: {told} {expected}"
        );
    }
}

fn golden() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/segments-classes-v1.json")
}

fn golden_shop() -> Transactions {
    let params = ShopParams::new().n_customers(300).n_days(400);
    params.seed(20_240_101).shop().transactions().unwrap()
}

fn fitted() -> SegmentModel {
    let params = FeatureParams::new([FeatureSet::Classes]).n_classes(3);
    let features = params
        .min_customers(60)
        .fit(&golden_shop(), &Context::new());
    let found = SegmentParams::new().fit(&features.unwrap(), &Context::new());
    SegmentModel::clone(found.unwrap().model())
}

/// Wrote the golden file of classes with a season. It is kept as it is: a later form gets a file of its own.
#[test]
#[ignore = "writes the golden file of a new version, once"]
fn write_the_golden_file() {
    assert!(!golden().exists(), "a golden file is never written again");
    fitted().save(&golden()).unwrap();
}

#[test]
fn the_golden_file_of_classes_loads_and_assigns() {
    let model = SegmentModel::load(&golden()).unwrap();
    assert_eq!(model.origin, Origin::Classes);
    let classes = model.recipe.classes.as_ref().unwrap();
    assert!(classes.season.is_some() && classes.activity.is_some());
    let features = model.recipe.apply(&golden_shop(), &Context::new()).unwrap();
    let found = Arc::new(model.clone()).assign(&features, &Context::new());
    assert_eq!(found.unwrap().sizes(), model.sizes);
}

/// Files from before classes had a season and shares by baskets: the same with neither.
#[test]
fn classes_without_a_season_load_and_assign() {
    let text = std::fs::read_to_string(golden()).unwrap();
    let mut file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let params = file["model"]["recipe"]["params"].as_object_mut().unwrap();
    assert!(params.remove("season").is_some());
    let classes = file["model"]["recipe"]["classes"].as_object_mut().unwrap();
    assert!(classes.remove("season").is_some() && classes.remove("activity").is_some());
    // Without a season likings are chances.
    let logs = classes["log_chances"].as_array_mut().unwrap();
    for log in logs.iter_mut().filter(|x| x.as_f64().unwrap() > 0.0) {
        *log = (-1.0).into();
    }
    let model = SegmentModel::from_json(&file.to_string()).unwrap();
    let classes = model.recipe.classes.as_ref().unwrap();
    assert!(classes.season.is_none() && classes.activity.is_none());
    let features = model.recipe.apply(&golden_shop(), &Context::new()).unwrap();
    let found = Arc::new(model).assign(&features, &Context::new()).unwrap();
    assert_eq!(found.sizes().iter().sum::<u64>() as usize, features.len());
}

#[test]
fn a_season_that_no_fit_could_have_is_refused() {
    let text = std::fs::read_to_string(golden()).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let refused = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut other = file.clone();
        change(&mut other["model"]["recipe"]["classes"]);
        let e = SegmentModel::from_json(&other.to_string()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::SavedFormat, "{e}");
    };
    refused(&|c| c["season"]["log_sums"] = serde_json::json!([]));
    refused(&|c| c["season"]["log_sums"] = serde_json::json!([0.1, 0.2]));
    refused(&|c| c["season"]["log_sums"][0] = 1e300.into());
    refused(&|c| c["activity"]["log_shares"][0] = 0.5.into());
    refused(&|c| c["activity"]["cuts"] = serde_json::json!([9, 1]));
}
