//! Rules in other baskets: on later data, period by period, before and after, customer by customer.

mod changes;
pub(super) mod evaluate;
mod intervals;
pub(super) mod trend;
