//! Fitting a mixture.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_clustering::{GaussianMixtureModel, GmmError};

use super::model::MixtureModel;
use super::params::{MIXTURE_ROWS, MixtureParams, OWNER};
use crate::cluster::arrays::array;
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::parallel::Context;
use crate::random::stream;

impl MixtureParams {
    /// Finds the clouds: from the clusters of k-means, each iteration gives every row its shares in the clouds, and each cloud the mean and covariance of its shares.
    ///
    /// Cost: rows x components x columns squared for each iteration, and as much memory as a few copies of the rows. It is stopped between starts alone, therefore at
    /// most [`MIXTURE_ROWS`]. The last bits depend on the instruction set, not on the number of threads.
    ///
    /// # Errors
    /// [`Error::Parameter`] for parameters outside their rules, more components than rows, too many rows, a cloud that lost its rows or became flat, and a start
    /// that did not come to rest; [`Error::BadValues`] for what is no finite number; [`Error::Cancelled`].
    pub fn fit(&self, matrix: &Matrix<'_>, ctx: &Context) -> Result<MixtureModel> {
        self.validate()?;
        let (n, k) = (matrix.n_rows(), self.n_components);
        if k > n {
            let rule = format!("must be at most {n}, the number of rows");
            return Err(Error::parameter(OWNER, "n_components", rule, k));
        }
        if n > MIXTURE_ROWS {
            let rule = format!("must be at most {MIXTURE_ROWS}; take a sample of them");
            return Err(Error::parameter(OWNER, "rows", rule, n));
        }
        matrix.moments(ctx)?;
        let rows = DatasetBase::from(array(matrix)?);
        let mut best: Option<MixtureModel> = None;
        for start in 0..self.n_init {
            ctx.cancel.poll()?;
            let random = stream(self.seed, "mixture", start.into());
            let search = GaussianMixtureModel::params_with_rng(k, random)
                .tolerance(self.tol)
                .reg_covariance(self.reg_covar)
                .max_n_iterations(self.max_iter.into());
            let found = search.fit(&rows).map_err(|e| self.refused(&e))?;
            let mut model = MixtureModel::new(self, matrix, &found);
            let scores = model.score_samples(matrix, ctx)?;
            model.log_likelihood = scores.iter().sum::<f64>() / n as f64;
            let is_better = |b: &MixtureModel| model.log_likelihood > b.log_likelihood;
            if best.as_ref().is_none_or(is_better) {
                best = Some(model);
            }
        }
        ctx.progress.finish();
        best.ok_or_else(|| Error::parameter(OWNER, "n_init", "must be at least 1", 0))
    }

    /// What can be done about a failure.
    fn refused(&self, error: &GmmError) -> Error {
        let k = self.n_components;
        let refused =
            |name: &str, rule: &str, value: f64| Error::parameter(OWNER, name, rule, value);
        match error {
            GmmError::NotConverged(_) | GmmError::LowerBoundError(_) => refused(
                "max_iter",
                "must be enough for the likelihood to come to rest: raise it or `tol`, scale the columns, or leave rows out that are far from all others",
                self.max_iter.into(),
            ),
            GmmError::LinalgError(_) => refused(
                "reg_covar",
                "must be enough to keep every cloud from becoming flat: raise it, or lower `n_components`",
                self.reg_covar,
            ),
            _ => refused(
                "n_components",
                "must leave rows for every cloud, and none so far from all that its likelihood is zero: lower it, or leave such rows out",
                k as f64,
            ),
        }
    }
}
