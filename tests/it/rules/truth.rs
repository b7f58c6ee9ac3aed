//! None found where there is nothing.

use super::*;

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
fn the_least_lift_is_sure_and_orders_by_strength() {
    let ctx = Context::new();
    // 0 and 1 meet 12 times, never without each other; 2 and 3 meet 120 times, a little more often than chance.
    let rows: Vec<Vec<u32>> = (0..1_000)
        .map(|i| match i {
            0..12 => vec![0, 1],
            12..132 => vec![2, 3],
            132..332 => vec![2, 4 + i % 30],
            332..532 => vec![3, 4 + i % 30],
            _ => vec![4 + i % 30, 34 + i % 7],
        })
        .collect();
    let shop = baskets(&rows, 41);
    let rules = RuleParams::new().min_support_count(5).min_confidence(0.0);
    let rules = rules.max_len(2).fit(&shop, &ctx).unwrap();
    let least = rules.values("least_lift", &ctx).unwrap();
    let expected = rules.values("expected_count", &ctx).unwrap();
    for rule in 0..rules.len() {
        let ratio = f64::from(rules.counts(rule).n_xy) / expected[rule];
        assert!(least[rule] > 0.0 && least[rule] < ratio);
    }
    let sides = |rules: &Rules| (rules.antecedent(0)[0], rules.consequent(0)[0]);
    let strongest = rules.sort_by("least_lift", true, &ctx).unwrap();
    assert!([(0, 1), (1, 0)].contains(&sides(&strongest)));
    let untested = RuleParams::new().test(Test::None).fit(&shop, &ctx).unwrap();
    let error = untested.values("least_lift", &ctx).unwrap_err();
    assert!(error.to_string().contains("tested"), "{error}");
}
