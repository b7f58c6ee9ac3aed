//! Fitting: starts, the best of them, and what is said about it.

use super::assign::Data;
use super::init;
use super::lloyd::{Limits, Run, run};
use super::model::KMeansModel;
use super::params::{Init, KMeansParams, OWNER};
use super::sized::{self, Sizes};
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::matrix::frame::Frame;
use crate::parallel::Context;

/// A model, and where the rows are that it was fitted on.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct KMeansFit {
    /// What was learnt.
    pub model: KMeansModel,
    /// For each row the number of its centre.
    pub labels: Vec<i32>,
}

impl KMeansParams {
    /// Finds centres: from each start until no row changes its centre, or they hardly move. Nothing is scaled.
    ///
    /// Cost: rows x columns x clusters for each iteration; beside the labels little memory. A cluster that loses all its rows gets the row that is farthest
    /// from its centre. With limits of sizes each iteration finds the cheapest assignment that keeps them, exactly to 2^-40 of the largest squared distance: rows x
    /// clusters numbers of memory, of which there may be ten million, and clusters squared for each row that cannot be where it is nearest.
    ///
    /// # Errors
    /// [`Error::Parameter`] for parameters outside their rules, more clusters than rows, and weights that are not one number of 0 or more for each row, with
    /// some above 0; [`Error::BadValues`] for what is no finite number; [`Error::Cancelled`].
    pub fn fit(
        &self,
        matrix: &Matrix<'_>,
        weights: Option<&[f64]>,
        ctx: &Context,
    ) -> Result<KMeansFit> {
        self.validate()?;
        let n = matrix.n_rows();
        check_fits(OWNER, self.n_clusters, &self.init, matrix)?;
        check_weights(OWNER, matrix, weights)?;
        let sizes = self.sizes(n)?;
        let Some(fill) = self.missing.learn(matrix, ctx)? else {
            return self.fit_whole(matrix, weights, sizes, ctx);
        };
        let filled = matrix.filled(&fill, ctx)?;
        let mut fitted = self.fit_whole(&filled.matrix()?, weights, sizes, ctx)?;
        fitted.model.fill = Some(fill);
        for (column, &n) in filled.n_missing.iter().enumerate().filter(|(_, n)| **n > 0) {
            let (name, how) = (matrix.name(column), self.missing.name());
            let said = format!("column `{name}`: {n} missing value(s) filled with its {how}");
            fitted.model.notices.push(said);
        }
        Ok(fitted)
    }

    /// The fit of rows that lack no number.
    fn fit_whole(
        &self,
        matrix: &Matrix<'_>,
        weights: Option<&[f64]>,
        sizes: Option<Sizes>,
        ctx: &Context,
    ) -> Result<KMeansFit> {
        let n = matrix.n_rows();
        let moments = matrix.moments(ctx)?;
        let frame = Frame::of(&moments);
        let variances = moments
            .iter()
            .map(|m| m.variance() * frame.scale * frame.scale);
        let limits = Limits {
            max_iter: self.max_iter,
            moves: self.tol * variances.sum::<f64>() / moments.len() as f64,
        };
        let data = Data {
            matrix,
            frame: &frame,
            weights,
        };
        let mut best: Option<Run> = None;
        for start in 0..self.n_starts() {
            let mut labels = vec![0; n];
            let centers = init::centers(self, &data, start, &mut labels, ctx)?;
            let found = match sizes {
                None => run(&data, centers, labels, limits, ctx)?,
                Some(sizes) => sized::run(&data, centers, limits, sizes, ctx)?,
            };
            if best.as_ref().is_none_or(|b| found.inertia < b.inertia) {
                best = Some(found);
            }
        }
        ctx.progress.finish();
        let best =
            best.ok_or_else(|| Error::parameter(OWNER, "n_init", "must be at least 1", 0))?;
        Ok(self.finish(matrix, best))
    }

    fn finish(&self, matrix: &Matrix<'_>, run: Run) -> KMeansFit {
        let mut sizes = vec![0_u64; self.n_clusters];
        run.labels.iter().for_each(|&l| sizes[l as usize] += 1);
        let mut notices = Vec::new();
        let n_empty = sizes.iter().filter(|&&n| n == 0).count();
        if n_empty > 0 {
            notices.push(format!(
                "{n_empty} of {} clusters have no row: there are not as many different rows",
                self.n_clusters
            ));
        }
        if !run.converged {
            notices.push(format!(
                "centres still moved after {} iterations (`max_iter`)",
                run.n_iter
            ));
        }
        let model = KMeansModel {
            params: self.clone(),
            centers: run.centers,
            n_features: matrix.n_columns(),
            feature_names: matrix.names().to_vec(),
            fill: None,
            sizes,
            inertia: run.inertia,
            n_iter: run.n_iter,
            converged: run.converged,
            notices,
        };
        KMeansFit {
            model,
            labels: run.labels,
        }
    }
}

/// There must be a row for each cluster, and as many given centres as are asked for.
pub(in crate::cluster) fn check_fits(
    owner: &str,
    k: usize,
    init: &Init,
    matrix: &Matrix<'_>,
) -> Result<()> {
    let (n, d) = (matrix.n_rows(), matrix.n_columns());
    if k > n {
        let rule = format!("must be at most {n}, the number of rows");
        return Err(Error::parameter(owner, "n_clusters", rule, k));
    }
    if let Init::Centers(centers) = init
        && centers.len() != k * d
    {
        let rule = format!("must be {k} centres of {d} numbers, {} in all", k * d);
        return Err(Error::parameter(owner, "init", rule, centers.len()));
    }
    Ok(())
}

/// Weights must be one number of 0 or more for each row, some above 0.
pub(in crate::cluster) fn check_weights(
    owner: &str,
    matrix: &Matrix<'_>,
    weights: Option<&[f64]>,
) -> Result<()> {
    let Some(weights) = weights else {
        return Ok(());
    };
    let refused =
        |rule: String, value: String| Err(Error::parameter(owner, "weights", rule, value));
    if weights.len() != matrix.n_rows() {
        let rule = format!("must be one for each of {} rows", matrix.n_rows());
        return refused(rule, weights.len().to_string());
    }
    if let Some(bad) = weights.iter().find(|w| !(**w >= 0.0 && **w <= 1e100)) {
        return refused("must be numbers from 0 to 1e100".into(), bad.to_string());
    }
    if !weights.is_empty() && weights.iter().all(|&w| w == 0.0) {
        return refused("must not all be zero".into(), "0".into());
    }
    Ok(())
}
