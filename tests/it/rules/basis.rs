//! The basis: as few rules as say all, from closed sets and generators as from all frequent sets.

use super::*;

/// Every rule of frequent sets up to any length, with enough confidence.
fn all_rules(baskets: &Baskets, minimum: u64, confidence: f64) -> Found {
    let params = RuleParams::new().min_support_count(minimum);
    expected(
        baskets,
        &params.min_confidence(confidence).max_consequent_len(None),
    )
}

fn is_part(part: &[u32], whole: &[u32]) -> bool {
    part.iter().all(|item| whole.contains(item))
}

/// Whether a rule follows from another: the other needs no more, gives no less, and has its counts.
fn follows(
    rule: &(Vec<u32>, Vec<u32>),
    counts: Counts,
    from: &(Vec<u32>, Vec<u32>),
    own: Counts,
) -> bool {
    let [of_rule, of_other] = [rule, from].map(|(x, y)| [&x[..], &y[..]].concat());
    let is_same = (counts.n_x, counts.n_xy) == (own.n_x, own.n_xy);
    is_same && is_part(&from.0, &rule.0) && is_part(&of_rule, &of_other)
}

fn basis() -> RuleParams {
    RuleParams::new().keep(Keep::Basis).max_consequent_len(None)
}

proptest! {
    #[test]
    fn every_rule_follows_from_one_of_the_basis(rows in rows(), minimum in 1_u64..4, confidence in 0.0..1.0_f64) {
        let baskets = baskets(&rows, 7);
        let params = basis().min_support_count(minimum).min_confidence(confidence);
        let basis = found(&params.fit(&baskets, &Context::new()).unwrap());
        let n = baskets.total_weight();
        for (rule, counts) in all_rules(&baskets, minimum, confidence) {
            // What every basket has follows from nothing at all.
            let is_certain = counts.n_x == n;
            let is_derived = basis.iter().any(|(from, &own)| follows(&rule, counts, from, own));
            prop_assert!(is_derived || is_certain, "{rule:?} {counts:?}");
        }
        // None can be left away.
        for (rule, &counts) in &basis {
            let others = basis.iter().filter(|(other, _)| *other != rule);
            let is_derived = others.into_iter().any(|(from, &own)| follows(rule, counts, from, own));
            prop_assert!(!is_derived, "{rule:?} {counts:?}");
        }
    }

    /// Nothing tells a basis of closed sets and generators from one of all frequent sets: not its order, its tests, its improvements, nor its file.
    #[test]
    fn closed_sets_and_generators_give_the_basis_of_all_sets(rows in rows(), params in params(), minimum in 1_u64..4, fisher: bool) {
        let ctx = Context::new();
        let baskets = baskets(&rows, 7);
        let mut params = params.keep(Keep::Basis).max_consequent_len(None).min_support_count(minimum);
        params.max_len = None;
        params.test = if fisher { Test::Fisher } else { Test::SizeConditional };
        let forbidden = params.forbidden.clone();
        let sets = |target| {
            let params = ItemsetParams::new().min_support_count(minimum);
            let params = params.forbidden(forbidden.clone()).target(target);
            params.fit(&baskets, &ctx).unwrap()
        };
        let of_all = params.fit_itemsets(&sets(Target::Frequent), &ctx).unwrap();
        let parts = of_all.confidence_of_parts(&ctx).unwrap();
        let text = of_all.to_file().unwrap().to_json().unwrap();
        let of = [
            params.fit(&baskets, &ctx).unwrap(),
            params.fit_itemsets(&sets(Target::Closed), &ctx).unwrap(),
            params.fit_itemsets(&sets(Target::Generators), &ctx).unwrap(),
        ];
        for rules in of {
            prop_assert_eq!(rules.batches().unwrap(), of_all.batches().unwrap());
            prop_assert_eq!(rules.n_candidates(), of_all.n_candidates());
            prop_assert_eq!(&rules.confidence_of_parts(&ctx).unwrap(), &parts);
            prop_assert_eq!(&rules.to_file().unwrap().to_json().unwrap(), &text);
            let later = rules.evaluate(&baskets, 0.05, &ctx).unwrap();
            let expected = of_all.evaluate(&baskets, 0.05, &ctx).unwrap();
            prop_assert_eq!(later.batch(false).unwrap(), expected.batch(false).unwrap());
        }
    }
}

/// Two dozen items in three quarters of the baskets and halves of them in others: sixteen million frequent sets, and some hundred that say all.
#[test]
fn a_basis_needs_none_of_the_other_sets() {
    let ctx = Context::new();
    let halves = [0..24, 0..12, 12..24];
    let rows: Vec<Vec<u32>> = (0..40)
        .map(|i| halves[[0, 0, 0, 1 + i / 4 % 2][i % 4]].clone().collect())
        .chain([vec![0], vec![12]])
        .collect();
    let baskets = baskets(&rows, 24);
    let params = basis()
        .min_support_count(30)
        .min_confidence(0.5)
        .test(Test::None);
    let with = |most: u64| params.clone().max_itemsets(most);
    let rules = with(200).fit(&baskets, &ctx).unwrap();
    let n_lines = (rules.batches().unwrap()[0].num_rows(), rules.len());
    assert_eq!(n_lines.0, n_lines.1);
    // From one item of each half all follows, and from one of a half both that half and all; 0 and 12 are bought alone too.
    let of_pairs = (0..rules.len()).filter(|&r| rules.antecedent(r).len() == 2);
    assert_eq!(of_pairs.count(), 144);
    let kinds: std::collections::BTreeSet<usize> = (0..rules.len())
        .map(|r| rules.consequent(r).len())
        .collect();
    assert_eq!(kinds, [11, 22, 23].into());
    let refused = |params: RuleParams| {
        let outcome = params.fit(&baskets, &ctx).map(|rules| rules.len());
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Budget);
    };
    refused(with(200).max_len(23));
    refused(with(100));
    refused(with(200).max_rules(10));
}

#[test]
fn sets_that_are_not_all_make_no_basis() {
    let ctx = Context::new();
    let baskets = baskets(&[vec![0, 1, 2], vec![0, 1], vec![2]], 3);
    let bad = [
        (basis(), ItemsetParams::new().target(Target::Maximal)),
        (
            basis(),
            ItemsetParams::new().target(Target::Closed).max_len(2),
        ),
        (
            basis(),
            ItemsetParams::new().target(Target::Generators).min_len(2),
        ),
        (
            RuleParams::new(),
            ItemsetParams::new().target(Target::Closed),
        ),
    ];
    for (params, of) in bad {
        let sets = of.fit(&baskets, &ctx).unwrap();
        let error = params.fit_itemsets(&sets, &ctx).unwrap_err().to_string();
        assert!(error.contains("where `keep` is `basis`"), "{error}");
    }
}
