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
