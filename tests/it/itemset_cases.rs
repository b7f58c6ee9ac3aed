//! Worked examples of the literature, by every miner.

use std::collections::BTreeMap;
use std::path::Path;

use patronomy::Context;
use patronomy::baskets::Baskets;
use patronomy::itemsets::{Algorithm, ItemsetParams, Target};
use serde::Deserialize;

type Sets = BTreeMap<String, u32>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    source: String,
    min_support_count: u64,
    baskets: Vec<String>,
    frequent: Sets,
    closed: Sets,
    maximal: Sets,
    generators: Option<Sets>,
}

#[test]
fn worked_examples_come_out_as_published() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/itemsets");
    let mut n = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case: Case = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        check(&case);
        n += 1;
    }
    assert!(n >= 4, "only {n} cases were found");
}

fn check(case: &Case) {
    let ctx = Context::new();
    let (baskets, items) = coded(case);
    let targets = [
        (Target::Frequent, Some(&case.frequent)),
        (Target::Closed, Some(&case.closed)),
        (Target::Maximal, Some(&case.maximal)),
        (Target::Generators, case.generators.as_ref()),
    ];
    for (target, expected) in targets {
        let Some(expected) = expected else { continue };
        for algorithm in Algorithm::NAMED {
            let params = ItemsetParams::new()
                .min_support_count(case.min_support_count)
                .target(target)
                .algorithm(algorithm);
            let mut found = Sets::new();
            params
                .fit(&baskets, &ctx)
                .unwrap()
                .for_each(|set, support| {
                    let mut names: Vec<&str> = set.iter().map(|&i| &*items[i as usize]).collect();
                    names.sort_unstable();
                    found.insert(names.join(" "), support);
                });
            assert_eq!(
                &found, expected,
                "{target:?} by {algorithm:?}: {}",
                case.source
            );
        }
    }
}

/// The baskets, and what their items are called.
fn coded(case: &Case) -> (Baskets, Vec<String>) {
    let rows: Vec<Vec<&str>> = case
        .baskets
        .iter()
        .map(|b| b.split(' ').collect())
        .collect();
    let mut items: Vec<String> = rows.concat().into_iter().map(str::to_owned).collect();
    items.sort_unstable();
    items.dedup();
    let number = |name: &&str| items.binary_search(&(*name).to_owned()).unwrap() as u32;
    let numbers = rows.iter().flatten().map(number).collect();
    let ends = rows.iter().scan(0, |end, row| {
        *end += row.len();
        Some(*end)
    });
    let labels = arrow_array::StringArray::from(items.clone());
    let baskets = Baskets::from_numbers(ends.collect(), numbers, std::sync::Arc::new(labels));
    (baskets.unwrap(), items)
}
