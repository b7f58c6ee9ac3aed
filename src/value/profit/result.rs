//! The ledger as tables.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, UInt32Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, RecordBatch, TimestampMicrosecondArray,
    UInt32Array,
};
use serde::Serialize;

use super::fit::{Order, Sums};
use super::money::Money;
use super::params::ProfitParams;
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::transactions::{RowCounts, Transactions};
use crate::value::columns::to_batch;

/// Where costs may not be known.
const NULLABLE: [&str; 2] = ["cost", "profit"];

/// What was drawn up.
pub(super) struct Drawn {
    pub(super) ids: ArrayRef,
    pub(super) orders: Vec<Order>,
    /// Contacts of each customer, and what they cost.
    pub(super) served: Vec<(u32, Money)>,
    pub(super) counts: RowCounts,
    pub(super) notices: Vec<String>,
    pub(super) reference: String,
}

/// What all customers come to, in whole ten-thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ProfitTotals {
    /// Money of purchases before discounts.
    pub revenue: Money,
    /// Money taken off.
    pub discounts: Money,
    /// Money paid back.
    pub returns: Money,
    /// Revenue less discounts and returns.
    pub net_revenue: Money,
    /// Cost of goods; none where that of a line is not known.
    pub cost: Option<Money>,
    /// Cost to serve: of orders and contacts.
    pub service: Money,
    /// Net revenue less both costs; none where a cost is not known.
    pub profit: Option<Money>,
    /// Customers in the ledger.
    pub n_customers: u64,
    /// Orders: transactions of a customer with a purchase.
    pub n_orders: u64,
    /// Lines taken in.
    pub n_lines: u64,
    /// Of these without a known or assumed cost.
    pub n_lines_without_cost: u64,
}

impl Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.serialize_f64(self.units())
    }
}

/// A ledger: one row for each customer in [`batch`](Self::batch), for each order and credit note in [`orders`](Self::orders).
///
/// Columns of customers, sorted by customer: `customer`; `n_orders`; `n_discounted_orders`, those with a discount; `revenue`, `discounts`, `returns`, and `net_revenue`, the first less the others; `cost` of goods, null where that of a
/// line is not known; `service`, the cost to serve; `profit`, net revenue less both, null where a cost is not known; `n_contacts`; `n_lines`, `n_lines_without_cost`.
/// Columns of orders, sorted by customer, time and row: `customer`, `transaction` (where there is that role), `time` of the first line, `is_order` (whether it holds a purchase), and the same money.
#[derive(Debug, Clone)]
pub struct Profit {
    params: ProfitParams,
    drawn: Arc<Drawn>,
    batch: RecordBatch,
    orders: RecordBatch,
    totals: ProfitTotals,
}

impl std::fmt::Debug for Drawn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} orders", self.orders.len())
    }
}

impl Profit {
    pub(super) fn new(
        params: ProfitParams,
        drawn: Drawn,
        tx: &Transactions,
        ctx: &Context,
    ) -> Result<Self> {
        let customers = Customers::of(&drawn);
        let mut all = Sums::default();
        customers.sums.iter().for_each(|s| all.add(s));
        let orders: Vec<Sums> = drawn.orders.iter().map(|o| o.sums).collect();
        Ok(Self {
            batch: customers.batch(&drawn)?,
            orders: order_batch(&drawn, &orders, tx, ctx)?,
            totals: ProfitTotals {
                revenue: all.revenue,
                discounts: all.discounts,
                returns: all.returns,
                net_revenue: all.net(),
                cost: (all.n_without_cost == 0).then_some(all.cost),
                service: all.service,
                profit: all.profit(),
                n_customers: customers.sums.len() as u64,
                n_orders: customers.n_orders.iter().map(|&n| u64::from(n)).sum(),
                n_lines: all.n_lines.into(),
                n_lines_without_cost: all.n_without_cost.into(),
            },
            params,
            drawn: Arc::new(drawn),
        })
    }

    /// One row per customer.
    #[must_use]
    pub const fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// One row per order and credit note.
    #[must_use]
    pub const fn orders(&self) -> &RecordBatch {
        &self.orders
    }

    /// What all come to.
    #[must_use]
    pub const fn totals(&self) -> &ProfitTotals {
        &self.totals
    }

    /// The parameters it was drawn up with.
    #[must_use]
    pub const fn params(&self) -> &ProfitParams {
        &self.params
    }

    /// Where the rows went.
    #[must_use]
    pub fn counts(&self) -> &RowCounts {
        &self.drawn.counts
    }

    /// What the user should know.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.drawn.notices
    }

    /// The day up to which it reaches, as ISO text.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.drawn.reference
    }

    /// The customers of [`own_orders`](Self::own_orders).
    pub(in crate::value) fn ids(&self) -> &ArrayRef {
        &self.drawn.ids
    }

    /// The profit of each of them, in units, where it is known.
    pub(in crate::value) fn of_customers(&self) -> Vec<Option<f64>> {
        let column = self.batch.column_by_name("profit");
        let column = column.and_then(|c| c.as_primitive_opt::<Float64Type>());
        column.map_or_else(Vec::new, |c| c.iter().collect())
    }

    /// A column of counts of customers.
    pub(in crate::value) fn counts_of(&self, name: &str) -> &[u32] {
        let column = self.batch.column_by_name(name);
        let column = column.and_then(|c| c.as_primitive_opt::<UInt32Type>());
        column.map_or(&[], |c| c.values())
    }

    /// Orders, customer by customer, in the order of time.
    pub(in crate::value) fn own_orders(&self) -> &[Order] {
        &self.drawn.orders
    }
}

/// Sums of customers.
struct Customers {
    sums: Vec<Sums>,
    n_orders: Vec<u32>,
    n_discounted: Vec<u32>,
}

impl Customers {
    fn of(drawn: &Drawn) -> Self {
        let n = drawn.ids.len();
        let mut own = Self {
            sums: vec![Sums::default(); n],
            n_orders: vec![0; n],
            n_discounted: vec![0; n],
        };
        for order in &drawn.orders {
            let i = order.customer as usize;
            own.sums[i].add(&order.sums);
            own.n_orders[i] += u32::from(order.has_purchase);
            let has_discount = order.has_purchase && order.sums.discounts > Money::default();
            own.n_discounted[i] += u32::from(has_discount);
        }
        for (sums, &(_, cost)) in own.sums.iter_mut().zip(&drawn.served) {
            sums.service += cost;
        }
        own
    }

    fn batch(&self, drawn: &Drawn) -> Result<RecordBatch> {
        let counts = |n: &[u32]| -> ArrayRef { Arc::new(UInt32Array::from(n.to_vec())) };
        let contacts: UInt32Array = drawn.served.iter().map(|s| s.0).collect();
        let mut columns = vec![
            ("customer", drawn.ids.clone()),
            ("n_orders", counts(&self.n_orders)),
            ("n_discounted_orders", counts(&self.n_discounted)),
        ];
        columns.extend(money(&self.sums));
        columns.push(("n_contacts", Arc::new(contacts)));
        columns.extend(lines(&self.sums));
        to_batch(columns, &NULLABLE, "customers of a ledger")
    }
}

fn order_batch(
    drawn: &Drawn,
    sums: &[Sums],
    tx: &Transactions,
    ctx: &Context,
) -> Result<RecordBatch> {
    let orders = &drawn.orders;
    let refused = |e: arrow_schema::ArrowError| Error::FeatureMismatch {
        what: "orders of a ledger".into(),
        why: e.to_string(),
    };
    let whose: UInt32Array = orders.iter().map(|o| o.customer).collect();
    let customers = arrow_select::take::take(&drawn.ids, &whose, None).map_err(refused)?;
    let mut columns = vec![("customer", customers)];
    let bound = tx.bound();
    if let Some(column) = &bound.transaction {
        let rows: Vec<u64> = orders.iter().map(|o| o.row).collect();
        columns.push(("transaction", column.at(&bound.table, &rows, ctx)?));
    }
    let times: TimestampMicrosecondArray = orders.iter().map(|o| Some(o.time)).collect();
    let times = times.with_data_type(tx.zone().data_type());
    let are_orders: BooleanArray = orders.iter().map(|o| Some(o.has_purchase)).collect();
    columns.push(("time", Arc::new(times)));
    columns.push(("is_order", Arc::new(are_orders)));
    columns.extend(money(sums));
    columns.extend(lines(sums));
    to_batch(columns, &NULLABLE, "orders of a ledger")
}

fn money(sums: &[Sums]) -> Vec<(&'static str, ArrayRef)> {
    let of = |f: &dyn Fn(&Sums) -> Option<Money>| -> ArrayRef {
        let values = sums.iter().map(|s| f(s).map(Money::units));
        Arc::new(values.collect::<Float64Array>())
    };
    vec![
        ("revenue", of(&|s| Some(s.revenue))),
        ("discounts", of(&|s| Some(s.discounts))),
        ("returns", of(&|s| Some(s.returns))),
        ("net_revenue", of(&|s| Some(s.net()))),
        ("cost", of(&|s| (s.n_without_cost == 0).then_some(s.cost))),
        ("service", of(&|s| Some(s.service))),
        ("profit", of(&Sums::profit)),
    ]
}

fn lines(sums: &[Sums]) -> Vec<(&'static str, ArrayRef)> {
    let of = |f: &dyn Fn(&Sums) -> u32| -> ArrayRef {
        Arc::new(sums.iter().map(f).collect::<UInt32Array>())
    };
    vec![
        ("n_lines", of(&|s| s.n_lines)),
        ("n_lines_without_cost", of(&|s| s.n_without_cost)),
    ]
}
