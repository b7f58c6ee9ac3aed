//! Nothing computed as of a day depends on a row after it.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{
    Array, ArrayRef, Float64Array, Int64Array, RecordBatch, TimestampMicrosecondArray, UInt64Array,
};
use patronomy::quality::{CHECKS, Partners, QualityParams};
use patronomy::rfm::{Nesting, Rfm, RfmParams, SegmentMap};
use patronomy::{Context, Moment, Reason, Returns, Transactions};
use proptest::prelude::*;

use crate::tables::{DAY, FIRST_DAY, Ids, assert_same, floats, orders, roles, transactions};

const RETURNS: [Returns; 3] = [Returns::Net, Returns::Exclude, Returns::Keep];

/// Day 200 of 400, so that about half of the rows lie behind it.
fn cut() -> i64 {
    i64::from(FIRST_DAY + 200) * DAY
}

fn past(tx: &Transactions) -> Transactions {
    tx.split(Moment::Day(FIRST_DAY + 200)).unwrap().0
}

fn fit(tx: &Transactions) -> Rfm {
    let params = RfmParams::new()
        .segments(SegmentMap::rf_grid())
        .nesting(Nesting::Nested)
        .breadth(true);
    params.fit(tx, &Context::new()).unwrap()
}

fn times(batch: &RecordBatch) -> Vec<i64> {
    let column = batch.column_by_name("time").unwrap();
    column
        .as_primitive::<TimestampMicrosecondType>()
        .values()
        .to_vec()
}

/// Rewrites every row from the cut on: what a row holds comes from `seed`, and it stays behind the cut.
fn altered(batch: &RecordBatch, seed: u64) -> RecordBatch {
    let later: Vec<bool> = times(batch).iter().map(|&t| t >= cut()).collect();
    let noise = |i: usize, salt: u64| {
        (i as u64 + 1)
            .wrapping_mul(seed | 1)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(23)
            ^ salt
    };
    let n = batch.num_rows();
    let integers = |name: &str, value: &dyn Fn(usize) -> Option<i64>| -> ArrayRef {
        let old = batch
            .column_by_name(name)
            .unwrap()
            .as_primitive::<arrow_array::types::Int64Type>();
        let keep = |i: usize| old.is_valid(i).then(|| old.value(i));
        let values = (0..n).map(|i| if later[i] { value(i) } else { keep(i) });
        Arc::new(values.collect::<Int64Array>())
    };
    let any = |salt: u64| {
        move |i: usize| (noise(i, salt) % 9 > 0).then(|| noise(i, salt) as i64 % 5_000_000)
    };
    let money = [
        Some(f64::NAN),
        Some(f64::INFINITY),
        None,
        Some(-1.0),
        Some(0.0),
        Some(1.0 / 3.0),
        Some(1e300),
    ];
    let old_price = batch
        .column_by_name("price")
        .unwrap()
        .as_primitive::<arrow_array::types::Float64Type>();
    let prices = (0..n).map(|i| {
        if later[i] {
            money[(noise(i, 5) % 7) as usize]
        } else {
            old_price.is_valid(i).then(|| old_price.value(i))
        }
    });
    let old_times = times(batch);
    let moved = |i: usize| match noise(i, 6) % 8 {
        0 => None,
        1 => Some(i64::MAX),
        _ => Some(cut() + (noise(i, 7) % (500 * DAY as u64)) as i64),
    };
    let new_times = (0..n).map(|i| {
        if later[i] {
            moved(i)
        } else {
            Some(old_times[i])
        }
    });
    crate::tables::batch(vec![
        ("customer", integers("customer", &any(1))),
        ("transaction", integers("transaction", &any(2))),
        ("item", integers("item", &any(3))),
        (
            "time",
            Arc::new(new_times.collect::<TimestampMicrosecondArray>()),
        ),
        (
            "quantity",
            integers("quantity", &|i| {
                (noise(i, 4) % 5 > 0).then(|| noise(i, 4) as i64 % 10 - 5)
            }),
        ),
        ("price", Arc::new(prices.collect::<Float64Array>())),
    ])
}

/// The rows in the order of `pick`.
fn taken(batch: &RecordBatch, pick: Vec<u64>) -> RecordBatch {
    arrow_select::take::take_record_batch(batch, &UInt64Array::from(pick)).unwrap()
}

/// Swaps the rows behind the cut among themselves; the others keep their places.
fn shuffled(batch: &RecordBatch, seed: u64) -> RecordBatch {
    let times = times(batch);
    let later: Vec<usize> = (0..times.len()).filter(|&i| times[i] >= cut()).collect();
    let mut order = later.clone();
    order.sort_by_key(|&i| (i as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut pick: Vec<u64> = (0..times.len() as u64).collect();
    later
        .iter()
        .zip(order)
        .for_each(|(&at, from)| pick[at] = from as u64);
    taken(batch, pick)
}

/// Leaves the rows behind the cut away.
fn dropped(batch: &RecordBatch) -> RecordBatch {
    let times = times(batch);
    let pick = (0..times.len() as u64).filter(|&i| times[i as usize] < cut());
    taken(batch, pick.collect())
}

/// What may be known of the past: all but how many rows lie behind the clock, and why.
fn assert_same_past(a: &Rfm, b: &Rfm, context: &str) {
    let forget = |r: &Rfm| {
        let mut model = r.model().clone();
        model.counts.rows_in = 0;
        for behind in [Reason::AfterClock, Reason::NoTime, Reason::TimeOutOfRange] {
            model.counts.left_out.remove(&behind);
        }
        model
    };
    assert_eq!(a.batch(), b.batch(), "{context}");
    assert_eq!(forget(a), forget(b), "{context}");
}

#[test]
fn the_alterations_alter() {
    let batch = orders(3_000, 200, Ids::Integer, true);
    let all = |b: &RecordBatch| fit(&transactions(b.clone(), roles()));
    assert_ne!(batch, shuffled(&batch, 1));
    for other in [altered(&batch, 1), dropped(&batch)] {
        assert_ne!(all(&batch).batch(), all(&other).batch());
    }
}

proptest! {
    #[test]
    fn what_happens_after_the_cut_changes_nothing_before_it(
        seed: u64,
        n_rows in 50usize..3_000,
        decimal: bool,
        returns in prop::sample::select(&RETURNS[..]),
    ) {
        let batch = orders(n_rows, 150, Ids::Integer, decimal);
        let view = |b: &RecordBatch| fit(&past(&transactions(b.clone(), roles()).with_returns(returns)));
        let known = view(&batch);
        prop_assert!(known.counts().left_out[&Reason::AfterClock] > 0);
        assert_same_past(&known, &view(&altered(&batch, seed)), "altered");
        assert_same_past(&known, &view(&shuffled(&batch, seed)), "shuffled");
        if decimal {
            assert_same_past(&known, &view(&dropped(&batch)), "dropped");
        }
        // Rows left out by checks are those that the checks find in what is known.
        let clean = |b: &RecordBatch| {
let names = ["duplicate", "price_outlier", "return_unmatched"];
            let tx = transactions(b.clone(), roles()).with_returns(returns);
            fit(&past(&tx.without(&names).unwrap()))
        };
        assert_same_past(&clean(&batch), &clean(&altered(&batch, seed)), "clean, altered");
        assert_same_past(&clean(&batch), &clean(&shuffled(&batch, seed)), "clean, shuffled");
        let findings = |b: &RecordBatch| {
            let tx = past(&transactions(b.clone(), roles()));
            let all = tx.quality(&QualityParams::new(), &Partners::new(), &Context::new()).unwrap();
            let times = times(&batch);
            let is_past = |row: &u64| times[*row as usize] < cut();
            CHECKS.iter().map(|c| all.rows(&c.name).unwrap().into_iter().filter(is_past).collect()).collect::<Vec<Vec<u64>>>()
        };
        prop_assert_eq!(findings(&batch), findings(&altered(&batch, seed)));
        prop_assert_eq!(findings(&batch), findings(&shuffled(&batch, seed)));
        let shuffled_altered = view(&altered(&shuffled(&batch, seed), !seed));
        assert_same_past(&known, &shuffled_altered, "both");
    }
}

#[test]
fn float_money_without_the_later_rows_is_the_same() {
    let batch = orders(20_000, 150, Ids::Integer, false);
    let view = |b: &RecordBatch| fit(&past(&transactions(b.clone(), roles())));
    let (with, without) = (view(&batch), view(&dropped(&batch)));
    assert_eq!(floats(&with, "monetary"), floats(&without, "monetary"));
    assert_same_past(&with, &without, "dropped");
}

#[test]
fn a_view_stays_what_it_was_when_the_clock_moves_on() {
    let tx = transactions(orders(5_000, 200, Ids::ShortText, true), roles());
    let view = past(&tx);
    let before = fit(&view);
    // Other views compute a netting of their own; the first must not see it.
    fit(&tx);
    fit(&tx.as_of(Moment::Day(FIRST_DAY + 300)).unwrap());
    assert_same(&before, &fit(&view), "after other views");
    // A clock is never put forward again.
    let forward = view.as_of(Moment::Day(FIRST_DAY + 390)).unwrap();
    assert_same(&before, &fit(&forward), "as of later");
}
