//! What it costs to serve customers: by the channel of their orders, and by contacts.

use std::collections::BTreeMap;

use arrow_array::ArrayRef;

use super::entries::Entries;
use super::money::Money;
use super::params::{OWNER, ProfitParams};
use crate::error::{Error, Result, nearest};
use crate::parallel::Context;
use crate::table::codes::{NONE, codes};
use crate::table::labels::{Labels, texts};
use crate::transactions::Transactions;

/// What each channel costs, by its number on the rows of a table.
pub(super) struct Channels {
    codes: Vec<u32>,
    costs: Vec<Option<Money>>,
    names: Vec<String>,
}

impl Channels {
    /// The channels of a view; `name` is the parameter that the costs are of.
    pub(super) fn new(
        tx: &Transactions,
        costs: &BTreeMap<String, f64>,
        name: &str,
        ctx: &Context,
    ) -> Result<Self> {
        let table = &tx.bound().table;
        let Some(column) = tx.roles().channel.as_deref() else {
            let role = format!("`{name}`: name role `channel`");
            return Err(Error::column_not_found("channel", role, &table.names()));
        };
        let column = table.column(table.position(column, "channel")?);
        let found = Labels::bind(column, "channel")?.codes(table, ctx)?;
        let names = texts(&found.values, "channels")?;
        for channel in costs.keys() {
            if !names.contains(channel) {
                let known: Vec<&str> = names.iter().map(String::as_str).collect();
                let meant = nearest(channel, &known).map(|n| format!("; did you mean `{n}`"));
                let rule = format!(
                    "must name channels that there are{}",
                    meant.unwrap_or_default()
                );
                return Err(Error::parameter(OWNER, name, rule, channel));
            }
        }
        let cost = |name: &String| {
            costs
                .get(name)
                .and_then(|&c| Money::of(c))
                .map(|(money, _)| money)
        };
        Ok(Self {
            costs: names.iter().map(cost).collect(),
            codes: found.codes,
            names,
        })
    }

    /// The number of a row's channel.
    pub(super) fn of(&self, row: usize) -> u32 {
        self.codes[row]
    }

    /// What a channel costs; none where that is not said.
    pub(super) fn cost(&self, channel: u32) -> Option<Money> {
        *self.costs.get(channel as usize)?
    }

    /// What to say of channels without a cost, through which so many went.
    pub(super) fn without_cost(&self, counts: &BTreeMap<u32, u64>, what: &str) -> Option<String> {
        let known = |c: &u32| self.names.get(*c as usize).map_or("no channel", |n| n);
        let all: Vec<String> = counts
            .iter()
            .map(|(c, n)| format!("{} ({n})", known(c)))
            .collect();
        (!all.is_empty()).then(|| {
            format!(
                "{what} through channels without a cost are taken to cost nothing to serve: {}",
                all.join(", ")
            )
        })
    }
}

/// Contacts with customers, and what they cost.
pub(super) struct Contacts {
    /// Their customers.
    pub(super) ids: ArrayRef,
    pub(super) n: Vec<u32>,
    pub(super) cost: Vec<Money>,
    pub(super) notices: Vec<String>,
}

impl Contacts {
    /// Contacts known at the clock of the view they are of: each is a line with customer and time; its cost is that of its channel, or else its money.
    pub(super) fn read(
        contacts: &Transactions,
        params: &ProfitParams,
        ctx: &Context,
    ) -> Result<Self> {
        let mut notices = Vec::new();
        if params.contact_costs.is_empty() {
            let mut lines = Entries::read(contacts, ctx)?;
            let numbers = std::mem::take(&mut lines.customers.codes);
            let mut own = Self::empty(lines.customers.values.clone());
            lines.for_each(ctx, |e| own.add(numbers[e.row], e.amount))?;
            return Ok(own);
        }
        let channels = Channels::new(contacts, &params.contact_costs, "contact_costs", ctx)?;
        let bound = contacts.bound();
        let status = contacts.known_rows(ctx)?;
        let found = codes(&bound.table, &bound.customer, Some(&status), ctx)?;
        let mut own = Self::empty(found.values);
        let mut unknown: BTreeMap<u32, u64> = BTreeMap::new();
        for (row, &customer) in found.codes.iter().enumerate() {
            if customer == NONE {
                continue;
            }
            let channel = channels.of(row);
            let cost = channels.cost(channel);
            if cost.is_none() {
                *unknown.entry(channel).or_default() += 1;
            }
            own.add(customer, cost.unwrap_or_default());
        }
        notices.extend(channels.without_cost(&unknown, "contacts"));
        own.notices = notices;
        Ok(own)
    }

    fn empty(ids: ArrayRef) -> Self {
        let n = ids.len();
        Self {
            ids,
            n: vec![0; n],
            cost: vec![Money::default(); n],
            notices: Vec::new(),
        }
    }

    fn add(&mut self, customer: u32, cost: Money) {
        self.n[customer as usize] += 1;
        self.cost[customer as usize] += cost;
    }
}
