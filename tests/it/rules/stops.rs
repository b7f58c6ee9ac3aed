//! Jobs on rules that were found poll as their work grows, and end where they are told to.

use arrow_array::RecordBatch;
use patronomy::Result;
use patronomy::simulate::Shop;

use super::*;
use crate::itemsets::in_pool;

/// A shop with customers, and its rules.
fn shop(n_customers: usize) -> (Baskets, Rules) {
    let ctx = Context::new();
    let tx = Shop::new(n_customers, 365, 3).transactions().unwrap();
    let baskets = Baskets::from_transactions(&tx, &ctx).unwrap();
    let params = RuleParams::new().min_support_count(4).min_confidence(0.05);
    let rules = params.fit(&baskets, &ctx).unwrap();
    assert!(rules.len() > 100, "{} rules", rules.len());
    (baskets, rules)
}

/// How often the job polls if nobody stops it.
fn polls(job: &impl Fn(&Context) -> Result<RecordBatch>) -> u64 {
    let ctx = Context::new();
    job(&ctx).unwrap();
    ctx.cancel.polls()
}

/// Stopped at any poll the job ends with that error, and nothing new is begun: what is still looked at is what other threads had under way.
fn stops_at_any_poll(job: impl Fn(&Context) -> Result<RecordBatch> + Sync) {
    for threads in [1, 2, 7] {
        in_pool(threads, || {
            let all = polls(&job);
            assert!(all > 12, "{all} polls");
            for poll in (1..=all).filter(|&p| p <= 12 || p % 7 == 0 || p == all) {
                let ctx = Context {
                    cancel: Cancel::at_poll(poll),
                    ..Context::new()
                };
                let error = job(&ctx).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Cancelled, "{poll} of {all}");
                let done = ctx.progress.read().done;
                assert!(done < poll + threads as u64, "{done} done, poll {poll}");
            }
        });
    }
}

#[test]
fn intervals_stop_at_any_poll() {
    let (baskets, rules) = shop(400);
    stops_at_any_poll(|ctx| rules.intervals(&baskets, 0.95, ctx));
}

#[test]
fn changes_stop_at_any_poll() {
    let (baskets, rules) = shop(400);
    let (other, _) = shop(300);
    stops_at_any_poll(|ctx| rules.changes(&baskets, &other, ctx));
}

/// One customer who buys all day is no reason to look up later.
#[test]
fn intervals_poll_by_baskets_not_by_customers() {
    let rows: Vec<(i64, Vec<u32>)> = (0..60_000).map(|i| (1, vec![i % 5, 5 + i % 3])).collect();
    let one = super::intervals::of_customers(&rows);
    let params = RuleParams::new().min_support_count(1).min_confidence(0.0);
    let rules = params.fit(&one, &Context::new()).unwrap();
    let few = super::intervals::of_customers(&rows[..6_000]);
    let of = |baskets: &Baskets| polls(&|ctx: &Context| rules.intervals(baskets, 0.95, ctx));
    let (few, many) = (of(&few), of(&one));
    assert!(many >= few + 10, "{few} polls, then {many}");
}

/// Every rule of either period is looked up and tested: that is polled for, too.
#[test]
fn changes_poll_as_rules_grow() {
    let row = |n: u32| (0..n).collect::<Vec<u32>>();
    let polls_of = |n: u32| {
        let baskets = baskets(&[row(n), row(n)], 16);
        let params = RuleParams::new().min_support(1.0).max_consequent_len(None);
        let rules = params.test(Test::None).fit(&baskets, &Context::new());
        let rules = rules.unwrap();
        let job = |ctx: &Context| rules.changes(&baskets, &baskets, ctx);
        (rules.len(), polls(&job))
    };
    let (few, many) = (polls_of(4), polls_of(11));
    assert!(many.0 > 150_000 && many.1 > few.1 + 30, "{few:?}, {many:?}");
}
