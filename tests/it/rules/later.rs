//! Rules on other baskets, and of periods and groups.

use super::*;

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
