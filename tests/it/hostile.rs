//! Input nobody should bring: each ends in a typed error or a counted finding.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Date32Array, Date64Array, Decimal128Array, Float64Array, Int64Array, NullArray,
    RecordBatch, StringArray, TimestampSecondArray,
};
use patronomy::rfm::{Convention, Nesting, RfmModel, RfmParams, SegmentMap};
use patronomy::saved::Saved;
use patronomy::simulate::Shop;
use patronomy::{Context, ErrorKind, Moment, Reason, Returns, Roles};

use crate::tables::{DAY, FIRST_DAY, batch, floats, transactions};

fn days(days: Vec<i32>) -> ArrayRef {
    Arc::new(Date32Array::from(days))
}

fn numbers(values: Vec<f64>) -> ArrayRef {
    Arc::new(Float64Array::from(values))
}

fn ids(values: Vec<i64>) -> ArrayRef {
    Arc::new(Int64Array::from(values))
}

fn amounts(customer: ArrayRef, time: ArrayRef, amount: ArrayRef) -> RecordBatch {
    batch(vec![
        ("customer", customer),
        ("time", time),
        ("amount", amount),
    ])
}

fn roles() -> Roles {
    Roles::new("customer", "time").amount("amount")
}

#[test]
fn dates_beyond_the_range_of_microseconds_are_out_of_range() {
    let n = 4;
    let extremes = vec![i32::MIN, i32::MAX, 106_751_992 * 2, FIRST_DAY];
    let all = [
        days(extremes.clone()),
        Arc::new(Date64Array::from(vec![
            i64::MIN,
            i64::MAX,
            i64::MAX / 2,
            i64::from(FIRST_DAY) * 86_400_000,
        ])) as ArrayRef,
        Arc::new(TimestampSecondArray::from(vec![
            i64::MIN,
            i64::MAX,
            i64::MAX / 2,
            i64::from(FIRST_DAY) * 86_400,
        ])),
    ];
    for time in all {
        let kind = time.data_type().clone();
        let tx = transactions(
            amounts(ids(vec![1; n]), time, numbers(vec![1.0; n])),
            roles(),
        );
        let counts = tx.counts(&Context::new()).unwrap();
        assert_eq!(counts.left_out[&Reason::TimeOutOfRange], 3, "{kind}");
        assert_eq!(counts.rows_used, 1, "{kind}");
    }
}

#[test]
fn garbage_under_a_null_is_never_read() {
    use arrow_buffer::NullBuffer;
    let nulls = || Some(NullBuffer::from(vec![true, false]));
    let time = Date32Array::new(vec![FIRST_DAY, i32::MAX].into(), nulls());
    let amount = Float64Array::new(vec![1.0, f64::NAN].into(), nulls());
    let tx = transactions(
        amounts(ids(vec![1, 1]), Arc::new(time), Arc::new(amount)),
        roles(),
    );
    let counts = tx.counts(&Context::new()).unwrap();
    assert_eq!(counts.left_out[&Reason::NoTime], 1);
}

#[test]
fn moments_at_the_ends_of_time_are_taken() {
    let tx = Shop::new(20, 200, 1).transactions().unwrap();
    let ctx = Context::new();
    let all = tx.counts(&ctx).unwrap().rows_used;
    for (moment, used) in [
        (Moment::Day(i32::MAX), all),
        (Moment::Wall(i64::MAX), all),
        (Moment::Day(i32::MIN), 0),
        (Moment::Wall(i64::MIN), 0),
    ] {
        assert_eq!(
            tx.as_of(moment).unwrap().counts(&ctx).unwrap().rows_used,
            used,
            "{moment:?}"
        );
        let (past, later) = tx.split(moment).unwrap();
        let n = [past, later].map(|t| t.counts(&ctx).unwrap().rows_used);
        assert_eq!(n[0] + n[1], all, "{moment:?}");
        for params in [
            RfmParams::new().reference(moment),
            RfmParams::new().reference(moment).period_days(u32::MAX),
        ] {
            match params.fit(&tx, &ctx) {
                Ok(rfm) => assert_eq!(rfm.counts().rows_used, used, "{moment:?}"),
                // A model must be able to say what its reference was.
                Err(e) => assert_eq!(e.kind(), ErrorKind::Parameter, "{moment:?}: {e}"),
            }
        }
    }
}

/// Money, cut points and shares stay numbers, or the call is refused.
fn assert_usable(batch: RecordBatch, roles: Roles) {
    let tx = transactions(batch, roles).with_returns(Returns::Keep);
    let rfm = match RfmParams::new()
        .segments(SegmentMap::rf_grid())
        .fit(&tx, &Context::new())
    {
        Ok(rfm) => rfm,
        Err(e) => {
            assert!(
                [ErrorKind::BadValues, ErrorKind::TooFewRows].contains(&e.kind()),
                "{e}"
            );
            return;
        }
    };
    assert!(
        floats(&rfm, "monetary")
            .values()
            .iter()
            .all(|m| m.is_finite()),
        "{:?}",
        rfm.batch()
    );
    let text = rfm.model().to_json().unwrap();
    assert_eq!(&RfmModel::from_json(&text).unwrap(), rfm.model());
}

#[test]
fn money_whose_product_is_beyond_floats_is_not_finite_money() {
    let columns = vec![
        ("customer", ids(vec![1, 2, 3])),
        ("time", days(vec![FIRST_DAY; 3])),
        ("quantity", numbers(vec![1e200, 1.0, 2.0])),
        ("price", numbers(vec![1e200, 1.0, 2.0])),
    ];
    assert_usable(
        batch(columns),
        Roles::new("customer", "time")
            .quantity("quantity")
            .price("price"),
    );
}

#[test]
fn money_whose_sum_is_beyond_floats_is_told() {
    let big = vec![f64::MAX, f64::MAX, 1.0, 2.0];
    assert_usable(
        amounts(
            ids(vec![1, 1, 2, 3]),
            days(vec![FIRST_DAY; 4]),
            numbers(big),
        ),
        roles(),
    );
    let cancelling = vec![f64::MAX, f64::MAX, -f64::MAX, -f64::MAX];
    assert_usable(
        amounts(
            ids(vec![1; 4]),
            days(vec![FIRST_DAY; 4]),
            numbers(cancelling),
        ),
        roles(),
    );
}

#[test]
fn ids_that_no_integer_holds_are_not_silently_missing() {
    let wide = Decimal128Array::from(vec![10i128.pow(20), 10i128.pow(21), 5]);
    let wide = wide.with_precision_and_scale(38, 0).unwrap();
    let b = amounts(
        Arc::new(wide),
        days(vec![FIRST_DAY; 3]),
        numbers(vec![1.0; 3]),
    );
    match patronomy::Transactions::new(patronomy::Table::from_batch(b), roles()) {
        Err(e) => assert_eq!(e.kind(), ErrorKind::BadValues, "{e}"),
        Ok(tx) => assert_eq!(tx.counts(&Context::new()).unwrap().rows_used, 3),
    }
}

#[test]
fn breadth_of_customers_whose_transactions_are_missing() {
    let columns = vec![
        ("customer", ids(vec![1, 2, 2, 3])),
        ("time", days(vec![FIRST_DAY; 4])),
        (
            "transaction",
            Arc::new(StringArray::from(vec![None, Some("a"), None, Some("b")])) as ArrayRef,
        ),
        ("item", ids(vec![1, 2, 3, 4])),
        ("amount", numbers(vec![1.0; 4])),
    ];
    let tx = transactions(
        batch(columns),
        roles().transaction("transaction").item("item"),
    );
    let rfm = RfmParams::new()
        .breadth(true)
        .fit(&tx, &Context::new())
        .unwrap();
    assert_eq!(rfm.batch().num_rows(), 2);
    let breadth = rfm.batch().column_by_name("breadth").unwrap();
    assert_eq!(
        breadth.as_ref(),
        &arrow_array::UInt32Array::from(vec![1, 1]) as &dyn arrow_array::Array
    );
}

#[test]
fn columns_of_nothing_but_nulls_leave_no_customer() {
    let nothing = || Arc::new(NullArray::new(3)) as ArrayRef;
    let sound = || {
        (
            ids(vec![1, 2, 3]),
            days(vec![FIRST_DAY; 3]),
            numbers(vec![1.0; 3]),
        )
    };
    let (c, t, a) = sound();
    for (b, reason) in [
        (amounts(nothing(), t.clone(), a.clone()), "3 no_customer"),
        (amounts(c.clone(), nothing(), a), "3 no_time"),
        (amounts(c, t, nothing()), "3 no_amount"),
    ] {
        let e = RfmParams::new()
            .fit(&transactions(b, roles()), &Context::new())
            .unwrap_err();
        assert_eq!(e.kind(), ErrorKind::TooFewRows);
        assert!(e.to_string().contains(reason), "{e}");
    }
}

#[test]
fn one_customer_is_scored() {
    for nesting in [Nesting::Independent, Nesting::Nested] {
        for convention in [
            Convention::Together,
            Convention::Ntile,
            Convention::QcutDrop,
            Convention::LeftClosed,
        ] {
            let tx = transactions(
                amounts(
                    ids(vec![i64::MAX]),
                    days(vec![FIRST_DAY]),
                    numbers(vec![0.0]),
                ),
                roles(),
            );
            let params = RfmParams::new()
                .convention(convention)
                .nesting(nesting)
                .n_bins([100; 3]);
            let rfm = params.fit(&tx, &Context::new()).unwrap();
            assert_eq!(rfm.batch().num_rows(), 1, "{convention:?}");
            assert_eq!(rfm.cells().unwrap().num_rows(), {
                let [r, f, _] = rfm.model().breaks.n_bins().map(usize::from);
                r * f
            });
        }
    }
}

#[test]
fn dropped_bins_still_make_a_model_that_scores() {
    // Two thirds of the orders are alike: quantiles coincide, and `qcut_drop` gives fewer labels.
    let n = 60;
    let customer: Vec<i64> = (0..n).collect();
    let time = customer
        .iter()
        .map(|c| FIRST_DAY + if c % 3 == 0 { (c / 3) as i32 } else { 5 });
    let paid = customer
        .iter()
        .map(|c| if c % 3 == 0 { *c as f64 } else { 7.0 });
    let b = amounts(
        ids(customer.clone()),
        days(time.collect()),
        numbers(paid.collect()),
    );
    let tx = transactions(b, roles());
    for nesting in [Nesting::Independent, Nesting::Nested] {
        for map in [None, Some(SegmentMap::rf_grid())] {
            let mut params = RfmParams::new()
                .convention(Convention::QcutDrop)
                .nesting(nesting);
            params.segments = map;
            let rfm = params.fit(&tx, &Context::new()).unwrap();
            let n_bins = rfm.model().breaks.n_bins();
            assert!(n_bins.iter().any(|&k| k < 5), "{n_bins:?}");
            rfm.model().validate().unwrap();
            let again = rfm.model().score(&tx, &Context::new()).unwrap();
            assert_eq!(again.batch(), rfm.batch(), "{nesting:?}");
            let text = rfm.model().to_json().unwrap();
            assert_eq!(&RfmModel::from_json(&text).unwrap(), rfm.model());
        }
    }
}

#[test]
fn a_line_of_negative_money_takes_no_return() {
    // Pieces and money both given: the second line is a correction of money, not a purchase that could come back.
    let columns = vec![
        ("customer", ids(vec![1, 1, 1])),
        (
            "time",
            Arc::new(arrow_array::TimestampMicrosecondArray::from(vec![
                i64::from(FIRST_DAY) * DAY,
                i64::from(FIRST_DAY) * DAY + 1,
                i64::from(FIRST_DAY) * DAY + 2,
            ])) as ArrayRef,
        ),
        ("quantity", numbers(vec![1.0, 1.0, -1.0])),
        ("amount", numbers(vec![10.0, -4.0, -10.0])),
    ];
    let tx = transactions(batch(columns), roles().quantity("quantity"));
    let counts = tx.counts(&Context::new()).unwrap();
    assert_eq!(
        counts.left_out.get(&Reason::CancelledByReturn),
        Some(&1),
        "{counts:?}"
    );
    assert_eq!(
        counts.left_out.get(&Reason::ReturnNetted),
        Some(&1),
        "{counts:?}"
    );
}

#[test]
fn a_customer_is_found_by_his_own_id_only() {
    let tx = transactions(
        amounts(
            ids(vec![1, 5]),
            days(vec![FIRST_DAY; 2]),
            numbers(vec![1.0; 2]),
        ),
        roles(),
    );
    let rfm = RfmParams::new().fit(&tx, &Context::new()).unwrap();
    assert_eq!(rfm.customer(&ids(vec![5])).unwrap().num_rows(), 1);
    assert_eq!(
        rfm.customer(&(Arc::new(StringArray::from(vec!["5"])) as ArrayRef))
            .unwrap()
            .num_rows(),
        1
    );
    for other in [
        numbers(vec![1.5]),
        numbers(vec![f64::NAN]),
        ids(vec![]),
        ids(vec![1, 5]),
        ids(vec![2]),
    ] {
        assert!(rfm.customer(&other).is_err(), "{other:?}");
    }
}
