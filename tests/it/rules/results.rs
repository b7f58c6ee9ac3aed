//! What a result is made of, and which limits a job keeps.

use super::*;

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

#[test]
fn rules_are_sorted_by_any_number_of_what_they_are_known_by() {
    let ctx = Context::new();
    let rules = RuleParams::new()
        .min_support_count(5)
        .min_confidence(0.0)
        .max_len(3)
        .fit(&unequal(20, 300), &ctx)
        .unwrap();
    assert!(rules.len() > 100);
    let values = |rules: &Rules, name: &str| rules.values(name, &ctx).unwrap();
    for is_descending in [true, false] {
        let by = "abs(lift - 1) * support_count / 2 + -length";
        let sorted = rules.sort_by(by, is_descending, &ctx).unwrap();
        assert_eq!(sorted.len(), rules.len());
        let (lift, count, length) = (
            values(&sorted, "lift"),
            values(&sorted, "support_count"),
            values(&sorted, "length"),
        );
        let key: Vec<f64> = (0..sorted.len())
            .map(|r| (lift[r] - 1.0).abs() * count[r] / 2.0 - length[r])
            .collect();
        if is_descending {
            assert!(key.is_sorted_by(|a, b| a >= b));
        } else {
            assert!(key.is_sorted());
        }
    }
    // One number for all leaves the order as it is.
    let same = rules.sort_by("1 + 1", true, &ctx).unwrap();
    assert_eq!(values(&same, "lift"), values(&rules, "lift"));
    let refused = |by: &str| rules.sort_by(by, true, &ctx).unwrap_err().to_string();
    assert!(
        refused("lift > 2").contains("number"),
        "{}",
        refused("lift > 2")
    );
    assert!(
        refused("lift *").contains("Rules.sort_by"),
        "{}",
        refused("lift *")
    );
    assert!(refused("lft * 2").contains("lft"), "{}", refused("lft * 2"));
    assert!(
        refused("lft").contains("did you mean `lift`"),
        "{}",
        refused("lft")
    );
}

#[test]
fn values_are_sorted_with_nan_last_and_equal_ones_in_their_order() {
    let ctx = Context::new();
    let rules = RuleParams::new().min_support_count(5).min_confidence(0.0);
    let rules = rules.max_len(2).fit(&unequal(20, 300), &ctx).unwrap();
    let palette = [
        0.0,
        -0.0,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        1.5,
        -1.5,
        f64::MIN_POSITIVE,
        -f64::NAN,
    ];
    let values: Vec<f64> = (0..rules.len()).map(|i| palette[i * 7 % 9]).collect();
    let mut expected: Vec<usize> = (0..rules.len()).collect();
    expected.sort_by(|&a, &b| {
        let (a, b) = (values[a], values[b]);
        a.is_nan()
            .cmp(&b.is_nan())
            .then(b.partial_cmp(&a).unwrap_or(std::cmp::Ordering::Equal))
    });
    let sorted = rules.sorted_by(&values).unwrap();
    let rule = |rules: &Rules, r: usize| (rules.antecedent(r), rules.consequent(r));
    for (at, &place) in expected.iter().enumerate() {
        assert_eq!(rule(&sorted, at), rule(&rules, place));
    }
    assert!(rules.sorted_by(&values[1..]).is_err());
}
