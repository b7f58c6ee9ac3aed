//! A ledger drawn up: entries added to their orders, orders to their customers.

use std::collections::{BTreeMap, HashMap};

use arrow_array::{Array, ArrayRef};

use super::entries::{Entries, Entry};
use super::money::Money;
use super::params::ProfitParams;
use super::result::Profit;
use super::service::{Channels, Contacts};
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::table::codes::NONE;
use crate::table::time::Moment;
use crate::table::union::union;
use crate::transactions::Transactions;

/// What lines add up to.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::value) struct Sums {
    pub(in crate::value) revenue: Money,
    pub(in crate::value) discounts: Money,
    pub(in crate::value) returns: Money,
    /// Of the lines whose cost is known, or assumed.
    pub(in crate::value) cost: Money,
    pub(in crate::value) service: Money,
    pub(in crate::value) n_lines: u32,
    pub(in crate::value) n_without_cost: u32,
    pub(in crate::value) n_assumed: u32,
}

impl Sums {
    /// Revenue less discounts and returns.
    pub(in crate::value) fn net(&self) -> Money {
        self.revenue - self.discounts - self.returns
    }

    /// None where a cost is not known.
    pub(in crate::value) fn profit(&self) -> Option<Money> {
        (self.n_without_cost == 0).then(|| self.net() - self.cost - self.service)
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.revenue += other.revenue;
        self.discounts += other.discounts;
        self.returns += other.returns;
        self.cost += other.cost;
        self.service += other.service;
        self.n_lines += other.n_lines;
        self.n_without_cost += other.n_without_cost;
        self.n_assumed += other.n_assumed;
    }

    fn enter(&mut self, entry: &Entry, assumed: Option<f64>) {
        if entry.is_purchase {
            self.revenue += entry.amount;
        } else {
            self.returns += -entry.amount;
        }
        self.discounts += entry.discount;
        self.n_lines += 1;
        let money = (entry.amount - entry.discount).units();
        let assumed = || Money::of(assumed? * money).map(|(cost, _)| cost);
        match (entry.cost, assumed()) {
            (Some(cost), _) => self.cost += cost,
            (None, Some(cost)) => {
                self.cost += cost;
                self.n_assumed += 1;
            }
            (None, None) => self.n_without_cost += 1,
        }
    }
}

/// An order, or a credit note: the lines of a customer in one transaction.
#[derive(Debug, Clone, Copy)]
pub(in crate::value) struct Order {
    pub(in crate::value) customer: u32,
    /// The row that names its transaction.
    pub(super) row: u64,
    /// Of its first line.
    pub(in crate::value) time: i64,
    /// Whether it holds a purchase.
    pub(in crate::value) has_purchase: bool,
    pub(in crate::value) sums: Sums,
}

impl ProfitParams {
    /// Draws up the ledger of a view: for each order and each customer revenue, discounts, returns, cost of goods and cost to serve, and what is left of them.
    ///
    /// A line counts when it happens: a return is money paid back in its own transaction, whatever the view's rule for returns, and goods that come back bring back the cost that their line states. Money is
    /// added up in whole ten-thousandths, so that customers, orders and lines agree to the last digit; what is no whole number of these is rounded line by line, and counted. Revenue is the money of
    /// purchases (role `amount`, or `quantity` times `price`) before discounts; the discount of a line (role `discount`) is taken off as it stands, and a null one is none. Costs that are not known (role `cost` is not named, or
    /// null) are not guessed: the profit of their orders and customers is null, unless a cost share is [assumed](Self::assumed_cost_share).
    ///
    /// `contacts` are lines with roles `customer` and `time`, and `channel` where [`contact_costs`](Self::contact_costs) has their cost, else their money is their cost; those after the view's clock are not looked at.
    /// Customers who were contacted, but have no line, are in the ledger too. Cost: three passes over the lines. Memory: about 10 bytes a row, 150 an order.
    ///
    /// ```
    /// use patronomy::value::ProfitParams;
    /// use patronomy::{Context, simulate::Shop};
    /// let tx = Shop::new(300, 365, 1).transactions()?;
    /// let profit = ProfitParams::new().assumed_cost_share(Some(0.6)).fit(&tx, None, &Context::new())?;
    /// let totals = profit.totals();
    /// assert!(totals.profit.is_some_and(|p| p.units() > 0.0));
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] for parameters outside their rules and channels that there are none of; [`Error::ColumnNotFound`] without a role for the money of a line, or for channels that have costs;
    /// [`Error::BadValues`] for money that is no sum, and where currencies are mixed; [`Error::TooFewRows`] if no line is left; [`Error::FeatureMismatch`] for contacts whose customers are of another type; [`Error::Cancelled`].
    pub fn fit(
        &self,
        tx: &Transactions,
        contacts: Option<&Transactions>,
        ctx: &Context,
    ) -> Result<Profit> {
        self.validate()?;
        tx.one_currency(ctx)?;
        let mut entries = Entries::read(tx, ctx)?;
        let counts = entries.counts();
        let mut ids = entries.customers.values.clone();
        if ids.is_empty() {
            return Err(counts.no_customers("profit"));
        }
        let mut book = Book::new(self, tx, &entries, ctx)?;
        entries.for_each(ctx, |entry| book.enter(&entry))?;
        let mut notices = book.notices(entries.n_rounded);
        let (mut orders, latest) = book.close();
        let mut served = vec![(0_u32, Money::default()); ids.len()];
        if let Some(contacts) = contacts {
            let contacts = match tx.clock() {
                Some(clock) => contacts.until(clock),
                None => contacts.clone(),
            };
            let found = Contacts::read(&contacts, self, ctx)?;
            notices.extend(found.notices.iter().cloned());
            (ids, served) = joined(&ids, &mut orders, &found)?;
        } else if !self.contact_costs.is_empty() {
            let rule = "must be given where contacts have costs";
            return Err(Error::parameter(
                super::params::OWNER,
                "contacts",
                rule,
                "none",
            ));
        }
        let today = tx.zone().calendar().day(tx.clock().unwrap_or(latest));
        let reference = Moment::Day(today).to_text(tx.zone());
        orders.sort_unstable_by_key(|o| (o.customer, o.time, o.row));
        let drawn = super::result::Drawn {
            ids,
            orders,
            served,
            counts,
            notices,
            reference,
        };
        let profit = Profit::new(self.clone(), drawn, tx, ctx);
        ctx.progress.finish();
        profit
    }
}

/// The ledger while lines are entered.
struct Book<'a> {
    params: &'a ProfitParams,
    customers: Vec<u32>,
    transactions: Option<Vec<u32>>,
    channels: Option<Channels>,
    orders: Vec<Order>,
    /// The order of each transaction, of the first of its customers.
    order_of: Vec<u32>,
    /// Those of its other customers.
    others: HashMap<(u32, u32), u32>,
    unknown: BTreeMap<u32, u64>,
    latest: i64,
}

impl<'a> Book<'a> {
    fn new(
        params: &'a ProfitParams,
        tx: &Transactions,
        entries: &Entries<'_>,
        ctx: &Context,
    ) -> Result<Self> {
        let channels = (!params.order_costs.is_empty())
            .then(|| Channels::new(tx, &params.order_costs, "order_costs", ctx))
            .transpose()?;
        let transactions = entries.transactions.as_ref();
        Ok(Self {
            params,
            customers: entries.customers.codes.clone(),
            order_of: vec![NONE; transactions.map_or(0, |t| t.values.len())],
            transactions: transactions.map(|t| t.codes.clone()),
            channels,
            orders: Vec::new(),
            others: HashMap::new(),
            unknown: BTreeMap::new(),
            latest: i64::MIN,
        })
    }

    fn enter(&mut self, entry: &Entry) {
        let place = self.place_of(entry);
        let order = &mut self.orders[place];
        order.time = order.time.min(entry.time);
        order.sums.enter(entry, self.params.assumed_cost_share);
        self.latest = self.latest.max(entry.time);
        if !entry.is_purchase || order.has_purchase {
            return;
        }
        order.has_purchase = true;
        if let Some(channels) = &self.channels {
            let channel = channels.of(entry.row);
            match channels.cost(channel) {
                Some(cost) => order.sums.service += cost,
                None => *self.unknown.entry(channel).or_default() += 1,
            }
        }
    }

    /// The order of a line; a new one where it is the first.
    fn place_of(&mut self, entry: &Entry) -> usize {
        let customer = self.customers[entry.row];
        let new = self.orders.len() as u32;
        let mut place = new;
        if let Some(transactions) = &self.transactions {
            let transaction = transactions[entry.row];
            let first = &mut self.order_of[transaction as usize];
            if *first == NONE {
                *first = new;
            } else if self.orders[*first as usize].customer == customer {
                place = *first;
            } else {
                let key = (transaction, customer);
                place = *self.others.entry(key).or_insert(new);
            }
        }
        if place == new {
            self.orders.push(Order {
                customer,
                row: entry.row as u64,
                time: entry.time,
                has_purchase: false,
                sums: Sums::default(),
            });
        }
        place as usize
    }

    fn notices(&self, n_rounded: u64) -> Vec<String> {
        let mut said = Vec::new();
        let mut all = Sums::default();
        self.orders.iter().for_each(|o| all.add(&o.sums));
        let n = all.n_lines;
        match (all.n_without_cost, all.n_assumed) {
            (0, 0) => {}
            (0, assumed) => {
                let share = self.params.assumed_cost_share.unwrap_or_default();
                said.push(format!(
                    "the cost of goods of {assumed} of {n} lines is not known, and assumed to be {share} of their money"
                ));
            }
            (unknown, _) if unknown == n => said.push(
                "the cost of goods is not known: there is no profit, only net revenue; name role `cost`, or assume a cost share"
                    .into(),
            ),
            (unknown, _) => said.push(format!(
                "the cost of goods of {unknown} of {n} lines is not known: there is no profit for their orders and customers"
            )),
        }
        if n_rounded > 0 {
            said.push(format!(
                "{n_rounded} sums of money are no whole ten-thousandths, and were rounded to them"
            ));
        }
        if all.discounts < Money::default() {
            said.push("discounts come to less than nothing: is their sign turned?".into());
        }
        let channels = self.channels.as_ref();
        said.extend(channels.and_then(|c| c.without_cost(&self.unknown, "orders")));
        said
    }

    fn close(self) -> (Vec<Order>, i64) {
        (self.orders, self.latest)
    }
}

/// Customers of lines and of contacts together; orders point to the new list.
#[allow(
    clippy::type_complexity,
    reason = "customers, and of each the contacts and their cost"
)]
fn joined(
    ids: &ArrayRef,
    orders: &mut [Order],
    contacts: &Contacts,
) -> Result<(ArrayRef, Vec<(u32, Money)>)> {
    let all = union(ids, &contacts.ids, "customers of contacts")?;
    for order in orders {
        order.customer = all.first[order.customer as usize];
    }
    let mut served = vec![(0, Money::default()); all.values.len()];
    for (i, &place) in all.second.iter().enumerate() {
        served[place as usize] = (contacts.n[i], contacts.cost[i]);
    }
    Ok((all.values, served))
}
