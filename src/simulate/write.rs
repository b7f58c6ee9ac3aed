//! The table: rows in order of time, spoiled where the plan says so.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::{
    Float64Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};

use super::dirt::{Plan, spoil};
use super::drawn::Drawn;
use super::params::CustomerIds;
use super::visits::{Head, Kind, Line};
use crate::error::{Error, Result};
use crate::parallel::{Context, map_ordered};
use crate::table::Table;
use crate::table::time::DAY;

/// Rows of a batch, about.
const BATCH: usize = 262_144;
/// The first customer's number.
const FIRST_CUSTOMER: i64 = 10_001;
const CURRENCY: &str = "GBP";
const SECOND: i64 = 1_000_000;

/// Who a row says has bought.
#[derive(Debug, Clone)]
pub(super) enum Customer {
    Missing,
    Integer(i64),
    Text(String),
}

/// One row before it is written.
#[derive(Debug, Clone)]
pub(super) struct Row<'a> {
    pub(super) customer: Customer,
    pub(super) invoice: Option<Cow<'a, str>>,
    pub(super) item: Option<Cow<'a, str>>,
    pub(super) item_name: Cow<'a, str>,
    /// The day of the shop.
    pub(super) day: usize,
    pub(super) time: Option<i64>,
    pub(super) quantity: i64,
    pub(super) price: Option<f64>,
    /// What the amount is of quantity times price.
    pub(super) sum_factor: f64,
    /// What the goods cost the shop.
    pub(super) cost: f64,
    channel: &'static str,
    customer_kind: &'static str,
    pub(super) currency: &'static str,
}

/// The identifier of a customer.
pub(super) fn customer(ids: CustomerIds, number: u32) -> Customer {
    let id = FIRST_CUSTOMER + i64::from(number);
    match ids {
        CustomerIds::Integer => Customer::Integer(id),
        CustomerIds::Text => Customer::Text(format!("K{id:07}")),
    }
}

pub(super) const fn customer_kind(is_wholesale: bool) -> &'static str {
    if is_wholesale { "wholesale" } else { "private" }
}

impl Drawn {
    /// Number of the first transaction: all of a shop have as many digits.
    fn first_invoice(&self) -> usize {
        let n = 2 * self.order.len();
        let mut first = 100_000;
        while n > 9 * first {
            first *= 10;
        }
        first
    }

    /// The number of a transaction, by its place in the order of time.
    pub(super) fn invoice(&self, place: usize) -> String {
        let letter = if self.order[place].kind == Kind::Cancellation {
            "C"
        } else {
            ""
        };
        format!("{letter}{}", self.first_invoice() + place)
    }

    /// The number of a transaction that dirt has added.
    pub(super) fn extra_invoice(&self, number: usize) -> String {
        (self.first_invoice() + self.order.len() + number).to_string()
    }

    fn row<'a>(&'a self, head: &Head, customer: &Customer, invoice: &'a str) -> Row<'a> {
        let second = i64::from(head.second);
        let opening = self.mechanism.params.opening_day();
        Row {
            customer: customer.clone(),
            invoice: Some(Cow::Borrowed(invoice)),
            item: None,
            item_name: Cow::Borrowed(""),
            day: head.second as usize / 86_400,
            time: Some(opening * DAY + second * SECOND),
            quantity: 0,
            price: None,
            sum_factor: 1.0,
            cost: 0.0,
            channel: head.channel.name(),
            customer_kind: customer_kind(head.is_wholesale),
            currency: CURRENCY,
        }
    }

    /// A row as it is without dirt.
    pub(super) fn row_at(&self, row: usize) -> Row<'_> {
        let place = self.starts.partition_point(|&s| s <= row) - 1;
        let head = &self.order[place];
        let customer = customer(self.mechanism.params.customer_ids, head.customer);
        let mut made = self.row(head, &customer, "");
        self.fill(&mut made, &self.lines(head)[row - self.starts[place]], 1);
        made
    }

    fn fill<'a>(&'a self, row: &mut Row<'a>, line: &Line, factor: i32) {
        let item = &self.mechanism.catalog.items[line.item as usize];
        row.item = Some(Cow::Borrowed(&item.code));
        row.item_name = Cow::Borrowed(&item.name);
        row.quantity = i64::from(line.quantity) * i64::from(factor);
        let price = f64::from(line.cents) / 100.0;
        row.price = Some(price);
        row.cost = self.cost(line.item, row.quantity, price);
    }
}

impl Drawn {
    /// What so many units of an item cost the shop when they sell at the price.
    pub(super) fn cost(&self, item: u32, quantity: i64, price: f64) -> f64 {
        let catalog = &self.mechanism.catalog;
        let category = catalog.items[item as usize].category;
        round(quantity as f64 * price * catalog.categories[category].cost_share)
    }
}

/// The rows of the shop, spoiled by the plan.
pub(super) fn table(drawn: &Drawn, plan: &Plan, ctx: &Context) -> Result<Table> {
    let batches = map_ordered(ctx, "write rows", batches(drawn), |places| {
        Writer::new(drawn, plan, &places).write(places)
    })?;
    match batches.first() {
        Some(first) => Table::try_new(first.schema(), batches),
        // Only a hole can have taken all there was.
        None => Ok(Table::from_batch(
            Writer::new(drawn, plan, &(0..0)).write(0..0)?,
        )),
    }
}

/// Transactions cut into batches.
fn batches(drawn: &Drawn) -> Vec<Range<usize>> {
    let (mut all, mut from) = (Vec::new(), 0);
    for to in 1..=drawn.order.len() {
        if drawn.starts[to] - drawn.starts[from] >= BATCH || to == drawn.order.len() {
            all.push(from..to);
            from = to;
        }
    }
    all
}

struct Writer<'a> {
    drawn: &'a Drawn,
    plan: &'a Plan,
    columns: Columns,
}

impl<'a> Writer<'a> {
    fn new(drawn: &'a Drawn, plan: &'a Plan, places: &Range<usize>) -> Self {
        let n = drawn.starts[places.end] - drawn.starts[places.start];
        Self {
            columns: Columns::new(drawn.mechanism.params.customer_ids, n + n / 16),
            drawn,
            plan,
        }
    }

    fn write(mut self, places: Range<usize>) -> Result<RecordBatch> {
        let drawn = self.drawn;
        let rows = drawn.starts[places.start]..drawn.starts[places.end];
        let mut edits = self.plan.of(rows).iter().peekable();
        for place in places {
            let head = &drawn.order[place];
            let invoice = drawn.invoice(place);
            let customer = customer(drawn.mechanism.params.customer_ids, head.customer);
            let mut row = drawn.row(head, &customer, &invoice);
            let factor = self.plan.bulk.get(&head.customer).copied().unwrap_or(1);
            for (number, line) in (drawn.starts[place]..).zip(drawn.lines(head)) {
                drawn.fill(&mut row, line, factor);
                match edits.next_if(|e| e.row == number) {
                    None => self.columns.push(&row),
                    Some(edit) => {
                        let mut spoiled = row.clone();
                        spoil(&mut spoiled, edit, drawn);
                        if edit.kind.is_inserted() {
                            self.columns.push(&row);
                        }
                        self.columns.push(&spoiled);
                    }
                }
            }
        }
        self.columns.finish()
    }
}

enum IdBuilder {
    Integer(Int64Builder),
    Text(StringBuilder),
}

/// The columns of the table while rows are added.
struct Columns {
    customer: IdBuilder,
    invoice: StringBuilder,
    item: StringBuilder,
    item_name: StringBuilder,
    time: TimestampMicrosecondBuilder,
    quantity: Int64Builder,
    price: Float64Builder,
    amount: Float64Builder,
    cost: Float64Builder,
    channel: StringBuilder,
    customer_kind: StringBuilder,
    currency: StringBuilder,
}

impl Columns {
    fn new(ids: CustomerIds, n: usize) -> Self {
        let text = |bytes: usize| StringBuilder::with_capacity(n, n * bytes);
        Self {
            customer: match ids {
                CustomerIds::Integer => IdBuilder::Integer(Int64Builder::with_capacity(n)),
                CustomerIds::Text => IdBuilder::Text(text(8)),
            },
            invoice: text(8),
            item: text(6),
            item_name: text(24),
            time: TimestampMicrosecondBuilder::with_capacity(n),
            quantity: Int64Builder::with_capacity(n),
            price: Float64Builder::with_capacity(n),
            amount: Float64Builder::with_capacity(n),
            cost: Float64Builder::with_capacity(n),
            channel: text(4),
            customer_kind: text(8),
            currency: text(3),
        }
    }

    fn push(&mut self, row: &Row<'_>) {
        match (&mut self.customer, &row.customer) {
            (IdBuilder::Integer(ids), Customer::Integer(id)) => ids.append_value(*id),
            (IdBuilder::Integer(ids), _) => ids.append_null(),
            (IdBuilder::Text(ids), Customer::Text(id)) => ids.append_value(id),
            (IdBuilder::Text(ids), _) => ids.append_null(),
        }
        self.invoice.append_option(row.invoice.as_deref());
        self.item.append_option(row.item.as_deref());
        self.item_name.append_value(&row.item_name);
        self.time.append_option(row.time);
        self.quantity.append_value(row.quantity);
        self.price.append_option(row.price);
        let paid = row.price.map(|p| round(row.quantity as f64 * p));
        self.amount
            .append_option(paid.map(|a| off(a, row.sum_factor)));
        self.cost.append_value(row.cost);
        self.channel.append_value(row.channel);
        self.customer_kind.append_value(row.customer_kind);
        self.currency.append_value(row.currency);
    }

    fn finish(mut self) -> Result<RecordBatch> {
        let customer: ArrayRef = match self.customer {
            IdBuilder::Integer(mut ids) => Arc::new(ids.finish()),
            IdBuilder::Text(mut ids) => Arc::new(ids.finish()),
        };
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("customer", customer),
            ("invoice", Arc::new(self.invoice.finish())),
            ("item", Arc::new(self.item.finish())),
            ("item_name", Arc::new(self.item_name.finish())),
            ("time", Arc::new(self.time.finish())),
            ("quantity", Arc::new(self.quantity.finish())),
            ("price", Arc::new(self.price.finish())),
            ("amount", Arc::new(self.amount.finish())),
            ("cost", Arc::new(self.cost.finish())),
            ("channel", Arc::new(self.channel.finish())),
            ("customer_kind", Arc::new(self.customer_kind.finish())),
            ("currency", Arc::new(self.currency.finish())),
        ];
        to_batch(columns)
    }
}

/// Money in whole cents.
fn round(money: f64) -> f64 {
    (money * 100.0).round() / 100.0
}

/// An amount that is off by the factor, by two cents and more than a hundredth at least.
#[allow(clippy::float_cmp, reason = "1 is not computed")]
fn off(amount: f64, factor: f64) -> f64 {
    if factor == 1.0 {
        return amount;
    }
    let distance = (amount * (factor - 1.0)).abs().max(0.02);
    round(amount + distance * (factor - 1.0).signum())
}

/// A batch whose columns may hold nulls, as all batches of one table must agree on.
pub(super) fn to_batch(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch> {
    let columns = columns.into_iter().map(|(name, c)| (name, c, true));
    RecordBatch::try_from_iter_with_nullable(columns).map_err(|e| Error::FeatureMismatch {
        what: "the shop's columns".into(),
        why: e.to_string(),
    })
}
