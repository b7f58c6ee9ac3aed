//! Rows that no sample shows: a far id, an odd instant, a text of another form, large or uneven money. How lines are held inside depends on
//! what a sample of them promises; what comes out must not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, TimestampMicrosecondType, UInt32Type};
use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use patronomy::rfm::RfmParams;
use patronomy::{Context, Roles};

use crate::tables::{DAY, FIRST_DAY, batch, transactions};

const N_ROWS: usize = 30_000;
const MINUTE: i64 = 60_000_000;

#[derive(Debug, Clone)]
struct Line {
    customer: i64,
    transaction: i64,
    time: i64,
    amount: f64,
}

fn lines() -> Vec<Line> {
    let line = |i: i64| Line {
        customer: 10_000 + i * 7_919 % 1_501,
        transaction: 500_000 + i / 3,
        time: i64::from(FIRST_DAY) * DAY + i * 17 % 200_000 * MINUTE,
        amount: (i * 31 % 2_000) as f64 / 100.0,
    };
    (0..N_ROWS as i64).map(line).collect()
}

/// Lines that follow each other in orders of one to some hundred lines, as a shop writes them.
fn orders() -> Vec<Line> {
    const SIZES: [usize; 8] = [1, 3, 17, 400, 2, 16, 300, 5];
    let mut lines = Vec::new();
    for order in 0.. {
        for i in 0..SIZES[order as usize % SIZES.len()] as i64 {
            lines.push(Line {
                customer: 10_000 + order * 37 % 91,
                transaction: 500_000 + order / 2,
                time: i64::from(FIRST_DAY) * DAY + order * 17 * MINUTE,
                amount: (i * 31 % 2_000) as f64 / 100.0,
            });
        }
        if lines.len() > N_ROWS {
            return lines;
        }
    }
    unreachable!("orders go on")
}

/// How ids are written.
#[derive(Debug, Clone, Copy)]
enum Ids {
    Integer,
    /// Digits of one length behind a letter.
    Form,
    /// As [`Ids::Form`], but one row has another form.
    OtherForm,
}

fn table(lines: &[Line], ids: Ids, odd: usize) -> RecordBatch {
    let column = |id: fn(&Line) -> i64| -> ArrayRef {
        let name = |(i, line): (usize, &Line)| match ids {
            Ids::OtherForm if i == odd => format!("odd/{}", id(line)),
            _ => format!("C{:07}", id(line)),
        };
        match ids {
            Ids::Integer => Arc::new(Int64Array::from_iter_values(lines.iter().map(id))),
            _ => Arc::new(StringArray::from_iter_values(
                lines.iter().enumerate().map(name),
            )),
        }
    };
    batch(vec![
        ("customer", column(|l| l.customer)),
        ("transaction", column(|l| l.transaction)),
        (
            "time",
            Arc::new(TimestampMicrosecondArray::from_iter_values(
                lines.iter().map(|l| l.time),
            )),
        ),
        (
            "amount",
            Arc::new(Float64Array::from_iter_values(
                lines.iter().map(|l| l.amount),
            )),
        ),
    ])
}

/// Name, orders, last order and money of each customer, by the plainest of means.
fn expected(table: &RecordBatch, lines: &[Line]) -> BTreeMap<String, (u32, i64, f64)> {
    let names = |column: usize| arrow_cast(table.column(column));
    let (customers, orders) = (names(0), names(1));
    let mut all: BTreeMap<String, (BTreeSet<String>, i64, f64)> = BTreeMap::new();
    for (i, line) in lines.iter().enumerate() {
        let of = all
            .entry(customers[i].clone())
            .or_insert((BTreeSet::new(), i64::MIN, 0.0));
        of.0.insert(orders[i].clone());
        of.1 = of.1.max(line.time);
        of.2 += line.amount;
    }
    let counted =
        |(name, (orders, last, money))| (name, (BTreeSet::len(&orders) as u32, last, money));
    all.into_iter().map(counted).collect()
}

fn arrow_cast(column: &ArrayRef) -> Vec<String> {
    if let Some(texts) = column.as_string_opt::<i32>() {
        return texts.iter().map(|t| t.unwrap().to_owned()).collect();
    }
    let numbers = column.as_primitive::<arrow_array::types::Int64Type>();
    numbers.values().iter().map(ToString::to_string).collect()
}

fn check(lines: &[Line], ids: Ids, odd: usize) {
    let table = table(lines, ids, odd);
    let expected = expected(&table, lines);
    let roles = Roles::new("customer", "time")
        .transaction("transaction")
        .amount("amount");
    let rfm = RfmParams::new()
        .fit(&transactions(table, roles), &Context::new())
        .unwrap();
    let found = rfm.batch();
    assert_eq!(found.num_rows(), expected.len());
    let column = |name: &str| found.column_by_name(name).unwrap();
    let names = arrow_cast(column("customer"));
    let mut in_order = names.clone();
    if !matches!(ids, Ids::Integer) {
        in_order.sort();
    }
    assert_eq!(names, in_order, "sorted by customer");
    for (i, name) in names.iter().enumerate() {
        let (orders, last, money) = expected[name];
        assert_eq!(
            column("frequency").as_primitive::<UInt32Type>().value(i),
            orders,
            "{name}"
        );
        let times = column("last_order").as_primitive::<TimestampMicrosecondType>();
        assert_eq!(times.value(i), last, "{name}");
        let sum = column("monetary").as_primitive::<Float64Type>().value(i);
        assert!(
            (sum - money).abs() <= 1e-9 * money.abs().max(1.0),
            "{name}: {sum}, {money}"
        );
    }
}

fn with(odd: usize, change: impl Fn(&mut Line)) -> Vec<Line> {
    let mut lines = lines();
    change(&mut lines[odd]);
    lines
}

/// Rows of which at most one or two are sampled.
const ODD: [usize; 3] = [7, 14_321, 29_990];

#[test]
fn lines_without_outliers() {
    check(&lines(), Ids::Integer, 0);
    check(&lines(), Ids::Form, 0);
}

#[test]
fn lines_in_runs() {
    let plain = orders();
    check(&plain, Ids::Integer, 0);
    check(&plain, Ids::Form, 0);
    check(&plain, Ids::OtherForm, 14_321);
    for amount in [1e12, 1.0 / 3.0] {
        let mut lines = plain.clone();
        lines[14_321].amount = amount;
        check(&lines, Ids::Integer, 0);
    }
}

#[test]
fn far_ids() {
    for odd in ODD {
        for far in [0, 1 << 40, i64::MAX, i64::MIN, -3] {
            check(&with(odd, |l| l.customer = far), Ids::Integer, odd);
            check(&with(odd, |l| l.transaction = far), Ids::Integer, odd);
        }
    }
}

#[test]
fn texts_of_another_form() {
    for odd in ODD {
        check(&lines(), Ids::OtherForm, odd);
    }
}

#[test]
fn odd_instants() {
    for odd in ODD {
        for shift in [1, 1_000_000, 59_999_999, -MINUTE / 2] {
            check(&with(odd, |l| l.time += shift), Ids::Integer, odd);
        }
        check(&with(odd, |l| l.time = -20_000 * DAY), Ids::Integer, odd);
        check(&with(odd, |l| l.time = 80_000 * DAY + 1), Ids::Integer, odd);
    }
}

#[test]
fn large_and_uneven_money() {
    for odd in ODD {
        for amount in [858_993.459_2, 1e7, 1.7e9, 1e12, 1.0 / 3.0, 1e-9] {
            check(&with(odd, |l| l.amount = amount), Ids::Integer, odd);
            check(&with(odd, |l| l.amount = amount), Ids::Form, odd);
        }
    }
}
