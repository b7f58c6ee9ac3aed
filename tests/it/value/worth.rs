//! Valuations of transactions: profit, discount, intervals, what moved equity, what a later period says.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, UInt8Type, UInt32Type, UInt64Type};
use arrow_array::{Array, RecordBatch};
use patronomy::simulate::Shop;
use patronomy::value::{CustomerSummary, CustomerValue, Movement, ProfitParams, ValueParams};
use patronomy::{Context, Error, Moment, Transactions};

fn shop() -> Transactions {
    Shop::new(400, 730, 5).transactions().unwrap()
}

fn cut() -> Moment {
    Moment::parse("2024-09-30").unwrap()
}

fn numbers(batch: &RecordBatch, name: &str) -> Vec<f64> {
    let column = batch.column_by_name(name).unwrap();
    assert_eq!(column.null_count(), 0, "{name}");
    column.as_primitive::<Float64Type>().values().to_vec()
}

fn valued(tx: &Transactions, params: &ValueParams) -> CustomerValue {
    params.fit(tx, &Context::new()).unwrap()
}

#[test]
fn value_is_the_product_and_lies_between_its_limits() {
    let value = valued(&shop(), &ValueParams::new().horizon_days(90));
    let b = value.batch();
    let [n, spend, v, low, high, leave] = [
        "expected_transactions",
        "expected_spend",
        "value",
        "value_low",
        "value_high",
        "p_leave",
    ]
    .map(|name| numbers(b, name));
    for i in 0..b.num_rows() {
        assert!((n[i] * spend[i] - v[i]).abs() <= 1e-12 * v[i]);
        assert!(low[i] <= v[i] && v[i] <= high[i]);
        assert!((0.0..=1.0).contains(&leave[i]));
    }
    assert_eq!(b["expected_margin"].null_count(), b.num_rows());
}

/// A discount held to the sum over days.
#[test]
fn money_to_come_is_worth_less() {
    let params = ValueParams::new().horizon_days(730).interval(None);
    let plain = valued(&shop(), &params);
    let discounted = valued(&shop(), &params.clone().discount_rate(0.1));
    let b = plain.batch();
    let counts: Vec<f64> = b["frequency"]
        .as_primitive::<UInt32Type>()
        .values()
        .iter()
        .map(|&n| f64::from(n))
        .collect();
    let days = |name: &str| -> Vec<f64> {
        let column = b[name].as_primitive::<Int32Type>();
        column.values().iter().map(|&d| f64::from(d)).collect()
    };
    let (age, since) = (days("age_days"), days("recency_days"));
    let last: Vec<f64> = age.iter().zip(&since).map(|(a, s)| a - s).collect();
    let age: Vec<f64> = age.into_iter().map(|a| a.max(0.5)).collect();
    let summary = CustomerSummary::new(&counts, &last, &age).unwrap();
    let (spend, found) = (
        numbers(b, "expected_spend"),
        numbers(discounted.batch(), "value"),
    );
    let ctx = Context::new();
    let mut sums = vec![0.0; b.num_rows()];
    let mut before = vec![0.0; b.num_rows()];
    for day in 1..=730 {
        let until = plain
            .model()
            .lifetime
            .expected(&summary, f64::from(day), &ctx)
            .unwrap();
        let factor = 1.1_f64.powf(-(f64::from(day) - 0.5) / 365.25);
        for i in 0..sums.len() {
            sums[i] += factor * (until[i] - before[i]) * spend[i];
        }
        before = until;
    }
    for i in 0..sums.len() {
        assert!(
            (found[i] - sums[i]).abs() < 1e-5 * sums[i],
            "{i}: {} {}",
            found[i],
            sums[i]
        );
    }
    let all: f64 = numbers(b, "value").iter().sum();
    assert!(found.iter().sum::<f64>() < 0.95 * all);
}

#[test]
fn profit_is_a_share_of_value() {
    let ctx = Context::new();
    let (tx, params) = (shop(), ValueParams::new().horizon_days(90));
    let ledger = ProfitParams::new().assumed_cost_share(Some(0.6));
    // Returns are matched with purchases in the view, and paid back when they happen in the ledger: exclude both.
    let tx = tx.with_returns(patronomy::Returns::Keep);
    let profit = ledger.fit(&tx, None, &ctx).unwrap();
    let plain = valued(&tx, &params);
    let value = params.fit_profit(&tx, &profit, &ctx).unwrap();
    let margin = value.model().margin.as_ref().unwrap();
    assert!((margin.collective - 0.4).abs() < 1e-6, "{margin:?}");
    assert!(margin.within < 1e-6 && margin.between < 1e-6, "{margin:?}");
    let (a, b) = (
        numbers(plain.batch(), "value"),
        numbers(value.batch(), "value"),
    );
    for (plain, profit) in a.iter().zip(&b) {
        assert!((0.4 * plain - profit).abs() < 1e-4 * plain);
    }
    let told = |v: &CustomerValue| numbers(v.batch(), "last_value").iter().sum::<f64>();
    assert!((told(&value) / told(&plain) - 0.4).abs() < 0.01);
    // Other customers have the share of all, and a ledger is taken only where there was one.
    let scored = value.model().score(&tx, &ctx).unwrap();
    assert!(
        scored
            .model()
            .notices
            .iter()
            .any(|n| n.starts_with("without a ledger"))
    );
    let refused = plain.model().score_profit(&tx, &profit, &ctx).unwrap_err();
    assert!(
        refused.to_string().starts_with("`profit` of `ValueModel`"),
        "{refused}"
    );
    let earlier = tx.as_of(cut()).unwrap();
    let refused = params.fit_profit(&earlier, &profit, &ctx).unwrap_err();
    assert!(
        matches!(refused, Error::FeatureMismatch { .. }),
        "{refused}"
    );
    let unknown = ProfitParams::new().fit(&tx, None, &ctx).unwrap();
    let refused = params.fit_profit(&tx, &unknown, &ctx).unwrap_err();
    assert!(matches!(refused, Error::TooFewRows { .. }), "{refused}");
}

#[test]
fn equity_adds_up() {
    let (tx, params) = (shop(), ValueParams::new().horizon_days(90));
    let earlier = valued(&tx.as_of(cut()).unwrap(), &params);
    let later = earlier.model().score(&tx, &Context::new()).unwrap();
    for lost_below in [0.0, 0.1, 0.5, 1.0] {
        let change = later.equity_change(&earlier, lost_below).unwrap();
        assert_eq!(change.opening(), earlier.equity().unwrap());
        assert_eq!(change.closing(), later.equity().unwrap());
        let mut sum = change.opening().ten_thousandths();
        for movement in Movement::ALL {
            sum += change.change(movement).ten_thousandths();
        }
        assert_eq!(sum, change.closing().ten_thousandths());
        let n: u64 = Movement::ALL.iter().map(|&m| change.n_customers(m)).sum();
        assert_eq!(n as usize, later.batch().num_rows());
        let table = change.batch().unwrap();
        let counts = table["n_customers"].as_primitive::<UInt64Type>();
        assert_eq!(counts.value(0), change.n_customers(Movement::New));
        assert!(change.n_customers(Movement::New) > 0);
        assert_eq!(change.n_customers(Movement::Lost) > 0, lost_below > 0.0);
    }
    // Told from the other side, who was new is lost.
    let back = earlier.equity_change(&later, 0.0).unwrap();
    let there = later.equity_change(&earlier, 0.0).unwrap();
    assert_eq!(
        back.n_customers(Movement::Lost),
        there.n_customers(Movement::New)
    );
    assert_eq!(-back.change(Movement::Lost), there.change(Movement::New));
    assert!(later.equity_change(&earlier, f64::NAN).is_err());
    let other = valued(&tx, &params.horizon_days(30));
    let refused = other.equity_change(&earlier, 0.1).unwrap_err();
    assert!(matches!(refused, Error::FeatureMismatch { .. }));
}

/// What came is counted customer by customer.
#[test]
fn a_later_period_is_held_against_it() {
    let ctx = Context::new();
    let tx = shop().with_returns(patronomy::Returns::Exclude);
    let (past, later) = tx.split(Moment::parse("2025-07-01").unwrap()).unwrap();
    let value = valued(&past, &ValueParams::new().horizon_days(90));
    let told = value.evaluate(&later, None, &ctx).unwrap();
    assert_eq!(told.period, ["2025-07-01", "2025-09-28"]);
    // All transactions say the same as those after the cut.
    let again = value.evaluate(&tx, None, &ctx).unwrap();
    assert_eq!((again.actual, again.expected), (told.actual, told.expected));
    let period = later.as_of(Moment::parse("2025-09-28").unwrap()).unwrap();
    let came = ProfitParams::new().fit(&period, None, &ctx).unwrap();
    let (ids, money) = (
        came.batch()["customer"]
            .as_primitive::<arrow_array::types::Int64Type>()
            .values()
            .to_vec(),
        numbers(came.batch(), "revenue"),
    );
    let b = value.batch();
    let known = b["customer"]
        .as_primitive::<arrow_array::types::Int64Type>()
        .values();
    let actual: Vec<f64> = known
        .iter()
        .map(|id| ids.binary_search(id).map_or(0.0, |i| money[i]))
        .collect();
    let total: f64 = actual.iter().sum();
    assert!((told.actual - total).abs() < 1e-6 * total);
    assert_eq!(told.n_customers as usize, actual.len());
    assert_eq!(
        told.n_new as usize,
        ids.iter().filter(|id| !known.contains(id)).count()
    );
    let (v, last) = (numbers(b, "value"), numbers(b, "last_value"));
    let off = |f: &[f64]| {
        f.iter()
            .zip(&actual)
            .map(|(f, a)| (f - a).abs())
            .sum::<f64>()
            / f.len() as f64
    };
    assert!((told.expected.mean_absolute - off(&v)).abs() < 1e-9 * off(&v));
    assert!((told.repeated.mean_absolute - off(&last)).abs() < 1e-9 * off(&last));
    assert!((told.gain[0] - (off(&last) - off(&v))).abs() < 1e-6);
    assert!(told.gain[1] < told.gain[0] && told.gain[0] < told.gain[2]);
    let tiers = told.batch();
    assert!((numbers(tiers, "actual").iter().sum::<f64>() - total).abs() < 1e-6 * total);
    let own: Vec<f64> = (1..=4)
        .map(|t| {
            let tier = b["tier"].as_primitive::<UInt8Type>().values();
            actual
                .iter()
                .zip(tier)
                .filter(|(_, x)| **x == t)
                .map(|(a, _)| a)
                .sum()
        })
        .collect();
    for (a, b) in own.iter().zip(numbers(tiers, "actual")) {
        assert!((a - b).abs() < 1e-6 * total);
    }
    assert!(told.expected.rank_correlation.unwrap() > 0.3);
}

#[test]
fn a_horizon_that_has_not_passed_is_refused() {
    let ctx = Context::new();
    let (past, later) = shop().split(Moment::parse("2025-12-01").unwrap()).unwrap();
    let value = valued(&past, &ValueParams::new().horizon_days(90));
    let said = value.evaluate(&later, None, &ctx).unwrap_err().to_string();
    assert!(
        said.starts_with(
            "`horizon_days` of `evaluate` must have been observed whole, to 2026-02-28"
        ),
        "{said}"
    );
    let closed = later.as_of(Moment::parse("2026-03-31").unwrap()).unwrap();
    assert!(value.evaluate(&closed, None, &ctx).is_ok());
    let discounted = valued(
        &past,
        &ValueParams::new().horizon_days(7).discount_rate(0.1),
    );
    let said = discounted
        .evaluate(&later, None, &ctx)
        .unwrap_err()
        .to_string();
    assert!(
        said.starts_with("`discount_rate` of `ValueParams`"),
        "{said}"
    );
}

#[test]
fn profit_that_came_is_by_the_same_costs() {
    let ctx = Context::new();
    let tx = shop();
    let (past, later) = tx.split(Moment::parse("2024-10-01").unwrap()).unwrap();
    let ledger = ProfitParams::new()
        .assumed_cost_share(Some(0.6))
        .order_cost("web", 1.0);
    let profit = ledger.fit(&past, None, &ctx).unwrap();
    let value = ValueParams::new()
        .horizon_days(90)
        .fit_profit(&past, &profit, &ctx)
        .unwrap();
    let told = value.evaluate(&later, None, &ctx).unwrap();
    let period = later.as_of(Moment::parse("2024-12-29").unwrap()).unwrap();
    let came = ledger.fit(&period, None, &ctx).unwrap();
    // All but what new customers brought.
    let whole = came.totals().profit.unwrap().units();
    assert!(told.n_new > 0 && told.actual < whole && told.actual > 0.5 * whole);
}
