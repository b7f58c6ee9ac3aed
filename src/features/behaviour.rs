//! How customers buy: how long, how often, for how much, how much of a kind, and when.

use super::fit::reference;
use super::orders::Orders;
use crate::transactions::Transactions;
use crate::transactions::customers::Customers;

/// A month, for rates.
const MONTH: f64 = 30.0;

pub(super) fn columns(
    tx: &Transactions,
    customers: Option<&Customers>,
    orders: Option<&Orders>,
) -> Vec<(&'static str, Vec<f64>)> {
    let (Some(customers), Some(orders)) = (customers, orders) else {
        return Vec::new();
    };
    let calendar = tx.zone().calendar();
    let today = calendar.day(reference(tx, customers));
    let n = customers.len();
    let n_orders = |i: usize| f64::from(customers.orders[i]);
    let tenure = |i: usize| f64::from(today - calendar.day(customers.first[i]));
    let of = |f: &dyn Fn(usize) -> f64| (0..n).map(f).collect::<Vec<f64>>();
    // 1970-01-01 was a Thursday.
    let is_weekend = |time: i64| (calendar.day(time) + 3).rem_euclid(7) >= 5;
    let share = |part: usize, all: usize| part as f64 / all.max(1) as f64;
    vec![
        ("tenure_days", of(&tenure)),
        // Who came yesterday has not shown a rate yet.
        (
            "orders_per_30_days",
            of(&|i| n_orders(i) / tenure(i).max(MONTH) * MONTH),
        ),
        ("order_value", of(&|i| customers.amount[i] / n_orders(i))),
        (
            "items_per_order",
            of(&|i| share(orders.n_entries(i), orders.of(i).len())),
        ),
        (
            "item_variety",
            of(&|i| share(orders.items(i).len(), orders.n_entries(i))),
        ),
        (
            "weekend_share",
            of(&|i| {
                let own = orders.of(i);
                share(
                    own.iter().filter(|&&o| is_weekend(orders.time(o))).count(),
                    own.len(),
                )
            }),
        ),
    ]
}
