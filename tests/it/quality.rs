//! Checks flag what the rows say, on any threads, and nothing that the clock does not know.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch, StringArray};
use arrow_cast::display::array_value_to_string;
use patronomy::quality::{CHECKS, Partners, Quality, QualityParams};
use patronomy::{
    Budget, Cancel, Context, ErrorKind, Moment, Reason, Returns, Roles, Table, Transactions,
};
use proptest::prelude::*;

use crate::draw::{Drawn, Line, drawn};
use crate::oracle::{EARLIEST, LATEST, net};
use crate::tables::{DAY, FIRST_DAY, Ids, chunked, orders, roles, transactions, with_threads};

fn quality(tx: &Transactions, params: &QualityParams) -> Quality {
    tx.quality(params, &Partners::new(), &Context::new())
        .unwrap()
}

/// Checks that a plain restatement below says too.
const RESTATED: [&str; 13] = [
    "customer_missing",
    "transaction_missing",
    "item_missing",
    "time_missing",
    "time_impossible",
    "amount_missing",
    "amount_not_finite",
    "quantity_zero",
    "amount_zero",
    "price_negative",
    "duplicate",
    "order_cancelled",
    "return_unmatched",
];

/// The rows each of these checks flags in a view, as far as their columns are there.
fn expected(
    drawn: &Drawn,
    since: i64,
    until: i64,
    has_clock: bool,
) -> BTreeMap<&'static str, Vec<u64>> {
    let table = drawn.table();
    let left = net(drawn, until);
    let is_known = |l: &Line| l.time.is_none_or(|t| t <= until || t >= LATEST);
    let is_seen = |l: &Line| is_known(l) && l.time.is_none_or(|t| t >= since || t < EARLIEST);
    // Under a clock nothing is learnt from a row that may be of any time.
    let is_placed = |l: &Line| l.time.is_some_and(|t| (EARLIEST..LATEST).contains(&t));
    let teaches = |l: &Line| is_known(l) && (is_placed(l) || !has_clock);
    let mut first_of: HashMap<Vec<Option<String>>, usize> = HashMap::new();
    let mut flagged: BTreeMap<&'static str, Vec<u64>> = BTreeMap::new();
    for (row, l) in drawn.lines.iter().enumerate() {
        let is_twice = teaches(l) && first_of.insert(values(&table, row), row).is_some();
        if !is_seen(l) {
            continue;
        }
        let mut flag = |name: &'static str, is_so: bool| {
            if is_so {
                flagged.entry(name).or_default().push(row as u64);
            }
        };
        flag("customer_missing", l.customer.is_none());
        flag(
            "transaction_missing",
            drawn.transaction.is_some() && l.transaction.is_none(),
        );
        flag("item_missing", drawn.item.is_some() && l.item.is_none());
        flag("time_missing", l.time.is_none());
        let stand_ins = [0, -25_567 * DAY];
        let is_odd = |t: i64| !(EARLIEST..LATEST).contains(&t) || stand_ins.contains(&t);
        flag("time_impossible", l.time.is_some_and(is_odd));
        let quantity = drawn.quantity.map_or(Some(1.0), |_| l.quantity);
        flag("amount_missing", l.money.is_none() || quantity.is_none());
        let is_infinite = |v: Option<f64>| v.is_some_and(|v| !v.is_finite());
        flag(
            "amount_not_finite",
            is_infinite(l.money) || is_infinite(quantity),
        );
        flag("quantity_zero", quantity == Some(0.0));
        let zero = l.money == Some(0.0) && !(drawn.is_amount && quantity == Some(0.0));
        flag("amount_zero", zero);
        let negative = l.money.is_some_and(|m| m < 0.0 && m.is_finite());
        let is_price = !drawn.is_amount;
        let for_pieces = drawn.quantity.is_some() && quantity.is_some_and(|q| q > 0.0);
        flag("price_negative", negative && (is_price || for_pieces));
        flag("duplicate", is_twice);
        let units = drawn.quantity.map_or(l.money, |_| l.quantity);
        let is_return = units.is_some_and(|u| u < 0.0);
        flag("order_cancelled", !is_return && left[row] == Some(0.0));
        flag(
            "return_unmatched",
            is_return && left[row].is_some_and(|u| u != 0.0),
        );
    }
    flagged
}

fn values(table: &Table, row: usize) -> Vec<Option<String>> {
    let mut at = row;
    for batch in table.batches() {
        if at < batch.num_rows() {
            let text = |c: &ArrayRef| {
                c.is_valid(at)
                    .then(|| array_value_to_string(c, at).unwrap())
            };
            return batch.columns().iter().map(text).collect();
        }
        at -= batch.num_rows();
    }
    panic!("no row {row}");
}

proptest! {
    #[test]
    fn flags_are_what_the_rows_say(
        drawn in drawn(),
        clock in prop::option::weighted(0.5, 0i64..45),
        since in prop::option::weighted(0.3, 0i64..40),
    ) {
        let mut tx = Transactions::new(drawn.table(), drawn.roles()).unwrap();
        let (mut from, mut until) = (EARLIEST, LATEST - 1);
        if let Some(day) = clock {
            let day = i64::from(FIRST_DAY) + day;
            tx = tx.as_of(Moment::Day(day as i32)).unwrap();
            until = (day + 1) * DAY - 1;
        }
        if let Some(day) = since {
            let day = i64::from(FIRST_DAY) + day;
            tx = tx.split(Moment::Day(day as i32)).unwrap().1;
            from = day * DAY;
        }
        let found = quality(&tx, &QualityParams::new());
        let mut expected = expected(&drawn, from, until, clock.is_some());
        for name in RESTATED {
            let rows = found.rows(name).unwrap();
            prop_assert_eq!(&rows, &expected.remove(name).unwrap_or_default(), "{}", name);
            if let Some(finding) = found.finding(name) {
                prop_assert_eq!(finding.n_rows, rows.len() as u64);
                prop_assert!(finding.examples.iter().all(|e| rows.contains(e)));
            } else {
                prop_assert!(rows.is_empty());
            }
        }
    }

    #[test]
    fn rows_left_out_by_request_are_those_flagged(
        drawn in drawn(),
        names in prop::sample::subsequence(&RESTATED[..], 0..4),
        returns in prop::sample::select(vec![Returns::Net, Returns::Exclude, Returns::Keep]),
    ) {
        let tx = Transactions::new(drawn.table(), drawn.roles()).unwrap().with_returns(returns);
        let flagged = quality(&tx, &QualityParams::new());
        let flagged: BTreeSet<u64> = names.iter().flat_map(|n| flagged.rows(n).unwrap()).collect();
        let without = tx.without(&names).unwrap().counts(&Context::new()).unwrap();
        // The same lines without these rows, from the start.
        let kept: Vec<Line> = drawn.lines.iter().enumerate()
            .filter(|(row, _)| !flagged.contains(&(*row as u64))).map(|(_, l)| *l).collect();
        let removed = Drawn { lines: kept, chunks: vec![], ..drawn.clone() };
        let rest = Transactions::new(removed.table(), removed.roles()).unwrap().with_returns(returns);
        let rest = rest.counts(&Context::new()).unwrap();
        prop_assert_eq!(without.rows_used, rest.rows_used);
        let mut reasons = without.left_out.clone();
        let by_name: u64 = without.flagged.values().sum();
        prop_assert_eq!(reasons.remove(&Reason::Flagged).unwrap_or(0), by_name);
        for reason in [Reason::NoTime, Reason::TimeOutOfRange] {
            // What has no time is left out for that first.
            reasons.remove(&reason);
        }
        let mut others = rest.left_out;
        others.remove(&Reason::NoTime);
        others.remove(&Reason::TimeOutOfRange);
        prop_assert_eq!(reasons, others);
        prop_assert_eq!(without.rows_used + without.left_out.values().sum::<u64>(), without.rows_in);
    }
}

#[test]
fn the_same_findings_on_any_threads_and_chunks() {
    let batch = orders(300_000, 20_000, Ids::ShortText, false);
    let find = |table: Table| quality(&Transactions::new(table, roles()).unwrap(), &params_2030());
    let one = with_threads(1, || find(Table::from_batch(batch.clone())));
    assert!(one.finding("return_unmatched").unwrap().n_rows > 0);
    for (threads, chunk) in [(2, 100_003), (7, 1_000)] {
        let many = with_threads(threads, || find(chunked(&batch, chunk)));
        assert_eq!(one.findings(), many.findings());
        assert_eq!(one.flags_table().unwrap(), many.flags_table().unwrap());
        assert_eq!(one.scorecard().unwrap(), many.scorecard().unwrap());
    }
}

fn params_2030() -> QualityParams {
    QualityParams::new().now(Moment::parse("2030-01-01").unwrap())
}

#[test]
fn a_later_row_changes_no_earlier_finding() {
    let batch = orders(5_000, 300, Ids::Integer, true);
    let cut = Moment::Day(FIRST_DAY + 200);
    let whole = transactions(batch.clone(), roles());
    let times = batch.column_by_name("time").unwrap();
    let times = arrow_cast::cast(times, &arrow_schema::DataType::Int64).unwrap();
    let times = arrow_array::cast::AsArray::as_primitive::<arrow_array::types::Int64Type>(&times);
    let early = |i: &u64| times.value(*i as usize) < i64::from(FIRST_DAY + 200) * DAY;
    let pick: Vec<u64> = (0..5_000).filter(early).collect();
    let pick = arrow_array::UInt64Array::from(pick);
    let only = arrow_select::take::take_record_batch(&batch, &pick).unwrap();
    let (with, without) = (whole, transactions(only, roles()));
    let past = |tx: &Transactions| tx.split(cut).unwrap().0;
    let (a, b) = (
        quality(&past(&with), &QualityParams::new()),
        quality(&past(&without), &QualityParams::new()),
    );
    assert!(a.n_rows() > b.n_rows());
    assert_eq!(a.n_checked(), b.n_checked());
    for (x, y) in a.findings().iter().zip(b.findings()) {
        let known = |f: &patronomy::quality::Finding| {
            (f.check.name.clone(), f.n_rows, f.money, f.note.clone())
        };
        assert_eq!(known(x), known(y));
    }
    let names: Vec<&str> = CHECKS.iter().map(|c| &*c.name).collect();
    let used = |tx: &Transactions| {
        let view = past(tx).without(&names).unwrap();
        let counts = view.counts(&Context::new()).unwrap();
        (counts.rows_used, counts.flagged)
    };
    assert_eq!(used(&with), used(&without));
}

#[test]
fn kinds_of_customers_are_kept_or_left_out() {
    let texts = |list: [Option<&str>; 5]| Arc::new(StringArray::from(list.to_vec())) as ArrayRef;
    let batch = RecordBatch::try_from_iter_with_nullable([
        (
            "who",
            texts([Some("a"), Some("b"), Some("c"), Some("d"), Some("e")]),
            true,
        ),
        ("when", texts([Some("2024-01-01"); 5]), true),
        (
            "kind",
            texts([
                Some("private"),
                Some("wholesale"),
                None,
                Some("staff"),
                Some("private"),
            ]),
            true,
        ),
        (
            "paid",
            Arc::new(Float64Array::from(vec![1.0; 5])) as ArrayRef,
            true,
        ),
    ])
    .unwrap();
    let roles = Roles::new("who", "when").amount("paid");
    let tx = transactions(batch.clone(), roles.clone().customer_kind("kind"));
    let left_out = |tx: Transactions| {
        let counts = tx.counts(&Context::new()).unwrap();
        assert_eq!(counts.rows_used + counts.left_out.values().sum::<u64>(), 5);
        counts.left_out.get(&Reason::OtherKind).copied()
    };
    assert_eq!(left_out(tx.only_kinds(&["private"]).unwrap()), Some(3));
    assert_eq!(
        left_out(tx.without_kinds(&["wholesale", "staff"]).unwrap()),
        Some(2)
    );
    assert_eq!(left_out(tx.without_kinds(&[]).unwrap()), None);
    let e = transactions(batch, roles)
        .only_kinds(&["private"])
        .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::ColumnNotFound);
}

#[test]
fn keys_without_a_partner_row_are_flagged() {
    let batch = orders(2_000, 100, Ids::Integer, true);
    let tx = transactions(batch, roles());
    let known = |name: &str, keys: Vec<i64>| {
        let keys: ArrayRef = Arc::new(arrow_array::Int64Array::from(keys));
        Table::from_batch(RecordBatch::try_from_iter([(name, keys)]).unwrap())
    };
    let all: Vec<i64> = (-1_000_000..1_000_000).collect();
    let partners = Partners::new()
        .customers(&known("id", all.clone()), "id")
        .unwrap();
    let partners = partners.items(&known("code", vec![]), "code").unwrap();
    let found = tx
        .quality(&params_2030(), &partners, &Context::new())
        .unwrap();
    let n = |name: &str| found.finding(name).unwrap().n_rows;
    assert_eq!(n("customer_unknown"), 0);
    assert_eq!(n("item_unknown") + n("item_missing"), 2_000);
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
    let texts = Table::from_batch(RecordBatch::try_from_iter([("id", texts)]).unwrap());
    let partners = Partners::new().customers(&texts, "id").unwrap();
    let e = tx
        .quality(&params_2030(), &partners, &Context::new())
        .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::FeatureMismatch);
    assert!(Partners::new().items(&texts, "code").is_err());
}

#[test]
fn a_strict_mode_names_check_and_row() {
    let tx = transactions(orders(2_000, 100, Ids::Integer, true), roles());
    let found = quality(&tx, &params_2030().skip(["duplicate"]));
    let e = found
        .require(["customer_missing", "return_unmatched"])
        .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::BadValues);
    assert!(found.require(["time_missing"]).is_ok());
    for unknown in ["duplicate", "nonsense"] {
        assert_eq!(
            found.require([unknown]).unwrap_err().kind(),
            ErrorKind::Parameter
        );
    }
}

#[test]
fn bad_parameters_are_named() {
    let tx = transactions(orders(10, 5, Ids::Integer, true), roles());
    let new = QualityParams::new;
    for (params, name) in [
        (new().skip(["duplicates"]), "skip"),
        (new().sum_tolerance(f64::NAN), "sum_tolerance"),
        (new().price_ratio(1.0), "price_ratio"),
        (new().duplicate_columns([""; 0]), "duplicate_columns"),
        (new().n_examples(5_000), "n_examples"),
    ] {
        let e = tx
            .quality(&params, &Partners::new(), &Context::new())
            .unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Parameter);
        assert!(e.to_string().contains(&format!("`{name}`")), "{e}");
    }
    let e = tx
        .quality(
            &new().duplicate_columns(["colour"]),
            &Partners::new(),
            &Context::new(),
        )
        .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::ColumnNotFound);
    assert!(
        tx.without(&["duplicates"])
            .unwrap_err()
            .to_string()
            .contains("`duplicate`")
    );
}

#[test]
fn empty_tables_and_single_rows_are_checked() {
    for n in [0, 1] {
        let tx = transactions(orders(n, 5, Ids::Integer, true), roles());
        let found = quality(&tx, &params_2030());
        assert_eq!(found.n_checked(), n as u64);
        assert_eq!(
            found.findings_table().unwrap().num_rows(),
            found.findings().len()
        );
        assert_eq!(found.flags_table().unwrap().num_rows(), n);
        assert_eq!(found.examples("duplicate").unwrap().num_rows(), 0);
        found.scorecard().unwrap();
    }
}

#[test]
fn checks_stop_when_asked_and_keep_to_the_budget() {
    let tx = transactions(orders(400_000, 5_000, Ids::Integer, true), roles());
    let ask = |ctx: &Context| {
        let found = tx.quality(&QualityParams::new(), &Partners::new(), ctx);
        found.map(|_| ())
    };
    let whole = Context::new();
    // What netting found is known by now.
    ask(&Context::new()).unwrap();
    ask(&whole).unwrap();
    let polls = whole.cancel.polls();
    assert!(polls > 20, "{polls}");
    for poll in [1, polls / 2, polls] {
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

proptest! {
    #[test]
    fn appended_rows_are_as_good_as_rows_from_the_start(drawn in drawn(), at in 0usize..60) {
        let table = drawn.table();
        let whole = arrow_select::concat::concat_batches(table.schema(), table.batches()).unwrap();
        let at = at.min(whole.num_rows());
        let part = |from: usize, n: usize| Table::from_batch(whole.slice(from, n));
        let all = Transactions::new(Table::from_batch(whole.clone()), drawn.roles()).unwrap();
        let first = Transactions::new(part(0, at), drawn.roles()).unwrap();
        let ctx = Context::new();
        // What is computed before must not stay.
        first.counts(&ctx).unwrap();
        let both = first.append(&part(at, whole.num_rows() - at), &ctx).unwrap();
        prop_assert_eq!(both.n_rows(), all.n_rows());
        prop_assert_eq!(both.counts(&ctx).unwrap(), all.counts(&ctx).unwrap());
        let (a, b) = (quality(&both, &params_2030()), quality(&all, &params_2030()));
        prop_assert_eq!(a.findings_table().unwrap(), b.findings_table().unwrap());
        prop_assert_eq!(a.flags_table().unwrap(), b.flags_table().unwrap());
    }
}

#[test]
fn rows_of_another_form_are_brought_to_it_or_refused() {
    let batch = orders(100, 10, Ids::Integer, true);
    let tx = transactions(batch.clone(), roles());
    let ctx = Context::new();
    let with = |name: &str, to: &arrow_schema::DataType| {
        let columns = batch.schema_ref().fields().iter().map(|f| {
            let column = batch.column_by_name(f.name()).unwrap();
            let column = if f.name() == name {
                arrow_cast::cast(column, to).unwrap()
            } else {
                Arc::clone(column)
            };
            (f.name().clone(), column, true)
        });
        Table::from_batch(RecordBatch::try_from_iter_with_nullable(columns).unwrap())
    };
    let cast = with("quantity", &arrow_schema::DataType::Int16);
    assert_eq!(tx.append(&cast, &ctx).unwrap().n_rows(), 200);
    assert!(
        tx.append(&with("item", &arrow_schema::DataType::Utf8), &ctx)
            .is_ok()
    );
    let fewer = batch.project(&[0, 1, 2, 3, 4]).unwrap();
    {
        let (rows, word) = (fewer, "no column `price`");
        let e = tx.append(&Table::from_batch(rows), &ctx).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::FeatureMismatch);
        assert!(e.to_string().contains(word), "{e}");
    }
    let view = tx.as_of(Moment::Day(FIRST_DAY)).unwrap();
    assert_eq!(view.append(&cast, &ctx).unwrap().clock(), view.clock());
}

#[test]
fn rows_of_any_time_teach_nothing_under_a_clock() {
    // Ten lines of an item at 1.00, and thirty at 100.00 that may be of any time.
    let n = 40;
    let timed = |i: usize| i < 10;
    let days = (0..n).map(|i| timed(i).then_some(FIRST_DAY + i as i32));
    let price = (0..n).map(|i| if timed(i) { 1.0 } else { 100.0 });
    let columns: [(&str, ArrayRef); 5] = [
        (
            "who",
            Arc::new(arrow_array::Int64Array::from_iter_values(
                (0..n).map(|i| i as i64 + 1),
            )),
        ),
        ("when", Arc::new(days.collect::<arrow_array::Date32Array>())),
        ("item", Arc::new(StringArray::from(vec!["mug"; n]))),
        ("n", Arc::new(Float64Array::from(vec![1.0; n]))),
        ("price", Arc::new(price.collect::<Float64Array>())),
    ];
    let roles = Roles::new("who", "when")
        .item("item")
        .quantity("n")
        .price("price");
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.map(|(n, c)| (n, c, true))).unwrap();
    let tx = transactions(batch, roles);
    let outliers = |tx: &Transactions| quality(tx, &params_2030()).rows("price_outlier").unwrap();
    let clock = tx.as_of(Moment::Day(FIRST_DAY + 30)).unwrap();
    assert_eq!(outliers(&clock), [0u64; 0]);
    assert_eq!(outliers(&tx), (0..10).collect::<Vec<u64>>());
    // They are looked at all the same.
    assert_eq!(
        quality(&clock, &params_2030())
            .finding("time_missing")
            .unwrap()
            .n_rows,
        30
    );
}
