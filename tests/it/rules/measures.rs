//! Measures beside tables worked out elsewhere, and counts beside published ones.

use serde::Deserialize;

use super::*;

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
