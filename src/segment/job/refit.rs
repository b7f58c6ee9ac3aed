//! Segments found again on later customers, and which of them are still the same.

use std::sync::Arc;

use serde::Serialize;

use super::assign::nearest_two;
use super::fit::{counted, deciles, hash, unnamed, warnings};
use super::model::{Origin, Segment, SegmentModel};
use super::result::Segments;
use crate::cluster::kmeans::{Init, KMeansParams};
use crate::error::{Error, Result};
use crate::features::Features;
use crate::matrix::Matrix;
use crate::parallel::Context;
use crate::segment::scaling;
use crate::stats::agreement::contingency;
use crate::stats::matching::greatest;
use crate::stats::shift::stability_index;

/// Of the customers in either of two segments, so many must be in both for them to be the same one; below half it is dissolved (Hennig 2007).
const SAME: f64 = 0.5;
/// And so many for it to be stable.
const STABLE: f64 = 0.75;

/// What became of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// At least three quarters of its customers are the same.
    Stable,
    /// At least half are.
    Changed,
    /// It was none before.
    New,
    /// It is none any more.
    Gone,
}

/// A segment before and after a refit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SegmentChange {
    /// Its number.
    pub segment: i32,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub status: Status,
    /// Of the later customers whom the old or the new centres place here, the share whom both do.
    pub overlap: Option<f64>,
    /// Its share of the customers at the fit before.
    pub share_before: Option<f64>,
    /// Its share of the later customers.
    pub share_after: Option<f64>,
    /// How far its centre has moved, in scaled columns.
    pub center_shift: Option<f64>,
}

/// What a refit has changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Changes {
    /// Segment by segment: those there are, then those that are gone.
    pub segments: Vec<SegmentChange>,
    /// The population stability index of the old segments: below .1 by custom stable, above .25 shifted.
    pub stability_index: Option<f64>,
    /// That of each feature by its deciles at the fit before.
    pub features: Vec<(String, Option<f64>)>,
}

impl SegmentModel {
    /// Segments of later customers, and what has changed. Scales stay. Centres are looked for from the old ones, or afresh if a number of segments is given. Of old and new
    /// segments those are matched that share most customers (Kuhn 1955); a new segment has the number, the name and the description of an old one if at least half of the
    /// customers of either are in both.
    ///
    /// # Errors
    /// [`Error::Parameter`] if more segments are asked for than there are customers; else as [`assign`](Self::assign).
    pub fn refit(
        &self,
        features: &Features,
        n_segments: Option<usize>,
        ctx: &Context,
    ) -> Result<(Segments, Changes)> {
        let before = self.near(features, ctx)?;
        let k = n_segments.unwrap_or(self.sizes.len());
        if k == 0 || k > features.len() {
            let rule = format!("must be from 1 to {}, the customers", features.len());
            return Err(Error::parameter("SegmentModel", "n_segments", rule, k));
        }
        let rows = scaling::scaled(features, &self.scales, ctx)?;
        let matrix = Matrix::from_rows(&rows[..], self.n_features())?;
        let is_classes = self.origin == Origin::Classes && n_segments.is_none();
        let (centers, notices) = match n_segments {
            // Classes stay what they are: their recipe has not changed.
            None if is_classes => (self.centers.clone(), Vec::new()),
            None => {
                let params = KMeansParams::new(k).init(Init::Centers(self.centers.clone()));
                let found = params.fit(&matrix, None, ctx)?.model;
                (found.centers, found.notices)
            }
            Some(_) => {
                let params = KMeansParams::new(k).seed(self.params.seed);
                let params = params.n_init(self.params.n_init);
                let found = params.fit(&matrix, None, ctx)?.model;
                (found.centers, found.notices)
            }
        };
        let near = nearest_two(&matrix, &centers, &vec![0; k], ctx)?;
        let mut sizes = vec![0; k];
        near.labels.iter().for_each(|&l| sizes[l as usize] += 1);
        let mut model = SegmentModel {
            sizes,
            centers,
            reaches: vec![0.0; k],
            notices,
            choice: None,
            origin: if is_classes {
                Origin::Classes
            } else {
                Origin::Refit
            },
            deciles: deciles(features, ctx)?,
            data_hash: hash(&matrix),
            ..self.clone()
        };
        if n_segments.is_some() {
            model.segments = (0..k).map(unnamed).collect();
        }
        let empty: Vec<usize> = (0..k).filter(|&c| model.sizes[c] == 0).collect();
        model.without_centers(&empty);
        model.segments.retain(|s| !s.centers.is_empty());
        let of = model.segment_of_center();
        let near = nearest_two(&matrix, &model.centers, &of, ctx)?;
        model.count(&near, ctx)?;
        let old = placed(&before.labels, &self.segment_of_center());
        let new = placed(&near.labels, &of);
        let segments = self.matched(&mut model, &old, &new);
        let changes = self.changes(segments, &old, features);
        model.notices.extend(warnings(&model));
        let near = nearest_two(&matrix, &model.centers, &model.segment_of_center(), ctx)?;
        ctx.progress.finish();
        Ok((
            Segments::new(Arc::new(model), features.clone(), near),
            changes,
        ))
    }

    /// Gives the new segments the names of the old ones that they are, and says what became of each.
    fn matched(&self, model: &mut Self, old: &[i32], new: &[i32]) -> Vec<SegmentChange> {
        let (n_old, n_new) = (self.segments.len(), model.segments.len());
        let both = contingency(old, new, n_old, n_new);
        let of_old: Vec<u64> = both
            .chunks_exact(n_new)
            .map(|row| row.iter().sum())
            .collect();
        let of_new: Vec<u64> = (0..n_new)
            .map(|j| both.iter().skip(j).step_by(n_new).sum())
            .collect();
        let overlap = |i: usize, j: usize| {
            let shared = both[i * n_new + j];
            let either = of_old[i] + of_new[j] - shared;
            if either == 0 {
                0.0
            } else {
                shared as f64 / either as f64
            }
        };
        // What is not the same segment must not stand in the way of what is.
        let same = |o: f64| if o >= SAME { o } else { 0.0 };
        let overlaps: Vec<f64> = (0..n_old * n_new)
            .map(|at| same(overlap(at / n_new, at % n_new)))
            .collect();
        let pairs = greatest(&overlaps, n_new);
        let all = new.len().max(1) as f64;
        let mut found = Vec::new();
        let mut shapes: Vec<Segment> = Vec::new();
        for (j, &after) in of_new.iter().enumerate() {
            let from = pairs.iter().position(|&p| p == Some(j));
            let from = from.filter(|&i| overlap(i, j) >= SAME);
            let before = from.map(|i| &self.segments[i]);
            let mut shape = model.shape(j, before);
            if before.is_none() {
                // Old names are all taken, of segments that are gone too.
                shape.name = self.free_name(shape.id);
            }
            let overlap = from.map(|i| overlap(i, j));
            let shift = |old: &Segment| apart(&self.middle(old), &model.middle(&shape));
            found.push(SegmentChange {
                segment: shape.id,
                name: shape.name.clone(),
                status: match overlap {
                    Some(o) if o >= STABLE => Status::Stable,
                    Some(_) => Status::Changed,
                    None => Status::New,
                },
                overlap,
                share_before: before.map(|old| self.share(old)),
                share_after: Some(after as f64 / all),
                center_shift: before.map(shift),
            });
            shapes.push(shape);
        }
        let is_gone = |s: &&Segment| shapes.iter().all(|other| other.id != s.id);
        found.extend(self.segments.iter().filter(is_gone).map(|s| SegmentChange {
            segment: s.id,
            name: s.name.clone(),
            status: Status::Gone,
            overlap: None,
            share_before: Some(self.share(s)),
            share_after: None,
            center_shift: None,
        }));
        model.segments = shapes;
        found
    }

    /// The segment at this place, as the one that it was before, or with a number of its own.
    fn shape(&mut self, place: usize, before: Option<&Segment>) -> Segment {
        let centers = self.segments[place].centers.clone();
        if let Some(before) = before {
            return Segment {
                centers,
                ..before.clone()
            };
        }
        let id = self.next_id;
        self.next_id += 1;
        Segment {
            id,
            centers,
            ..unnamed(id as usize)
        }
    }

    fn changes(&self, segments: Vec<SegmentChange>, old: &[i32], features: &Features) -> Changes {
        let before: Vec<u64> = self.segments.iter().map(|s| self.size(s)).collect();
        let mut after = vec![0; before.len()];
        old.iter().for_each(|&p| after[p as usize] += 1);
        let columns = features
            .names()
            .iter()
            .zip(features.columns())
            .zip(&self.deciles);
        let of_features = columns.map(|((name, column), deciles)| {
            let now = counted(column, &deciles.cuts);
            (name.clone(), stability_index(&deciles.counts, &now))
        });
        Changes {
            segments,
            stability_index: stability_index(&before, &after),
            features: of_features.collect(),
        }
    }

    fn share(&self, segment: &Segment) -> f64 {
        self.size(segment) as f64 / self.n_customers().max(1) as f64
    }

    /// The mean of a segment's centres, by their customers.
    fn middle(&self, segment: &Segment) -> Vec<f64> {
        let mut middle = vec![0.0; self.n_features()];
        let size = self.size(segment).max(1) as f64;
        for &c in &segment.centers {
            let share = self.sizes[c] as f64 / size;
            middle
                .iter_mut()
                .zip(self.center(c))
                .for_each(|(m, x)| *m += share * x);
        }
        middle
    }
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    crate::matrix::frame::square(a, b, 1.0).sqrt()
}

fn placed(centers: &[i32], of: &[i32]) -> Vec<i32> {
    centers.iter().map(|&c| of[c as usize]).collect()
}
