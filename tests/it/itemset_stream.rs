//! Item sets passed on while they are found: the same sets, in order, whatever holds them up.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use patronomy::baskets::Baskets;
use patronomy::itemsets::{Algorithm, ItemsetParams, Target};
use patronomy::{Budget, Cancel, Context, Error, ErrorKind};
use proptest::prelude::*;

use crate::itemsets::{Sets, TARGETS, baskets, brute_force, drawn, in_pool, of_target, rows};

type Listed = Vec<(Vec<u32>, u32)>;

fn streamed(params: &ItemsetParams, baskets: &Baskets, ctx: &Context) -> Listed {
    let mut listed = Vec::new();
    let n = params
        .stream(baskets, ctx, &mut |items: &[u32], support: u32| {
            listed.push((items.to_vec(), support));
            Ok(())
        })
        .unwrap();
    assert_eq!(n, listed.len() as u64);
    listed
}

fn kept(params: &ItemsetParams, baskets: &Baskets) -> Listed {
    let mut listed = Vec::new();
    let itemsets = params.fit(baskets, &Context::new()).unwrap();
    itemsets.for_each(|items, support| listed.push((items.to_vec(), support)));
    listed
}

fn of_megabytes(megabytes: f64) -> Context {
    Context {
        budget: Budget::bytes((megabytes * 1e6) as u64),
        ..Context::new()
    }
}

proptest! {
    #[test]
    fn what_is_passed_on_is_what_brute_force_finds(
        rows in rows(9, 25),
        minimum in 1..8u32,
        required in prop::collection::btree_set(0..9u32, 0..2),
        min_len in 1..3usize,
        algorithm in prop::sample::select(&Algorithm::NAMED[..]),
        target in prop::sample::select(&TARGETS[..]),
    ) {
        let baskets = baskets(&rows, 9);
        let required: Vec<u32> = required.into_iter().collect();
        let params = ItemsetParams::new()
            .min_support_count(minimum.into())
            .min_len(min_len)
            .required(required.clone())
            .target(target)
            .algorithm(algorithm);
        let mut expected = of_target(&brute_force(&baskets, minimum), target, baskets.total_weight(), 9);
        expected.retain(|set, _| set.len() >= min_len && required.iter().all(|r| set.contains(r)));
        let listed = streamed(&params, &baskets, &Context::new());
        prop_assert_eq!(&listed, &kept(&params, &baskets));
        let sorted = listed.into_iter().map(|(mut items, support)| {
            items.sort_unstable();
            (items, support)
        });
        prop_assert_eq!(sorted.collect::<Sets>(), expected);
    }
}

/// Held to a tenth of a megabyte, tasks have to wait for each other; frequent sets still come in the order of those that are kept.
#[test]
fn order_and_sets_do_not_depend_on_threads() {
    let baskets = drawn(40, 4_000);
    for (target, algorithm) in [
        (Target::Frequent, Algorithm::Auto),
        (Target::Frequent, Algorithm::FpGrowth),
        (Target::Frequent, Algorithm::Eclat),
        (Target::Frequent, Algorithm::Apriori),
        (Target::Closed, Algorithm::Auto),
        (Target::Maximal, Algorithm::Auto),
        (Target::Generators, Algorithm::Auto),
    ] {
        let params = ItemsetParams::new()
            .min_support_count(40)
            .target(target)
            .algorithm(algorithm);
        // Apriori has a use of its own for the limit.
        let megabytes = if algorithm == Algorithm::Apriori {
            64.0
        } else {
            0.1
        };
        let small = |n| in_pool(n, || streamed(&params, &baskets, &of_megabytes(megabytes)));
        let one = small(1);
        assert!(one.len() > 10_000, "{target:?} has only {} sets", one.len());
        for n in [2, 7] {
            assert!(
                small(n) == one,
                "{target:?} by {algorithm:?} with {n} threads"
            );
        }
        let mut all = kept(&params, &baskets);
        if target != Target::Frequent {
            all.sort();
        }
        let mut found = one;
        if target != Target::Frequent {
            found.sort();
        }
        assert!(found == all, "{target:?} by {algorithm:?}");
    }
}

#[test]
fn an_error_of_the_sink_ends_the_search() {
    let baskets = drawn(40, 4_000);
    let params = ItemsetParams::new().min_support_count(20);
    for n_threads in [1, 2, 7] {
        let n = AtomicU64::new(0);
        let mut sink = |_: &[u32], _: u32| {
            if n.fetch_add(1, Ordering::Relaxed) < 50_000 {
                return Ok(());
            }
            Err(Error::Cancelled)
        };
        let outcome = in_pool(n_threads, || {
            params.stream(&baskets, &of_megabytes(0.1), &mut sink)
        });
        assert!(matches!(outcome, Err(Error::Cancelled)));
        assert_eq!(n.into_inner(), 50_001, "nothing comes after the error");
    }
}

/// Where every task fits what may be held, only the end of a task tells of the error.
#[test]
fn after_an_error_no_further_tasks_are_searched() {
    let baskets = drawn(40, 4_000);
    let params = ItemsetParams::new().min_support_count(20);
    let ctx = Context::new();
    let all = params.stream(&baskets, &ctx, &mut |_: &[u32], _: u32| Ok(()));
    assert!(all.unwrap() > 100_000);
    let whole = ctx.cancel.polls();
    let ctx = Context::new();
    let outcome = params.stream(&baskets, &ctx, &mut |_: &[u32], _: u32| {
        Err(Error::Cancelled)
    });
    assert!(matches!(outcome, Err(Error::Cancelled)));
    let polls = ctx.cancel.polls();
    assert!(
        2 * polls < whole,
        "{polls} polls, {whole} of the whole search"
    );
}

/// Wherever the panic comes. Whether others wait at that very moment is up to the threads.
#[test]
fn a_sink_that_panics_leaves_nobody_waiting() {
    let (done, all) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let baskets = drawn(40, 4_000);
        let params = ItemsetParams::new().min_support_count(20);
        for n_threads in [1, 2, 7] {
            for last in (0..40_000).step_by(1_613) {
                let mut n = 0;
                let mut sink = |_: &[u32], _: u32| {
                    assert!(n < last, "the sink's own");
                    n += 1;
                    if n % 200 == 0 {
                        // The others get as far as to wait.
                        std::thread::sleep(std::time::Duration::from_micros(50));
                    }
                    Ok(())
                };
                let job = || params.stream(&baskets, &of_megabytes(0.01), &mut sink);
                let caught = std::panic::catch_unwind(AssertUnwindSafe(|| in_pool(n_threads, job)));
                let payload = caught.unwrap_err();
                assert_eq!(payload.downcast_ref::<&str>(), Some(&"the sink's own"));
            }
        }
        done.send(()).unwrap();
    });
    let waited = all.recv_timeout(std::time::Duration::from_secs(300));
    assert!(
        waited.is_ok(),
        "tasks wait for one that panicked, or it went otherwise"
    );
}

#[test]
fn limits_and_cancels_end_the_search() {
    let baskets = drawn(40, 4_000);
    let params = ItemsetParams::new().min_support_count(20);
    let mut nothing = |_: &[u32], _: u32| Ok(());
    for n_threads in [1, 2, 7] {
        let ctx = Context {
            cancel: Cancel::at_poll(9),
            ..of_megabytes(0.1)
        };
        let stopped = in_pool(n_threads, || params.stream(&baskets, &ctx, &mut nothing));
        assert!(matches!(stopped, Err(Error::Cancelled)));
        let limited = params.clone().max_itemsets(100_000);
        let refused = in_pool(n_threads, || {
            limited.stream(&baskets, &of_megabytes(0.1), &mut nothing)
        });
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Budget);
        assert!(
            error.to_string().contains("a minimum support of"),
            "{error}"
        );
    }
}

#[test]
fn batches_hold_so_many_sets_each() {
    let baskets = drawn(20, 500);
    let params = ItemsetParams::new().min_support_count(20);
    let mut batches = Vec::new();
    let n = params
        .stream_batches(&baskets, &Context::new(), 100, |batch| {
            batches.push(batch);
            Ok(())
        })
        .unwrap();
    let itemsets = params.fit(&baskets, &Context::new()).unwrap();
    assert_eq!(n, itemsets.n_itemsets());
    let expected: Vec<_> = itemsets.batches_of(100).map(Result::unwrap).collect();
    assert!(expected.len() > 5);
    assert_eq!(batches, expected);
    let none = ItemsetParams::new().min_support_count(501);
    let refuse = |_| -> patronomy::Result<()> { panic!("there is no set") };
    assert_eq!(
        none.stream_batches(&baskets, &Context::new(), 100, refuse)
            .unwrap(),
        0
    );
}

/// Batches are written piece by piece, whole ones and such that begin in the middle of a piece.
#[test]
fn batches_hold_the_sets_in_their_order() {
    let baskets = drawn(30, 3_000);
    for (target, required, n) in [
        (Target::Frequent, vec![], 30_000),
        (Target::Frequent, vec![3, 5], 700),
        (Target::Closed, vec![], 30_000),
        (Target::Maximal, vec![4], 700),
    ] {
        let params = ItemsetParams::new()
            .min_support_count(30)
            .target(target)
            .required(required);
        let expected = kept(&params, &baskets);
        assert!(
            expected.len() > n / 2,
            "{target:?} has {} sets",
            expected.len()
        );
        let itemsets = params.fit(&baskets, &Context::new()).unwrap();
        let mut found = Vec::new();
        for batch in itemsets.batches_of(n) {
            let batch = batch.unwrap();
            let sets = batch["itemset"].as_list::<i32>();
            let supports = batch["support_count"].as_primitive::<Int64Type>();
            for (set, &support) in sets.iter().zip(supports.values()) {
                let items = set.unwrap();
                let items = items.as_primitive::<Int64Type>().values();
                let items: Vec<u32> = items.iter().map(|&i| i as u32).collect();
                found.push((items, support as u32));
            }
        }
        assert!(found == expected, "{target:?}");
    }
}
