//! Item sets: options, limits, odd baskets and bad parameters.

use patronomy::Context;
use patronomy::baskets::Baskets;
use patronomy::itemsets::{Algorithm, ItemsetParams, Target};
use proptest::prelude::*;

use crate::itemsets::{Sets, TARGETS, baskets, brute_force, mined, of_target, rows};

/// What a set must be to be wanted, as the parameters say it.
#[derive(Debug, Clone)]
struct Options {
    min_len: usize,
    max_len: Option<usize>,
    required: Vec<u32>,
    forbidden: Vec<u32>,
}

fn options() -> impl Strategy<Value = Options> {
    let items = || prop::collection::btree_set(0..9u32, 0..3);
    (1..4usize, prop::option::of(0..4usize), items(), items()).prop_map(
        |(min_len, more, required, forbidden)| Options {
            min_len,
            max_len: more.map(|more| min_len + more),
            forbidden: forbidden.difference(&required).copied().collect(),
            required: required.into_iter().collect(),
        },
    )
}

fn without(baskets: &Baskets, forbidden: &[u32]) -> Baskets {
    let rows: Vec<Vec<u32>> = baskets
        .iter()
        .map(|(items, _)| {
            items
                .iter()
                .copied()
                .filter(|i| !forbidden.contains(i))
                .collect()
        })
        .collect();
    let weights = baskets.iter().map(|(_, w)| w).collect();
    crate::itemsets::baskets(&rows, baskets.n_items() as u32)
        .with_weights(weights)
        .unwrap()
}

proptest! {
    #[test]
    fn options_choose_among_what_brute_force_finds(
        rows in rows(9, 25),
        weights in prop::collection::vec(1..4u32, 75),
        minimum in 1..10u32,
        options in options(),
        algorithm in prop::sample::select(&Algorithm::NAMED[..]),
        target in prop::sample::select(&TARGETS[..]),
    ) {
        let weights = weights.into_iter().cycle().take(rows.len()).collect();
        let baskets = baskets(&rows, 9).with_weights(weights).unwrap();
        let mut params = ItemsetParams::new()
            .min_support_count(minimum.into())
            .min_len(options.min_len)
            .required(options.required.clone())
            .forbidden(options.forbidden.clone())
            .target(target)
            .algorithm(algorithm);
        params.max_len = options.max_len;
        let all = brute_force(&without(&baskets, &options.forbidden), minimum);
        let mut expected = of_target(&all, target, baskets.total_weight(), 9);
        expected.retain(|set, _| {
            set.len() >= options.min_len
                && options.max_len.is_none_or(|max| set.len() <= max)
                && options.required.iter().all(|r| set.contains(r))
        });
        prop_assert_eq!(mined(&params, &baskets), expected);
    }

    #[test]
    fn the_top_sets_are_those_of_highest_support(
        rows in rows(9, 25),
        k in 1..60usize,
        target in prop::sample::select(&TARGETS[..]),
    ) {
        let baskets = baskets(&rows, 9);
        let all = of_target(&brute_force(&baskets, 1), target, baskets.total_weight(), 9);
        let found = mined(&ItemsetParams::new().top_k(k).target(target), &baskets);
        // Generators, closed and frequent sets of a higher support are those of a lower one; maximal sets are not.
        if target == Target::Maximal {
            return Ok(());
        }
        let mut supports: Vec<u32> = all.values().copied().collect();
        supports.sort_unstable_by(|a, b| b.cmp(a));
        let last = supports.get(k - 1).copied().unwrap_or(1);
        let expected: Sets = all.into_iter().filter(|s| s.1 >= last).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn items_may_have_minimums_of_their_own(
        rows in rows(9, 25),
        minimum in 1..15u32,
        own in prop::collection::btree_map(0..9u32, 1..15u64, 0..9),
        algorithm in prop::sample::select(&Algorithm::NAMED[..]),
    ) {
        let baskets = baskets(&rows, 9);
        let params = ItemsetParams::new()
            .min_support_count(minimum.into())
            .item_min_support_counts(own.iter().map(|(&i, &n)| (i, n)).collect::<Vec<_>>())
            .algorithm(algorithm);
        let needed = |set: &[u32]| {
            let each = set.iter().map(|i| own.get(i).map_or(minimum, |&n| n as u32));
            each.min().unwrap()
        };
        let all = brute_force(&baskets, 1).into_iter();
        let expected: Sets = all.filter(|(set, n)| *n >= needed(set)).collect();
        prop_assert_eq!(mined(&params, &baskets), expected);
    }

    #[test]
    fn no_set_has_an_item_and_its_ancestor(
        rows in rows(9, 25),
        minimum in 1..15u32,
        parents in prop::collection::btree_map(0..8u32, 1..4u32, 0..6),
        algorithm in prop::sample::select(&Algorithm::NAMED[..]),
    ) {
        // Parents have higher numbers: no cycles.
        let parents: Vec<(u32, u32)> = parents.into_iter().map(|(i, up)| (i, (i + up).min(8))).collect();
        let baskets = baskets(&rows, 9).with_taxonomy(&parents).unwrap();
        let mut above = vec![Vec::new(); 9];
        for item in (0..9).rev() {
            for &(_, parent) in parents.iter().filter(|p| p.0 == item) {
                let further: Vec<u32> = above[parent as usize].clone();
                above[item as usize].push(parent);
                above[item as usize].extend(further);
            }
        }
        let params = ItemsetParams::new().min_support_count(minimum.into()).algorithm(algorithm);
        let is_clean = |set: &[u32]| set.iter().all(|&i| above[i as usize].iter().all(|a| !set.contains(a)));
        let all = brute_force(&baskets, minimum).into_iter();
        let expected: Sets = all.filter(|(set, _)| is_clean(set)).collect();
        prop_assert_eq!(mined(&params, &baskets), expected);
    }

    #[test]
    fn many_items_are_mined_like_few(
        rows in prop::collection::vec(prop::collection::vec(0..1500u32, 0..60), 1..60),
        spread in 1..4u32,
        target in prop::sample::select(&TARGETS[..]),
    ) {
        // Rows of one word, of several, and lists: the same sets whatever the number of items. Dense where items are folded together.
        let fold = [20, 90, 300, 1500][spread as usize];
        let rows: Vec<Vec<u32>> = rows.iter().map(|r| r.iter().map(|i| i % fold).collect()).collect();
        let baskets = baskets(&rows, 1500);
        let params = ItemsetParams::new().min_support_count(3).target(target).max_itemsets(200_000);
        let reference = params.clone().algorithm(Algorithm::Eclat);
        let (Ok(found), Ok(expected)) = (params.fit(&baskets, &Context::new()), reference.fit(&baskets, &Context::new())) else {
            return Ok(());
        };
        let sets = |f: &patronomy::itemsets::Itemsets| {
            let mut sets = Vec::new();
            f.for_each(|items, n| sets.push((items.to_vec(), n)));
            sets
        };
        prop_assert_eq!(sets(&found), sets(&expected));
    }
}

#[test]
fn the_explosion_guard_names_a_support_that_fits() {
    // 40 items in every basket: 2^40 sets.
    let rows: Vec<Vec<u32>> = (0..1000)
        .map(|r| {
            (0..60)
                .filter(|i| *i < 40 || (r * 7 + i) % 13 < 3)
                .collect()
        })
        .collect();
    let baskets = baskets(&rows, 60);
    let params = ItemsetParams::new().min_support_count(500);
    let error = params.fit(&baskets, &Context::new()).unwrap_err();
    assert_eq!(error.kind(), patronomy::ErrorKind::Budget);
    assert!(params.count(&baskets, &Context::new()).unwrap() >= (1 << 40) - 1);

    let rows: Vec<Vec<u32>> = (0..2000u32)
        .map(|r| {
            (0..24)
                .filter(|i| (r * (i + 3) * 7919 / 100) % 10 < 7)
                .collect()
        })
        .collect();
    let baskets = crate::itemsets::baskets(&rows, 24);
    let params = ItemsetParams::new().min_support_count(2).max_itemsets(1000);
    let message = params
        .fit(&baskets, &Context::new())
        .unwrap_err()
        .to_string();
    let (_, rest) = message.split_once("a minimum support of ").unwrap();
    let support: u64 = rest.split(' ').next().unwrap().parse().unwrap();
    let fits = params.clone().min_support_count(support);
    let n = fits.fit(&baskets, &Context::new()).unwrap().n_itemsets();
    assert!(n <= 1000, "{message}");
    let less = params.min_support_count(support * 7 / 8);
    assert!(less.fit(&baskets, &Context::new()).is_err(), "{message}");
}

#[test]
fn a_memory_limit_refuses_and_a_cancel_stops() {
    let rows: Vec<Vec<u32>> = (0..200u32)
        .map(|r| {
            (0..30)
                .filter(|i| (r * (i + 5) * 7919 / 64) % 10 < 8)
                .collect()
        })
        .collect();
    let baskets = baskets(&rows, 30);
    let params = ItemsetParams::new().min_support_count(2);
    let small = Context {
        budget: patronomy::Budget::bytes(1 << 20),
        ..Context::new()
    };
    let error = params.fit(&baskets, &small).unwrap_err();
    assert!(error.to_string().contains("minimum support of"), "{error}");
    // Each of the 30 tasks polls when it begins and when it ends.
    for poll in [1, 3, 10] {
        let stopped = Context {
            cancel: patronomy::Cancel::at_poll(poll),
            ..Context::new()
        };
        let error = params.fit(&baskets, &stopped).unwrap_err();
        assert_eq!(error.kind(), patronomy::ErrorKind::Cancelled);
        assert!(
            stopped.cancel.polls() <= poll + 80,
            "{} polls",
            stopped.cancel.polls()
        );
    }
}

#[test]
fn odd_baskets_have_a_stated_outcome() {
    let ctx = Context::new();
    let count = |rows: &[Vec<u32>], n, minimum| {
        let params = ItemsetParams::new().min_support_count(minimum);
        params.count(&baskets(rows, n), &ctx).unwrap()
    };
    assert_eq!(count(&[], 3, 1), 0);
    assert_eq!(count(&[vec![]], 3, 1), 0);
    assert_eq!(count(&[vec![0, 1, 2]], 3, 1), 7);
    assert_eq!(count(&[vec![0, 1], vec![0, 1]], 3, 3), 0);
    // One basket of 100,000 items: more sets than there are numbers.
    let all: Vec<u32> = (0..100_000).collect();
    assert_eq!(count(std::slice::from_ref(&all), 100_000, 1), u128::MAX);
    let giant = baskets(std::slice::from_ref(&all), 100_000);
    let params = ItemsetParams::new().min_support_count(1);
    assert!(params.fit(&giant, &ctx).is_err());
    let maximal = params
        .clone()
        .target(Target::Maximal)
        .fit(&giant, &ctx)
        .unwrap();
    assert_eq!(maximal.n_itemsets(), 1);
    maximal.for_each(|items, n| assert_eq!((items.len(), n), (100_000, 1)));
    let pairs = params.clone().max_len(1).fit(&giant, &ctx).unwrap();
    assert_eq!(pairs.n_itemsets(), 100_000);
    // Counts near the largest number that baskets may weigh.
    let heavy = baskets(&[vec![0], vec![0, 1]], 2);
    let heavy = heavy.with_weights(vec![u32::MAX - 2, 1]).unwrap();
    let found = mined(&ItemsetParams::new().min_support_count(1), &heavy);
    assert_eq!(
        found,
        Sets::from([(vec![0], u32::MAX - 1), (vec![1], 1), (vec![0, 1], 1)])
    );
    assert_eq!(
        params
            .min_support_count(u64::MAX)
            .count(&heavy, &ctx)
            .unwrap(),
        0
    );
}

#[test]
fn bad_parameters_are_named() {
    let baskets = baskets(&[vec![0, 1]], 2);
    let refused = |params: ItemsetParams, parts: &[&str]| {
        let message = params
            .fit(&baskets, &Context::new())
            .unwrap_err()
            .to_string();
        for part in parts {
            assert!(message.contains(part), "{message}");
        }
    };
    let new = ItemsetParams::new;
    refused(new().min_support(0.0), &["`min_support`", "(0, 1]"]);
    refused(new().min_support(f64::NAN), &["`min_support`", "NaN"]);
    refused(new().min_support(30.0), &["percentage", "got 30"]);
    refused(new().min_support_count(0), &["`min_support_count`"]);
    refused(
        new().min_support(0.1).min_support_count(3),
        &["together with"],
    );
    refused(new().min_len(0), &["`min_len`"]);
    refused(new().min_len(3).max_len(2), &["`max_len`", "at least"]);
    refused(new().top_k(0), &["`top_k`"]);
    refused(
        new().required([1]).forbidden([1]),
        &["`required`", "forbidden"],
    );
    refused(new().required([2]), &["`required`", "2 items"]);
    refused(
        new().item_min_support_counts([(0, 0)]),
        &["item_min_support_counts"],
    );
    let own = new()
        .item_min_support_counts([(0, 1)])
        .target(Target::Closed);
    refused(own, &["`frequent`"]);
    let tree = baskets.with_taxonomy(&[(0, 1)]).unwrap();
    let closed = new().target(Target::Closed).fit(&tree, &Context::new());
    assert!(closed.unwrap_err().to_string().contains("taxonomy"));
}
