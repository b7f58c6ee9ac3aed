//! Customers with their classes.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use serde::{Deserialize, Serialize};

use super::deals::Orders;
use super::params::RetentionParams;
use crate::error::Result;
use crate::value::columns::{named, to_batch};
use crate::value::job::CustomerValue;

/// Whether a customer is worth keeping, and at what risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RetentionClass {
    /// Little or no value to come: gone, or never worth much.
    LittleValue,
    /// Valuable, likely to stay, and not after discounts.
    Settled,
    /// Valuable, but likely to leave, or after discounts: the one to get an offer.
    ShoppingAround,
}

impl RetentionClass {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::LittleValue, Self::Settled, Self::ShoppingAround];

    /// Its name, as in serialised form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LittleValue => "little_value",
            Self::Settled => "settled",
            Self::ShoppingAround => "shopping_around",
        }
    }
}

/// What was computed.
pub(super) struct Classed {
    pub(super) shares: Vec<[f64; 3]>,
    pub(super) deals: Option<Vec<f64>>,
    pub(super) orders: Option<Vec<Orders>>,
    pub(super) min_value: f64,
    pub(super) notices: Vec<String>,
}

/// Customers with their retention classes, in the order of the valuation.
///
/// Columns of [`batch`](Self::batch): `customer`; `retention_class`, the likeliest (of equally likely ones the first); `p_little_value`, `p_settled`, `p_shopping_around`, which add up to 1; `value`, `p_alive`, `p_leave` of the valuation; `deal_share`, the expected share of orders with a
/// discount (null without a ledger that has some); `reason` in words.
#[derive(Debug, Clone)]
pub struct Retention {
    params: RetentionParams,
    batch: RecordBatch,
    counts: [u64; 3],
    min_value: f64,
    notices: Vec<String>,
}

impl Retention {
    pub(super) fn new(
        params: RetentionParams,
        value: &CustomerValue,
        found: Classed,
    ) -> Result<Self> {
        let classes: Vec<usize> = found.shares.iter().map(likeliest).collect();
        let mut counts = [0; 3];
        classes.iter().for_each(|&c| counts[c] += 1);
        let names = RetentionClass::ALL.map(RetentionClass::name);
        let classes = named(classes.iter().map(|&c| c as i8), &names)?;
        let share = |class: usize| -> ArrayRef {
            let own = found.shares.iter().map(|s| s[class]);
            Arc::new(Float64Array::from_iter_values(own))
        };
        let of_value =
            |name: &str| -> ArrayRef { Arc::new(Float64Array::from(value.numbers(name).to_vec())) };
        let n = found.shares.len();
        let deals = found
            .deals
            .clone()
            .map_or_else(|| Float64Array::new_null(n), Float64Array::from);
        let reasons = StringArray::from_iter_values((0..n).map(|i| reason(value, &found, i)));
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("customer", value.ids().clone()),
            ("retention_class", classes),
            ("p_little_value", share(0)),
            ("p_settled", share(1)),
            ("p_shopping_around", share(2)),
            ("value", of_value("value")),
            ("p_alive", of_value("p_alive")),
            ("p_leave", of_value("p_leave")),
            ("deal_share", Arc::new(deals)),
            ("reason", Arc::new(reasons)),
        ];
        Ok(Self {
            params,
            batch: to_batch(columns, &["deal_share"], "retention classes")?,
            counts,
            min_value: found.min_value,
            notices: found.notices,
        })
    }

    /// One row per customer.
    #[must_use]
    pub const fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// How many customers each class has, in the order of [`RetentionClass::ALL`].
    #[must_use]
    pub const fn counts(&self) -> [u64; 3] {
        self.counts
    }

    /// What a valuable customer is worth at least.
    #[must_use]
    pub const fn min_value(&self) -> f64 {
        self.min_value
    }

    /// The parameters.
    #[must_use]
    pub const fn params(&self) -> &RetentionParams {
        &self.params
    }

    /// What the user should know.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }
}

fn likeliest(shares: &[f64; 3]) -> usize {
    (1..3).fold(0, |best, i| if shares[i] > shares[best] { i } else { best })
}

fn reason(value: &CustomerValue, found: &Classed, i: usize) -> String {
    let number = |name: &str| value.numbers(name)[i];
    let discounts = match (&found.orders, &found.deals) {
        (Some(orders), Some(_)) => {
            let (n, with) = orders[i];
            format!("; {with} of {n} orders with a discount")
        }
        _ => String::new(),
    };
    format!(
        "worth {:.2} in {} days; still a customer with {:.0} %, who leaves with {:.0} %{discounts}",
        number("value"),
        value.model().params.horizon_days,
        100.0 * number("p_alive"),
        100.0 * number("p_leave")
    )
}
