//! Customers to segments, by distance.

use std::ops::Range;
use std::sync::Arc;

use super::model::SegmentModel;
use super::result::Segments;
use crate::error::{Error, Result};
use crate::features::Features;
use crate::matrix::Matrix;
use crate::matrix::frame::square;
use crate::parallel::{Context, map_ordered, pieces};
use crate::segment::scaling;

/// The nearest centre of each row, and the nearest of another segment.
#[derive(Debug, Clone)]
pub(super) struct Near {
    /// Numbers of centres.
    pub(super) labels: Vec<i32>,
    pub(super) distances: Vec<f64>,
    /// Infinite where there is one segment.
    pub(super) next: Vec<f64>,
}

/// For each row the nearest centre, the first of equally near ones, and how far the nearest one of another segment is. `of` has the segment of each centre.
pub(super) fn nearest_two(
    matrix: &Matrix<'_>,
    centers: &[f64],
    of: &[i32],
    ctx: &Context,
) -> Result<Near> {
    let d = matrix.n_columns();
    let ranges = pieces(matrix.n_rows(), 1 << 12).collect();
    let parts = map_ordered(ctx, "assign", ranges, |rows: Range<usize>| {
        let mut row = vec![0.0; d];
        let mut found = Vec::with_capacity(rows.len());
        for i in rows {
            matrix.row(i, &mut row);
            let away: Vec<f64> = centers
                .chunks_exact(d)
                .map(|c| square(&row, c, 1.0))
                .collect();
            let nearer = |best: usize, c: usize| if away[c] < away[best] { c } else { best };
            let nearest = (0..away.len()).reduce(nearer).unwrap_or(0);
            let others = (0..away.len()).filter(|&c| of[c] != of[nearest]);
            let next = others.map(|c| away[c]).fold(f64::INFINITY, f64::min);
            found.push((nearest as i32, away[nearest].sqrt(), next.sqrt()));
        }
        Ok(found)
    })?;
    let all = || parts.iter().flatten();
    Ok(Near {
        labels: all().map(|f| f.0).collect(),
        distances: all().map(|f| f.1).collect(),
        next: all().map(|f| f.2).collect(),
    })
}

impl SegmentModel {
    /// Customers to the segment of the nearest centre; the features must be made as those of the fit.
    ///
    /// # Errors
    /// [`Error::FeatureMismatch`] if the columns are others; [`Error::BadValues`] for what is no finite number; [`Error::Cancelled`].
    pub fn assign(self: &Arc<Self>, features: &Features, ctx: &Context) -> Result<Segments> {
        let near = self.near(features, ctx)?;
        ctx.progress.finish();
        Ok(Segments::new(Arc::clone(self), features.clone(), near))
    }

    pub(super) fn near(&self, features: &Features, ctx: &Context) -> Result<Near> {
        self.check_features(features)?;
        if features.is_empty() {
            return Ok(Near {
                labels: Vec::new(),
                distances: Vec::new(),
                next: Vec::new(),
            });
        }
        features.matrix()?.moments(ctx)?;
        let rows = scaling::scaled(features, &self.scales, ctx)?;
        let matrix = Matrix::from_rows(&rows[..], self.n_features())?;
        nearest_two(&matrix, &self.centers, &self.segment_of_center(), ctx)
    }

    pub(super) fn check_features(&self, features: &Features) -> Result<()> {
        let mismatch = |why: String| {
            Err(Error::FeatureMismatch {
                what: "the features".into(),
                why,
            })
        };
        if features.names() != self.recipe.names {
            let (own, other) = (self.recipe.names.join(", "), features.names().join(", "));
            return mismatch(format!(
                "they are {other}; the segments were found in {own}"
            ));
        }
        let (own, other) = (&self.recipe, features.recipe());
        if other.space != own.space || other.classes != own.classes {
            let why = "their coordinates are of another space of baskets, or of other classes; make them by the recipe of the segments";
            return mismatch(why.into());
        }
        Ok(())
    }
}
