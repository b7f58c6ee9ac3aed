//! The ledger, held to sums by hand and line by line.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, UInt32Type};
use arrow_array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use patronomy::value::{Profit, ProfitParams};
use patronomy::{Context, Error, Moment, Roles, Table, Transactions};
use proptest::prelude::*;

fn ints(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn floats(values: &[f64]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

fn days(values: &[i32]) -> ArrayRef {
    Arc::new(Date32Array::from(values.to_vec()))
}

fn words(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn roles() -> Roles {
    Roles::new("customer", "day")
        .transaction("order")
        .quantity("quantity")
        .price("price")
}

fn bound(columns: Vec<(&str, ArrayRef)>, roles: Roles) -> Transactions {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    Transactions::new(Table::from_batch(batch), roles).unwrap()
}

/// Two customers: 7 with two orders and a credit note, 9 with one order through the shop.
fn small() -> Transactions {
    let costs = Float64Array::from(vec![Some(1.0), Some(0.5), Some(2.2), Some(-1.0), Some(3.3)]);
    bound(
        vec![
            ("customer", ints(&[7, 7, 7, 7, 9])),
            ("day", days(&[1, 1, 5, 9, 9])),
            ("order", ints(&[1, 1, 2, 3, 4])),
            ("quantity", ints(&[2, 1, 3, -2, 1])),
            ("price", floats(&[1.1, 2.05, 1.0, 1.1, 10.0])),
            ("discount", floats(&[0.2, 0.0, 0.0, -0.2, 1.5])),
            ("cost", Arc::new(costs)),
            ("channel", words(&["web", "web", "web", "web", "shop"])),
        ],
        roles().discount("discount").cost("cost").channel("channel"),
    )
}

fn drawn(tx: &Transactions, params: &ProfitParams) -> Profit {
    params.fit(tx, None, &Context::new()).unwrap()
}

fn column(batch: &RecordBatch, name: &str) -> Vec<Option<f64>> {
    let column = batch.column_by_name(name).unwrap();
    if let Some(counts) = column.as_primitive_opt::<UInt32Type>() {
        return counts.iter().map(|v| v.map(f64::from)).collect();
    }
    column.as_primitive::<Float64Type>().iter().collect()
}

fn full(batch: &RecordBatch, name: &str) -> Vec<f64> {
    column(batch, name)
        .into_iter()
        .map(Option::unwrap)
        .collect()
}

#[test]
fn a_ledger_by_hand() {
    let params = ProfitParams::new()
        .order_cost("web", 0.3)
        .order_cost("shop", 0.0);
    let profit = drawn(&small(), &params);
    let own = profit.batch();
    assert_eq!(
        own["customer"].as_primitive::<Int64Type>().values(),
        &[7, 9]
    );
    for (name, expected) in [
        ("n_orders", [2.0, 1.0]),
        ("n_discounted_orders", [1.0, 1.0]),
        ("revenue", [7.25, 10.0]),
        ("discounts", [0.0, 1.5]),
        ("returns", [2.2, 0.0]),
        ("net_revenue", [5.05, 8.5]),
        ("cost", [2.7, 3.3]),
        ("service", [0.6, 0.0]),
        ("profit", [1.75, 5.2]),
        ("n_lines", [4.0, 1.0]),
        ("n_lines_without_cost", [0.0, 0.0]),
        ("n_contacts", [0.0, 0.0]),
    ] {
        assert_eq!(full(own, name), expected, "{name}");
    }
    let orders = profit.orders();
    assert_eq!(
        orders["transaction"].as_primitive::<Int64Type>().values(),
        &[1, 2, 3, 4]
    );
    assert_eq!(full(orders, "profit"), [2.25, 0.5, -1.0, 5.2]);
    let are: Vec<bool> = orders["is_order"].as_boolean().iter().flatten().collect();
    assert_eq!(are, [true, true, false, true]);
    let totals = profit.totals();
    assert_eq!(totals.profit.unwrap().ten_thousandths(), 69_500);
    assert_eq!((totals.n_orders, totals.n_lines), (3, 5));
    assert_eq!(profit.notices(), [""; 0]);
    assert_eq!(profit.reference(), "1970-01-10");
}

#[test]
fn a_return_counts_when_it_happens() {
    let (past, later) = small().split(Moment::Day(6)).unwrap();
    let past = drawn(&past, &ProfitParams::new());
    assert_eq!(full(past.batch(), "profit"), [3.35]);
    let later = drawn(&later, &ProfitParams::new());
    assert_eq!(full(later.batch(), "n_orders"), [0.0, 1.0]);
    assert_eq!(full(later.batch(), "profit"), [-1.0, 5.2]);
    let of = |profit: &Profit| profit.totals().profit.unwrap().ten_thousandths();
    assert_eq!(of(&past) + of(&later), 75_500);
}

#[test]
fn what_is_not_known_is_said() {
    let costs = Float64Array::from(vec![Some(0.5), None, Some(0.25)]);
    let tx = bound(
        vec![
            ("customer", ints(&[1, 1, 2])),
            ("day", days(&[1, 2, 3])),
            ("quantity", ints(&[1, 1, 1])),
            ("price", floats(&[1.0, 2.0, 1.0])),
            ("cost", Arc::new(costs)),
        ],
        Roles::new("customer", "day")
            .quantity("quantity")
            .price("price")
            .cost("cost"),
    );
    let profit = drawn(&tx, &ProfitParams::new());
    assert_eq!(column(profit.batch(), "profit"), [None, Some(0.75)]);
    assert_eq!(
        column(profit.orders(), "profit"),
        [Some(0.5), None, Some(0.75)]
    );
    assert_eq!(full(profit.batch(), "net_revenue"), [3.0, 1.0]);
    assert_eq!(profit.totals().profit, None);
    assert!(profit.notices()[0].starts_with("the cost of goods of 1 of 3 lines is not known"));
    let assumed = drawn(&tx, &ProfitParams::new().assumed_cost_share(Some(0.6)));
    assert_eq!(full(assumed.batch(), "profit"), [1.3, 0.75]);
    assert!(assumed.notices()[0].ends_with("assumed to be 0.6 of their money"));
}

#[test]
fn contacts_cost_and_bring_prospects() {
    let calls = bound(
        vec![
            ("customer", ints(&[9, 7, 3, 9])),
            ("day", days(&[2, 3, 4, 50])),
            ("cost", floats(&[0.1, 0.2, 0.4, 5.0])),
            ("channel", words(&["phone", "mail", "fax", "phone"])),
        ],
        Roles::new("customer", "day")
            .amount("cost")
            .channel("channel"),
    );
    let ctx = Context::new();
    let tx = small().as_of(Moment::Day(20)).unwrap();
    let profit = ProfitParams::new().fit(&tx, Some(&calls), &ctx).unwrap();
    let own = profit.batch();
    assert_eq!(
        own["customer"].as_primitive::<Int64Type>().values(),
        &[3, 7, 9]
    );
    assert_eq!(full(own, "n_contacts"), [1.0, 1.0, 1.0]);
    assert_eq!(full(own, "service"), [0.4, 0.2, 0.1]);
    assert_eq!(full(own, "profit"), [-0.4, 2.15, 5.1]);
    let orders = profit.orders()["customer"]
        .as_primitive::<Int64Type>()
        .values()
        .to_vec();
    assert_eq!(orders, [7, 7, 7, 9]);
    let by_channel = ProfitParams::new()
        .contact_cost("phone", 2.0)
        .contact_cost("mail", 0.5);
    let profit = by_channel.fit(&tx, Some(&calls), &ctx).unwrap();
    assert_eq!(full(profit.batch(), "service"), [0.0, 0.5, 2.0]);
    assert!(
        profit.notices()[0].contains("fax (1)"),
        "{:?}",
        profit.notices()
    );
    let said = by_channel.fit(&tx, None, &ctx).unwrap_err().to_string();
    assert!(said.starts_with("`contacts` of `ProfitParams`"), "{said}");
}

#[test]
fn what_cannot_be_is_named() {
    let ctx = Context::new();
    let fit = |params: ProfitParams, tx: &Transactions| params.fit(tx, None, &ctx).unwrap_err();
    let said = fit(ProfitParams::new().order_cost("wob", 1.0), &small()).to_string();
    assert!(
        said.contains("did you mean `web`") && said.ends_with("got wob"),
        "{said}"
    );
    let no_channel = bound(
        vec![
            ("customer", ints(&[1])),
            ("day", days(&[1])),
            ("paid", floats(&[1.0])),
        ],
        Roles::new("customer", "day").amount("paid"),
    );
    let error = fit(ProfitParams::new().order_cost("web", 1.0), &no_channel);
    assert!(matches!(error, Error::ColumnNotFound { .. }));
    let odd = bound(
        vec![
            ("customer", ints(&[1, 2])),
            ("day", days(&[1, 1])),
            ("paid", floats(&[1.0, 2.0])),
            ("cost", floats(&[0.5, f64::INFINITY])),
            ("currency", words(&["GBP", "GBP"])),
        ],
        Roles::new("customer", "day")
            .amount("paid")
            .cost("cost")
            .currency("currency"),
    );
    let said = fit(ProfitParams::new(), &odd).to_string();
    assert!(
        said.starts_with("column `cost`: 1 value(s) are no sums of money, first at row 1"),
        "{said}"
    );
    let empty = small().as_of(Moment::Day(0)).unwrap();
    assert!(matches!(
        fit(ProfitParams::new(), &empty),
        Error::TooFewRows { .. }
    ));
}

#[test]
fn currencies_are_not_added_up() {
    let tx = bound(
        vec![
            ("customer", ints(&[1, 2, 2])),
            ("day", days(&[1, 1, 3])),
            ("paid", floats(&[1.0, 2.0, 3.0])),
            ("currency", words(&["GBP", "EUR", "GBP"])),
        ],
        Roles::new("customer", "day")
            .amount("paid")
            .currency("currency"),
    );
    let ctx = Context::new();
    let said = ProfitParams::new()
        .fit(&tx, None, &ctx)
        .unwrap_err()
        .to_string();
    assert!(said.starts_with("column `currency`: 1 value(s) are of another currency than most rows, which have `GBP`, first at row 1: `EUR`"), "{said}");
    let value = patronomy::value::ValueParams::new();
    assert!(matches!(value.fit(&tx, &ctx), Err(Error::BadValues { .. })));
    let one = tx.without(&["currency_mixed"]).unwrap();
    assert_eq!(
        full(drawn(&one, &ProfitParams::new()).batch(), "revenue"),
        [1.0, 3.0]
    );
}

/// Money of purchases, of returns, of discounts, and the cost, in hundredths.
type Sums = (i64, i64, i64, Option<i64>);

/// One of the sums.
type Part = fn(&Sums) -> Option<i64>;

type Line = (i64, i32, i64, i64, i32, i32, Option<i32>);

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let line = (
        0_i64..6,
        0_i32..30,
        0_i64..12,
        prop_oneof![4 => 1_i64..50, 1 => -50_i64..0],
        0_i32..100_000,
        0_i32..500,
        proptest::option::weighted(0.9, -5_000_i32..50_000),
    );
    proptest::collection::vec(line, 1..60)
}

proptest! {
    /// Orders and customers are the sums of their lines, to the last digit.
    #[test]
    fn it_adds_up(lines in lines()) {
        let cents = |v: i32| f64::from(v) / 100.0;
        let costs: Float64Array = lines.iter().map(|l| l.6.map(cents)).collect();
        let tx = bound(
            vec![
                ("customer", ints(&lines.iter().map(|l| l.0).collect::<Vec<_>>())),
                ("day", days(&lines.iter().map(|l| l.1).collect::<Vec<_>>())),
                ("order", ints(&lines.iter().map(|l| l.2).collect::<Vec<_>>())),
                ("quantity", ints(&lines.iter().map(|l| l.3).collect::<Vec<_>>())),
                ("price", floats(&lines.iter().map(|l| cents(l.4)).collect::<Vec<_>>())),
                ("discount", floats(&lines.iter().map(|l| cents(l.5)).collect::<Vec<_>>())),
                ("cost", Arc::new(costs)),
            ],
            roles().discount("discount").cost("cost"),
        );
        let profit = drawn(&tx, &ProfitParams::new());
        let mut by_customer: BTreeMap<i64, Sums> = BTreeMap::new();
        let mut by_order: BTreeMap<(i64, i64), i64> = BTreeMap::new();
        for l in &lines {
            let money = l.3 * i64::from(l.4);
            let own = by_customer.entry(l.0).or_insert((0, 0, 0, Some(0)));
            own.0 += money.max(0);
            own.1 += (-money).max(0);
            own.2 += i64::from(l.5);
            own.3 = own.3.zip(l.6).map(|(a, b)| a + i64::from(b));
            *by_order.entry((l.0, l.2)).or_default() += money - i64::from(l.5);
        }
        let batch = profit.batch();
        let found: Vec<i64> = batch["customer"].as_primitive::<Int64Type>().values().to_vec();
        prop_assert_eq!(found, by_customer.keys().copied().collect::<Vec<_>>());
        let hundredth = |x: &f64| (x * 100.0).round() as i64;
        let parts: [(&str, Part); 5] = [
            ("revenue", |c| Some(c.0)),
            ("returns", |c| Some(c.1)),
            ("discounts", |c| Some(c.2)),
            ("cost", |c| c.3),
            ("profit", |c| c.3.map(|cost| c.0 - c.1 - c.2 - cost)),
        ];
        for (name, of) in parts {
            let expected: Vec<Option<i64>> = by_customer.values().map(of).collect();
            let found: Vec<Option<i64>> = column(batch, name).iter().map(|v| v.as_ref().map(hundredth)).collect();
            prop_assert_eq!(found, expected, "{}", name);
        }
        let orders = profit.orders();
        prop_assert_eq!(orders.num_rows(), by_order.len());
        let customers = orders["customer"].as_primitive::<Int64Type>();
        let names = orders["transaction"].as_primitive::<Int64Type>();
        let net = full(orders, "net_revenue");
        for i in 0..orders.num_rows() {
            let expected = by_order[&(customers.value(i), names.value(i))];
            prop_assert_eq!(hundredth(&net[i]), expected);
        }
    }
}
