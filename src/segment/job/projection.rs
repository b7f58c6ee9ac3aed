//! Segments in two dimensions, to be looked at.

use std::sync::Arc;

use arrow_array::{Float64Array, Int32Array, RecordBatch, StringArray};

use super::result::{Segments, to_batch};
use crate::error::Result;
use crate::parallel::Context;
use crate::segment::axes::{along, principal};
use crate::segment::scaling;

impl Segments {
    /// Where customers stand along the two principal axes of the scaled features: `customer`, `segment` and `segment_name` (null in none), `x`, `y` (0 where there is one
    /// feature).
    ///
    /// # Errors
    /// [`Error::Cancelled`](crate::Error::Cancelled).
    pub fn projection(&self, ctx: &Context) -> Result<RecordBatch> {
        let d = self.model.n_features();
        let rows = scaling::scaled(&self.features, &self.model.scales, ctx)?;
        let (middle, axes) = principal(&rows, d, ctx)?;
        let at = |i: usize| -> Float64Array {
            match axes.chunks_exact(d).nth(i) {
                Some(axis) => rows
                    .chunks_exact(d)
                    .map(|row| Some(along(axis, row, &middle)))
                    .collect(),
                None => vec![0.0; self.features.len()].into(),
            }
        };
        let segment = |&l: &i32| usize::try_from(l).ok().map(|l| &self.model.segments[l]);
        let ids = self.labels().iter().map(|l| segment(l).map(|s| s.id));
        let names = self
            .labels()
            .iter()
            .map(|l| segment(l).map(|s| s.name.as_str()));
        to_batch(vec![
            ("customer", self.features.customers().clone()),
            ("segment", Arc::new(ids.collect::<Int32Array>())),
            ("segment_name", Arc::new(names.collect::<StringArray>())),
            ("x", Arc::new(at(0))),
            ("y", Arc::new(at(1))),
        ])
    }
}
