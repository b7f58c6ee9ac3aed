//! Customers by what they buy: correspondence analysis of customers and items.

use std::collections::HashMap;

use arrow_array::ArrayRef;
use serde::{Deserialize, Serialize};

use super::decompose::{Sparse, singular};
use super::orders::Orders;
use super::params::FeatureParams;
use crate::error::{Error, Result};
use crate::parallel::{Context, map_ordered, pieces};
use crate::table::plain::texts;

/// Most coordinates that are looked for where their number is not given.
const MOST: usize = 20;
/// Customers of a piece of work.
const PIECE: usize = 1 << 12;

/// Where items stand, so that customers can be placed among them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct BasketSpace {
    /// The items, as text.
    pub items: Vec<String>,
    /// Item by item its coordinates: a customer stands at the mean of the items bought.
    pub coordinates: Vec<f64>,
    /// The singular values, largest first.
    pub singular_values: Vec<f64>,
    /// What the largest would be if purchases were independent (Marchenko and Pastur 1967).
    pub noise_edge: f64,
    /// For each coordinate the variance of customers, less that of chance.
    pub variances: Vec<f64>,
}

impl BasketSpace {
    /// How many coordinates there are.
    #[must_use]
    pub fn n_components(&self) -> usize {
        self.variances.len()
    }

    pub(super) fn validate(&self) -> Result<()> {
        let q = self.n_components();
        let is_whole = q > 0
            && self.coordinates.len() == q * self.items.len()
            && self.singular_values.len() >= q
            && self
                .coordinates
                .iter()
                .chain(&self.variances)
                .all(|x| x.is_finite());
        if is_whole {
            return Ok(());
        }
        let rule = "must be finite numbers, as many for each item as there are variances";
        let n = self.coordinates.len();
        Err(Error::parameter("BasketSpace", "coordinates", rule, n))
    }

    /// The coordinates of customers, one list for each.
    ///
    /// A customer's place is the mean of the items' places, one for each purchase. Chance scatters it by one over the purchases; it is drawn to the middle by the share
    /// of chance in the variance, as the best linear guess of where much more would have been bought.
    pub(super) fn place(
        &self,
        orders: &Orders,
        notices: &mut Vec<String>,
        ctx: &Context,
    ) -> Result<Vec<Vec<f64>>> {
        let numbers = numbers(&self.items, orders.baskets.labels())?;
        let q = self.n_components();
        let ranges = pieces(orders.len(), PIECE).collect();
        let parts = map_ordered(
            ctx,
            "place customers",
            ranges,
            |range: std::ops::Range<usize>| {
                let mut rows = Vec::with_capacity(range.len() * q);
                let mut n_nowhere = 0_u64;
                for customer in range {
                    let own = orders.items(customer);
                    let known = own
                        .iter()
                        .filter_map(|&(i, n)| Some((numbers[i as usize]?, n)));
                    let mut place = vec![0.0; q];
                    let mut n = 0.0;
                    for (item, times) in known {
                        n += f64::from(times);
                        let at = &self.coordinates[item * q..][..q];
                        place
                            .iter_mut()
                            .zip(at)
                            .for_each(|(p, x)| *p += f64::from(times) * x);
                    }
                    n_nowhere += u64::from(n == 0.0);
                    // The mean, times variance / (variance + 1 / n).
                    let drawn = place
                        .iter()
                        .zip(&self.variances)
                        .map(|(sum, v)| sum * v / (v * n + 1.0));
                    rows.extend(drawn);
                }
                Ok((rows, n_nowhere))
            },
        )?;
        let n_nowhere: u64 = parts.iter().map(|(_, n)| n).sum();
        if n_nowhere > 0 {
            notices.push(format!(
                "{n_nowhere} customers bought none of the {} items that have a place: they stand in the middle of the coordinates",
                self.items.len()
            ));
        }
        let column = |j: usize| {
            let rows = parts
                .iter()
                .flat_map(|(rows, _)| rows.iter().skip(j).step_by(q));
            rows.copied().collect()
        };
        Ok((0..q).map(column).collect())
    }
}

/// For each label its number among these items.
pub(super) fn numbers(items: &[String], labels: &ArrayRef) -> Result<Vec<Option<usize>>> {
    let own: HashMap<&str, usize> = items
        .iter()
        .zip(0..)
        .map(|(t, i)| (t.as_str(), i))
        .collect();
    let texts = as_texts(labels)?;
    Ok(texts.iter().map(|t| own.get(t.as_str()).copied()).collect())
}

fn as_texts(labels: &ArrayRef) -> Result<Vec<String>> {
    Ok(texts(labels)?.into_iter().flatten().collect())
}

/// Finds the places of items.
pub(super) fn learn(
    params: &FeatureParams,
    orders: &Orders,
    notices: &mut Vec<String>,
    ctx: &Context,
) -> Result<BasketSpace> {
    let (matrix, kept) = Sparse::of_customers(orders, params.min_customers, ctx)?;
    let total = matrix.total();
    let (n_rows, n_items) = matrix.shape();
    // One place tells nothing apart.
    if n_rows < 2 || n_items < 2 {
        return Err(Error::TooFewRows {
            job: "basket features".into(),
            what: format!(
                "customers, and items bought by {} of them (`min_customers`)",
                params.min_customers
            ),
            needed: 2,
            found: n_items.min(n_rows) as u64,
            reason: format!(
                "{} items were bought by {} customers; {n_items} and {n_rows} are left",
                orders.baskets.n_items(),
                orders.len(),
            ),
        });
    }
    let most = n_rows.min(n_items) - 1;
    let wanted = params.n_components.unwrap_or(MOST).min(most);
    let found = singular(&matrix, wanted, params.seed, ctx)?;
    if !found.converged {
        notices.push(
            "the decomposition of baskets had not settled: its last coordinates are rough".into(),
        );
    }
    let noise_edge = ((n_rows as f64).sqrt() + (n_items as f64).sqrt()) / total.sqrt();
    let above = |s: &&f64| params.n_components.is_some() || **s > noise_edge;
    let q = found.values.iter().take_while(above).count().max(1);
    if let Some(n) = params.n_components.filter(|&n| n > wanted) {
        notices.push(format!("{n_rows} customers and {n_items} items have {wanted} coordinates, not {n} (`n_components`)"));
    }
    if params.n_components.is_none() && found.values[0] <= noise_edge {
        notices.push("customers buy as if independently of each other's tastes: one coordinate is kept, and it may be chance".into());
    }
    let chance = n_rows as f64 / total;
    let mut coordinates = vec![0.0; n_items * q];
    for j in 0..q {
        let mut column: Vec<f64> = found.right(j).collect();
        turn(&mut column);
        for (i, x) in column.into_iter().enumerate() {
            coordinates[i * q + j] = x * matrix.item_scale(i);
        }
    }
    let texts = as_texts(orders.baskets.labels())?;
    if n_items < texts.len() {
        notices.push(format!(
            "{} of {} items were bought by fewer than {} customers and have no place among the coordinates (`min_customers`)",
            texts.len() - n_items,
            texts.len(),
            params.min_customers
        ));
    }
    Ok(BasketSpace {
        items: kept.into_iter().map(|i| texts[i].clone()).collect(),
        coordinates,
        variances: found.values[..q]
            .iter()
            .map(|s| (s * s - chance).max(s * s * 1e-3))
            .collect(),
        singular_values: found.values.clone(),
        noise_edge,
    })
}

/// A singular vector and its negative are as good: the largest number is to be positive.
fn turn(column: &mut [f64]) {
    let largest = column
        .iter()
        .copied()
        .fold(0.0_f64, |a, x| if x.abs() > a.abs() { x } else { a });
    if largest < 0.0 {
        column.iter_mut().for_each(|x| *x = -*x);
    }
}
