//! Rules: every one against brute force, every measure against tables worked out elsewhere, and none found where there is nothing.

use std::collections::BTreeMap;
use std::path::Path;

use arrow_array::StringArray;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use patronomy::baskets::{BasketFormat, Baskets};
use patronomy::itemsets::{ItemsetParams, Target};
use patronomy::rules::{
    Combine, CompiledRules, Correction, Counts, Every, Keep, Measure, RecommendParams, Repeat,
    RuleParams, Rules, RulesFile, Test, contrasts,
};
use patronomy::saved::Saved;
use patronomy::{Budget, Cancel, Context, ErrorKind};
use proptest::prelude::*;

use crate::itemsets::{Sets, baskets, brute_force};
use crate::online_retail::data;

mod basis;
mod changes;
mod files;
mod intervals;
mod later;
mod measures;
mod results;
mod stops;
mod truth;
mod usage;

/// Antecedent and consequent, ascending, with their counts.
type Found = BTreeMap<(Vec<u32>, Vec<u32>), Counts>;

fn sorted(mut items: Vec<u32>) -> Vec<u32> {
    items.sort_unstable();
    items
}

fn found(rules: &Rules) -> Found {
    let rule = |i| {
        let sides = (sorted(rules.antecedent(i)), sorted(rules.consequent(i)));
        (sides, rules.counts(i))
    };
    let all: Found = (0..rules.len()).map(rule).collect();
    assert_eq!(all.len(), rules.len(), "a rule came twice");
    all
}

/// All ways to split a set into two parts that are not empty.
fn splits(set: &[u32]) -> impl Iterator<Item = (Vec<u32>, Vec<u32>)> {
    (1..(1_u32 << set.len()) - 1).map(move |bits| {
        let part = |wanted| {
            let items = set.iter().enumerate();
            items
                .filter(|(i, _)| bits >> i & 1 == wanted)
                .map(|(_, &item)| item)
                .collect()
        };
        (part(1), part(0))
    })
}

/// Every rule of frequent sets, with what each parameter says of it.
fn expected(baskets: &Baskets, params: &RuleParams) -> Found {
    let n = baskets.total_weight();
    let minimum = params.min_support_count.unwrap() as u32;
    let all = brute_force(baskets, minimum);
    let frequent: Sets = all
        .into_iter()
        .filter(|(set, _)| !set.iter().any(|i| params.forbidden.contains(i)))
        .filter(|(set, _)| params.max_len.is_none_or(|max| set.len() <= max))
        .collect();
    let support = |set: &[u32]| if set.is_empty() { n } else { frequent[set] };
    let is_closed = |set: &[u32]| {
        let larger = frequent.iter().filter(|(other, _)| {
            other.len() == set.len() + 1 && set.iter().all(|i| other.contains(i))
        });
        larger.into_iter().all(|(_, &s)| s < support(set))
    };
    let parts = |set: &[u32]| {
        let set = set.to_vec();
        (0..(1_u32 << set.len()) - 1).map(move |bits| {
            let items = set.iter().enumerate();
            let kept = items.filter(|(i, _)| bits >> i & 1 == 1);
            kept.map(|(_, &item)| item).collect::<Vec<u32>>()
        })
    };
    let mut rules = Found::new();
    for (set, &n_xy) in frequent.iter().filter(|(set, _)| set.len() > 1) {
        for (x, y) in splits(set) {
            let counts = Counts::new(n, support(&x), support(&y), n_xy).unwrap();
            let confidence = f64::from(n_xy) / f64::from(counts.n_x);
            let allowed = |side: &[u32], wanted: &Option<Vec<u32>>| {
                let wanted = wanted.as_ref();
                wanted.is_none_or(|wanted| side.iter().all(|i| wanted.contains(i)))
            };
            let is_kept = match params.keep {
                Keep::Productive => parts(&x).all(|part| {
                    let both = sorted([&part[..], &y[..]].concat());
                    let of_part = f64::from(support(&both)) / f64::from(support(&part));
                    confidence > of_part
                }),
                Keep::Basis => {
                    let is_generator = parts(&x)
                        .filter(|part| part.len() + 1 == x.len())
                        .all(|part| support(&part) > counts.n_x);
                    is_generator && is_closed(set)
                }
                _ => true,
            };
            let is_wanted = confidence >= params.min_confidence
                && params
                    .min_lift
                    .is_none_or(|least| Measure::Lift.of(counts) >= least)
                && params.max_antecedent_len.is_none_or(|max| x.len() <= max)
                && params.max_consequent_len.is_none_or(|max| y.len() <= max)
                && allowed(&x, &params.antecedents)
                && allowed(&y, &params.consequents);
            if is_wanted && is_kept {
                rules.insert((x, y), counts);
            }
        }
    }
    rules
}

/// Baskets of very different sizes, whose items have nothing to do with each other.
fn unequal(n_items: u32, n_baskets: u32) -> Baskets {
    let rows: Vec<Vec<u32>> = (0..n_baskets)
        .map(|i| {
            let size = if i % 20 == 0 { 40 } else { 2 + i % 4 };
            (0..size)
                .map(|j| (i * 7 + j * 13 + i * j) % n_items)
                .collect()
        })
        .collect();
    baskets(&rows, n_items)
}

fn rows() -> impl Strategy<Value = Vec<Vec<u32>>> {
    let row = prop::collection::btree_set(0_u32..7, 0..7);
    prop::collection::vec(row.prop_map(|r| r.into_iter().collect()), 1..14)
}

fn params() -> impl Strategy<Value = RuleParams> {
    let lengths = || prop::option::of(1_usize..4);
    let sides = || prop::option::of(prop::collection::vec(0_u32..7, 0..6));
    let keep = prop::sample::select(vec![Keep::All, Keep::Productive, Keep::Basis]);
    let limits = (1_u64..5, 0.0..1.0_f64, prop::option::of(0.0..2.0_f64), keep);
    let lengths = (prop::option::of(2_usize..5), lengths(), lengths());
    let items = (sides(), sides(), prop::collection::vec(0_u32..7, 0..2));
    (limits, lengths, items).prop_map(|(limits, lengths, items)| {
        let mut params = RuleParams::new()
            .min_support_count(limits.0)
            .min_confidence(limits.1)
            .keep(limits.3);
        params.min_lift = limits.2;
        params.max_len = lengths.0;
        params.max_antecedent_len = lengths.1;
        params.max_consequent_len = if limits.3 == Keep::Basis {
            None
        } else {
            lengths.2
        };
        (params.antecedents, params.consequents, params.forbidden) = items;
        params
    })
}

proptest! {
    #[test]
    fn rules_are_those_of_brute_force(rows in rows(), params in params()) {
        let baskets = baskets(&rows, 7);
        // Sides limit sets by their sum, and so what closed can mean.
        let mut wide = params.clone();
        if params.keep == Keep::Basis {
            wide.max_antecedent_len = None;
        }
        let rules = wide.fit(&baskets, &Context::new()).unwrap();
        prop_assert_eq!(found(&rules), expected(&baskets, &wide));
    }

    /// p-values are in [0, 1], adjusting only raises them, and neither threads nor the order of baskets change a bit.
    #[test]
    fn tests_are_sane_and_the_same(rows in rows(), minimum in 1_u64..4, fisher: bool) {
        let test = if fisher { Test::Fisher } else { Test::SizeConditional };
        let params = RuleParams::new()
            .min_support_count(minimum)
            .min_confidence(0.0)
            .max_consequent_len(None)
            .test(test);
        let rules = params.fit(&baskets(&rows, 7), &Context::new()).unwrap();
        for i in 0..rules.len() {
            let (p, adjusted) = rules.p_value(i).unwrap();
            prop_assert!((0.0..=1.0).contains(&p), "{}", p);
            prop_assert!(adjusted >= p * (1.0 - 1e-12) && adjusted <= 1.0, "{} {}", p, adjusted);
        }
        let turned: Vec<Vec<u32>> = rows.iter().rev().cloned().collect();
        let again = params.fit(&baskets(&turned, 7), &Context::new()).unwrap();
        for i in 0..rules.len() {
            let (a, b) = (rules.p_value(i).unwrap(), again.p_value(i).unwrap());
            prop_assert!((a.0 - b.0).abs() <= 1e-9 * a.0, "{:?} {:?}", a, b);
        }
        // Both directions of a pair are one hypothesis.
        let all: BTreeMap<_, _> = (0..rules.len())
            .map(|i| ((rules.antecedent(i), rules.consequent(i)), rules.p_value(i)))
            .collect();
        for ((x, y), p) in &all {
            if x.len() == 1 && y.len() == 1 {
                prop_assert_eq!(all[&(y.clone(), x.clone())], *p);
            }
        }
    }
}
