//! The same bits whatever the number of threads and the memory allowed.

use patronomy::rfm::{Convention, Nesting, Rfm, RfmParams, SegmentMap};
use patronomy::{Budget, Cancel, Context, ErrorKind, Table, Transactions};

use crate::tables::{Ids, assert_same, chunked, orders, roles, with_threads};

/// Ten pieces of work, and thirty-two parts.
const N_ROWS: usize = 650_000;
const N_CUSTOMERS: u64 = 40_000;

fn table(ids: Ids, decimal: bool) -> Table {
    chunked(&orders(N_ROWS, N_CUSTOMERS, ids, decimal), 100_003)
}

fn fit(table: &Table, params: &RfmParams, ctx: &Context) -> Rfm {
    let tx = Transactions::new(table.clone(), roles()).unwrap();
    params.fit(&tx, ctx).unwrap()
}

fn params() -> RfmParams {
    RfmParams::new()
        .segments(SegmentMap::rf_grid())
        .breadth(true)
}

fn same_on_any_threads(ids: Ids, decimal: bool) {
    let table = table(ids, decimal);
    let one = with_threads(1, || fit(&table, &params(), &Context::new()));
    assert!(one.batch().num_rows() > 30_000);
    for threads in [2, 7] {
        let many = with_threads(threads, || fit(&table, &params(), &Context::new()));
        assert_same(&one, &many, &format!("{ids:?}, {threads} threads"));
    }
}

#[test]
fn integer_ids_on_any_threads() {
    same_on_any_threads(Ids::Integer, true);
}

#[test]
fn text_ids_and_float_money_on_any_threads() {
    same_on_any_threads(Ids::ShortText, false);
}

#[test]
fn hashed_ids_on_any_threads() {
    same_on_any_threads(Ids::LongText, false);
}

#[test]
fn rank_rules_and_nested_cuts_on_any_threads() {
    let table = table(Ids::Integer, false);
    for convention in [Convention::QcutRankFirst, Convention::Together] {
        let params = params().convention(convention).nesting(Nesting::Nested);
        let one = with_threads(1, || fit(&table, &params, &Context::new()));
        let seven = with_threads(7, || fit(&table, &params, &Context::new()));
        assert_same(&one, &seven, &format!("{convention:?}"));
    }
}

#[test]
fn rounds_under_a_small_budget_change_nothing() {
    for (ids, decimal) in [(Ids::Integer, true), (Ids::LongText, false)] {
        let table = table(ids, decimal);
        let polls = |ctx: &Context| ctx.cancel.polls();
        let roomy = Context::new();
        let plain = fit(&table, &params(), &roomy);
        let mut last = polls(&roomy);
        for megabytes in [9, 5, 3] {
            let ctx = Context {
                budget: Budget::bytes(megabytes * 1_000_000),
                cancel: Cancel::new(),
                ..Context::new()
            };
            assert_same(
                &plain,
                &fit(&table, &params(), &ctx),
                &format!("{ids:?}, {megabytes} MB"),
            );
            // Each further round reads the table again.
            assert!(
                polls(&ctx) > last,
                "{megabytes} MB: {} polls, then {}",
                last,
                polls(&ctx)
            );
            last = polls(&ctx);
        }
    }
}

#[test]
fn a_budget_that_no_rounds_can_meet_is_refused_with_an_estimate() {
    let tx = Transactions::new(table(Ids::Integer, true), roles()).unwrap();
    let params = RfmParams::new();
    let ctx = Context {
        budget: Budget::bytes(100_000),
        ..Context::new()
    };
    let e = params.fit(&tx, &ctx).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Budget);
    let patronomy::Error::Budget {
        needed_bytes,
        limit_bytes,
        ..
    } = &e
    else {
        panic!("{e}")
    };
    assert_eq!(*limit_bytes, 100_000);
    // A sixteenth of some tens of bytes per row.
    assert!(
        (N_ROWS as u64 / 10..N_ROWS as u64 * 4).contains(needed_bytes),
        "{e}"
    );
    for part in [
        "adding up customers",
        "the budget is",
        "raise the memory budget",
    ] {
        assert!(e.to_string().contains(part), "{e}");
    }
    // With the estimate granted it works.
    let granted = Context {
        budget: Budget::bytes(*needed_bytes),
        ..Context::new()
    };
    assert!(params.fit(&tx, &granted).is_ok());
}
