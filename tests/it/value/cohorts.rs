//! Cohorts, held to a look at every line, to sums of other jobs, and to every edge.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, UInt16Type, UInt32Type};
use arrow_array::{
    Array, ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use chrono::{Datelike, NaiveDate};
use patronomy::rfm::RfmParams;
use patronomy::simulate::Shop;
use patronomy::value::{CohortMeasure, CohortParams, Cohorts};
use patronomy::{
    Budget, Cancel, Context, Error, ErrorKind, Every, Moment, Returns, Roles, Table, Transactions,
};
use proptest::prelude::*;

/// A line: customer, invoice, day, money.
type Line = (Option<u8>, Option<u8>, i32, f64);

fn table(lines: &[Line]) -> Table {
    let texts = |of: &dyn Fn(&Line) -> Option<String>| -> ArrayRef {
        Arc::new(lines.iter().map(of).collect::<StringArray>())
    };
    let columns = [
        ("customer", texts(&|l| l.0.map(|c| format!("c{c}")))),
        ("invoice", texts(&|l| l.1.map(|i| format!("i{i}")))),
        (
            "day",
            Arc::new(lines.iter().map(|l| Some(l.2)).collect::<Date32Array>()) as ArrayRef,
        ),
        (
            "paid",
            Arc::new(lines.iter().map(|l| Some(l.3)).collect::<Float64Array>()),
        ),
    ];
    Table::from_batch(RecordBatch::try_from_iter(columns).unwrap())
}

fn bind(lines: &[Line], returns: Returns) -> Transactions {
    let roles = Roles::new("customer", "day")
        .transaction("invoice")
        .amount("paid");
    Transactions::new(table(lines), roles)
        .unwrap()
        .with_returns(returns)
}

fn fit(tx: &Transactions, every: Every) -> Result<Cohorts, Error> {
    CohortParams::new().every(every).fit(tx, &Context::new())
}

fn date(day: i32) -> NaiveDate {
    NaiveDate::from_num_days_from_ce_opt(day + 719_163).unwrap()
}

fn day(text: &str) -> i32 {
    text.parse::<NaiveDate>().unwrap().num_days_from_ce() - 719_163
}

fn period(every: Every, day: i32) -> NaiveDate {
    let d = date(day);
    let of = |month| NaiveDate::from_ymd_opt(d.year(), month, 1).unwrap();
    match every {
        Every::Week => date(day - d.weekday().num_days_from_monday() as i32),
        Every::Month => of(d.month()),
        Every::Quarter => of((d.month() - 1) / 3 * 3 + 1),
        _ => of(1),
    }
}

/// A row of the table.
#[derive(Debug, PartialEq, Clone)]
struct Row {
    cohort: NaiveDate,
    period: NaiveDate,
    age: u16,
    n_customers: u32,
    n_active: u32,
    retention: f64,
    revenue: Option<[f64; 3]>,
    is_complete: bool,
}

fn rows(cohorts: &Cohorts) -> Vec<Row> {
    let batch = cohorts.batch();
    let column = |name: &str| batch.column_by_name(name).unwrap();
    let days = |name: &str, i: usize| date(column(name).as_primitive::<Date32Type>().value(i));
    let counts = |name: &str, i: usize| column(name).as_primitive::<UInt32Type>().value(i);
    let numbers = |name: &str, i: usize| column(name).as_primitive::<Float64Type>().value(i);
    let of = |i: usize| Row {
        cohort: days("cohort", i),
        period: days("period", i),
        age: column("age").as_primitive::<UInt16Type>().value(i),
        n_customers: counts("n_customers", i),
        n_active: counts("n_active", i),
        retention: numbers("retention", i),
        revenue: column("revenue").is_valid(i).then(|| {
            [
                "revenue",
                "revenue_per_customer",
                "cumulative_revenue_per_customer",
            ]
            .map(|n| numbers(n, i))
        }),
        is_complete: column("is_complete").as_boolean().value(i),
    };
    (0..batch.num_rows()).map(of).collect()
}

/// The same by a look at every line for every cell: lines that are used, and up to which day.
fn by_hand(lines: &[Line], every: Every, last_day: i32, is_last_complete: bool) -> Vec<Row> {
    let mut first: BTreeMap<u8, i32> = BTreeMap::new();
    for (customer, _, day, paid) in lines {
        if *paid >= 0.0 {
            let known = first.entry(customer.unwrap()).or_insert(*day);
            *known = (*known).min(*day);
        }
    }
    let mut periods: Vec<NaiveDate> = Vec::new();
    for day in first.values().copied().min().unwrap_or(0)..=last_day {
        let of = period(every, day);
        if periods.last() != Some(&of) {
            periods.push(of);
        }
    }
    let mut rows = Vec::new();
    for (c, cohort) in periods.iter().enumerate() {
        let members: BTreeSet<u8> = (first.iter())
            .filter(|(_, day)| period(every, **day) == *cohort)
            .map(|(customer, _)| *customer)
            .collect();
        if members.is_empty() {
            continue;
        }
        let mut so_far = 0.0;
        for (p, of) in periods.iter().enumerate().skip(c) {
            let own = |l: &&Line| l.0.is_some_and(|id| members.contains(&id));
            let active: BTreeSet<u8> = (lines.iter().filter(own))
                .filter(|l| l.3 >= 0.0 && period(every, l.2) == *of)
                .map(|l| l.0.unwrap())
                .collect();
            // What comes before the first order counts with it.
            let revenue: f64 = (lines.iter().filter(own))
                .filter(|l| period(every, l.2.max(first[&l.0.unwrap()])) == *of)
                .map(|l| l.3)
                .sum();
            so_far += revenue;
            let n = members.len() as f64;
            rows.push(Row {
                cohort: *cohort,
                period: *of,
                age: (p - c) as u16,
                n_customers: members.len() as u32,
                n_active: active.len() as u32,
                retention: active.len() as f64 / n,
                revenue: Some([revenue, revenue / n, so_far / n]),
                is_complete: p + 1 < periods.len() || is_last_complete,
            });
        }
    }
    rows
}

fn alike(found: &[Row], expected: &[Row]) {
    assert_eq!(found.len(), expected.len(), "{found:?}\n{expected:?}");
    for (a, b) in found.iter().zip(expected) {
        let [x, y] = [a, b].map(|row| row.revenue.unwrap());
        assert!(
            x.iter().zip(&y).all(|(x, y)| (x - y).abs() < 1e-9),
            "{a:?} {b:?}"
        );
        let mut same = a.clone();
        same.revenue = b.revenue;
        assert_eq!(&same, b);
    }
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let line = (
        proptest::option::weighted(0.9, 0_u8..12),
        proptest::option::weighted(0.95, 0_u8..40),
        0_i32..900,
        prop_oneof![4 => 0.0..100.0_f64, 1 => -50.0..-0.01],
    );
    proptest::collection::vec(line, 1..120)
}

proptest! {
    #[test]
    fn cells_are_those_of_a_look_at_every_line(
        lines in lines(),
        every in prop_oneof![Just(Every::Week), Just(Every::Month), Just(Every::Quarter), Just(Every::Year)],
        keep in proptest::bool::ANY,
        clock in proptest::option::of(0_i32..1_000),
    ) {
        let mut tx = bind(&lines, if keep { Returns::Keep } else { Returns::Exclude });
        if let Some(clock) = clock {
            tx = tx.as_of(Moment::Day(clock)).unwrap();
        }
        let used: Vec<Line> = lines
            .iter()
            .filter(|l| l.0.is_some() && l.1.is_some() && clock.is_none_or(|c| l.2 <= c))
            .filter(|l| keep || l.3 >= 0.0)
            .copied()
            .collect();
        let buyers: BTreeSet<u8> = used.iter().filter(|l| l.3 >= 0.0).map(|l| l.0.unwrap()).collect();
        let found = fit(&tx, every);
        if buyers.is_empty() {
            prop_assert_eq!(found.unwrap_err().kind(), ErrorKind::TooFewRows);
            return Ok(());
        }
        let found = found.unwrap();
        let kept: Vec<Line> = used.iter().filter(|l| buyers.contains(&l.0.unwrap())).copied().collect();
        let last = clock.unwrap_or_else(|| kept.iter().map(|l| l.2).max().unwrap());
        let is_complete = period(every, last) != period(every, last + 1);
        alike(&rows(&found), &by_hand(&kept, every, last, is_complete));
        let counts = found.counts();
        prop_assert_eq!(counts.rows_used, kept.len() as u64);
        prop_assert_eq!(counts.rows_in, counts.rows_used + counts.left_out.values().sum::<u64>());
        prop_assert_eq!(counts, &tx.counts(&Context::new()).unwrap());
        prop_assert_eq!(found.reference(), date(last).to_string());
    }
}

/// Netting is the view's own: the sums are those of the RFM job, and orders those that it counts.
#[test]
fn sums_are_those_of_other_jobs() {
    for returns in [Returns::Net, Returns::Keep, Returns::Exclude] {
        let tx = Shop::new(800, 500, 4)
            .transactions()
            .unwrap()
            .with_returns(returns);
        let rfm = RfmParams::new().fit(&tx, &Context::new()).unwrap();
        let column = rfm.batch().column_by_name("monetary").unwrap();
        let money: f64 = column.as_primitive::<Float64Type>().iter().flatten().sum();
        for every in [Every::Week, Every::Month, Every::Year] {
            let found = fit(&tx, every).unwrap();
            let rows = rows(&found);
            let sum: f64 = rows.iter().map(|r| r.revenue.unwrap()[0]).sum();
            assert!(
                (sum - money).abs() < 1e-6 * money.abs(),
                "{returns:?} {every:?}: {sum} {money}"
            );
            let n: u32 = rows
                .iter()
                .filter(|r| r.age == 0)
                .map(|r| r.n_customers)
                .sum();
            assert_eq!(n as usize, rfm.batch().num_rows());
            assert!(
                rows.iter()
                    .filter(|r| r.age == 0)
                    .all(|r| r.retention == 1.0)
            );
            assert_eq!(found.counts(), rfm.counts());
        }
    }
}

#[test]
fn one_customer_and_one_period() {
    let one = [(Some(1), Some(1), day("2024-02-10"), 5.0)];
    let found = rows(&fit(&bind(&one, Returns::Net), Every::Month).unwrap());
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].n_customers, found[0].n_active, found[0].retention),
        (1, 1, 1.0)
    );
    assert_eq!(found[0].revenue, Some([5.0; 3]));
    assert!(!found[0].is_complete);
    // A quiet year after it is there, with nobody in it.
    let later = bind(&one, Returns::Net)
        .as_of(Moment::parse("2025-02-10").unwrap())
        .unwrap();
    let found = rows(&fit(&later, Every::Quarter).unwrap());
    let active: Vec<u32> = found.iter().map(|r| r.n_active).collect();
    assert_eq!(active, [1, 0, 0, 0, 0]);
    assert_eq!(found[4].revenue, Some([0.0, 0.0, 5.0]));
}

/// The last period is complete where the clock stands at its end, to the microsecond; without a clock where its last day has a line.
#[test]
fn a_period_is_complete_where_it_was_observed_to_its_end() {
    let lines = [
        (Some(1), Some(1), day("2024-01-20"), 5.0),
        (Some(1), Some(2), day("2024-02-28"), 5.0),
    ];
    let tx = bind(&lines, Returns::Net);
    let last = |tx: &Transactions| {
        let found = rows(&fit(tx, Every::Month).unwrap());
        assert!(found[..found.len() - 1].iter().all(|r| r.is_complete));
        found.last().unwrap().is_complete
    };
    assert!(!last(&tx));
    for (clock, is_complete) in [
        ("2024-02-28", false),
        ("2024-02-29", true),
        ("2024-02-29T23:59:59.999998", false),
        ("2024-02-29T23:59:59.999999", true),
        ("2024-03-01T00:00:00", false),
        ("2024-03-31", true),
    ] {
        let view = tx.as_of(Moment::parse(clock).unwrap()).unwrap();
        assert_eq!(last(&view), is_complete, "{clock}");
    }
    let to_the_end = [lines[0], (Some(2), Some(2), day("2024-02-29"), 1.0)];
    assert!(last(&bind(&to_the_end, Returns::Net)));
}

#[test]
fn a_later_view_begins_with_its_own_first_orders() {
    let lines = [
        (Some(1), Some(1), day("2024-01-20"), 5.0),
        (Some(1), Some(2), day("2024-03-02"), 7.0),
        (Some(2), Some(3), day("2024-04-02"), 1.0),
    ];
    let tx = bind(&lines, Returns::Net);
    let (past, later) = tx.split(Moment::parse("2024-03-01").unwrap()).unwrap();
    let found = rows(&fit(&later, Every::Month).unwrap());
    assert_eq!(
        (found[0].cohort, found[0].n_customers),
        (date(day("2024-03-01")), 1)
    );
    assert_eq!(found.len(), 3);
    // The clock of the past stands at the end of February.
    let found = rows(&fit(&past, Every::Month).unwrap());
    assert_eq!(
        (found.len(), found[1].n_active, found[1].is_complete),
        (2, 0, true)
    );
}

/// 23:30 of 31 January in Berlin is an hour earlier in London.
#[test]
fn the_zone_of_the_column_tells_the_period() {
    let micros = i64::from(day("2024-01-31")) * 86_400_000_000 + 23 * 3_600_000_000;
    for (zone, month) in [("Europe/Berlin", 2), ("UTC", 1), ("America/New_York", 1)] {
        let times = TimestampMicrosecondArray::from(vec![micros]).with_timezone(zone);
        let columns = [
            ("c", Arc::new(Int64Array::from(vec![1])) as ArrayRef),
            ("t", Arc::new(times)),
            ("m", Arc::new(Float64Array::from(vec![1.0]))),
        ];
        let table = Table::from_batch(RecordBatch::try_from_iter(columns).unwrap());
        let tx = Transactions::new(table, Roles::new("c", "t").amount("m")).unwrap();
        let found = rows(&fit(&tx, Every::Month).unwrap());
        assert_eq!(found[0].cohort.month(), month, "{zone}");
    }
}

#[test]
fn without_money_revenue_is_null_and_it_is_said() {
    let lines = [
        (Some(1), Some(1), day("2024-01-20"), 5.0),
        (Some(1), Some(2), day("2024-03-02"), 7.0),
    ];
    let roles = Roles::new("customer", "day").transaction("invoice");
    let tx = Transactions::new(table(&lines), roles).unwrap();
    let cohorts = fit(&tx, Every::Month).unwrap();
    let found = rows(&cohorts);
    let active: Vec<u32> = found.iter().map(|r| r.n_active).collect();
    assert_eq!(active, [1, 0, 1]);
    assert!(found.iter().all(|r| r.revenue.is_none()));
    assert!(cohorts.notices()[0].contains("name role `amount`"));
    let wide = cohorts.wide(CohortMeasure::Revenue).unwrap();
    assert_eq!(wide.column(2).null_count(), 1);
}

#[test]
fn the_wide_form_has_a_column_for_each_age() {
    let tx = Shop::new(300, 300, 2).transactions().unwrap();
    let cohorts = fit(&tx, Every::Month).unwrap();
    let rows = rows(&cohorts);
    for (measure, of) in [
        (
            CohortMeasure::Retention,
            (|r| Some(r.retention)) as fn(&Row) -> Option<f64>,
        ),
        (CohortMeasure::NActive, |r| Some(r.n_active.into())),
        (CohortMeasure::Revenue, |r| Some(r.revenue?[0])),
        (CohortMeasure::RevenuePerCustomer, |r| Some(r.revenue?[1])),
        (CohortMeasure::CumulativeRevenuePerCustomer, |r| {
            Some(r.revenue?[2])
        }),
    ] {
        let wide = cohorts.wide(measure).unwrap();
        let firsts = wide.column(0).as_primitive::<Date32Type>();
        let mut n_found = 0;
        for (i, first) in firsts.values().iter().enumerate() {
            for age in 0..wide.num_columns() - 2 {
                assert_eq!(wide.schema().field(age + 2).name(), &age.to_string());
                let row = rows
                    .iter()
                    .find(|r| r.cohort == date(*first) && usize::from(r.age) == age);
                let column = as_floats(wide.column(age + 2));
                let found = column.is_valid(i).then(|| column.value(i));
                assert_eq!(found, row.and_then(of), "{measure:?} {first} {age}");
                n_found += usize::from(found.is_some());
            }
        }
        assert_eq!(n_found, rows.len());
    }
}

fn as_floats(column: &ArrayRef) -> Float64Array {
    match column.as_primitive_opt::<Float64Type>() {
        Some(floats) => floats.clone(),
        None => column.as_primitive::<UInt32Type>().unary(f64::from),
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let line = |day| (Some(1), Some(1), day, 5.0);
    let only_returns = [(Some(1), Some(1), 0, -5.0)];
    let before_all = bind(&[line(100)], Returns::Net)
        .as_of(Moment::Day(50))
        .unwrap();
    for tx in [
        bind(&only_returns, Returns::Keep),
        bind(&[], Returns::Net),
        before_all,
    ] {
        let e = fit(&tx, Every::Month).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::TooFewRows, "{e}");
        assert!(e.to_string().contains("cohorts"), "{e}");
    }
    let long = bind(&[line(0), line(20_000)], Returns::Net);
    let e = fit(&long, Every::Week).unwrap_err();
    assert!(e.to_string().contains("at most 1000 periods"), "{e}");
    assert!(fit(&long, Every::Month).is_ok());
    let huge = [
        (Some(1), Some(1), 0, f64::MAX),
        (Some(1), Some(1), 0, f64::MAX),
    ];
    let e = fit(&bind(&huge, Returns::Net), Every::Month).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::BadValues, "{e}");
    let tx = bind(&[line(0)], Returns::Net);
    let tight = Context {
        budget: Budget::bytes(8),
        ..Context::new()
    };
    let e = CohortParams::new().fit(&tx, &tight).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Budget, "{e}");
    let cancel = Cancel::new();
    cancel.cancel();
    let stopped = Context {
        cancel,
        ..Context::new()
    };
    let e = CohortParams::new().fit(&tx, &stopped).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Cancelled, "{e}");
}
