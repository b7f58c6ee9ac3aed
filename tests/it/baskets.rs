//! Baskets from every source, held to plain restatements, and to each other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::builder::{Int64Builder, ListBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, DictionaryArray, FixedSizeListArray, Float64Array,
    Int8Array, Int64Array, RecordBatch, StringArray, TimestampSecondArray, UInt64Array,
};
use arrow_cast::display::array_value_to_string;
use arrow_schema::DataType;
use patronomy::baskets::{Baskets, LongTable};
use patronomy::simulate::Shop;
use patronomy::{
    Cancel, Context, Error, ErrorKind, Moment, Reason, Returns, Roles, Table, Transactions,
};
use proptest::prelude::*;

use crate::tables::{Ids, batch, chunked, orders, roles, with_threads};

/// The baskets with their items' labels as text, each in the order of its numbers.
fn shown(baskets: &Baskets) -> Vec<Vec<String>> {
    let labels = baskets.labels();
    let label = |&i: &u32| array_value_to_string(labels, i as usize).unwrap();
    baskets
        .iter()
        .map(|(items, _)| items.iter().map(label).collect())
        .collect()
}

fn numbers(baskets: &Baskets) -> Vec<Vec<u32>> {
    baskets.iter().map(|(items, _)| items.to_vec()).collect()
}

fn texts(array: &ArrayRef) -> Vec<Option<String>> {
    let text = |i| array_value_to_string(array, i).unwrap();
    (0..array.len())
        .map(|i| array.is_valid(i).then(|| text(i)))
        .collect()
}

/// Everything there is to know of baskets, to be compared.
fn assert_same(a: &Baskets, b: &Baskets, what: &str) {
    assert_eq!(numbers(a), numbers(b), "{what}");
    assert_eq!(a.labels().to_data(), b.labels().to_data(), "{what}");
    assert_eq!(a.counts(), b.counts(), "{what}");
    assert_eq!(a.n_repeated(), b.n_repeated(), "{what}");
    let data = |c: Option<&ArrayRef>| c.map(Array::to_data);
    assert_eq!(data(a.ids()), data(b.ids()), "{what}");
    assert_eq!(data(a.names()), data(b.names()), "{what}");
    assert_eq!(data(a.customers()), data(b.customers()), "{what}");
}

fn assert_adds_up(baskets: &Baskets) {
    let counts = baskets.counts();
    let left_out: u64 = counts.left_out.values().sum();
    assert_eq!(counts.rows_in, counts.rows_used + left_out);
    let n_items: usize = baskets.iter().map(|(items, _)| items.len()).sum();
    assert_eq!(counts.rows_used, n_items as u64 + baskets.n_repeated());
}

fn text(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

/// A shop's lines by hand: customer, transaction, item, name, day, quantity, price.
type Line<'a> = (
    Option<i64>,
    Option<&'a str>,
    Option<&'a str>,
    Option<&'a str>,
    i32,
    Option<f64>,
    f64,
);

fn by_hand(lines: &[Line<'_>]) -> Transactions {
    let column = |of: fn(&Line<'_>) -> Option<String>| -> ArrayRef {
        Arc::new(lines.iter().map(of).collect::<StringArray>())
    };
    let batch = batch(vec![
        (
            "customer",
            Arc::new(lines.iter().map(|l| l.0).collect::<Int64Array>()) as ArrayRef,
        ),
        ("transaction", column(|l| l.1.map(Into::into))),
        ("item", column(|l| l.2.map(Into::into))),
        ("name", column(|l| l.3.map(Into::into))),
        (
            "time",
            Arc::new(lines.iter().map(|l| Some(l.4)).collect::<Date32Array>()),
        ),
        (
            "quantity",
            Arc::new(lines.iter().map(|l| l.5).collect::<Float64Array>()),
        ),
        (
            "price",
            Arc::new(lines.iter().map(|l| Some(l.6)).collect::<Float64Array>()),
        ),
    ]);
    Transactions::new(Table::from_batch(batch), roles().item_name("name")).unwrap()
}

const LINES: [Line<'static>; 14] = [
    (
        Some(2),
        Some("b"),
        Some("tea"),
        Some("Tea"),
        10,
        Some(2.0),
        3.0,
    ),
    (
        Some(1),
        Some("a"),
        Some("tea"),
        Some("Tea bags"),
        10,
        Some(1.0),
        3.0,
    ),
    (None, Some("a"), Some("cup"), Some(" "), 11, Some(1.0), 5.0),
    (
        Some(2),
        Some("b"),
        Some("tea"),
        Some("Tea"),
        10,
        Some(1.0),
        3.0,
    ),
    // Returned whole, in part, and without a purchase.
    (
        Some(3),
        Some("c"),
        Some("pot"),
        Some("Pot"),
        12,
        Some(1.0),
        9.0,
    ),
    (
        Some(3),
        Some("d"),
        Some("pot"),
        Some("Pot"),
        13,
        Some(-1.0),
        9.0,
    ),
    (Some(3), Some("c"), Some("cup"), None, 12, Some(2.0), 5.0),
    (Some(3), Some("d"), Some("cup"), None, 13, Some(-1.0), 5.0),
    (Some(3), Some("d"), Some("jar"), None, 13, Some(-1.0), 1.0),
    (Some(3), None, Some("jug"), None, 13, Some(1.0), 1.0),
    (Some(3), Some("e"), None, None, 13, Some(1.0), 1.0),
    (Some(3), Some("f"), Some("jam"), None, 13, Some(0.0), 1.0),
    (Some(3), Some("f"), Some("jam"), None, 13, None, 1.0),
    // After the clock.
    (
        Some(4),
        Some("a"),
        Some("art"),
        Some("Art"),
        40,
        Some(1.0),
        1.0,
    ),
];

#[test]
fn transactions_by_hand() {
    let ctx = Context::new();
    let tx = by_hand(&LINES).as_of(Moment::Day(30)).unwrap();
    let baskets = Baskets::from_transactions(&tx, &ctx).unwrap();
    assert_eq!(
        shown(&baskets),
        [vec!["cup", "tea"], vec!["tea"], vec!["cup"]]
    );
    let some = |t: &str| Some(t.to_owned());
    assert_eq!(texts(baskets.labels()), [some("cup"), some("tea")]);
    assert_eq!(texts(baskets.names().unwrap()), [None, some("Tea")]);
    assert_eq!(
        texts(baskets.ids().unwrap()),
        [some("a"), some("b"), some("c")]
    );
    assert_eq!(
        texts(baskets.customers().unwrap()),
        [some("1"), some("2"), some("3")]
    );
    assert_eq!(baskets.n_repeated(), 1);
    let counts = baskets.counts();
    let expected = [
        (Reason::AfterClock, 1),
        (Reason::NoTransaction, 1),
        (Reason::NoItem, 1),
        (Reason::NoQuantity, 1),
        (Reason::ZeroQuantity, 1),
        (Reason::ReturnNetted, 2),
        (Reason::ReturnUnmatched, 1),
        (Reason::CancelledByReturn, 1),
    ];
    assert_eq!(counts.left_out, BTreeMap::from(expected));
    assert_adds_up(&baskets);
    // Without netting what was returned stays bought.
    for returns in [Returns::Exclude, Returns::Keep] {
        let baskets = Baskets::from_transactions(&tx.clone().with_returns(returns), &ctx).unwrap();
        assert_eq!(shown(&baskets)[2], ["cup", "pot"]);
        assert_eq!(baskets.counts().left_out[&Reason::ReturnExcluded], 3);
        assert_adds_up(&baskets);
    }
}

#[test]
fn names_that_tie_are_the_smaller() {
    let line = |name| {
        (
            Some(1),
            Some("a"),
            Some("x"),
            Some(name),
            10,
            Some(1.0),
            1.0,
        )
    };
    let tx = by_hand(&[
        line("pear"),
        line("apple"),
        line("fig"),
        line("pear"),
        line("apple"),
    ]);
    let baskets = Baskets::from_transactions(&tx, &Context::new()).unwrap();
    assert_eq!(texts(baskets.names().unwrap()), [Some("apple".to_owned())]);
}

#[test]
fn roles_that_are_needed_are_named() {
    let b = batch(vec![
        ("customer", text(&[Some("a")])),
        ("time", Arc::new(Date32Array::from(vec![1]))),
        ("order", text(&[Some("a")])),
    ]);
    let table = Table::from_batch(b);
    let roles = Roles::new("customer", "time");
    for (roles, missing) in [
        (roles.clone(), "transaction"),
        (roles.transaction("order"), "item"),
    ] {
        let tx = Transactions::new(table.clone(), roles).unwrap();
        let e = Baskets::from_transactions(&tx, &Context::new()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::ColumnNotFound);
        assert!(e.to_string().contains(&format!("role `{missing}`")), "{e}");
    }
}

#[test]
fn no_price_is_needed() {
    let b = batch(vec![
        ("customer", text(&[None, None])),
        ("time", Arc::new(Date32Array::from(vec![1, 1]))),
        ("order", text(&[Some("a"), Some("a")])),
        ("item", text(&[Some("x"), Some("y")])),
    ]);
    let roles = Roles::new("customer", "time")
        .transaction("order")
        .item("item");
    let tx = Transactions::new(Table::from_batch(b), roles).unwrap();
    let baskets = Baskets::from_transactions(&tx, &Context::new()).unwrap();
    assert_eq!(numbers(&baskets), [[0, 1]]);
    assert_eq!(texts(baskets.customers().unwrap()), [None]);
}

/// The rule said again, of lines without returns to net.
#[test]
fn many_transactions_are_what_a_map_makes_of_them() {
    for ids in [Ids::Integer, Ids::ShortText, Ids::LongText] {
        let b = orders(30_000, 700, ids, true);
        let tx = Transactions::new(chunked(&b, 1_003), roles()).unwrap();
        let tx = tx.with_returns(Returns::Exclude);
        let baskets = Baskets::from_transactions(&tx, &Context::new()).unwrap();
        assert_adds_up(&baskets);
        let column = |name: &str| texts(b.column_by_name(name).unwrap());
        let (transactions, items, customers) =
            (column("transaction"), column("item"), column("customer"));
        let quantity = column("quantity");
        let mut expected: BTreeMap<String, (BTreeSet<String>, Option<&str>)> = BTreeMap::new();
        let mut labels = BTreeSet::new();
        for row in 0..b.num_rows() {
            let (Some(t), Some(i)) = (&transactions[row], &items[row]) else {
                continue;
            };
            if quantity[row].as_ref().is_some_and(|q| !q.starts_with('-')) {
                let customer = customers[row].as_deref();
                let new = || (BTreeSet::new(), customer);
                let basket = expected.entry(t.clone()).or_insert_with(new);
                basket.0.insert(i.clone());
                labels.insert(i.clone());
            }
        }
        assert_eq!(baskets.len(), expected.len());
        assert_eq!(baskets.n_items(), labels.len());
        let own = texts(baskets.ids().unwrap())
            .into_iter()
            .zip(shown(&baskets));
        for ((id, own), customer) in own.zip(texts(baskets.customers().unwrap())) {
            let (items, expected_customer) = &expected[&id.unwrap()];
            assert_eq!(&own.into_iter().collect::<BTreeSet<_>>(), items);
            assert_eq!(customer.as_deref(), *expected_customer);
        }
    }
}
