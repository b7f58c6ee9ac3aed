//! Fitting: starts, steps, and when to end.

use super::draw::Urn;
use super::model::MiniBatchModel;
use super::params::{MiniBatchParams, OWNER};
use super::step::{Found, State};
use crate::cluster::kmeans::Init;
use crate::cluster::kmeans::assign::{Centres, Data};
use crate::cluster::kmeans::fit::{check_fits, check_weights};
use crate::cluster::kmeans::init;
use crate::error::Result;
use crate::matrix::Matrix;
use crate::matrix::frame::Frame;
use crate::parallel::Context;
use crate::random::stream;

/// A model, and where the rows are that it met last.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MiniBatchFit {
    /// What was learnt.
    pub model: MiniBatchModel,
    /// For each row the number of its centre; empty where labels were not asked for.
    pub labels: Vec<i32>,
}

impl MiniBatchParams {
    /// Finds centres by batches that are drawn from these rows, each row with a chance in proportion to its weight. Nothing is scaled.
    ///
    /// It ends where the inertia of the batches, smoothed over about as many rows as there are, has not become less for `max_no_improvement` batches; where centres
    /// hardly move, if `tol` is above 0; or after `max_iter` times the rows. Cost: rows of all batches x columns x clusters, a check of all rows, and their labels if they
    /// are asked for; memory for a batch, and with weights for a number for each row.
    ///
    /// # Errors
    /// As [`KMeansParams::fit`](crate::cluster::kmeans::KMeansParams::fit).
    pub fn fit(
        &self,
        matrix: &Matrix<'_>,
        weights: Option<&[f64]>,
        ctx: &Context,
    ) -> Result<MiniBatchFit> {
        self.check(matrix, weights)?;
        let n = matrix.n_rows();
        let moments = matrix.moments(ctx)?;
        let frame = Frame::of(&moments);
        let variances = moments
            .iter()
            .map(|m| m.variance() * frame.scale * frame.scale);
        let moves = self.tol * variances.sum::<f64>() / moments.len() as f64;
        let urn = Urn::new(matrix, weights);
        let mut state = State::new(self.first(&urn, matrix, &frame, ctx)?, self.n_clusters);
        let size = self.batch_size.min(n);
        let n_steps = u64::from(self.max_iter).saturating_mul(n as u64) / size as u64;
        let mut watch = Watch::new(2.0 * size as f64 / (n as f64 + 1.0));
        let mut batch = Vec::new();
        let mut step = 0;
        let mut converged = false;
        while step < n_steps && !converged {
            let mut random = stream(self.seed, "mini-batch", step);
            urn.rows(&urn.again(size, &mut random), &mut batch);
            let rows = Matrix::from_rows(&batch[..], matrix.n_columns())?;
            let data = of(&rows, &frame);
            let found = state.step(&data, self.reassignment_ratio, &mut random, ctx)?;
            step += 1;
            converged = step > 1 && (self.is_over(&mut watch, &found, size, moves));
        }
        let mut model = MiniBatchModel::new(self, matrix, state, step);
        model.n_iter = (step * size as u64).div_ceil(n as u64);
        model.inertia = watch.mean.unwrap_or(0.0) * urn.weight();
        if !converged {
            let said = format!("the fit went on to its end, {step} batches (`max_iter`)");
            model.notices.push(said);
        }
        let data = Data {
            matrix,
            frame: &frame,
            weights,
        };
        finish(model, &data, ctx)
    }

    /// Learns from a first batch; [`partial_fit`](Self::partial_fit) then takes the others. The starts are drawn from this batch, which must have at least a row for each
    /// centre.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn start(
        &self,
        batch: &Matrix<'_>,
        weights: Option<&[f64]>,
        ctx: &Context,
    ) -> Result<MiniBatchFit> {
        self.check(batch, weights)?;
        let frame = Frame::of(&batch.moments(ctx)?);
        let urn = Urn::new(batch, weights);
        let state = State::new(self.first(&urn, batch, &frame, ctx)?, self.n_clusters);
        let model = MiniBatchModel::new(self, batch, state, 0);
        Self::partial_fit(&model, batch, weights, ctx)
    }

    /// What a model becomes by one more batch, of any number of rows. The model itself stays as it is, so that a batch which is refused changes nothing. The labels
    /// are those of the batch.
    ///
    /// # Errors
    /// As [`KMeansModel::predict`](crate::cluster::kmeans::KMeansModel::predict) for the batch, as [`fit`](Self::fit) for its weights.
    pub fn partial_fit(
        model: &MiniBatchModel,
        batch: &Matrix<'_>,
        weights: Option<&[f64]>,
        ctx: &Context,
    ) -> Result<MiniBatchFit> {
        model.places().same_columns(batch)?;
        check_weights(OWNER, batch, weights)?;
        let frame = Frame::of(&batch.moments(ctx)?);
        let data = Data {
            matrix: batch,
            frame: &frame,
            weights,
        };
        let params = &model.params;
        let mut random = stream(params.seed, "mini-batch", model.n_steps);
        let mut state = model.state();
        let found = state.step(&data, params.reassignment_ratio, &mut random, ctx)?;
        let mut next = MiniBatchModel::new(params, batch, state, model.n_steps + 1);
        next.feature_names.clone_from(&model.feature_names);
        next.n_iter = model.n_iter + 1;
        next.inertia = found.inertia;
        finish(next, &data, ctx)
    }

    fn check(&self, matrix: &Matrix<'_>, weights: Option<&[f64]>) -> Result<()> {
        self.validate()?;
        check_fits(OWNER, self.n_clusters, &self.init, matrix)?;
        check_weights(OWNER, matrix, weights)
    }

    /// The first centres: of each start from some rows of its own, and of the starts the one that is best for other rows.
    fn first(
        &self,
        urn: &Urn<'_>,
        matrix: &Matrix<'_>,
        frame: &Frame,
        ctx: &Context,
    ) -> Result<Vec<f64>> {
        if let Init::Centers(centers) = &self.init {
            return Ok(centers.clone());
        }
        let (size, d) = (self.n_first(matrix.n_rows()), matrix.n_columns());
        let draw = |start: u64| {
            let mut random = stream(self.seed, "mini-batch start", start);
            let mut rows = Vec::new();
            urn.rows(&urn.once(size, &mut random), &mut rows);
            rows
        };
        let judges = draw(0);
        let judges = Matrix::from_rows(&judges[..], d)?;
        let mut memory = vec![0; size];
        let mut best: Option<(f64, Vec<f64>)> = None;
        for start in 0..self.n_starts() {
            let rows = draw(u64::from(start) + 1);
            let rows = Matrix::from_rows(&rows[..], d)?;
            let rows = of(&rows, frame);
            let centers = init::centers(&self.starting(), &rows, start, &mut memory, ctx)?;
            let judged = of(&judges, frame);
            let centres = Centres::new(&centers, frame);
            centres.labels(&judged, &mut memory, ctx)?;
            let inertia = centres.inertia(&judged, &memory, ctx)?;
            if best.as_ref().is_none_or(|(least, _)| inertia < *least) {
                best = Some((inertia, centers));
            }
        }
        Ok(best.map(|(_, centers)| centers).unwrap_or_default())
    }

    /// Whether a batch ends the fit.
    fn is_over(&self, watch: &mut Watch, found: &Found, size: usize, moves: f64) -> bool {
        watch.see(found.inertia / size as f64);
        let is_still = self.tol > 0.0 && found.moves <= moves;
        let is_in_vain = |most| watch.n_in_vain >= most;
        is_still || self.max_no_improvement.is_some_and(is_in_vain)
    }
}

/// Rows without weights.
const fn of<'a>(matrix: &'a Matrix<'a>, frame: &'a Frame) -> Data<'a> {
    Data {
        matrix,
        frame,
        weights: None,
    }
}

/// With labels, where they are asked for, and what they say.
fn finish(mut model: MiniBatchModel, data: &Data<'_>, ctx: &Context) -> Result<MiniBatchFit> {
    let mut labels = Vec::new();
    if model.params.compute_labels {
        labels = vec![0; data.matrix.n_rows()];
        let centres = Centres::new(&model.centers, data.frame);
        centres.labels(data, &mut labels, ctx)?;
        model.inertia = centres.inertia(data, &labels, ctx)?;
        model.sizes = vec![0; model.params.n_clusters];
        labels.iter().for_each(|&l| model.sizes[l as usize] += 1);
    }
    ctx.progress.finish();
    Ok(MiniBatchFit { model, labels })
}

/// The inertia of batches, smoothed.
struct Watch {
    /// The share of the last batch.
    share: f64,
    mean: Option<f64>,
    least: f64,
    /// Batches since it was least.
    n_in_vain: u32,
}

impl Watch {
    fn new(share: f64) -> Self {
        Self {
            share: share.min(1.0),
            mean: None,
            least: f64::INFINITY,
            n_in_vain: 0,
        }
    }

    fn see(&mut self, inertia: f64) {
        let before = self.mean.unwrap_or(inertia);
        let mean = before + (inertia - before) * self.share;
        self.mean = Some(mean);
        if mean < self.least {
            self.least = mean;
            self.n_in_vain = 0;
        } else {
            self.n_in_vain += 1;
        }
    }
}
