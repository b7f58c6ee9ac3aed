//! Rules of two periods.

use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, RecordBatch};

use super::*;

fn floats(batch: &RecordBatch, name: &str) -> Vec<f64> {
    let column = batch.column_by_name(name).unwrap();
    column.as_primitive::<Float64Type>().values().to_vec()
}

/// Each rule by the labels of its sides, with its status and its place.
fn by_labels(batch: &RecordBatch) -> BTreeMap<(Vec<i64>, Vec<i64>), (String, usize)> {
    let side = |name: &str, row: usize| {
        let lists = batch.column_by_name(name).unwrap().as_list::<i32>();
        let items = lists.value(row);
        sorted_labels(items.as_primitive::<Int64Type>().values())
    };
    let statuses = batch.column_by_name("status").unwrap().as_string::<i32>();
    (0..batch.num_rows())
        .map(|row| {
            let sides = (side("antecedent", row), side("consequent", row));
            (sides, (statuses.value(row).to_owned(), row))
        })
        .collect()
}

fn sorted_labels(items: &[i64]) -> Vec<i64> {
    let mut items = items.to_vec();
    items.sort_unstable();
    items
}

/// Rows whose items are labelled by their number and something more, so that two periods number them differently.
fn labelled(rows: &[Vec<u32>], labels: &[i64]) -> Baskets {
    let ends = rows.iter().scan(0, |end, row| {
        *end += row.len();
        Some(*end)
    });
    let labels: ArrayRef = std::sync::Arc::new(Int64Array::from(labels.to_vec()));
    Baskets::from_numbers(ends.collect(), rows.concat(), labels).unwrap()
}

proptest! {
    #[test]
    fn changes_are_the_rules_of_both_periods(before in rows(), after in rows(), minimum in 1_u64..3) {
        let ctx = Context::new();
        // The later period knows the items in another order, has lost item 0, and has one more.
        let names: Vec<i64> = (0..8).collect();
        let later_names: Vec<i64> = vec![8, 7, 6, 5, 4, 3, 2, 1];
        let before = labelled(&before, &names);
        let after = labelled(&after, &later_names);
        prop_assume!(before.len() as u64 >= minimum);
        let params = RuleParams::new().min_confidence(0.5).max_consequent_len(None);
        let rules = params.clone().min_support_count(minimum).fit(&before, &ctx).unwrap();
        let found = rules.changes(&before, &after, &ctx).unwrap();
        let share = f64::from(rules.min_support_count()) / before.len() as f64;
        let later = params.min_support(share).fit(&after, &ctx).unwrap();
        let labels = |items: Vec<u32>, names: &[i64]| {
            sorted_labels(&items.iter().map(|&i| names[i as usize]).collect::<Vec<_>>())
        };
        let keys = |rules: &Rules, names: &[i64]| -> BTreeMap<(Vec<i64>, Vec<i64>), Counts> {
            (0..rules.len()).map(|r| {
                let sides = (labels(rules.antecedent(r), names), labels(rules.consequent(r), names));
                (sides, rules.counts(r))
            }).collect()
        };
        let (earlier, later) = (keys(&rules, &names), keys(&later, &later_names));
        let shown = by_labels(&found);
        prop_assert_eq!(shown.len(), found.num_rows());
        for (sides, (status, row)) in &shown {
            let is = (earlier.contains_key(sides), later.contains_key(sides));
            let expected = match is { (true, true) => "kept", (false, true) => "new", _ => "gone" };
            prop_assert!(is.0 || is.1);
            prop_assert_eq!(status, expected);
            for (name, baskets, names) in [("before", &before, &names), ("after", &after, &later_names)] {
                let has = |set: &[i64], items: &[u32]| {
                    set.iter().all(|label| items.iter().any(|&i| names[i as usize] == *label))
                };
                let count = |wanted: &[&[i64]]| baskets.iter()
                    .filter(|(items, _)| wanted.iter().all(|set| has(set, items))).count() as f64;
                let column = |what: &str| found.column_by_name(&format!("{name}_{what}")).unwrap();
                let whole = |what: &str| column(what).as_primitive::<Int64Type>().value(*row) as f64;
                let (x, xy) = (count(&[&sides.0]), count(&[&sides.0, &sides.1]));
                prop_assert_eq!((whole("antecedent_count"), whole("support_count")), (x, xy));
                let confidence = column("confidence").as_primitive::<Float64Type>().value(*row);
                prop_assert!(confidence == xy / x || (x == 0.0 && confidence.is_nan()));
            }
            let (p, adjusted) = (floats(&found, "p_value")[*row], floats(&found, "p_adjusted")[*row]);
            prop_assert!((0.0..=1.0).contains(&p) && adjusted >= p && adjusted <= 1.0);
        }
        let all = earlier.keys().chain(later.keys()).collect::<std::collections::BTreeSet<_>>();
        prop_assert_eq!(all.len(), shown.len());
    }
}

#[test]
fn a_change_is_told_from_chance() {
    let ctx = Context::new();
    let period = |both: usize| {
        let rows: Vec<Vec<u32>> = (0..400)
            .map(|i| match i {
                i if i < both => vec![0, 1],
                i if i < 200 => vec![0],
                _ => vec![1, 2],
            })
            .collect();
        baskets(&rows, 3)
    };
    let rules = RuleParams::new()
        .min_confidence(0.2)
        .antecedents(vec![0])
        .fit(&period(100), &ctx)
        .unwrap();
    let adjusted = |after: usize| {
        let found = rules.changes(&period(100), &period(after), &ctx).unwrap();
        assert_eq!(found.num_rows(), 1);
        (
            floats(&found, "confidence_change")[0],
            floats(&found, "p_value")[0],
            floats(&found, "p_adjusted")[0],
        )
    };
    assert_eq!(adjusted(100), (0.0, 1.0, 1.0));
    let (change, p, corrected) = adjusted(150);
    assert_eq!(change, 0.25);
    // Twice the tail of Fisher's test of 100 of 200 and 150 of 200, 3.5e-7 by scipy 1.16.
    assert!((p / 3.5e-7 - 1.0).abs() < 0.5, "{p}");
    assert!(corrected > p && corrected < 1e-4);
    let texts = Baskets::from_numbers(
        vec![1],
        vec![0],
        std::sync::Arc::new(StringArray::from(vec!["0"])),
    );
    assert!(rules.changes(&texts.unwrap(), &period(3), &ctx).is_err());
}
