//! Item sets: every miner, target and option against brute force.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::Int64Array;
use patronomy::Context;
use patronomy::baskets::Baskets;
use patronomy::itemsets::{Algorithm, ItemsetParams, Target};
use proptest::prelude::*;

/// Sets of item numbers, ascending, with their support counts.
type Sets = BTreeMap<Vec<u32>, u32>;

fn baskets(rows: &[Vec<u32>], n_items: u32) -> Baskets {
    let ends = rows.iter().scan(0, |end, row| {
        *end += row.len();
        Some(*end)
    });
    let labels = Arc::new(Int64Array::from_iter_values(0..i64::from(n_items)));
    Baskets::from_numbers(ends.collect(), rows.concat(), labels).unwrap()
}

/// All frequent sets with their supports, by looking at every subset of the items.
fn brute_force(baskets: &Baskets, minimum: u32) -> Sets {
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
fn of_target(all: &Sets, target: Target, total: u32, n_items: u32) -> Sets {
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

fn mined(params: &ItemsetParams, baskets: &Baskets) -> Sets {
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

const TARGETS: [Target; 4] = [
    Target::Frequent,
    Target::Closed,
    Target::Maximal,
    Target::Generators,
];

fn rows(n_items: u32, n_rows: usize) -> impl Strategy<Value = Vec<Vec<u32>>> {
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
