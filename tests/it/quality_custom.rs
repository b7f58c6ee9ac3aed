//! Checks of the user's own stand wherever a built-in one does.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch, StringArray};
use patronomy::quality::{CustomCheck, Dimension, Partners, Quality, QualityParams};
use patronomy::rfm::RfmParams;
use patronomy::{
    Budget, Cancel, Context, ErrorKind, Moment, Reason, Result, Roles, Table, Transactions,
};

use crate::tables::{DAY, FIRST_DAY, Ids, chunked, orders, roles, transactions, with_threads};

const BULK: &str = "quantity >= 3 AND price < 20.5";

fn check(tx: &Transactions, params: &QualityParams) -> Result<Quality> {
    tx.quality(params, &Partners::new(), &Context::new())
}

fn with_bulk() -> QualityParams {
    let early = CustomCheck::new("early", "\"time\" < '2024-02-01'")
        .finds("the time is before the shop opened")
        .dimension(Dimension::Timeliness)
        .role("time");
    let free = CustomCheck::new("unpriced", "price IS NULL").remark();
    QualityParams::new()
        .checks([early, free])
        .check("cheap_bulk", BULK)
}

/// The rows of [`orders`] that the expression means, read plainly; up to an instant.
fn bulk_rows(batch: &RecordBatch, until: i64) -> Vec<u64> {
    let quantity = batch.column_by_name("quantity").unwrap();
    let price = batch.column_by_name("price").unwrap();
    let (q, p) = (
        quantity.as_primitive::<Int64Type>(),
        price.as_primitive::<Float64Type>(),
    );
    let time = arrow_cast::cast(
        batch.column_by_name("time").unwrap(),
        &arrow_schema::DataType::Int64,
    );
    let time = time.unwrap();
    let time = time.as_primitive::<Int64Type>();
    let is_bulk = |i: &usize| p.is_valid(*i) && q.value(*i) >= 3 && p.value(*i) < 20.5;
    let rows = (0..batch.num_rows()).filter(|i| is_bulk(i) && time.value(*i) <= until);
    rows.map(|i| i as u64).collect()
}

#[test]
fn a_custom_check_is_found_wherever_a_built_in_one_is() {
    let batch = orders(3_000, 100, Ids::ShortText, true);
    let tx = transactions(batch.clone(), roles());
    let (plain, found) = (
        check(&tx, &QualityParams::new()).unwrap(),
        check(&tx, &with_bulk()).unwrap(),
    );
    // Behind the built-in ones, which stay what they were.
    let n = plain.findings().len();
    for (a, b) in plain.findings().iter().zip(found.findings()) {
        assert_eq!(
            (&a.check, a.n_rows, a.note.as_str()),
            (&b.check, b.n_rows, b.note.as_str())
        );
    }
    let own: Vec<&str> = found.findings()[n..]
        .iter()
        .map(|f| &*f.check.name)
        .collect();
    assert_eq!(own, ["early", "unpriced", "cheap_bulk"]);
    let expected = bulk_rows(&batch, i64::MAX);
    let finding = found.finding("cheap_bulk").unwrap();
    assert!(!expected.is_empty());
    assert_eq!(found.rows("cheap_bulk").unwrap(), expected);
    assert_eq!(finding.n_rows, expected.len() as u64);
    assert_eq!(finding.check.finds, BULK);
    assert!(finding.money > 0.0 && finding.examples.len() == 5);
    let flags = found.flags_table().unwrap();
    let column = flags.column_by_name("cheap_bulk").unwrap().as_boolean();
    assert_eq!(column.true_count(), expected.len());
    assert_eq!(found.flagged("cheap_bulk", 3).unwrap().num_rows(), 3);
    assert_eq!(found.examples("cheap_bulk").unwrap().num_rows(), 5);
    let table = found.findings_table().unwrap();
    let last = table.num_rows() - 1;
    assert_eq!(
        table
            .column_by_name("check")
            .unwrap()
            .as_string::<i32>()
            .value(last),
        "cheap_bulk"
    );
    let e = found.require(["cheap_bulk"]).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::BadValues);
    assert!(e.to_string().contains(BULK), "{e}");
    assert!(found.require(["time_missing"]).is_ok());
    let e = found.require(["cheap_bulks"]).unwrap_err();
    assert!(e.to_string().contains("did you mean `cheap_bulk`"), "{e}");
    let e = plain.rows("cheap_bulk").unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Parameter);
}

#[test]
fn faults_count_in_the_scorecard_and_remarks_do_not() {
    let tx = transactions(orders(3_000, 100, Ids::Integer, true), roles());
    let score = |params: &QualityParams, role: &str, dimension: &str| {
        let card = check(&tx, params).unwrap().scorecard().unwrap();
        let roles = card
            .column_by_name("role")
            .unwrap()
            .as_string::<i32>()
            .clone();
        let row = roles.iter().position(|r| r == Some(role)).unwrap();
        let column = card.column_by_name(dimension).unwrap();
        column.as_primitive::<Float64Type>().value(row)
    };
    let (none, own) = (QualityParams::new(), with_bulk());
    assert!(score(&own, "time", "timeliness") < score(&none, "time", "timeliness"));
    assert!(score(&own, "table", "validity") < score(&none, "table", "validity"));
    assert_eq!(
        score(&own, "price", "validity"),
        score(&none, "price", "validity")
    );
    let without = with_bulk().skip(["cheap_bulk", "early"]);
    assert_eq!(
        score(&without, "table", "validity"),
        score(&none, "table", "validity")
    );
    assert!(
        check(&tx, &without)
            .unwrap()
            .finding("cheap_bulk")
            .is_none()
    );
}

#[test]
fn rows_after_the_clock_are_not_flagged() {
    let batch = orders(3_000, 100, Ids::Integer, true);
    let tx = transactions(batch.clone(), roles());
    let day = FIRST_DAY + 150;
    let past = tx.as_of(Moment::Day(day)).unwrap();
    let until = i64::from(day + 1) * DAY - 1;
    let found = check(&past, &with_bulk()).unwrap();
    let expected = bulk_rows(&batch, until);
    assert_eq!(found.rows("cheap_bulk").unwrap(), expected);
    assert!(expected.len() < bulk_rows(&batch, i64::MAX).len());
    // Rows left out by it: those of each view's own clock.
    let own = [CustomCheck::new("cheap_bulk", BULK)];
    let clean = tx.without_checks(&["cheap_bulk"], &own).unwrap();
    let flagged = |tx: &Transactions| tx.counts(&Context::new()).unwrap().flagged["cheap_bulk"];
    assert_eq!(flagged(&clean), bulk_rows(&batch, i64::MAX).len() as u64);
    assert_eq!(
        flagged(&clean.as_of(Moment::Day(day)).unwrap()),
        expected.len() as u64
    );
}

#[test]
fn jobs_without_a_custom_check_are_jobs_on_a_table_without_its_rows() {
    let batch = orders(3_000, 100, Ids::Integer, true);
    let tx = transactions(batch.clone(), roles());
    let own = [CustomCheck::new("cheap_bulk", BULK)];
    let left = bulk_rows(&batch, i64::MAX);
    let kept: Vec<u64> = (0..3_000).filter(|r| !left.contains(r)).collect();
    let kept = arrow_array::UInt64Array::from(kept);
    let fewer = transactions(
        arrow_select::take::take_record_batch(&batch, &kept).unwrap(),
        roles(),
    );
    let fit = |tx: &Transactions| RfmParams::new().fit(tx, &Context::new()).unwrap();
    let clean = tx.without_checks(&["cheap_bulk"], &own).unwrap();
    let (a, b) = (fit(&clean), fit(&fewer));
    assert_eq!(a.batch(), b.batch());
    assert_eq!(a.counts().left_out[&Reason::Flagged], left.len() as u64);
    assert_eq!(a.counts().flagged["cheap_bulk"], left.len() as u64);
    // For the first of the checks, in the order of the names.
    let both = clean.without(&["amount_missing", "cheap_bulk"]).unwrap();
    let counts = both.counts(&Context::new()).unwrap();
    assert_eq!(counts.flagged["cheap_bulk"], left.len() as u64);
    assert!(counts.flagged["amount_missing"] > 0);
    // New rows meet the same check.
    let twice = clean
        .append(&Table::from_batch(batch), &Context::new())
        .unwrap();
    let counts = twice.counts(&Context::new()).unwrap();
    assert_eq!(counts.flagged["cheap_bulk"], 2 * left.len() as u64);
}

#[test]
fn flags_do_not_depend_on_threads_or_chunks() {
    let batch = orders(300_000, 3_000, Ids::Integer, true);
    let tables = [chunked(&batch, 1_000), chunked(&batch, 200_000)];
    let found: Vec<_> = [1, 2, 7]
        .into_iter()
        .zip([&tables[0], &tables[1], &tables[0]])
        .map(|(threads, table)| {
            let tx = Transactions::new(table.clone(), roles()).unwrap();
            let found = with_threads(threads, || check(&tx, &with_bulk()).unwrap());
            (
                found.flags_table().unwrap(),
                found.findings_table().unwrap(),
            )
        })
        .collect();
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0], found[2]);
    let flags = found[0]
        .0
        .column_by_name("cheap_bulk")
        .unwrap()
        .as_boolean()
        .clone();
    assert_eq!(flags.true_count(), bulk_rows(&batch, i64::MAX).len());
}

#[test]
fn text_times_and_columns_without_a_role_can_be_asked_for() {
    let texts = |list: [Option<&str>; 3]| Arc::new(StringArray::from(list.to_vec())) as ArrayRef;
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("who", texts([Some("a"), Some("b"), Some("c")]), true),
        (
            "When",
            texts([Some("10/09/2011 08:00"), Some("11/09/2011 08:00"), None]),
            true,
        ),
        (
            "Shop Name",
            texts([Some("north"), None, Some("NORTH")]),
            true,
        ),
        (
            "paid",
            Arc::new(Float64Array::from(vec![1.0; 3])) as ArrayRef,
            true,
        ),
    ])
    .unwrap();
    let roles = Roles::new("who", "When").amount("paid");
    let format = Some("%d/%m/%Y %H:%M");
    let tx = Transactions::bind(Table::from_batch(batch), roles, format, &Context::new()).unwrap();
    for (expression, rows) in [
        ("time <= '2011-09-10'", vec![0]),
        ("When > '2011-09-10'", vec![1]),
        ("\"Shop Name\" ilike 'north'", vec![0, 2]),
        ("customer <> 'a' and amount * 2 = 2", vec![1, 2]),
    ] {
        let found = check(&tx, &QualityParams::new().check("own", expression)).unwrap();
        assert_eq!(found.rows("own").unwrap(), rows, "{expression}");
    }
    // Nothing else is there, and that is no error.
    let none = QualityParams::new().check("own", "amount > 5");
    assert!(check(&tx, &none).unwrap().require(["own"]).is_ok());
}

#[test]
fn mistakes_are_told() {
    let tx = transactions(orders(10, 5, Ids::Integer, true), roles());
    let new = QualityParams::new;
    for (params, kind, words) in [
        (
            new().check("", "price > 1"),
            ErrorKind::Parameter,
            "1 to 100 characters",
        ),
        (
            new().check(" a", "price > 1"),
            ErrorKind::Parameter,
            "without blanks",
        ),
        (
            new().check("duplicate", "price > 1"),
            ErrorKind::Parameter,
            "no built-in check has",
        ),
        (
            new().check("a", "price > 1").check("a", "price > 2"),
            ErrorKind::Parameter,
            "distinct names",
        ),
        (
            new().checks([CustomCheck::new("a", "price > 1").role("prise")]),
            ErrorKind::Parameter,
            "did you mean `price`",
        ),
        (
            new().check("a", "price >"),
            ErrorKind::Parameter,
            "`expression` of `a` cannot be read",
        ),
        (
            new().check("a", "price"),
            ErrorKind::Parameter,
            "must be a condition",
        ),
        (
            new().check("a", "prices > 1"),
            ErrorKind::ColumnNotFound,
            "did you mean `price`",
        ),
        (
            new().check("a", "price > 'x'"),
            ErrorKind::Parameter,
            "a number with a text",
        ),
    ] {
        let e = check(&tx, &params).unwrap_err();
        assert_eq!(e.kind(), kind, "{e}");
        assert!(e.to_string().contains(words), "{e}");
    }
    let own = |expression: &str| [CustomCheck::new("a", expression)];
    for (names, expression, words) in [
        (vec!["b"], "price > 1", "must be named"),
        (vec!["a", "b"], "price > 1", "must be names of checks"),
        (vec!["a"], "prices > 1", "did you mean `price`"),
        (vec!["a"], "price >", "cannot be read"),
    ] {
        let e = tx.without_checks(&names, &own(expression)).unwrap_err();
        assert!(e.to_string().contains(words), "{e}");
    }
    let once = tx.without_checks(&["a"], &own("price > 1")).unwrap();
    assert!(once.without_checks(&["a"], &own("price > 1")).is_ok());
    let e = once.without_checks(&["a"], &own("price > 2")).unwrap_err();
    assert!(e.to_string().contains("other names"), "{e}");
}

#[test]
fn custom_checks_stop_when_asked_and_count_in_the_budget() {
    let tx = transactions(orders(400_000, 5_000, Ids::Integer, true), roles());
    let params = with_bulk().skip(["bulk_buyer"]);
    let ask = |ctx: &Context| tx.quality(&params, &Partners::new(), ctx).map(|_| ());
    let whole = Context::new();
    ask(&Context::new()).unwrap();
    ask(&whole).unwrap();
    for poll in [1, whole.cancel.polls() / 2, whole.cancel.polls()] {
        let ctx = Context {
            cancel: Cancel::at_poll(poll),
            ..Context::new()
        };
        assert_eq!(ask(&ctx).unwrap_err().kind(), ErrorKind::Cancelled);
    }
    let ctx = Context {
        budget: Budget::bytes(1_000_000),
        ..Context::new()
    };
    assert_eq!(ask(&ctx).unwrap_err().kind(), ErrorKind::Budget);
}

#[test]
fn parameters_are_plain_data() {
    let params = with_bulk();
    let text = serde_json::to_string(&params).unwrap();
    assert_eq!(
        serde_json::from_str::<QualityParams>(&text).unwrap(),
        params
    );
    let short = r#"{"checks": [{"name": "a", "expression": "price > 1"}]}"#;
    let read: QualityParams = serde_json::from_str(short).unwrap();
    assert_eq!(read, QualityParams::new().check("a", "price > 1"));
}
