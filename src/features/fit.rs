//! Features of the customers of a view.

use std::sync::Arc;

use super::basket;
use super::behaviour;
use super::classes;
use super::orders::Orders;
use super::params::{FeatureParams, FeatureSet};
use super::result::{FeatureRecipe, Features, Kind};
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::transactions::Transactions;
use crate::transactions::customers::Customers;

impl FeatureParams {
    /// The features of all customers with an order, as of the view's clock.
    ///
    /// # Errors
    /// [`Error::Parameter`] for parameters outside their rules; a missing role; [`Error::TooFewRows`] if there is no customer, or no item that enough customers
    /// bought; [`Error::Budget`], [`Error::Cancelled`].
    pub fn fit(&self, tx: &Transactions, ctx: &Context) -> Result<Features> {
        self.validate()?;
        made(self, None, tx, ctx)
    }
}

impl FeatureRecipe {
    /// The same features of other transactions: columns mean what they meant, coordinates included.
    ///
    /// # Errors
    /// [`Error::FeatureMismatch`] if the columns were given and not made; else as [`FeatureParams::fit`].
    pub fn apply(&self, tx: &Transactions, ctx: &Context) -> Result<Features> {
        let Some(params) = &self.params else {
            return Err(Error::FeatureMismatch {
                what: "the transactions".into(),
                why: "the features were given as a table; give such a table again".into(),
            });
        };
        made(params, Some(self), tx, ctx)
    }
}

fn made(
    params: &FeatureParams,
    known: Option<&FeatureRecipe>,
    tx: &Transactions,
    ctx: &Context,
) -> Result<Features> {
    let needs_money = params.has(FeatureSet::Rfm) || params.has(FeatureSet::Behaviour);
    let needs_baskets = params.sets.iter().any(|s| *s != FeatureSet::Rfm);
    let customers = needs_money.then(|| tx.customers(ctx)).transpose()?;
    let ids = customers.as_ref().map(|c| &c.ids);
    let orders = needs_baskets
        .then(|| Orders::new(tx, ids, ctx))
        .transpose()?;
    let mut notices = Vec::new();
    let mut named: Vec<(String, Kind, Vec<f64>)> = Vec::new();
    let (mut made_space, mut made_classes) = (None, None);
    for set in &params.sets {
        match set {
            FeatureSet::Rfm => {
                let columns = rfm(tx, customers.as_ref());
                named.extend(
                    columns
                        .into_iter()
                        .map(|(n, c)| (n.into(), Kind::Measure, c)),
                );
            }
            FeatureSet::Behaviour => {
                let columns = behaviour::columns(tx, customers.as_ref(), orders.as_ref());
                named.extend(
                    columns
                        .into_iter()
                        .map(|(n, c)| (n.into(), Kind::Measure, c)),
                );
            }
            FeatureSet::Basket => {
                let Some(orders) = &orders else { continue };
                let own = match known.and_then(|k| k.space.as_ref()) {
                    Some(space) => space.clone(),
                    None => basket::learn(params, orders, &mut notices, ctx)?,
                };
                let columns = own.place(orders, &mut notices, ctx)?;
                let columns = columns.into_iter().enumerate();
                named.extend(
                    columns.map(|(j, c)| (format!("basket_{}", j + 1), Kind::Coordinate, c)),
                );
                made_space = Some(own);
            }
            FeatureSet::Classes => {
                let Some(orders) = &orders else { continue };
                let own = match known.and_then(|k| k.classes.as_ref()) {
                    Some(classes) => classes.clone(),
                    None => classes::learn(params, orders, &mut notices, ctx)?,
                };
                let columns = own.place(orders, &mut notices, ctx)?;
                let columns = columns.into_iter().enumerate();
                named.extend(
                    columns.map(|(j, c)| (format!("class_{}", j + 1), Kind::Coordinate, c)),
                );
                made_classes = Some(own);
            }
        }
    }
    let counts = match (&customers, &orders) {
        (Some(customers), _) => customers.counts(),
        (None, Some(orders)) => orders.counts(),
        (None, None) => crate::transactions::RowCounts::default(),
    };
    let ids = match (customers, orders) {
        (Some(customers), _) => customers.ids,
        (None, Some(orders)) => orders.ids,
        (None, None) => return Err(counts.no_customers("features")),
    };
    if ids.is_empty() {
        return Err(counts.no_customers("features"));
    }
    ctx.progress.finish();
    let recipe = FeatureRecipe {
        params: Some(params.clone()),
        names: named.iter().map(|(name, ..)| name.clone()).collect(),
        kinds: named.iter().map(|(_, kind, _)| *kind).collect(),
        space: made_space,
        classes: made_classes,
    };
    Ok(Features {
        customers: ids,
        columns: Arc::new(named.into_iter().map(|(.., column)| column).collect()),
        recipe: Arc::new(recipe),
        counts,
        notices,
    })
}

/// The instant that days are counted back from.
pub(super) fn reference(tx: &Transactions, customers: &Customers) -> i64 {
    let latest = customers.latest.unwrap_or(0);
    tx.clock().unwrap_or(latest)
}

fn rfm(tx: &Transactions, customers: Option<&Customers>) -> Vec<(&'static str, Vec<f64>)> {
    let Some(customers) = customers else {
        return Vec::new();
    };
    let calendar = tx.zone().calendar();
    let today = calendar.day(reference(tx, customers));
    let last = customers.last.iter();
    let recency = last.map(|&t| f64::from(today - calendar.day(t)));
    vec![
        ("recency_days", recency.collect()),
        (
            "frequency",
            customers.orders.iter().map(|&n| f64::from(n)).collect(),
        ),
        ("monetary", customers.amount.clone()),
    ]
}
