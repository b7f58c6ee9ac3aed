//! One batch: its rows to the nearest centres, and each centre towards its rows.

use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;

use crate::cluster::kmeans::assign::{Centres, Data, Scratch};
use crate::cluster::kmeans::lloyd::Totals;
use crate::error::Result;
use crate::matrix::frame::square;
use crate::parallel::{Context, map_ordered};

/// Centres on their way.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    pub(super) centers: Vec<f64>,
    /// The weight of the rows that each centre has met.
    pub(super) counts: Vec<f64>,
    /// Rows since centres were last looked at that have met few.
    pub(super) n_since: u64,
}

/// What is found of a batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found {
    /// The weighted sum of the squared distances to the centres as they were.
    pub(super) inertia: f64,
    /// The sum of the squared moves of all centres, in the frame's unit.
    pub(super) moves: f64,
}

impl State {
    pub(super) fn new(centers: Vec<f64>, k: usize) -> Self {
        Self {
            centers,
            counts: vec![0.0; k],
            n_since: 0,
        }
    }

    /// Learns from a batch.
    pub(super) fn step(
        &mut self,
        data: &Data<'_>,
        ratio: f64,
        random: &mut ChaCha8Rng,
        ctx: &Context,
    ) -> Result<Found> {
        let parts = self.totals(data, ctx)?;
        let before = self.centers.clone();
        let mut inertia = 0.0;
        let mut all = Totals::new(self.counts.len(), data.matrix.n_columns());
        for (totals, squares) in parts {
            all.merge(&totals);
            inertia += squares;
        }
        self.draw_nearer(&all, data.matrix.n_columns());
        if self.is_time(data.matrix.n_rows()) {
            self.reassign(data, ratio, random);
        }
        let scale = data.frame.scale;
        Ok(Found {
            inertia: inertia / scale / scale,
            moves: square(&self.centers, &before, scale),
        })
    }

    /// What belongs to each centre, and the squared distances, in the frame's unit.
    fn totals(&self, data: &Data<'_>, ctx: &Context) -> Result<Vec<(Totals, f64)>> {
        let d = data.matrix.n_columns();
        let centres = Centres::new(&self.centers, data.frame);
        map_ordered(ctx, "k-means", data.chunks(), |rows| {
            let mut totals = Totals::new(self.counts.len(), d);
            let mut scratch = Scratch::default();
            let mut inertia = 0.0;
            let end = rows.end;
            centres.label(data, rows, &mut scratch, |first, found, row| {
                for (i, &label) in (first..end).zip(&found.label) {
                    let (label, weight) = (label as usize, data.weight(i));
                    data.matrix.row(i, row);
                    let centre = &self.centers[label * d..][..d];
                    inertia += weight * square(row, centre, data.frame.scale);
                    totals.add(label, row, weight, 1);
                }
            });
            Ok((totals, inertia))
        })
    }

    /// Each centre becomes the mean of all rows that it has met.
    fn draw_nearer(&mut self, totals: &Totals, d: usize) {
        let centers = self.centers.chunks_exact_mut(d).zip(&mut self.counts);
        for (c, (centre, count)) in centers.enumerate() {
            let weight = totals.weights[c];
            if weight > 0.0 {
                *count += weight;
                let sums = &totals.sums[c * d..][..d];
                for (x, sum) in centre.iter_mut().zip(sums) {
                    *x += (sum - weight * *x) / *count;
                }
            }
        }
    }

    /// Whether it is time to look for centres that have met few rows: always if one has met none, else after ten rows for each.
    fn is_time(&mut self, n_rows: usize) -> bool {
        self.n_since += n_rows as u64;
        let is_time = self.counts.contains(&0.0) || self.n_since >= 10 * self.counts.len() as u64;
        if is_time {
            self.n_since = 0;
        }
        is_time
    }

    /// Puts centres that have met few rows on rows of the batch: those that have met fewest, and no more than half as many as the batch has rows. They are then taken
    /// to have met as many as the least of the others, so that they are not at once put elsewhere.
    fn reassign(&mut self, data: &Data<'_>, ratio: f64, random: &mut ChaCha8Rng) {
        let most = self.counts.iter().copied().fold(0.0, f64::max);
        let mut few: Vec<usize> = (0..self.counts.len())
            .filter(|&c| self.counts[c] < ratio * most)
            .collect();
        few.sort_by(|&a, &b| self.counts[a].total_cmp(&self.counts[b]));
        let with_weight: Vec<usize> = (0..data.matrix.n_rows())
            .filter(|&i| data.weight(i) > 0.0)
            .collect();
        few.truncate(with_weight.len() / 2);
        if few.is_empty() {
            return;
        }
        let others = (0..self.counts.len()).filter(|c| !few.contains(c));
        let least = others.map(|c| self.counts[c]).fold(most, f64::min);
        let d = data.matrix.n_columns();
        let drawn = sample(random, with_weight.len(), few.len());
        for (c, at) in few.into_iter().zip(drawn) {
            data.matrix
                .row(with_weight[at], &mut self.centers[c * d..][..d]);
            self.counts[c] = least;
        }
    }
}
