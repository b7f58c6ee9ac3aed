//! A job polls often enough, and stops where it is told to.

use arrow_array::RecordBatch;
use patronomy::rfm::RfmParams;
use patronomy::{Budget, Cancel, Context, ErrorKind, Transactions};

use crate::tables::{Ids, orders, roles, transactions, with_threads};

fn fresh(batch: &RecordBatch) -> Transactions {
    transactions(batch.clone(), roles())
}

const POLL_ROWS: u64 = 262_144;

/// A fresh view each time: one that has been asked before knows its netting.
fn polls(batch: &RecordBatch) -> u64 {
    let ctx = Context::new();
    RfmParams::new().fit(&fresh(batch), &ctx).unwrap();
    ctx.cancel.polls()
}

#[test]
fn polls_grow_with_the_rows() {
    let batch = orders(1_200_000, 30_000, Ids::Integer, true);
    let few = polls(&batch.slice(0, 300_000));
    let many = polls(&batch);
    assert!(few >= 300_000 / POLL_ROWS, "{few} polls");
    assert!(many >= 1_200_000 / POLL_ROWS, "{many} polls");
    assert!(many > few, "{few}, then {many} polls");
}

#[test]
fn a_job_stops_at_any_poll() {
    let batch = orders(300_000, 2_000, Ids::LongText, false);
    for threads in [1, 2, 7] {
        with_threads(threads, || {
            let all = polls(&batch);
            assert!(all > 20, "{all} polls");
            // Every poll where there are few; then in steps, with the first and the last.
            let some = (1..=all).filter(|&p| p <= 3 || p == all || p % 9 == 0);
            some.for_each(|p| stop_at(&fresh(&batch), p, threads as u64));
        });
    }
}

fn stop_at(tx: &Transactions, poll: u64, threads: u64) {
    let ctx = Context {
        cancel: Cancel::at_poll(poll),
        ..Context::new()
    };
    let e = RfmParams::new().fit(tx, &ctx).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Cancelled, "{e}");
    let read = ctx.progress.read();
    // Each piece polls before it is worked on: those done were let through, by up to one poll per thread that was just under way.
    assert!(
        read.done < poll + threads,
        "stopped at poll {poll}, {} pieces done",
        read.done
    );
    assert!(
        threads > 1 || read.done == poll - 1,
        "stopped at poll {poll}, {} pieces done",
        read.done
    );
    // What was announced of the stage may be looked at once more, nothing after it is begun.
    assert!(
        ctx.cancel.polls() <= read.total,
        "{} polls of {}",
        ctx.cancel.polls(),
        read.total
    );
}

#[test]
fn a_job_that_was_stopped_can_be_run_again() {
    let tx = transactions(orders(50_000, 500, Ids::Integer, true), roles());
    let stopped = Context {
        cancel: Cancel::at_poll(2),
        ..Context::new()
    };
    assert!(RfmParams::new().fit(&tx, &stopped).is_err());
    // A flag that was raised stays raised; another context starts afresh.
    assert!(RfmParams::new().fit(&tx, &stopped).is_err());
    assert!(tx.counts(&stopped).is_err());
    assert!(RfmParams::new().fit(&tx, &Context::new()).is_ok());
}

#[test]
fn a_job_in_rounds_stops_too() {
    let batch = orders(300_000, 5_000, Ids::Integer, true);
    let ctx = |cancel| Context {
        budget: Budget::bytes(2_000_000),
        cancel,
        ..Context::new()
    };
    let free = ctx(Cancel::new());
    RfmParams::new().fit(&fresh(&batch), &free).unwrap();
    let half = ctx(Cancel::at_poll(free.cancel.polls() / 2));
    assert_eq!(
        RfmParams::new()
            .fit(&fresh(&batch), &half)
            .unwrap_err()
            .kind(),
        ErrorKind::Cancelled
    );
}

#[test]
fn progress_ends_where_it_said_it_would() {
    let tx = transactions(orders(300_000, 5_000, Ids::ShortText, true), roles());
    let ctx = Context::new();
    RfmParams::new().fit(&tx, &ctx).unwrap();
    let read = ctx.progress.read();
    assert_eq!(read.done, read.total);
    assert_eq!(read.done, ctx.cancel.polls());
}
