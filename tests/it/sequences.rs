//! Sequences against every way to find each in every history.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, StringArray};
use patronomy::baskets::Baskets;
use patronomy::sequences::{Histories, SequenceParams, Sequences};
use patronomy::{Budget, Cancel, Context, ErrorKind, Returns};
use proptest::prelude::*;

use crate::online_retail;
use crate::tables::with_threads;

const DAY: i64 = 86_400_000_000;

/// Customer, time in hours, items.
type Row = (Option<i64>, i64, Vec<u32>);

/// Elements of item numbers.
type Elements = Vec<Vec<u32>>;

fn histories(rows: &[Row], n_items: u32) -> Histories {
    let ends = rows.iter().scan(0, |end, row| {
        *end += row.2.len();
        Some(*end)
    });
    let labels = Arc::new(Int64Array::from_iter_values(0..i64::from(n_items)));
    let items = rows.iter().flat_map(|row| row.2.clone()).collect();
    let baskets = Baskets::from_numbers(ends.collect(), items, labels).unwrap();
    let customers: ArrayRef = Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>());
    let times: Vec<i64> = rows.iter().map(|row| row.1 * (DAY / 24)).collect();
    Histories::from_baskets(&baskets, &customers, &times, &Context::new()).unwrap()
}

/// The elements of each customer, from the definition: all items of one time.
fn elements(rows: &[Row]) -> Vec<BTreeMap<i64, BTreeSet<u32>>> {
    let mut all: BTreeMap<i64, BTreeMap<i64, BTreeSet<u32>>> = BTreeMap::new();
    for (customer, time, items) in rows {
        if let Some(customer) = customer {
            let own = all.entry(*customer).or_default();
            own.entry(*time).or_default().extend(items);
        }
    }
    all.into_values().collect()
}

/// Whether the rest of a sequence is in a history, after the times of what was matched before.
fn is_found(
    history: &BTreeMap<i64, BTreeSet<u32>>,
    rest: &[Vec<u32>],
    before: Option<(i64, i64)>,
    params: &SequenceParams,
) -> bool {
    let Some((element, rest)) = rest.split_first() else {
        return true;
    };
    history.iter().any(|(&time, items)| {
        let days = |from: i64| (time - from) as f64 / 24.0;
        let fits = before.is_none_or(|(first, last)| {
            time > last
                && params.min_gap_days.is_none_or(|least| days(last) >= least)
                && params.max_gap_days.is_none_or(|most| days(last) <= most)
                && params.window_days.is_none_or(|most| days(first) <= most)
        });
        let first = before.map_or(time, |(first, _)| first);
        fits && element.iter().all(|i| items.contains(i))
            && is_found(history, rest, Some((first, time)), params)
    })
}

/// All sequences that enough customers have, by trying whatever may be appended to those found: a sequence cut short at its end has no less support.
fn brute_force(rows: &[Row], n_items: u32, params: &SequenceParams) -> BTreeMap<Elements, u32> {
    let histories = elements(rows);
    let minimum = params.min_support_count.unwrap_or(1) as u32;
    let most = |most: Option<usize>| most.unwrap_or(usize::MAX);
    let mut all = BTreeMap::new();
    let mut open: Vec<Elements> = vec![vec![]];
    while let Some(sequence) = open.pop() {
        let mut longer = Vec::new();
        for item in (0..n_items).filter(|i| !params.forbidden.contains(i)) {
            longer.push([&sequence[..], &[vec![item]]].concat());
            if let Some(last) = sequence.last()
                && last.iter().all(|&i| i < item)
            {
                let mut grown = sequence.clone();
                grown.last_mut().unwrap().push(item);
                longer.push(grown);
            }
        }
        for sequence in longer {
            let fits = sequence.len() <= most(params.max_len)
                && sequence.concat().len() <= most(params.max_items)
                && sequence
                    .iter()
                    .all(|e| e.len() <= most(params.max_element_items));
            let found = histories
                .iter()
                .filter(|h| is_found(h, &sequence, None, params));
            let support = found.count() as u32;
            if fits && support >= minimum {
                all.insert(sequence.clone(), support);
                open.push(sequence);
            }
        }
    }
    all.retain(|sequence, _| {
        let items = sequence.concat();
        sequence.len() >= params.min_len && params.required.iter().all(|i| items.contains(i))
    });
    all
}

fn listed(found: &Sequences) -> Vec<(Elements, u32)> {
    let mut all = Vec::new();
    found.for_each(|sequence, support| {
        let elements: Elements = sequence.elements().map(<[u32]>::to_vec).collect();
        assert_eq!(elements.len(), sequence.len());
        assert_eq!(elements.concat(), sequence.items());
        all.push((elements, support));
    });
    assert_eq!(all.len() as u64, found.n_sequences());
    all
}

/// The order of the result: items in order, and going on within an element before going on after it.
fn in_order(sequence: &Elements) -> Vec<(bool, u32)> {
    let element = |e: &Vec<u32>| -> Vec<(bool, u32)> {
        e.iter()
            .enumerate()
            .map(|(i, &item)| (i == 0, item))
            .collect()
    };
    sequence.iter().flat_map(element).collect()
}

fn mined(rows: &[Row], n_items: u32, params: &SequenceParams) -> BTreeMap<Elements, u32> {
    let histories = histories(rows, n_items);
    let found = params.fit(&histories, &Context::new()).unwrap();
    let all = listed(&found);
    assert!(all.is_sorted_by_key(|(sequence, _)| in_order(sequence)));
    let counted = params.count(&histories, &Context::new()).unwrap();
    assert_eq!(counted, all.len() as u64, "counting {params:?}");
    let n = all.len();
    let all: BTreeMap<_, _> = all.into_iter().collect();
    assert_eq!(all.len(), n, "a sequence came twice");
    all
}

fn rows(n_items: u32) -> impl Strategy<Value = Vec<Row>> {
    let customer = prop::option::weighted(0.95, 0..6i64);
    // Few hours, so that baskets fall together, and gaps are often just what is asked for.
    let row = (customer, 0..60i64, prop::collection::vec(0..n_items, 0..4));
    prop::collection::vec(row, 0..30)
}

fn params() -> impl Strategy<Value = SequenceParams> {
    let hours = |range| prop::option::of(range);
    let times = (hours(1..50i64), hours(1..40i64), hours(0..10i64));
    let sizes = (
        prop::option::of(1..4usize),
        prop::option::of(1..5usize),
        prop::option::of(1..3usize),
    );
    let picked = (1..3usize, 0..8u32, 0..8u32);
    (1..4u64, times, sizes, picked).prop_map(|(minimum, times, sizes, picked)| {
        let days = |hours: Option<i64>| hours.map(|h| h as f64 / 24.0);
        let mut params = SequenceParams::new().min_support_count(minimum);
        params.window_days = days(times.0);
        params.max_gap_days = days(times.1);
        let most = times.0.into_iter().chain(times.1).min().unwrap_or(i64::MAX);
        params.min_gap_days = days(times.2.filter(|&least| least <= most));
        params.min_len = picked.0;
        params.max_len = sizes.0.map(|n| n.max(picked.0));
        params.max_items = sizes.1.map(|n| n.max(picked.0));
        params.max_element_items = sizes.2;
        // Three in four times nothing is forbidden, or asked for.
        params.forbidden = Vec::from_iter(Some(picked.1).filter(|&i| i < 2));
        params.required = Vec::from_iter(Some(picked.2).filter(|i| (2..4).contains(i)));
        params
    })
}

proptest! {
    #[test]
    fn sequences_are_those_of_brute_force(rows in rows(4), params in params()) {
        let mut params = params;
        // Without any limit there are too many to try them all.
        if params.max_len.is_none() && params.max_items.is_none() {
            params.max_items = Some(4);
        }
        prop_assert_eq!(mined(&rows, 4, &params), brute_force(&rows, 4, &params), "{:?}", params);
    }

    #[test]
    fn a_shop_of_many_items_is_no_different(
        rows in prop::collection::vec((0..8i64, 0..90i64, prop::collection::vec(0..40u32, 1..6)), 0..60),
        params in params(),
    ) {
        // Many items are too rare to go on with: histories are written anew.
        let rows: Vec<Row> = rows
            .into_iter()
            .map(|(customer, time, items)| (Some(customer), time, items.into_iter().map(|i| i * i / 40).collect()))
            .collect();
        let mut params = params.max_items(3);
        params.min_len = 1;
        params.max_len = None;
        params.min_support_count = params.min_support_count.map(|n| n + 1);
        prop_assert_eq!(mined(&rows, 40, &params), brute_force(&rows, 40, &params), "{:?}", params);
    }
}

/// The customers of Agrawal and Srikant (1995).
fn example() -> Vec<Row> {
    vec![
        (Some(1), 25 * 24, vec![30]),
        (Some(1), 30 * 24, vec![90]),
        (Some(2), 10 * 24, vec![10, 20]),
        (Some(2), 15 * 24, vec![30]),
        (Some(2), 20 * 24, vec![40, 60, 70]),
        (Some(3), 25 * 24, vec![30, 50, 70]),
        (Some(4), 25 * 24, vec![30]),
        (Some(4), 30 * 24, vec![40, 70]),
        (Some(4), 55 * 24, vec![90]),
        (Some(5), 12 * 24, vec![90]),
    ]
}

/// Whether each element of the one is in an element of the other, in order.
fn is_contained(small: &[Vec<u32>], large: &[Vec<u32>]) -> bool {
    let Some((element, rest)) = small.split_first() else {
        return true;
    };
    let has = |e: &Vec<u32>| element.iter().all(|i| e.contains(i));
    let at = large.iter().position(has);
    at.is_some_and(|at| is_contained(rest, &large[at + 1..]))
}

#[test]
fn the_published_example_comes_out() {
    // A fourth of five customers are two.
    let histories = histories(&example(), 91);
    let params = SequenceParams::new().min_support(0.25);
    let found = params.fit(&histories, &Context::new()).unwrap();
    assert_eq!(found.min_support_count(), 2);
    let all = listed(&found);
    let maximal: Vec<Elements> = all
        .iter()
        .filter(|(s, _)| !all.iter().any(|(t, _)| s != t && is_contained(s, t)))
        .map(|(s, _)| s.clone())
        .collect();
    assert_eq!(
        maximal,
        [vec![vec![30], vec![40, 70]], vec![vec![30], vec![90]]]
    );
    // Customer 4 comes back for 90 after 30 days: within ten, only customer 1 does.
    let soon = mined(
        &example(),
        91,
        &SequenceParams::new().min_support_count(1).window_days(10.0),
    );
    assert_eq!(soon[&vec![vec![30], vec![90]]], 1);
    assert_eq!(soon[&vec![vec![30], vec![40, 70]]], 2);
    let late = SequenceParams::new()
        .min_support_count(1)
        .min_gap_days(30.0);
    assert_eq!(
        mined(&example(), 91, &late.max_len(2).min_len(2))
            .into_iter()
            .collect::<Vec<_>>(),
        [(vec![vec![30], vec![90]], 1)]
    );
}

#[test]
fn a_later_start_serves_a_window_where_the_first_does_not() {
    let rows: Vec<Row> = [(0, 0), (100, 0), (120, 1), (125, 2)]
        .map(|(hour, item)| (Some(1), hour, vec![item]))
        .into();
    let params = SequenceParams::new().min_support_count(1).window_days(1.05);
    // 25 hours and 12 minutes: 2 comes 25 hours after the second 0.
    assert_eq!(
        mined(&rows, 3, &params)[&vec![vec![0], vec![1], vec![2]]],
        1
    );
    assert!(
        !mined(&rows, 3, &params.window_days(1.04)).contains_key(&vec![vec![0], vec![1], vec![2]])
    );
}

#[test]
fn columns_and_the_strongest_say_the_same() {
    let labels: ArrayRef = Arc::new(StringArray::from(vec!["ink", "paper", "printer"]));
    let baskets = Baskets::from_numbers(vec![2, 3, 4, 6], vec![1, 2, 0, 2, 0, 1], labels).unwrap();
    let customers: ArrayRef = Arc::new(StringArray::from(vec!["a", "a", "b", "b"]));
    let ctx = Context::new();
    let histories = Histories::from_baskets(&baskets, &customers, &[1, 2, 1, 2], &ctx).unwrap();
    let found = SequenceParams::new()
        .min_support(1.0)
        .fit(&histories, &ctx)
        .unwrap();
    let batch = found.batches().unwrap().remove(0);
    assert_eq!(batch.schema(), found.schema().unwrap());
    let json = |batch: &arrow_array::RecordBatch, column: &str| -> Vec<String> {
        let column = batch.column_by_name(column).unwrap();
        let show = |i| arrow_cast::display::array_value_to_string(column, i).unwrap();
        (0..batch.num_rows()).map(show).collect()
    };
    let all = ["[[ink]]", "[[paper]]", "[[printer]]", "[[printer], [ink]]"];
    assert_eq!(json(&batch, "sequence"), all);
    assert_eq!(json(&batch, "support_count"), ["2"; 4]);
    assert_eq!(json(&batch, "support"), ["1.0"; 4]);
    assert_eq!(json(&batch, "length"), ["1", "1", "1", "2"]);
    assert_eq!(json(&batch, "n_items"), ["1", "1", "1", "2"]);
    let strongest = found.strongest(2, 1).unwrap();
    assert_eq!(
        json(&strongest, "sequence"),
        ["[[printer], [ink]]", "[[ink]]"]
    );
    assert_eq!(found.strongest(9, 2).unwrap().num_rows(), 1);
    let sizes: Vec<usize> = found.batches_of(3).map(|b| b.unwrap().num_rows()).collect();
    assert_eq!(sizes, [3, 1]);
}

/// Many customers who buy at random.
fn crowd(n_customers: i64, n_items: u32) -> Vec<Row> {
    let mut state = 7u64;
    let mut draw = |n: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % n
    };
    let mut rows = Vec::new();
    for customer in 0..n_customers {
        for _ in 0..=draw(9) {
            let n = 1 + draw(5);
            let items = (0..n).map(|_| {
                (draw(u64::from(n_items)) * draw(u64::from(n_items)) / u64::from(n_items)) as u32
            });
            let items = items.collect();
            rows.push((Some(customer), draw(9_000) as i64, items));
        }
    }
    rows
}

#[test]
fn the_same_bits_with_any_number_of_threads() {
    let histories = histories(&crowd(2_000, 30), 30);
    let params = SequenceParams::new().min_support(0.02).max_gap_days(200.0);
    let of = |threads| {
        with_threads(threads, || {
            params
                .fit(&histories, &Context::new())
                .unwrap()
                .batches()
                .unwrap()
        })
    };
    let one = of(1);
    assert!(one[0].num_rows() > 500, "{} rows", one[0].num_rows());
    assert!([2, 7].into_iter().all(|threads| of(threads) == one));
}

#[test]
fn little_or_nothing_gives_little_or_nothing() {
    let none = histories(&[], 3);
    let params = SequenceParams::new();
    let ctx = Context::new();
    let found = params.fit(&none, &ctx).unwrap();
    assert_eq!(
        (found.n_sequences(), params.count(&none, &ctx).unwrap()),
        (0, 0)
    );
    assert_eq!(found.batches().unwrap()[0].num_rows(), 0);
    assert_eq!(mined(&[(Some(1), 5, vec![])], 3, &params), BTreeMap::new());
    let one = mined(&[(Some(1), 5, vec![2, 0])], 3, &params);
    let expected = [vec![vec![0]], vec![vec![0, 2]], vec![vec![2]]];
    assert!(one.into_keys().eq(expected));
    let huge = params.window_days(1e300).min_support_count(1);
    let rows = [(Some(1), -5, vec![1]), (Some(1), 5, vec![2])];
    assert_eq!(mined(&rows, 3, &huge).len(), 3);
}

#[test]
fn times_at_the_ends_of_their_range_do_not_overflow() {
    let labels = Arc::new(Int64Array::from(vec![0, 1]));
    let baskets = Baskets::from_numbers(vec![1, 2], vec![0, 1], labels).unwrap();
    let customers: ArrayRef = Arc::new(Int64Array::from(vec![1, 1]));
    let ctx = Context::new();
    let times = [i64::MIN, i64::MAX];
    let histories = Histories::from_baskets(&baskets, &customers, &times, &ctx).unwrap();
    let params = SequenceParams::new().min_support(1.0);
    assert_eq!(params.count(&histories, &ctx).unwrap(), 3);
    assert_eq!(
        params.window_days(400.0).count(&histories, &ctx).unwrap(),
        2
    );
}

#[test]
fn unknown_items_are_refused() {
    let histories = histories(&example(), 91);
    let bad = SequenceParams::new()
        .forbidden([91])
        .fit(&histories, &Context::new());
    let message = bad.unwrap_err().to_string();
    assert_eq!(
        message,
        "`forbidden` of `SequenceParams` must be numbers of the 91 items; got 91"
    );
    let bad = SequenceParams::new()
        .min_support(5.0)
        .fit(&histories, &Context::new());
    assert!(
        bad.unwrap_err()
            .to_string()
            .contains("for a percentage divide by 100")
    );
}

#[test]
fn a_job_stops_at_any_poll() {
    let histories = histories(&crowd(300, 30), 30);
    let params = SequenceParams::new().min_support(0.03);
    let ctx = Context::new();
    params.fit(&histories, &ctx).unwrap();
    let all = ctx.cancel.polls();
    assert!(all > 20, "{all} polls");
    for poll in 1..=all {
        let cancel = Cancel::at_poll(poll);
        let ctx = Context {
            cancel,
            ..Context::new()
        };
        let stopped = with_threads(1, || params.fit(&histories, &ctx));
        assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Cancelled);
    }
}

#[test]
fn too_many_are_refused_with_a_support_that_fits() {
    let histories = histories(&crowd(500, 40), 40);
    let low = SequenceParams::new().min_support_count(2);
    let by_number = low.clone().max_sequences(1_000);
    let error = by_number.fit(&histories, &Context::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Budget);
    let message = error.to_string();
    let fits: u64 = message
        .split("minimum support of ")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let found = SequenceParams::new()
        .min_support_count(fits)
        .max_sequences(1_000)
        .fit(&histories, &Context::new());
    let n = found.unwrap().n_sequences();
    assert!((100..=1_000).contains(&n), "{n} with {fits}");
    let ctx = Context {
        budget: Budget::bytes(12_000),
        ..Context::new()
    };
    assert_eq!(
        low.fit(&histories, &ctx).unwrap_err().kind(),
        ErrorKind::Budget
    );
}

#[test]
fn very_many_baskets_of_one_customer_are_quick_and_safe() {
    let n = 100_000;
    let mut rows: Vec<Row> = (0..n)
        .map(|i| (Some(1), i * 24, vec![(i % 3) as u32]))
        .collect();
    rows.extend((0..n).map(|i| (Some(2), i * 24, vec![(i % 5) as u32])));
    let histories = histories(&rows, 5);
    let params = SequenceParams::new().min_support_count(2).max_gap_days(7.0);
    let ctx = Context::new();
    // Three items, any of which can follow any other within seven days: 3 + 9 + 27.
    assert_eq!(
        params.clone().max_len(3).count(&histories, &ctx).unwrap(),
        39
    );
    // As many as there are baskets, and longer than can be gone down to: an error, not a stack that overflows.
    let error = params
        .min_support_count(2)
        .fit(&histories, &ctx)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Budget);
    assert!(error.to_string().contains("`max_len`"), "{error}");
}

#[test]
fn the_pairs_of_online_retail_are_those_of_a_plain_count() {
    let Some(path) = online_retail::path() else {
        return;
    };
    let ctx = Context::new();
    let tx = online_retail::transactions(&path, Returns::Exclude);
    let histories = Histories::from_transactions(&tx, &ctx).unwrap();
    // All who have a purchase, as in the table of customers.
    assert_eq!(histories.len(), 4_339);
    let params = SequenceParams::new()
        .min_support(0.01)
        .window_days(30.0)
        .min_len(2)
        .max_items(2);
    let found = params.fit(&histories, &ctx).unwrap();
    assert_eq!(found.min_support_count(), 44);
    let mut counts: BTreeMap<(u32, u32), u32> = BTreeMap::new();
    for history in histories.iter() {
        let mut own = BTreeSet::new();
        for (i, (time, items)) in history.iter().enumerate() {
            let later = history[i + 1..].iter();
            for (_, next) in later.filter(|(next, _)| next - time <= 30 * DAY) {
                own.extend(
                    items
                        .iter()
                        .flat_map(|&a| next.iter().map(move |&b| (a, b))),
                );
            }
        }
        own.into_iter()
            .for_each(|pair| *counts.entry(pair).or_default() += 1);
    }
    counts.retain(|_, n| *n >= 44);
    let pairs = listed(&found).into_iter();
    let pairs: BTreeMap<(u32, u32), u32> = pairs.map(|(s, n)| ((s[0][0], s[1][0]), n)).collect();
    assert!(counts.len() > 50, "{} pairs", counts.len());
    assert_eq!(pairs, counts);
}

#[test]
fn no_element_has_an_item_with_its_ancestor() {
    let text = |labels: &[&str]| Arc::new(StringArray::from(labels.to_vec())) as ArrayRef;
    let labels = text(&["bread", "cola", "milk"]);
    let baskets = Baskets::from_numbers(vec![2, 3], vec![0, 1, 2], labels).unwrap();
    let baskets = baskets
        .with_parents(&text(&["cola", "milk"]), &text(&["drink", "drink"]))
        .unwrap();
    let customers: ArrayRef = Arc::new(Int64Array::from(vec![1, 1]));
    let ctx = Context::new();
    let histories = Histories::from_baskets(&baskets, &customers, &[0, DAY], &ctx).unwrap();
    let found = SequenceParams::new().fit(&histories, &ctx).unwrap();
    let all: Vec<Elements> = listed(&found).into_iter().map(|(s, _)| s).collect();
    let (bread, cola, milk, drink) = (0, 1, 2, 3);
    assert!(all.contains(&vec![vec![bread, drink], vec![drink]]));
    assert!(all.contains(&vec![vec![cola], vec![milk]]));
    // Five ways to buy first, times two to go on, and each of either alone; drink is in both.
    assert_eq!(all.len(), 5 * 2 + 5 + 1);
    let is_pure = |e: &Vec<u32>| !(e.contains(&drink) && (e.contains(&cola) || e.contains(&milk)));
    assert!(all.concat().iter().all(is_pure));
}
