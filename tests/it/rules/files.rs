//! Rules as files.

use super::*;

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

#[cfg(feature = "pmml")]
#[test]
fn rules_are_written_for_other_tools() {
    let ctx = Context::new();
    let labels = StringArray::from(vec!["tea & <cup>", "\"milk\"", "\u{e9}clair"]);
    let labels: arrow_array::ArrayRef = std::sync::Arc::new(labels);
    let shop = Baskets::from_numbers(vec![2, 4, 5], vec![0, 1, 0, 1, 2], labels).unwrap();
    let rules = RuleParams::new().fit(&shop, &ctx).unwrap();
    let text = rules.to_pmml().unwrap();
    assert!(
        text.contains(r#"numberOfTransactions="3" numberOfItems="3""#),
        "{text}"
    );
    assert!(text.contains(r#"value="tea &amp; &lt;cup&gt;""#), "{text}");
    assert!(text.contains("\u{e9}clair"), "{text}");
    assert_eq!(text.matches("<AssociationRule ").count(), 2);
    assert_eq!(text.matches(r#"name="p_adjusted""#).count(), 2);
    assert!(text.contains(r#"confidence="1" lift="1.5""#), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.pmml");
    rules.save_pmml(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    assert_eq!(
        rules
            .save_pmml(&folder.path().join("none/x.pmml"))
            .unwrap_err()
            .kind(),
        ErrorKind::Io
    );
    // Nothing that XML cannot hold is written, or left away.
    let labels: arrow_array::ArrayRef =
        std::sync::Arc::new(StringArray::from(vec!["tea\u{1}", "cup"]));
    let shop = Baskets::from_numbers(vec![2], vec![0, 1], labels).unwrap();
    let error = RuleParams::new()
        .fit(&shop, &ctx)
        .unwrap()
        .to_pmml()
        .unwrap_err();
    assert!(error.to_string().contains(r"tea\u{1}"), "{error}");
    let none = RuleParams::new().min_lift(9.0).fit(&shop, &ctx).unwrap();
    assert!(none.is_empty());
}
