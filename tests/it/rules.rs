//! Rules: every one against brute force, every measure against tables worked out elsewhere, and none found where there is nothing.

use std::collections::BTreeMap;
use std::path::Path;

use arrow_array::StringArray;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use patronomy::baskets::{BasketFormat, Baskets};
use patronomy::itemsets::{ItemsetParams, Target};
use patronomy::rules::{
    CompiledRules, Correction, Counts, Every, Keep, Measure, RecommendParams, Repeat, RuleParams,
    Rules, RulesFile, Test, contrasts,
};
use patronomy::saved::Saved;
use patronomy::{Budget, Cancel, Context, ErrorKind};
use proptest::prelude::*;
use serde::Deserialize;

use crate::itemsets::{Sets, baskets, brute_force};
use crate::online_retail::data;

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    note: String,
    n: u32,
    n_x: u32,
    n_y: u32,
    n_xy: u32,
    measures: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct Tables {
    table: Vec<Table>,
}

#[test]
fn measures_equal_tables_worked_out_exactly() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/measures.toml");
    let tables: Tables = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(tables.table.len() >= 16);
    let mut wrong = Vec::new();
    for table in &tables.table {
        let counts = Counts::new(table.n, table.n_x, table.n_y, table.n_xy).unwrap();
        assert_eq!(table.measures.len(), Measure::ALL.len(), "{}", table.note);
        for (name, &exact) in &table.measures {
            let value = Measure::parse(name).unwrap().of(counts);
            let is_same = value == exact || (value.is_nan() && exact.is_nan());
            let is_near = (value - exact).abs() <= 1e-12 * exact.abs() + 1e-15;
            if !(is_same || is_near) {
                wrong.push(format!(
                    "{}: {name} is {value:e}, not {exact:e}",
                    table.note
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn groceries() -> Option<Baskets> {
    let path = data("market_basket/groceries.basket")?;
    let format = BasketFormat::Separated(',');
    Some(Baskets::read(&path, format, &Context::new()).unwrap())
}

/// The counts of arules' documentation, `market_basket/ground_truth_rules.json`.
#[test]
fn rules_of_groceries_are_as_many_as_published() {
    let Some(baskets) = groceries() else { return };
    let ctx = Context::new();
    let params = RuleParams::new().min_support(0.001).test(Test::None);
    let rules = params
        .clone()
        .min_confidence(0.8)
        .fit(&baskets, &ctx)
        .unwrap();
    assert_eq!(rules.len(), 410);
    assert_eq!(
        params
            .min_confidence(0.5)
            .fit(&baskets, &ctx)
            .unwrap()
            .len(),
        5_668
    );
    // The strongest of the tutorials: liquor and red/blush wine bring bottled beer, lift 11.2.
    let lift = rules.measure(Measure::Lift, &ctx).unwrap();
    let best = rules.sorted_by(&lift).unwrap();
    let labels = best.labels().as_string::<i32>();
    let mut names: Vec<&str> = best
        .antecedent(0)
        .iter()
        .map(|&i| labels.value(i as usize))
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["liquor", "red/blush wine"]);
    assert_eq!(labels.value(best.consequent(0)[0] as usize), "bottled beer");
    assert_eq!((best.counts(0).n_xy, best.counts(0).n_x), (19, 21));
}

#[test]
fn parts_of_an_antecedent_are_what_it_improves_on() {
    let rows = [
        vec![0, 1, 2],
        vec![0, 1, 2],
        vec![0, 2],
        vec![1],
        vec![1, 2],
        vec![0],
    ];
    let ctx = Context::new();
    let params = RuleParams::new().min_support_count(1).min_confidence(0.0);
    let rules = params.fit(&baskets(&rows, 3), &ctx).unwrap();
    let of_parts = rules.confidence_of_parts(&ctx).unwrap();
    let at = (0..rules.len())
        .find(|&i| sorted(rules.antecedent(i)) == [0, 1] && rules.consequent(i) == [2])
        .unwrap();
    // Nothing 4/6, {0} 3/4, {1} 3/4.
    assert_eq!(of_parts[at], 0.75);
    let single =
        (0..rules.len()).find(|&i| rules.antecedent(i) == [0] && rules.consequent(i) == [2]);
    assert_eq!(of_parts[single.unwrap()], 4.0 / 6.0);
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

#[test]
fn chance_in_large_baskets_is_no_finding() {
    let ctx = Context::new();
    let dealt = unequal(100, 2_000).shuffled(5, &ctx).unwrap();
    let params = RuleParams::new()
        .min_support_count(3)
        .min_confidence(0.0)
        .max_len(2);
    let n_found = |test: Test| {
        let rules = params
            .clone()
            .test(test)
            .alpha(0.05)
            .fit(&dealt, &ctx)
            .unwrap();
        rules.len()
    };
    assert!(n_found(Test::Fisher) > 500, "{}", n_found(Test::Fisher));
    assert_eq!(n_found(Test::SizeConditional), 0);
}

#[test]
fn an_association_is_found_among_chance() {
    let ctx = Context::new();
    let dealt = unequal(100, 2_000).shuffled(6, &ctx).unwrap();
    let rows: Vec<Vec<u32>> = dealt
        .iter()
        .enumerate()
        .map(|(i, (items, _))| {
            let mut row = items.to_vec();
            // In the place of another item: baskets stay as large as they are.
            let other = row.iter().position(|&item| item != 7 && item != 8);
            if let (true, Some(at)) = (row.contains(&7) && i % 3 > 0, other) {
                row[at] = 8;
            }
            row
        })
        .collect();
    let planted = baskets(&rows, 100);
    let params = RuleParams::new()
        .min_support_count(3)
        .min_confidence(0.0)
        .max_len(3)
        .alpha(0.05);
    let rules = params.clone().fit(&planted, &ctx).unwrap();
    assert_eq!(
        found(&rules).into_keys().collect::<Vec<_>>(),
        [(vec![7], vec![8]), (vec![8], vec![7])],
        "and no third item is given a part in it"
    );
    let pairs = params
        .max_len(2)
        .correction(Correction::BenjaminiHochberg)
        .fit(&planted, &ctx)
        .unwrap();
    assert_eq!(pairs.n_candidates(), 4_950.0);
    assert_eq!(pairs.len(), 2);
}

#[test]
fn rules_are_measured_on_later_baskets() {
    let ctx = Context::new();
    let early = baskets(
        &[vec![0, 1], vec![0, 1], vec![0, 1, 2], vec![2], vec![3]],
        4,
    );
    let later_rows: Vec<Vec<u32>> = (0..200)
        .map(|i| match i % 4 {
            0 => vec![1, 0],
            1 => vec![2, 3],
            _ => vec![2],
        })
        .collect();
    let rules = RuleParams::new()
        .min_support_count(1)
        .min_confidence(0.3)
        .fit(&early, &ctx)
        .unwrap();
    let later = baskets(&later_rows, 4);
    let evaluation = rules.evaluate(&later, 0.05, &ctx).unwrap();
    assert_eq!(evaluation.n_unknown_items(), 0);
    let later_support = brute_force(&later, 1);
    let support = |set: Vec<u32>| later_support.get(&sorted(set)).copied().unwrap_or(0);
    for i in 0..rules.len() {
        let (x, y) = (rules.antecedent(i), rules.consequent(i));
        let counts = evaluation.later()[i];
        assert_eq!(counts.n, 200);
        assert_eq!(counts.n_xy, support([&x[..], &y[..]].concat()));
        assert_eq!((counts.n_x, counts.n_y), (support(x), support(y)));
    }
    let held = found(&evaluation.holding());
    assert_eq!(
        held.into_keys().collect::<Vec<_>>(),
        [(vec![0], vec![1]), (vec![1], vec![0])]
    );
    let batch = evaluation.batch(true).unwrap();
    assert_eq!(batch.num_rows(), rules.len());
    let confidence = batch.column_by_name("later_confidence").unwrap();
    // 3 alone was bought early; later nothing of it was.
    assert!(
        confidence
            .as_primitive::<Float64Type>()
            .iter()
            .flatten()
            .any(f64::is_nan)
            || rules.len() < 8
    );

    // Items by label, whatever their numbers; a basket of strangers proves nothing.
    let strangers = Baskets::from_numbers(
        vec![2, 3],
        vec![0, 1, 1],
        std::sync::Arc::new(arrow_array::Int64Array::from(vec![7, 1])),
    )
    .unwrap();
    let evaluation = rules.evaluate(&strangers, 0.05, &ctx).unwrap();
    assert_eq!(evaluation.n_unknown_items(), 3);
    assert_eq!(evaluation.n_holding(), 0);
    let texts = Baskets::from_numbers(
        vec![1],
        vec![0],
        std::sync::Arc::new(StringArray::from(vec!["0"])),
    );
    assert_eq!(
        rules
            .evaluate(&texts.unwrap(), 0.05, &ctx)
            .unwrap_err()
            .kind(),
        ErrorKind::Parameter
    );
    assert!(rules.evaluate(&later, 0.0, &ctx).is_err());
}

/// What a plain reading of the rules says a basket is missing.
fn missing(
    rules: &Rules,
    scores: &[f64],
    basket: &[u32],
    params: &RecommendParams,
) -> Vec<(u32, u32)> {
    let mut best: BTreeMap<u32, (f64, u32)> = BTreeMap::new();
    for (i, &score) in scores.iter().enumerate() {
        if !rules.antecedent(i).iter().all(|x| basket.contains(x)) {
            continue;
        }
        for item in rules.consequent(i) {
            let is_out = params.excluded.contains(&item)
                || (params.repeat == Repeat::Exclude && basket.contains(&item));
            let better = best.get(&item).is_none_or(|b| score > b.0);
            if !is_out && better {
                best.insert(item, (score, i as u32));
            }
        }
    }
    let mut found: Vec<(u32, (f64, u32))> = best.into_iter().collect();
    found.sort_by(|a, b| {
        b.1.0
            .total_cmp(&a.1.0)
            .then(a.1.1.cmp(&b.1.1))
            .then(a.0.cmp(&b.0))
    });
    found.truncate(params.k.unwrap_or(usize::MAX));
    found
        .into_iter()
        .map(|(item, (_, rule))| (item, rule))
        .collect()
}

proptest! {
    #[test]
    fn what_a_basket_is_missing_is_what_the_rules_say(
        rows in rows(),
        baskets_asked in rows(),
        k in prop::option::of(1_usize..4),
        excluded in prop::collection::vec(0_u32..7, 0..2),
        include: bool,
    ) {
        let ctx = Context::new();
        let rules = RuleParams::new()
            .min_support_count(1)
            .min_confidence(0.3)
            .max_consequent_len(Some(2))
            .test(Test::None)
            .fit(&baskets(&rows, 7), &ctx)
            .unwrap();
        let mut params = RecommendParams::new().excluded(excluded);
        params.k = k;
        params.repeat = if include { Repeat::Include } else { Repeat::Exclude };
        let compiled = CompiledRules::new(&rules, &params, &ctx).unwrap();
        let scores = rules.measure(Measure::Confidence, &ctx).unwrap();
        let asked = baskets(&baskets_asked, 7);
        let all = compiled.recommend(&asked, &ctx).unwrap();
        let mut recommender = compiled.recommender();
        for (b, (items, _)) in asked.iter().enumerate() {
            let expected = missing(&rules, &scores, items, &params);
            let one: Vec<(u32, u32)> = recommender.recommend(items).iter().map(|r| (r.item, r.rule)).collect();
            prop_assert_eq!(&one, &expected);
            let of_all: Vec<(u32, u32)> = all
                .iter()
                .filter(|r| r.0 as usize == b)
                .map(|r| (r.2.item, r.2.rule))
                .collect();
            prop_assert_eq!(&of_all, &expected);
        }
        prop_assert_eq!(all.batch("basket").unwrap().num_rows(), all.len());
    }
}

#[test]
fn refusals_and_margins_count() {
    let ctx = Context::new();
    let rows = vec![vec![0, 1, 2]; 4];
    let shop = baskets(&rows, 3);
    let rules = RuleParams::new()
        .min_support_count(1)
        .max_antecedent_len(1)
        .fit(&shop, &ctx)
        .unwrap();
    let asked = baskets(&[vec![0], vec![0]], 3);
    let recommend = |params: RecommendParams| {
        let compiled = CompiledRules::new(&rules, &params, &ctx).unwrap();
        let all = compiled.recommend(&asked, &ctx).unwrap();
        all.iter()
            .map(|(b, rank, r)| (b, rank, r.item, r.score))
            .collect::<Vec<_>>()
    };
    let refused = recommend(RecommendParams::new().refused(vec![(1, 2)]));
    let items = |b: u32| {
        refused
            .iter()
            .filter(|r| r.0 == b)
            .map(|r| r.2)
            .collect::<Vec<_>>()
    };
    assert_eq!((sorted(items(0)), items(1)), (vec![1, 2], vec![1]));
    let worth = recommend(RecommendParams::new().margins(vec![1.0, 0.5, 2.0]));
    assert_eq!(worth[..2], [(0, 1, 2, 2.0), (0, 2, 1, 0.5)]);
    let worthless = recommend(RecommendParams::new().margins(vec![1.0, 0.0, -1.0]));
    assert!(worthless.is_empty());
    let bad = |params: RecommendParams| {
        CompiledRules::new(&rules, &params, &ctx)
            .unwrap_err()
            .to_string()
    };
    assert!(bad(RecommendParams::new().excluded(vec![3])).contains("`excluded`"));
    assert!(bad(RecommendParams::new().refused(vec![(0, 9)])).contains("`refused`"));
    assert!(bad(RecommendParams::new().margins(vec![1.0])).contains("one for each item"));
    assert!(bad(RecommendParams::new().margins(vec![f64::NAN; 3])).contains("finite"));
    let late = RecommendParams::new().refused(vec![(2, 0)]);
    let compiled = CompiledRules::new(&rules, &late, &ctx).unwrap();
    assert!(
        compiled
            .recommend(&asked, &ctx)
            .unwrap_err()
            .to_string()
            .contains("2 baskets")
    );
}

#[test]
fn item_sets_at_hand_give_the_same_rules() {
    let ctx = Context::new();
    let shop = unequal(60, 500);
    let params = RuleParams::new().min_support_count(20).min_confidence(0.2);
    let sets = ItemsetParams::new().min_support_count(20);
    let of_sets = params
        .fit_itemsets(&sets.clone().fit(&shop, &ctx).unwrap(), &ctx)
        .unwrap();
    assert_eq!(found(&of_sets), found(&params.fit(&shop, &ctx).unwrap()));
    assert!(!of_sets.is_empty());
    for sets in [
        sets.clone().target(Target::Closed),
        sets.clone().min_len(2),
        sets.required(vec![1]),
    ] {
        let sets = sets.fit(&shop, &ctx).unwrap();
        let error = params.fit_itemsets(&sets, &ctx).unwrap_err();
        assert!(error.to_string().contains("all parts"), "{error}");
    }
}

#[test]
fn limits_and_cancels_are_kept() {
    let shop = unequal(60, 1_000);
    let params = RuleParams::new()
        .min_support_count(5)
        .min_confidence(0.0)
        .max_len(3);
    let ctx = Context::new();
    let error = params.clone().max_rules(10).fit(&shop, &ctx).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Budget);
    assert!(error.to_string().contains("min_confidence"), "{error}");
    let small = Context {
        budget: Budget::bytes(20_000),
        ..Context::new()
    };
    assert_eq!(
        params.fit(&shop, &small).unwrap_err().kind(),
        ErrorKind::Budget
    );
    let whole = Context::new();
    params.fit(&shop, &whole).unwrap();
    let polls = whole.cancel.polls();
    assert!(polls > 10, "{polls}");
    for at in [1, 3, polls / 2, polls - 1] {
        let ctx = Context {
            cancel: Cancel::at_poll(at),
            ..Context::new()
        };
        assert_eq!(
            params.fit(&shop, &ctx).unwrap_err().kind(),
            ErrorKind::Cancelled,
            "{at}"
        );
    }
}

#[test]
fn the_smallest_shops_have_no_rules() {
    let ctx = Context::new();
    for rows in [vec![], vec![vec![]], vec![vec![0]], vec![vec![0], vec![1]]] {
        let rules = RuleParams::new().fit(&baskets(&rows, 2), &ctx).unwrap();
        assert!(rules.is_empty());
        assert_eq!(rules.batches().unwrap()[0].num_rows(), 0);
        assert!(
            rules
                .evaluate(&baskets(&rows, 2), 0.05, &ctx)
                .unwrap()
                .holding()
                .is_empty()
        );
        let compiled = CompiledRules::new(&rules, &RecommendParams::new(), &ctx).unwrap();
        assert!(
            compiled
                .recommend(&baskets(&rows, 2), &ctx)
                .unwrap()
                .is_empty()
        );
    }
    let one = RuleParams::new()
        .fit(&baskets(&[vec![0, 1]], 2), &ctx)
        .unwrap();
    assert_eq!(one.len(), 2);
    assert_eq!(one.p_value(0), Some((1.0, 1.0)));
    let unknown = RuleParams::new().antecedents(vec![2]);
    assert!(
        unknown
            .fit(&baskets(&[vec![0, 1]], 2), &ctx)
            .unwrap_err()
            .to_string()
            .contains("`antecedents`")
    );
}

#[test]
fn parts_of_a_result_keep_their_values() {
    let ctx = Context::new();
    let params = RuleParams::new()
        .min_support_count(5)
        .min_confidence(0.1)
        .max_len(3);
    let rules = params.fit(&unequal(60, 500), &ctx).unwrap();
    assert!(rules.len() > 20);
    let lift = rules.measure(Measure::Lift, &ctx).unwrap();
    let best = rules.sorted_by(&lift).unwrap();
    let sorted_lift = best.measure(Measure::Lift, &ctx).unwrap();
    assert!(sorted_lift.is_sorted_by(|a, b| a >= b));
    assert_eq!(found(&best), found(&rules));
    let some = rules.take(&[3, 1]).unwrap();
    assert_eq!(some.counts(0), rules.counts(3));
    assert_eq!(some.p_value(1), rules.p_value(1));
    assert!(rules.take(&[rules.len()]).is_err());
    assert!(rules.sorted_by(&[1.0]).is_err());
    let shown = rules.with_measures(&[Measure::Phi, Measure::Lift, Measure::Gini]);
    let names: Vec<String> = shown
        .schema()
        .unwrap()
        .fields()
        .iter()
        .map(|f| f.name().clone())
        .collect();
    assert_eq!(
        names,
        [
            "antecedent",
            "consequent",
            "support_count",
            "antecedent_count",
            "consequent_count",
            "support",
            "confidence",
            "lift",
            "phi",
            "gini",
            "expected_count",
            "p_value",
            "p_adjusted"
        ]
    );
    let parts: usize = rules.batches_of(7).map(|b| b.unwrap().num_rows()).sum();
    assert_eq!(parts, rules.len());
}

proptest! {
    #[test]
    fn a_file_holds_the_same_rules(rows in rows(), tested: bool, numbers: bool) {
        let ctx = Context::new();
        let test = if tested { Test::SizeConditional } else { Test::None };
        let params = RuleParams::new()
            .min_support_count(1)
            .min_confidence(0.2)
            .max_consequent_len(None)
            .test(test);
        let mut shop = baskets(&rows, 7);
        if !numbers {
            let items: Vec<u32> = shop.iter().flat_map(|(items, _)| items.to_vec()).collect();
            let ends: Vec<usize> = shop.iter().scan(0, |end, (items, _)| { *end += items.len(); Some(*end) }).collect();
            let labels = StringArray::from_iter_values((0..7).map(|i| format!("item {i}")));
            shop = Baskets::from_numbers(ends, items, std::sync::Arc::new(labels)).unwrap();
        }
        let rules = params.fit(&shop, &ctx).unwrap();
        let text = rules.to_file().unwrap().to_json().unwrap();
        let again = RulesFile::from_json(&text).unwrap().rules().unwrap();
        prop_assert_eq!(again.batches().unwrap(), rules.batches().unwrap());
        prop_assert_eq!(again.confidence_of_parts(&ctx).unwrap(), rules.confidence_of_parts(&ctx).unwrap());
        let (a, b) = (rules.evaluate(&shop, 0.05, &ctx).unwrap(), again.evaluate(&shop, 0.05, &ctx).unwrap());
        prop_assert_eq!(a.batch(false).unwrap(), b.batch(false).unwrap());
    }
}

#[test]
fn files_that_no_job_made_are_refused() {
    let ctx = Context::new();
    let rules = RuleParams::new()
        .fit(&baskets(&[vec![0, 1, 2], vec![0, 1, 2]], 3), &ctx)
        .unwrap();
    let text = rules.to_file().unwrap().to_json().unwrap();
    let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
    let spoiled = |path: &[&str], value: serde_json::Value| {
        let mut file = whole.clone();
        let place = path
            .iter()
            .fold(&mut file["model"], |at, key| match key.parse::<usize>() {
                Ok(i) => &mut at[i],
                Err(_) => &mut at[*key],
            });
        assert_ne!(*place, value, "{path:?}");
        *place = value;
        RulesFile::from_json(&file.to_string()).unwrap_err()
    };
    for (path, value) in [
        (&["sets", "parents", "1"][..], 9.into()),
        (&["sets", "last", "0"], 7.into()),
        (&["sets", "support_counts", "0"], 3.into()),
        (&["sets", "items", "0"], 1.into()),
        (&["sets", "parents"], serde_json::json!([0])),
        (&["rules", "0", "0"], 0.into()),
        (&["rules", "0", "2"], 99.into()),
        (&["rules", "0"], serde_json::json!([1, 1, 1])),
        (&["n_candidates"], (-1).into()),
        (&["names"], serde_json::json!(["one"])),
        (&["tests", "p_values", "0"], 1.5.into()),
        (&["tests", "p_adjusted"], serde_json::json!([])),
        (&["n_baskets"], 1.into()),
        (&["labels"], serde_json::json!({"integers": []})),
    ] {
        let error = spoiled(path, value);
        assert_eq!(error.kind(), ErrorKind::SavedFormat, "{path:?}: {error}");
    }
    let error = spoiled(&["params", "min_confidence"], 7.into());
    assert!(error.to_string().contains("min_confidence"), "{error}");
}

#[test]
fn contrasts_know_how_large_baskets_are() {
    let ctx = Context::new();
    // Group 1 has large baskets of everything; group 0 has small ones, and the only cups.
    let rows: Vec<Vec<u32>> = (0..400_u32)
        .map(|i| match i % 4 {
            0 => (0..8).map(|j| (i / 4 + j * 3) % 20).collect(),
            1 => vec![i / 4 % 20, 20],
            _ => vec![i / 4 % 20, (i / 4 + 7) % 20],
        })
        .collect();
    let groups: Vec<u32> = (0..400).map(|i| u32::from(i % 4 == 0)).collect();
    let shop = baskets(&rows, 21);
    let names: arrow_array::ArrayRef = std::sync::Arc::new(StringArray::from(vec!["web", "shop"]));
    let params = ItemsetParams::new().min_support_count(5).max_len(2);
    let found = contrasts(&shop, &groups, &names, &params, 1.0, &ctx).unwrap();
    let column = |name: &str| found.column_by_name(name).unwrap().clone();
    let floats = |name: &str| column(name).as_primitive::<Float64Type>().values().to_vec();
    // Only small baskets have cups, but only small baskets are there to have them: no evidence.
    assert!(
        floats("p_value").iter().all(|&p| p > 0.5),
        "{:?}",
        floats("p_value")
    );
    // Half of the small baskets are a group of their own: now the cups are all in the other.
    let halves: Vec<u32> = (0..400).map(|i| u32::from(i % 4 > 1)).collect();
    let found = contrasts(&shop, &halves, &names, &params, 0.05, &ctx).unwrap();
    assert!(found.num_rows() > 0);
    let counts = found.column_by_name("support_count").unwrap();
    let counts = counts.as_primitive::<arrow_array::types::Int64Type>();
    assert_eq!(
        counts.value(0),
        100,
        "the cups come first: the rarest is not before them"
    );
    let bad = |groups: &[u32], alpha: f64| {
        contrasts(&shop, groups, &names, &params, alpha, &ctx)
            .unwrap_err()
            .to_string()
    };
    assert!(bad(&groups[1..], 0.05).contains("one for each basket"));
    assert!(bad(&[2; 400], 0.05).contains("numbers of the 2 groups"));
    assert!(bad(&groups, 0.0).contains("`alpha`"));
}

#[test]
fn a_trend_adds_up_to_the_whole() {
    let ctx = Context::new();
    let tx = patronomy::simulate::Shop::new(300, 365, 3)
        .transactions()
        .unwrap();
    let shop = Baskets::from_transactions(&tx, &ctx).unwrap();
    let rules = RuleParams::new()
        .min_support(0.01)
        .min_confidence(0.2)
        .fit(&shop, &ctx)
        .unwrap();
    assert!(!rules.is_empty());
    for every in [Every::Week, Every::Month, Every::Quarter, Every::Year] {
        let table = rules.trend(&tx, every, &ctx).unwrap();
        let column = |name: &str| {
            let column = table.column_by_name(name).unwrap();
            column
                .as_primitive::<arrow_array::types::Int64Type>()
                .values()
                .to_vec()
        };
        let n_periods = table.num_rows() / rules.len();
        let sum = |name: &str, rule: usize| -> i64 {
            column(name)[rule * n_periods..(rule + 1) * n_periods]
                .iter()
                .sum()
        };
        for rule in 0..rules.len() {
            let counts = rules.counts(rule);
            assert_eq!(sum("n_baskets", rule), i64::from(counts.n));
            assert_eq!(sum("antecedent_count", rule), i64::from(counts.n_x));
            assert_eq!(sum("consequent_count", rule), i64::from(counts.n_y));
            assert_eq!(sum("support_count", rule), i64::from(counts.n_xy));
        }
    }
}
