//! Kinds of customers by the clock.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int8Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch};
use patronomy::value::{CustomerKind, CustomerKinds, KindParams};
use patronomy::{Context, Error, Moment, Roles, Table, Transactions};

fn lines(rows: &[(i64, i32, f64)]) -> Transactions {
    let customers: Int64Array = rows.iter().map(|r| Some(r.0)).collect();
    let days: Date32Array = rows.iter().map(|r| Some(r.1)).collect();
    let money: Float64Array = rows.iter().map(|r| Some(r.2)).collect();
    let columns: [(&str, ArrayRef); 3] = [
        ("customer", Arc::new(customers)),
        ("day", Arc::new(days)),
        ("paid", Arc::new(money)),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let roles = Roles::new("customer", "day").amount("paid");
    Transactions::new(Table::from_batch(batch), roles).unwrap()
}

fn told(tx: &Transactions, contacts: Option<&Transactions>) -> CustomerKinds {
    KindParams::new()
        .fit(tx, contacts, &Context::new())
        .unwrap()
}

fn kinds(found: &CustomerKinds) -> Vec<(i64, CustomerKind)> {
    let b = found.batch();
    let ids = b["customer"].as_primitive::<Int64Type>();
    let kinds = b["kind"].as_dictionary::<Int8Type>();
    let of = |key: i8| CustomerKind::ALL[key as usize];
    ids.values()
        .iter()
        .copied()
        .zip(kinds.keys().values().iter().map(|&k| of(k)))
        .collect()
}

fn reasons(found: &CustomerKinds) -> Vec<String> {
    let reasons = found.batch()["reason"].as_string::<i32>();
    reasons.iter().flatten().map(str::to_owned).collect()
}

/// Buys on every `gap`-th day from `first` to `last`.
fn regular(customer: i64, first: i32, last: i32, gap: usize) -> Vec<(i64, i32, f64)> {
    (first..=last)
        .step_by(gap)
        .map(|day| (customer, day, 10.0))
        .collect()
}

fn shop() -> Vec<(i64, i32, f64)> {
    [
        regular(1, 0, 300, 30),             // Silent for 65 days of usual 30.
        regular(2, 0, 360, 30),             // Bought 5 days ago.
        regular(3, 0, 210, 30),             // Silent for 155 days.
        vec![(4, 100, 10.0)],               // Once.
        regular(5, 320, 362, 14),           // First 45 days ago.
        vec![(6, 0, 10.0), (6, 305, 10.0)], // One gap: the shop's rhythm of 30 days.
        vec![(3, 220, -4.0)],               // A return after the last purchase.
    ]
    .concat()
}

#[test]
fn kinds_by_hand() {
    use CustomerKind::{Active, Lapsing, Lost, New, OneTime, Prospect};
    let tx = lines(&shop()).as_of(Moment::Day(365)).unwrap();
    let contacts = lines(&[(9, 50, 0.0), (2, 361, 0.0), (8, 400, 0.0)]);
    let found = told(&tx, Some(&contacts));
    let expected = [
        (1, Lapsing),
        (2, Active),
        (3, Lost),
        (4, OneTime),
        (5, New),
        (6, Active),
        (9, Prospect),
    ];
    assert_eq!(kinds(&found), expected);
    assert_eq!(found.n_customers(Lost), 1);
    let said = reasons(&found);
    assert_eq!(
        said[2],
        "last bought on 1970-07-30, 155 days ago; 5.2 of its usual gaps of 30.0 days; returned goods on 1970-08-09, after that"
    );
    assert_eq!(said[3], "bought on 1970-04-11 only, 265 days ago");
    assert!(said[5].contains("2.0 of the shop's usual gaps of 30.0 days; too few purchases"));
    assert!(
        said[1].ends_with("last contact on 1970-12-28"),
        "{}",
        said[1]
    );
    assert_eq!(said[6], "has not bought; last contact on 1970-02-20");
    assert!(
        found.notices()[0].starts_with("too little is known of the rhythm of 2 of 7 customers"),
        "{:?}",
        found.notices()
    );
    let b = found.batch();
    assert_eq!(b["recency_days"].as_primitive::<Int32Type>().value(2), 155);
    assert!(b["recency_days"].is_null(6) && b["silence"].is_null(6));
    assert!((b["silence"].as_primitive::<Float64Type>().value(0) - 65.0 / 30.0).abs() < 1e-12);
    assert_eq!(found.reference(), "1971-01-01");
}

#[test]
fn what_is_later_than_the_clock_is_not_known() {
    let all = lines(&shop());
    let cut = all.as_of(Moment::Day(200)).unwrap();
    let kept: Vec<_> = shop().into_iter().filter(|l| l.1 <= 200).collect();
    let alone = lines(&kept).as_of(Moment::Day(200)).unwrap();
    assert_eq!(told(&cut, None).batch(), told(&alone, None).batch());
}

#[test]
fn silence_means_nothing_where_nobody_came_back() {
    let tx = lines(&[(1, 0, 5.0), (2, 300, 5.0), (3, 10, -5.0)])
        .as_of(Moment::Day(310))
        .unwrap();
    let found = told(&tx.with_returns(patronomy::Returns::Keep), None);
    assert_eq!(
        kinds(&found),
        [(1, CustomerKind::OneTime), (2, CustomerKind::New)]
    );
    assert!(found.notices()[0].starts_with("nobody has bought on a second day"));
    assert!(found.notices()[1].starts_with("1 customer(s) without an order"));
    assert!(reasons(&found)[0].starts_with("bought on 1970-01-01 only"));
}

#[test]
fn gaps_have_a_least_length() {
    // Every day for a while, then not for 20 days: three weeks, not twenty gaps.
    let tx = lines(&regular(1, 0, 100, 1))
        .as_of(Moment::Day(120))
        .unwrap();
    assert_eq!(kinds(&told(&tx, None))[0].1, CustomerKind::Lapsing);
    let strict = KindParams::new()
        .least_gap_days(1.0)
        .fit(&tx, None, &Context::new())
        .unwrap();
    assert_eq!(kinds(&strict)[0].1, CustomerKind::Lost);
}

#[test]
fn nobody_and_nonsense() {
    let ctx = Context::new();
    let tx = lines(&[(1, 0, 5.0)]);
    let none = tx.as_of(Moment::Day(-1)).unwrap();
    let refused = KindParams::new().fit(&none, None, &ctx).unwrap_err();
    assert!(matches!(refused, Error::TooFewRows { .. }), "{refused}");
    let refused = KindParams::new()
        .lost_gaps(1.0)
        .fit(&tx, None, &ctx)
        .unwrap_err();
    assert!(matches!(refused, Error::Parameter { .. }), "{refused}");
    assert_eq!(kinds(&told(&tx, None)), [(1, CustomerKind::New)]);
}
