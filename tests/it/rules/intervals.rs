//! Intervals against plain sums over customers, and how often they hold the truth.

use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Date32Array, Int64Array, RecordBatch, UInt32Array};
use patronomy::{Roles, Table, Transactions};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

/// Baskets with at least an item, each of a customer.
pub(super) fn of_customers(rows: &[(i64, Vec<u32>)]) -> Baskets {
    let lines = || {
        let rows = rows.iter().zip(0_i64..);
        rows.flat_map(|((c, items), t)| items.iter().map(move |&item| (*c, t, item)))
    };
    let customers: Int64Array = lines().map(|l| l.0).collect::<Vec<_>>().into();
    let transactions: Int64Array = lines().map(|l| l.1).collect::<Vec<_>>().into();
    let items: UInt32Array = lines().map(|l| l.2).collect::<Vec<_>>().into();
    let days = Date32Array::from(vec![19_800; items.len()]);
    let batch = RecordBatch::try_from_iter([
        ("customer", std::sync::Arc::new(customers) as ArrayRef),
        ("transaction", std::sync::Arc::new(transactions)),
        ("item", std::sync::Arc::new(items)),
        ("time", std::sync::Arc::new(days)),
    ]);
    let roles = Roles::new("customer", "time")
        .transaction("transaction")
        .item("item");
    let tx = Transactions::new(Table::from_batch(batch.unwrap()), roles).unwrap();
    Baskets::from_transactions(&tx, &Context::new()).unwrap()
}

fn floats(batch: &RecordBatch, name: &str) -> Vec<f64> {
    let column = batch.column_by_name(name).unwrap();
    column.as_primitive::<Float64Type>().values().to_vec()
}

fn integers(batch: &RecordBatch, name: &str) -> Vec<i64> {
    let column = batch.column_by_name(name).unwrap();
    column.as_primitive::<Int64Type>().values().to_vec()
}

/// Of each customer: baskets, with x, with y, with both.
fn sums(rows: &[(i64, Vec<u32>)], x: &[u32], y: &[u32]) -> Vec<[f64; 4]> {
    let mut sums: BTreeMap<i64, [f64; 4]> = BTreeMap::new();
    for (customer, items) in rows {
        let has = |set: &[u32]| set.iter().all(|i| items.contains(i));
        let of = sums.entry(*customer).or_default();
        let is = [true, has(x), has(y), has(x) && has(y)];
        of.iter_mut()
            .zip(is)
            .for_each(|(sum, is)| *sum += f64::from(u8::from(is)));
    }
    sums.into_values().collect()
}

/// The bounds of confidence and lift by the formulas of the sources, customer by customer.
fn bounds(of: &[[f64; 4]], z: f64) -> [f64; 4] {
    let all = of.iter().fold([0.0; 4], |sum: [f64; 4], c| {
        [0, 1, 2, 3].map(|i| sum[i] + c[i])
    });
    let [n, x, y, xy] = all;
    let p = xy / x;
    let k = of.len() as f64;
    let correction = k / (k - 1.0).max(1.0);
    let variance = correction * of.iter().map(|c| (c[3] - p * c[1]).powi(2)).sum::<f64>() / (x * x);
    let with = of.iter().filter(|c| c[1] > 0.0).count() as f64;
    let effective = if variance > 0.0 {
        (p * (1.0 - p) / variance).min(x)
    } else {
        with
    };
    let a = z * z / effective;
    let half = (p * (1.0 - p) * a + a * a / 4.0).sqrt();
    let wilson = [-1.0, 1.0].map(|side| (p + a / 2.0 + side * half) / (1.0 + a));
    let terms = of
        .iter()
        .map(|c| (c[3] / xy + c[0] / n - c[1] / x - c[2] / y).powi(2));
    let spread = z * (correction * terms.sum::<f64>()).sqrt();
    let lift = n * xy / (x * y);
    [
        wilson[0],
        wilson[1],
        lift * (-spread).exp(),
        lift * spread.exp(),
    ]
}

proptest! {
    #[test]
    fn intervals_are_those_of_sums_over_customers(
        rows in prop::collection::vec(
            (0_i64..6, prop::collection::btree_set(0_u32..5, 1..5)), 2..40),
        other in prop::collection::vec(
            (0_i64..6, prop::collection::btree_set(0_u32..5, 1..5)), 1..40),
    ) {
        let plain = |rows: Vec<(i64, std::collections::BTreeSet<u32>)>| -> Vec<(i64, Vec<u32>)> {
            rows.into_iter().map(|(c, items)| (c, items.into_iter().collect())).collect()
        };
        let (rows, other) = (plain(rows), plain(other));
        let ctx = Context::new();
        let mined = of_customers(&rows);
        let rules = RuleParams::new().min_support_count(1).min_confidence(0.0)
            .max_consequent_len(None).test(Test::None).fit(&mined, &ctx).unwrap();
        let label = |items: Vec<u32>| -> Vec<u32> {
            let labels = rules.labels().as_primitive::<arrow_array::types::UInt32Type>();
            items.iter().map(|&i| labels.value(i as usize)).collect()
        };
        for (rows, baskets) in [(&rows, mined.clone()), (&other, of_customers(&other))] {
            let found = rules.intervals(&baskets, 0.95, &ctx).unwrap();
            prop_assert_eq!(found.num_rows(), rules.len());
            let columns = ["confidence_low", "confidence_high", "lift_low", "lift_high"]
                .map(|name| floats(&found, name));
            for rule in 0..rules.len() {
                let of = sums(rows, &label(rules.antecedent(rule)), &label(rules.consequent(rule)));
                let with = |i: usize| of.iter().filter(|c| c[i] > 0.0).count() as i64;
                prop_assert_eq!(integers(&found, "antecedent_customers")[rule], with(1));
                prop_assert_eq!(integers(&found, "support_customers")[rule], with(3));
                let n: [f64; 4] = [0, 1, 2, 3].map(|i| of.iter().map(|c| c[i]).sum());
                if n[1] == 0.0 {
                    prop_assert!(columns.iter().all(|c| c[rule].is_nan()));
                    continue;
                }
                let expected = bounds(&of, 1.959_963_984_540_054);
                for i in 0..if with(3) > 1 { 4 } else { 2 } {
                    let (got, exact) = (columns[i][rule], expected[i]);
                    // A variance of nothing is one of rounding here and there: its root is some 1e-8.
                    prop_assert!((got - exact).abs() < 1e-7 * exact.abs() + 1e-7, "{i}: {got} {exact}");
                }
                if with(3) < 2 && n[2] > 0.0 {
                    prop_assert_eq!((columns[2][rule], columns[3][rule]), (0.0, f64::INFINITY));
                }
            }
        }
    }
}

/// Shops where some customers always buy both and others never: each customer is one observation, and 95 % of the intervals hold the truth.
#[test]
fn intervals_hold_the_truth_where_customers_come_again() {
    let ctx = Context::new();
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let (mut held, mut blind, shops) = (0, 0, 300);
    for _ in 0..shops {
        let rows: Vec<(i64, Vec<u32>)> = (0..120)
            .flat_map(|customer| {
                let is_buyer = random.gen_bool(0.3);
                let n = random.gen_range(1..12);
                (0..n)
                    .map(|_| {
                        let is_both = random.gen_bool(if is_buyer { 0.9 } else { 0.1 });
                        (customer, if is_both { vec![0, 1] } else { vec![0] })
                    })
                    .collect::<Vec<_>>()
            })
            .collect();
        let baskets = of_customers(&rows);
        let params = RuleParams::new().min_confidence(0.0).test(Test::None);
        let rules = params.antecedents(vec![0]).fit(&baskets, &ctx).unwrap();
        assert_eq!(rules.len(), 1);
        let found = rules.intervals(&baskets, 0.95, &ctx).unwrap();
        let [low, high] = ["confidence_low", "confidence_high"].map(|n| floats(&found, n)[0]);
        let truth = 0.3 * 0.9 + 0.7 * 0.1;
        held += usize::from(low <= truth && truth <= high);
        let counts = rules.counts(0);
        let p = f64::from(counts.n_xy) / f64::from(counts.n_x);
        let half = 1.96 * (p * (1.0 - p) / f64::from(counts.n_x)).sqrt();
        blind += usize::from((p - truth).abs() <= half);
    }
    // 300 draws at .95: 99.9 % of the time 269 or more; an interval that takes baskets for independent holds far fewer.
    assert!((269..300).contains(&held), "{held}");
    assert!(blind < 230, "{blind}");
}

#[test]
fn baskets_without_customers_are_one_each() {
    let ctx = Context::new();
    let rows: Vec<Vec<u32>> = (0..100)
        .map(|i| if i % 4 == 0 { vec![0, 1] } else { vec![0] })
        .collect();
    let shop = baskets(&rows, 2);
    let rules = RuleParams::new().min_confidence(0.0).fit(&shop, &ctx);
    let rules = rules.unwrap();
    let found = rules.intervals(&shop, 0.9, &ctx).unwrap();
    let rule = (0..2).find(|&r| rules.antecedent(r) == [0]).unwrap();
    assert_eq!(integers(&found, "antecedent_customers")[rule], 100);
    // Wilson's interval of 25 of 100, but for the one degree of freedom.
    let (low, high) = (
        floats(&found, "confidence_low")[rule],
        floats(&found, "confidence_high")[rule],
    );
    assert!(
        (low - 0.186).abs() < 1e-3 && (high - 0.327).abs() < 1e-3,
        "{low} {high}"
    );
    for level in [0.0, 1.0, f64::NAN, -1.0] {
        let error = rules.intervals(&shop, level, &ctx).unwrap_err();
        assert!(error.to_string().contains("`level`"), "{error}");
    }
    let none = RuleParams::new()
        .min_confidence(1.0)
        .min_lift(9.0)
        .fit(&shop, &ctx);
    assert_eq!(
        none.unwrap()
            .intervals(&shop, 0.9, &ctx)
            .unwrap()
            .num_rows(),
        0
    );
    let small = Context {
        budget: Budget::bytes(100),
        ..Context::new()
    };
    let error = rules.intervals(&shop, 0.9, &small).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Budget);
}
