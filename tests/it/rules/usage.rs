//! Rules put to use.

use super::*;

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

/// Scores added up, rule by rule.
#[test]
fn what_all_rules_say_together_is_their_sum() {
    let ctx = Context::new();
    let rows: Vec<Vec<u32>> = (0..60)
        .map(|i| {
            (0..6)
                .filter(|j| (i * 7 + j * 5 + i * j) % 3 != 0)
                .collect()
        })
        .collect();
    let shop = baskets(&rows, 6);
    let rules = RuleParams::new()
        .min_confidence(0.1)
        .test(Test::None)
        .fit(&shop, &ctx)
        .unwrap();
    let params = RecommendParams::new().all().combine(Combine::Sum);
    let compiled = CompiledRules::new(&rules, &params, &ctx).unwrap();
    let strongest = RecommendParams::new().all();
    let strongest = CompiledRules::new(&rules, &strongest, &ctx).unwrap();
    let confidence = rules.measure(Measure::Confidence, &ctx).unwrap();
    let (mut sums, mut maxima) = (compiled.recommender(), strongest.recommender());
    let mut n_several = 0;
    for basket in [vec![0], vec![0, 1], vec![1, 2, 4], vec![0, 2, 3, 5]] {
        let found = sums.recommend(&basket).to_vec();
        assert!(found.is_sorted_by(|a, b| a.score >= b.score));
        let of_strongest = maxima.recommend(&basket);
        assert_eq!(found.len(), of_strongest.len());
        for one in &found {
            let holds = |&r: &usize| {
                let x = rules.antecedent(r);
                rules.consequent(r) == [one.item] && x.iter().all(|i| basket.contains(i))
            };
            let said: Vec<f64> = (0..rules.len())
                .filter(holds)
                .map(|r| confidence[r])
                .collect();
            n_several += usize::from(said.len() > 1);
            assert!((said.iter().sum::<f64>() - one.score).abs() < 1e-12);
            let best = of_strongest.iter().find(|s| s.item == one.item).unwrap();
            assert_eq!(best.rule, one.rule);
            assert_eq!(best.score, said.iter().copied().fold(0.0, f64::max));
        }
    }
    assert!(n_several > 3);
}

#[test]
fn shelf_pairs_are_the_pairs_with_most_beyond_chance() {
    let ctx = Context::new();
    // 0 and 1 meet in 30 of 100 baskets, 2 and 3 in 20, and nowhere else; 4 and 5 never meet, nor do 7 and 8 more often than by chance.
    let rows: Vec<Vec<u32>> = (0..100)
        .map(|i| match i {
            0..30 => vec![0, 1],
            30..50 => vec![2, 3],
            50..60 => vec![0, 4 + i % 2],
            60..64 => vec![1, 4 + i % 2],
            64..66 => vec![7, 8],
            66..90 => vec![7],
            _ => vec![8, 6],
        })
        .collect();
    let shop = baskets(&rows, 9);
    for test in [Test::None, Test::SizeConditional] {
        let rules = RuleParams::new()
            .min_support_count(1)
            .min_confidence(0.0)
            .max_consequent_len(None)
            .test(test)
            .fit(&shop, &ctx)
            .unwrap();
        let found = rules.shelf_pairs(99).unwrap();
        let column = |name: &str| found.column_by_name(name).unwrap().clone();
        let items = |name: &str| {
            column(name)
                .as_primitive::<arrow_array::types::Int64Type>()
                .values()
                .to_vec()
        };
        let rules_of = column("rule");
        let places = rules_of.as_primitive::<arrow_array::types::Int64Type>();
        let pairs: Vec<(i64, i64)> = items("item").into_iter().zip(items("with_item")).collect();
        // 1 is rarer than 0: the rule from it is the surer one.
        assert!(pairs.contains(&(1, 0)) && !pairs.contains(&(0, 1)));
        // By the items' frequencies 30 - 13.6 is most; in baskets of two it is 2 and 3 that are seen nowhere else.
        let first = if test == Test::None { [0, 1] } else { [2, 3] };
        assert!(
            first.contains(&pairs[0].0) && first.contains(&pairs[0].1),
            "{:?}",
            pairs[0]
        );
        let is_there = pairs.contains(&(7, 8)) || pairs.contains(&(8, 7));
        // Fewer than chance makes, but for baskets of their size.
        assert_eq!(is_there, test != Test::None);
        assert!(pairs.contains(&(2, 3)) || pairs.contains(&(3, 2)));
        let extra = column("extra_count");
        let extra = extra.as_primitive::<Float64Type>().values().to_vec();
        assert!(extra.is_sorted_by(|a, b| a >= b) && extra.iter().all(|&e| e > 0.0));
        for (pair, &place) in pairs.iter().zip(places.values()) {
            let rule = place as usize;
            assert_eq!(rules.antecedent(rule), [pair.0 as u32]);
            assert_eq!(rules.consequent(rule), [pair.1 as u32]);
        }
        assert_eq!(rules.shelf_pairs(1).unwrap().num_rows(), 1);
        assert_eq!(rules.shelf_pairs(0).unwrap().num_rows(), 0);
        assert_eq!(
            found.column_by_name("p_adjusted").is_some(),
            test != Test::None
        );
    }
}
