//! Fitting: rows drawn far from each other, then to the nearest and to the middle in turn.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::categories::Categories;
use super::mixed::{Mixed, Nearest, Prototypes};
use super::model::PrototypesModel;
use super::params::{OWNER, PrototypesParams};
use crate::cluster::kmeans::Init;
use crate::cluster::kmeans::fit::check_fits;
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::matrix::frame::Frame;
use crate::parallel::Context;
use crate::random::stream;

/// A model, and where the rows are that it was fitted on.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PrototypesFit {
    /// What was learnt.
    pub model: PrototypesModel,
    /// For each row the number of its prototype.
    pub labels: Vec<i32>,
}

/// A start, and where it led.
struct Run {
    prototypes: Prototypes,
    nearest: Vec<Nearest>,
    inertia: f64,
    n_iter: u32,
    converged: bool,
}

impl PrototypesParams {
    /// Finds prototypes: from each start until no row changes its own. Nothing is scaled; with `gamma` of None a category weighs as numbers of about such a spread do.
    ///
    /// The first are rows drawn one after the other, each with a chance in proportion to its distance from those before (k-means++). A prototype that loses all its
    /// rows becomes the row that is farthest from its own. Cost: rows x (columns + categories) x clusters for each iteration; a number and a label for each row.
    ///
    /// # Errors
    /// [`Error::Parameter`] for parameters outside their rules, more clusters than rows, and categories that are not one for each row; [`Error::BadValues`] for what is no
    /// finite number; [`Error::Cancelled`].
    pub fn fit(
        &self,
        numbers: &Matrix<'_>,
        categories: &[Categories],
        ctx: &Context,
    ) -> Result<PrototypesFit> {
        self.validate()?;
        check_fits(OWNER, self.n_clusters, &Init::Random, numbers)?;
        check_rows(numbers, categories)?;
        let moments = numbers.moments(ctx)?;
        let Frame { scale, .. } = Frame::of(&moments);
        let spread = moments.iter().map(|m| m.variance().sqrt()).sum::<f64>();
        let gamma = self.gamma.unwrap_or(spread / moments.len() as f64 / 2.0);
        let codes: Vec<Vec<u32>> = categories.iter().map(|c| c.codes.clone()).collect();
        let mixed = Mixed {
            numbers,
            codes: &codes,
            scale,
            gamma: gamma * scale * scale,
        };
        let mut best: Option<Run> = None;
        for start in 0..self.n_init {
            let mut random = stream(self.seed, "k-prototypes", start.into());
            let first = self.first(&mixed, &mut random, ctx)?;
            let run = self.run(&mixed, first, categories, ctx)?;
            if best.as_ref().is_none_or(|b| run.inertia < b.inertia) {
                best = Some(run);
            }
        }
        ctx.progress.finish();
        let best =
            best.ok_or_else(|| Error::parameter(OWNER, "n_init", "must be at least 1", 0))?;
        Ok(self.finish(numbers, categories, gamma, scale, best))
    }

    /// Rows far from each other.
    fn first(
        &self,
        mixed: &Mixed<'_>,
        random: &mut ChaCha8Rng,
        ctx: &Context,
    ) -> Result<Prototypes> {
        let n = mixed.numbers.n_rows();
        let mut rows = vec![random.gen_range(0..n)];
        let mut near = vec![f64::INFINITY; n];
        while rows.len() < self.n_clusters {
            let last = mixed.rows(&rows[rows.len() - 1..]);
            let off = mixed.each(ctx, |i, row| mixed.apart(i, row, &last.means, &last.modes))?;
            near.iter_mut()
                .zip(off)
                .for_each(|(near, off)| *near = near.min(off));
            rows.push(draw(&near, &rows, random));
        }
        Ok(mixed.rows(&rows))
    }

    fn run(
        &self,
        mixed: &Mixed<'_>,
        mut prototypes: Prototypes,
        categories: &[Categories],
        ctx: &Context,
    ) -> Result<Run> {
        let mut nearest = mixed.nearest(&prototypes, ctx)?;
        let (mut n_iter, mut converged) = (0, false);
        while n_iter < self.max_iter && !converged {
            n_iter += 1;
            repair(&mut nearest, self.n_clusters);
            prototypes = middle(mixed, &nearest, &prototypes, categories);
            let next = mixed.nearest(&prototypes, ctx)?;
            converged = next.iter().zip(&nearest).all(|(a, b)| a.0 == b.0);
            nearest = next;
        }
        Ok(Run {
            inertia: nearest.iter().map(|(_, off)| off).sum(),
            prototypes,
            nearest,
            n_iter,
            converged,
        })
    }

    fn finish(
        &self,
        numbers: &Matrix<'_>,
        categories: &[Categories],
        gamma: f64,
        scale: f64,
        run: Run,
    ) -> PrototypesFit {
        let labels: Vec<i32> = run.nearest.iter().map(|(label, _)| *label).collect();
        let mut sizes = vec![0; self.n_clusters];
        labels.iter().for_each(|&l| sizes[l as usize] += 1);
        let mut notices = Vec::new();
        let n_empty = sizes.iter().filter(|&&n: &&u64| n == 0).count();
        if n_empty > 0 {
            let k = self.n_clusters;
            notices.push(format!(
                "{n_empty} of {k} clusters have no row: there are not as many different rows"
            ));
        }
        if !run.converged {
            let n = run.n_iter;
            notices.push(format!(
                "rows still changed after {n} iterations (`max_iter`)"
            ));
        }
        let model = PrototypesModel {
            params: self.clone(),
            gamma,
            means: run.prototypes.means,
            modes: run.prototypes.modes,
            n_features: numbers.n_columns(),
            feature_names: numbers.names().to_vec(),
            category_names: categories.iter().map(|c| c.name.clone()).collect(),
            category_values: categories.iter().map(|c| c.values.clone()).collect(),
            sizes,
            inertia: run.inertia / scale / scale,
            n_iter: run.n_iter,
            converged: run.converged,
            notices,
        };
        PrototypesFit { model, labels }
    }
}

/// Each column must have a category for each row.
pub(super) fn check_rows(numbers: &Matrix<'_>, categories: &[Categories]) -> Result<()> {
    let n = numbers.n_rows();
    match categories.iter().find(|c| c.n_rows() != n) {
        Some(column) => {
            let rule = format!("must be one for each of {n} rows");
            Err(Error::parameter(
                &column.name,
                "categories",
                rule,
                column.n_rows(),
            ))
        }
        None => Ok(()),
    }
}

/// A row, by distance; where none is away from those drawn, any other.
fn draw(near: &[f64], drawn: &[usize], random: &mut ChaCha8Rng) -> usize {
    let total: f64 = near.iter().sum();
    let mut left = random.r#gen::<f64>() * total;
    if total <= 0.0 {
        let any = random.gen_range(0..near.len());
        let mut others = (any..near.len()).chain(0..any);
        return others.find(|i| !drawn.contains(i)).unwrap_or(any);
    }
    let last = near.iter().rposition(|&off| off > 0.0).unwrap_or(0);
    for (row, off) in near[..last].iter().enumerate() {
        left -= off;
        if left < 0.0 {
            return row;
        }
    }
    last
}

/// Gives each prototype without rows the one that is farthest from its own and not alone there.
fn repair(nearest: &mut [Nearest], k: usize) {
    let mut sizes = vec![0_usize; k];
    nearest
        .iter()
        .for_each(|&(label, _)| sizes[label as usize] += 1);
    for empty in (0..k).filter(|&c| sizes[c] == 0).collect::<Vec<_>>() {
        let mut best: Option<usize> = None;
        for (row, &(label, off)) in nearest.iter().enumerate() {
            let is_free = sizes[label as usize] > 1 && off > 0.0;
            if is_free && best.is_none_or(|b| off > nearest[b].1) {
                best = Some(row);
            }
        }
        let Some(row) = best else {
            return;
        };
        sizes[nearest[row].0 as usize] -= 1;
        sizes[empty] += 1;
        nearest[row] = (empty as i32, 0.0);
    }
}

/// The means of each prototype's rows and their most frequent categories, the first of equally frequent ones. One without rows stays as it was.
fn middle(
    mixed: &Mixed<'_>,
    nearest: &[Nearest],
    before: &Prototypes,
    categories: &[Categories],
) -> Prototypes {
    let (d, e) = (mixed.numbers.n_columns(), mixed.codes.len());
    let k = before.means.len() / d;
    let mut next = before.clone();
    let mut counts = vec![0_u64; k];
    let mut sums = vec![0.0; k * d];
    let mut row = vec![0.0; d];
    for (i, &(label, _)) in nearest.iter().enumerate() {
        let c = label as usize;
        counts[c] += 1;
        mixed.numbers.row(i, &mut row);
        let sums = &mut sums[c * d..][..d];
        sums.iter_mut().zip(&row).for_each(|(sum, x)| *sum += x);
    }
    for c in (0..k).filter(|&c| counts[c] > 0) {
        let means = next.means[c * d..][..d].iter_mut().zip(&sums[c * d..]);
        means.for_each(|(mean, sum)| *mean = sum / counts[c] as f64);
    }
    for (j, (codes, column)) in mixed.codes.iter().zip(categories).enumerate() {
        let n_values = column.values.len();
        let mut seen = vec![0_u64; k * n_values];
        for (&code, &(label, _)) in codes.iter().zip(nearest) {
            seen[label as usize * n_values + code as usize] += 1;
        }
        for c in (0..k).filter(|&c| counts[c] > 0) {
            let seen = &seen[c * n_values..][..n_values];
            let more = |best: usize, v: usize| if seen[v] > seen[best] { v } else { best };
            next.modes[c * e + j] = (1..n_values).fold(0, more) as u32;
        }
    }
    next
}
