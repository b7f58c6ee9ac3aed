//! Clusters of limited size: rows are given to centres so that no cluster is too small or too large, at the least sum of squared distances.

mod flow;

use super::assign::{Centres, Data};
use super::lloyd::{Limits, Run, Totals};
use super::params::{KMeansParams, OWNER};
use crate::error::{Error, Result};
use crate::matrix::frame::square;
use crate::parallel::{Context, map_ordered};
use flow::Flow;

/// Most rows times clusters where sizes are limited: the assignment holds some numbers for each pair.
const PAIRS: usize = 10_000_000;

/// How many rows a cluster has at least and at most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sizes {
    pub(super) least: usize,
    pub(super) most: usize,
}

impl KMeansParams {
    /// The limits of sizes, if there are any and so many rows can keep them.
    pub(super) fn sizes(&self, n: usize) -> Result<Option<Sizes>> {
        if self.min_size.is_none() && self.max_size.is_none() {
            return Ok(None);
        }
        let k = self.n_clusters;
        let (least, most) = (self.min_size.unwrap_or(1), self.max_size.unwrap_or(n));
        let refused =
            |name: &str, rule: String, value| Err(Error::parameter(OWNER, name, rule, value));
        if least.saturating_mul(k) > n {
            let fits = n / k;
            let rule = format!("must be at most {fits}: {k} clusters share {n} rows");
            return refused("min_size", rule, least);
        }
        if most.saturating_mul(k) < n {
            let fits = n.div_ceil(k);
            let rule = format!("must be at least {fits}: {k} clusters share {n} rows");
            return refused("max_size", rule, most);
        }
        if n.saturating_mul(k) > PAIRS {
            let rule = format!(
                "must make at most {PAIRS} pairs with the rows where sizes are limited; take a sample of the {n} rows, or fewer clusters"
            );
            return refused("n_clusters", rule, k);
        }
        Ok(Some(Sizes { least, most }))
    }

    /// Whether the limits of sizes keep their rules, whatever the rows.
    pub(super) fn check_sizes(&self) -> Result<()> {
        for (name, size) in [("min_size", self.min_size), ("max_size", self.max_size)] {
            if size == Some(0) {
                return Err(Error::parameter(OWNER, name, "must be at least 1", 0));
            }
        }
        if let (Some(least), Some(most)) = (self.min_size, self.max_size)
            && least > most
        {
            let rule = format!("must be at least {least}, the `min_size`");
            return Err(Error::parameter(OWNER, "max_size", rule, most));
        }
        Ok(())
    }
}

/// Iterates from these centres, each time with the assignment that keeps the sizes at the least cost.
pub(super) fn run(
    data: &Data<'_>,
    mut centers: Vec<f64>,
    limits: Limits,
    sizes: Sizes,
    ctx: &Context,
) -> Result<Run> {
    let d = data.matrix.n_columns();
    let mut labels = assign(data, &centers, sizes, ctx)?;
    let (mut n_iter, mut converged) = (0, false);
    while n_iter < limits.max_iter && !converged {
        n_iter += 1;
        let means = totals(data, &labels, centers.len() / d).means(&centers, d);
        let moves = square(&means, &centers, data.frame.scale);
        centers = means;
        let next = assign(data, &centers, sizes, ctx)?;
        converged = next == labels || moves <= limits.moves;
        labels = next;
    }
    let inertia = Centres::new(&centers, data.frame).inertia(data, &labels, ctx)?;
    Ok(Run {
        centers,
        labels,
        inertia,
        n_iter,
        converged,
    })
}

fn totals(data: &Data<'_>, labels: &[i32], k: usize) -> Totals {
    let d = data.matrix.n_columns();
    let mut totals = Totals::new(k, d);
    let mut row = vec![0.0; d];
    for (i, &label) in labels.iter().enumerate() {
        data.matrix.row(i, &mut row);
        totals.add(label as usize, &row, data.weight(i), 1);
    }
    totals
}

/// The labels of the cheapest assignment.
fn assign(data: &Data<'_>, centers: &[f64], sizes: Sizes, ctx: &Context) -> Result<Vec<i32>> {
    let k = centers.len() / data.matrix.n_columns();
    let costs = costs(data, centers, ctx)?;
    let mut flow = Flow::new(&costs, k);
    flow.keep(sizes.least, sizes.most, ctx)?;
    Ok(flow.labels())
}

/// Weight times squared distance of each row to each centre, in parts of 2^-40 of the largest: whole numbers, so that sums along ways are exact.
fn costs(data: &Data<'_>, centers: &[f64], ctx: &Context) -> Result<Vec<i64>> {
    const PARTS: f64 = (1_u64 << 40) as f64;
    let d = data.matrix.n_columns();
    let parts = map_ordered(ctx, "distances", data.chunks(), |rows| {
        let mut row = vec![0.0; d];
        let mut costs = Vec::with_capacity(rows.len() * centers.len() / d);
        for i in rows {
            data.matrix.row(i, &mut row);
            let squares = centers.chunks_exact(d);
            let weight = data.weight(i);
            costs.extend(squares.map(|c| weight * square(&row, c, data.frame.scale)));
        }
        Ok(costs)
    })?;
    let most = parts.iter().flatten().copied().fold(0.0, f64::max);
    let unit = if most > 0.0 { PARTS / most } else { 0.0 };
    let costs = parts.into_iter().flatten();
    Ok(costs.map(|x| (x * unit).round() as i64).collect())
}
