//! Item sets: every miner, target and option against brute force.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::Int64Array;
use patronomy::baskets::Baskets;
use patronomy::itemsets::{Algorithm, ItemsetParams, Target};
use patronomy::{Budget, Cancel, Context, ErrorKind};
use proptest::prelude::*;

use crate::online_retail::data;

/// Sets of item numbers, ascending, with their support counts.
pub(crate) type Sets = BTreeMap<Vec<u32>, u32>;

pub(crate) fn baskets(rows: &[Vec<u32>], n_items: u32) -> Baskets {
    let ends = rows.iter().scan(0, |end, row| {
        *end += row.len();
        Some(*end)
    });
    let labels = Arc::new(Int64Array::from_iter_values(0..i64::from(n_items)));
    Baskets::from_numbers(ends.collect(), rows.concat(), labels).unwrap()
}

/// All frequent sets with their supports, by looking at every subset of the items.
pub(crate) fn brute_force(baskets: &Baskets, minimum: u32) -> Sets {
    let n = baskets.n_items() as u32;
    let rows: Vec<(u32, u32)> = baskets
        .iter()
        .map(|(items, weight)| (items.iter().fold(0, |m, i| m | 1 << i), weight))
        .collect();
    let support = |set: u32| -> u32 {
        let has = rows.iter().filter(|r| r.0 & set == set);
        has.map(|r| r.1).sum()
    };
    let sets = (1..1u32 << n).map(|set| (set, support(set)));
    let frequent = sets.filter(|&(_, s)| s >= minimum);
    let items = |set: u32| (0..n).filter(|i| set >> i & 1 == 1).collect();
    frequent.map(|(set, s)| (items(set), s)).collect()
}

/// Those of all frequent sets that are of a target.
pub(crate) fn of_target(all: &Sets, target: Target, total: u32, n_items: u32) -> Sets {
    let larger = |set: &[u32]| {
        let others: Vec<u32> = (0..n_items).filter(|i| !set.contains(i)).collect();
        let with = others.into_iter().map(|i| {
            let mut with = [set, &[i]].concat();
            with.sort_unstable();
            all.get(&with).copied()
        });
        with.collect::<Vec<Option<u32>>>()
    };
    let smaller = |set: &[u32]| {
        let without = (0..set.len()).map(|left_out| {
            let mut without = set.to_vec();
            without.remove(left_out);
            if without.is_empty() {
                total
            } else {
                all[&without]
            }
        });
        without.collect::<Vec<u32>>()
    };
    let is_one = |(set, &support): (&Vec<u32>, &u32)| match target {
        Target::Closed => larger(set).iter().all(|&s| s != Some(support)),
        Target::Maximal => larger(set).iter().all(Option::is_none),
        Target::Generators => smaller(set).iter().all(|&s| s != support),
        _ => true,
    };
    let wanted = all.iter().filter(|&(set, support)| is_one((set, support)));
    wanted
        .map(|(set, &support)| (set.clone(), support))
        .collect()
}

pub(crate) fn mined(params: &ItemsetParams, baskets: &Baskets) -> Sets {
    let found = params.fit(baskets, &Context::new()).unwrap();
    let mut sets = Sets::new();
    found.for_each(|items, support| {
        let mut items = items.to_vec();
        items.sort_unstable();
        let before = sets.insert(items, support);
        assert_eq!(before, None, "a set came twice");
    });
    assert_eq!(found.n_itemsets(), sets.len() as u64);
    let counted = params.count(baskets, &Context::new()).unwrap();
    assert_eq!(counted, sets.len() as u128, "counting {params:?}");
    sets
}

pub(crate) const TARGETS: [Target; 4] = [
    Target::Frequent,
    Target::Closed,
    Target::Maximal,
    Target::Generators,
];

pub(crate) fn rows(n_items: u32, n_rows: usize) -> impl Strategy<Value = Vec<Vec<u32>>> {
    // Dense, sparse and repeated rows.
    let row = prop::collection::vec(0..n_items, 0..=n_items as usize);
    (prop::collection::vec((row, 1..4usize), 0..n_rows), 1..4u32).prop_map(|(rows, thin)| {
        let thinned = rows.into_iter().flat_map(|(row, n)| {
            let row: Vec<u32> = row
                .into_iter()
                .filter(|i| thin == 1 || i % thin != 0)
                .collect();
            vec![row; n]
        });
        thinned.collect()
    })
}

proptest! {
    #[test]
    fn every_miner_finds_what_brute_force_finds(
        rows in rows(11, 40),
        minimum in 1..12u32,
        algorithm in prop::sample::select(&Algorithm::NAMED[..]),
    ) {
        let baskets = baskets(&rows, 11);
        let all = brute_force(&baskets, minimum);
        for target in TARGETS {
            let params = ItemsetParams::new()
                .min_support_count(minimum.into())
                .target(target)
                .algorithm(algorithm);
            let expected = of_target(&all, target, baskets.total_weight(), 11);
            prop_assert_eq!(mined(&params, &baskets), expected, "{:?} {:?}", target, algorithm);
        }
    }
}

/// Of all sets those that options leave: a set needs the smallest minimum among its items, and has no item with its ancestor.
fn with_options(
    baskets: &Baskets,
    minimum: u32,
    minimums: &[(u32, u64)],
    parents: &[(u32, u32)],
    max_len: usize,
) -> Sets {
    let own = |item: &u32| {
        let given = minimums.iter().rfind(|m| m.0 == *item);
        given.map_or(minimum, |m| m.1 as u32)
    };
    let is_above = |item: u32, above: u32| {
        let mut known = vec![item];
        let mut next = 0;
        while next < known.len() {
            let of = parents.iter().filter(|p| p.0 == known[next]);
            let new: Vec<u32> = of.map(|p| p.1).filter(|p| !known.contains(p)).collect();
            known.extend(new);
            next += 1;
        }
        known[1..].contains(&above)
    };
    let mut sets = brute_force(baskets, 1);
    sets.retain(|set, support| {
        let needed = set.iter().map(own).min().unwrap_or(minimum);
        let is_related = set.iter().any(|&a| set.iter().any(|&b| is_above(a, b)));
        *support >= needed && set.len() <= max_len && !is_related
    });
    sets
}

proptest! {
    #[test]
    fn every_miner_honours_every_option(
        rows in rows(10, 30),
        weights in prop::option::of(prop::collection::vec(1..4u32, 120)),
        minimum in 1..12u32,
        minimums in prop::collection::vec((0..10u32, 1..15u64), 0..5),
        parents in prop::collection::vec((0..10u32, 0..10u32), 0..6),
        max_len in prop::option::of(1..5usize),
        algorithm in prop::sample::select(&Algorithm::NAMED[..]),
    ) {
        let mut baskets = baskets(&rows, 10);
        if let Some(weights) = weights {
            baskets = baskets.with_weights(weights[..rows.len()].to_vec()).unwrap();
        }
        let parents: Vec<(u32, u32)> = parents.into_iter().filter(|p| p.0 < p.1).collect();
        if !parents.is_empty() {
            baskets = baskets.with_taxonomy(&parents).unwrap();
        }
        let mut params = ItemsetParams::new()
            .min_support_count(minimum.into())
            .item_min_support_counts(minimums.clone())
            .algorithm(algorithm);
        if let Some(max_len) = max_len {
            params = params.max_len(max_len);
        }
        let expected = with_options(&baskets, minimum, &minimums, &parents, max_len.unwrap_or(10));
        prop_assert_eq!(mined(&params, &baskets), expected, "{:?}", params);
        if minimums.is_empty() && parents.is_empty() {
            let all = brute_force(&baskets, minimum);
            let mut expected = of_target(&all, Target::Generators, baskets.total_weight(), 10);
            expected.retain(|set, _| set.len() <= max_len.unwrap_or(10));
            let params = params.target(Target::Generators);
            prop_assert_eq!(mined(&params, &baskets), expected, "{:?}", params);
        }
    }
}

/// Baskets of a file of numbers, a line each.
fn fimi(name: &str) -> Option<Baskets> {
    let text = std::fs::read_to_string(data(&format!("market_basket/fimi/{name}.dat"))?).unwrap();
    let row = |line: &str| {
        line.split_ascii_whitespace()
            .map(|w| w.parse().unwrap())
            .collect()
    };
    let rows: Vec<Vec<u32>> = text.lines().map(row).collect();
    let n = rows.iter().flatten().max().map_or(0, |max| max + 1);
    Some(baskets(&rows, n))
}

pub(crate) fn in_pool<T: Send>(n_threads: usize, job: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads);
    pool.build().unwrap().install(job)
}

/// Sets in their order, in a form that can be compared.
fn in_order(params: &ItemsetParams, baskets: &Baskets, n_threads: usize) -> Vec<u32> {
    let found = in_pool(n_threads, || params.fit(baskets, &Context::new())).unwrap();
    let mut all = Vec::new();
    found.for_each(|items, support| {
        all.extend_from_slice(items);
        all.extend([u32::MAX, support]);
    });
    all
}

/// The counts that other implementations agree on.
#[test]
fn real_data_have_as_many_sets_as_published() {
    for (name, minimum, expected, has_apriori) in [
        ("mushroom", 1625, 53_583, true),
        ("retail", 88, 7_712, true),
        ("T10I4D100K", 100, 27_532, true),
        ("retail", 9, 240_852, true),
        // Apriori takes too long for a test: a minute and more without optimisation.
        ("T10I4D100K", 10, 411_365, false),
        ("chess", 1438, 2_846_040, false),
    ] {
        let Some(baskets) = fimi(name) else { return };
        let params = ItemsetParams::new().min_support_count(minimum);
        let algorithms = Algorithm::NAMED.into_iter();
        for algorithm in algorithms.filter(|&a| has_apriori || a != Algorithm::Apriori) {
            let n = params
                .clone()
                .algorithm(algorithm)
                .count(&baskets, &Context::new());
            assert_eq!(n.unwrap(), expected, "{name} {minimum} {algorithm:?}");
        }
    }
}

#[test]
fn real_data_have_the_same_sets_whatever_finds_them() {
    for (name, minimum) in [("mushroom", 1625), ("retail", 88), ("T10I4D100K", 100)] {
        let Some(baskets) = fimi(name) else { return };
        for target in [Target::Frequent, Target::Generators] {
            let params = ItemsetParams::new()
                .min_support_count(minimum)
                .target(target);
            let expected = in_order(&params.clone().algorithm(Algorithm::Lcm), &baskets, 1);
            for algorithm in Algorithm::NAMED {
                let found = in_order(&params.clone().algorithm(algorithm), &baskets, 2);
                assert!(
                    found == expected,
                    "{name} {minimum} {target:?} {algorithm:?}"
                );
            }
        }
    }
}

/// Baskets of up to 40 of so many items, drawn.
pub(crate) fn drawn(n_items: u32, n_rows: u32) -> Baskets {
    let mut state = 1u64;
    let mut draw = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as u32
    };
    let row = |_| {
        (0..=draw() % 40)
            .map(|_| draw() % n_items % (1 + draw() % n_items))
            .collect()
    };
    let rows: Vec<Vec<u32>> = (0..n_rows).map(row).collect();
    baskets(&rows, n_items)
}

/// More entries than caches hold, and pairs that are mostly too rare: items without a frequent partner are left out early.
#[test]
fn large_sparse_baskets_are_mined_like_small_ones() {
    let mut state = 7u64;
    let mut draw = |n: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % n
    };
    // Items with low numbers are frequent, and one basket in forty has three that go together.
    let rows: Vec<Vec<u32>> = (0..400_000)
        .map(|_| {
            let mut row: Vec<u32> = (0..4)
                .map(|_| (draw(2_000) * draw(2_000) / 2_000) as u32)
                .collect();
            if draw(40) == 0 {
                row.extend([1_990, 1_991, 1_992]);
            }
            row
        })
        .collect();
    let baskets = baskets(&rows, 2_000);
    for target in [Target::Frequent, Target::Closed, Target::Maximal] {
        let params = ItemsetParams::new().min_support_count(400).target(target);
        let expected = mined(&params.clone().algorithm(Algorithm::Eclat), &baskets);
        assert!(expected.len() > 500 && expected.keys().any(|set| set.len() == 3));
        assert!(mined(&params, &baskets) == expected, "{target:?}");
        let n = params.count(&baskets, &Context::new()).unwrap();
        assert_eq!(n, expected.len() as u128, "{target:?}");
    }
}

#[test]
fn threads_do_not_matter() {
    let baskets = drawn(300, 3000);
    for target in [Target::Frequent, Target::Generators] {
        for algorithm in Algorithm::NAMED {
            let params = ItemsetParams::new().min_support_count(60).target(target);
            let params = params.algorithm(algorithm);
            let one = in_order(&params, &baskets, 1);
            assert!(one.len() > 3000, "{} numbers", one.len());
            for n_threads in [2, 7] {
                assert!(in_order(&params, &baskets, n_threads) == one, "{params:?}");
            }
        }
    }
}

#[test]
fn limits_and_cancels_stop_every_miner() {
    let baskets = drawn(60, 2000);
    for target in [Target::Frequent, Target::Generators] {
        for algorithm in Algorithm::NAMED {
            let params = ItemsetParams::new()
                .min_support_count(10)
                .algorithm(algorithm);
            let params = params.target(target);
            let few = params.clone().max_itemsets(1000);
            let error = few.fit(&baskets, &Context::new()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Budget, "{algorithm:?}");
            for poll in [1, 3, 10, 30] {
                let ctx = Context {
                    cancel: Cancel::at_poll(poll),
                    ..Context::new()
                };
                let error = params.count(&baskets, &ctx).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Cancelled, "{algorithm:?} {poll}");
            }
        }
    }
}

#[test]
fn apriori_refuses_candidates_that_do_not_fit() {
    let baskets = drawn(60, 2000);
    let params = ItemsetParams::new().min_support_count(10);
    let params = params.algorithm(Algorithm::Apriori);
    for (bytes, length) in [(5_000, 2), (20_000, 3)] {
        let ctx = Context {
            budget: Budget::bytes(bytes),
            ..Context::new()
        };
        let error = params.count(&baskets, &ctx).unwrap_err();
        let text = error.to_string();
        assert_eq!(error.kind(), ErrorKind::Budget, "{text}");
        assert!(
            text.contains(&format!("candidates of {length} items")),
            "{text}"
        );
    }
}
