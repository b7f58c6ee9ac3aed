//! Customers in segments.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, RecordBatch, StringArray, UInt64Array,
};
use arrow_schema::{Field, Schema};

use super::assign::Near;
use super::model::SegmentModel;
use crate::error::{Error, Result};
use crate::features::Features;

/// Customers, each with a segment, and the model that put them there.
#[derive(Debug, Clone)]
pub struct Segments {
    pub(super) model: Arc<SegmentModel>,
    pub(super) features: Features,
    pub(super) near: Near,
    /// Places among the model's segments; -1 for those of rejected ones.
    labels: Vec<i32>,
}

impl Segments {
    pub(super) fn new(model: Arc<SegmentModel>, features: Features, near: Near) -> Self {
        let of = model.segment_of_center();
        let place = |&c: &i32| {
            let place = of[c as usize];
            if model.segments[place as usize].is_rejected {
                -1
            } else {
                place
            }
        };
        let labels = near.labels.iter().map(place).collect();
        Self {
            model,
            features,
            near,
            labels,
        }
    }

    /// The centres, the names, and how they came about.
    #[must_use]
    pub const fn model(&self) -> &Arc<SegmentModel> {
        &self.model
    }

    /// The features of the customers.
    #[must_use]
    pub const fn features(&self) -> &Features {
        &self.features
    }

    /// For each customer the place of the segment among those of the model; -1 in none.
    #[must_use]
    pub fn labels(&self) -> &[i32] {
        &self.labels
    }

    /// Customers of each segment.
    #[must_use]
    pub fn sizes(&self) -> Vec<u64> {
        let mut sizes = vec![0; self.model.segments.len()];
        let kept = self.labels.iter().filter(|l| **l >= 0);
        kept.for_each(|&l| sizes[l as usize] += 1);
        sizes
    }

    /// For each segment the customers nearest to one of its centres, the nearest first; of a rejected one none.
    pub(in crate::segment) fn nearest(&self, n: usize) -> Vec<Vec<usize>> {
        let mut own: Vec<Vec<usize>> = vec![Vec::new(); self.model.segments.len()];
        for (i, &label) in self.labels.iter().enumerate() {
            if label >= 0 {
                own[label as usize].push(i);
            }
        }
        let away = |i: &usize| self.near.distances[*i];
        for own in &mut own {
            own.sort_by(|a, b| away(a).total_cmp(&away(b)));
            own.truncate(n);
        }
        own
    }

    /// A table: `customer`, `segment` (its number) and `segment_name`, both null for customers of rejected segments; `distance` to the centre; `margin`, 0 half-way to the
    /// next segment and 1 at the centre; and `fits`, false for who is farther from the centre than nearly all of the segment were at the fit.
    ///
    /// # Errors
    /// None that are known.
    pub fn batch(&self) -> Result<RecordBatch> {
        let segment = |&l: &i32| usize::try_from(l).ok().map(|l| &self.model.segments[l]);
        let ids = self.labels.iter().map(|l| segment(l).map(|s| s.id));
        let names = self
            .labels
            .iter()
            .map(|l| segment(l).map(|s| s.name.as_str()));
        let pairs = || self.near.distances.iter().zip(&self.near.next);
        let margin = pairs().map(|(&own, &next)| margin(own, next));
        let fits = self.near.distances.iter().zip(&self.near.labels);
        let fits: BooleanArray = fits
            .map(|(&own, &c)| Some(own <= self.model.reaches[c as usize]))
            .collect();
        to_batch(vec![
            ("customer", self.features.customers().clone()),
            ("segment", Arc::new(ids.collect::<Int32Array>())),
            ("segment_name", Arc::new(names.collect::<StringArray>())),
            (
                "distance",
                Arc::new(Float64Array::from(self.near.distances.clone())),
            ),
            ("margin", Arc::new(margin.collect::<Float64Array>())),
            ("fits", Arc::new(fits)),
        ])
    }

    /// The segments: `segment`, `segment_name`, `description`, `is_rejected`, `n_customers`, `share`, and the median of each feature.
    ///
    /// # Errors
    /// None that are known.
    pub fn segments(&self) -> Result<RecordBatch> {
        let own = &self.model.segments;
        let of_center = self.model.segment_of_center();
        let places: Vec<i32> = self
            .near
            .labels
            .iter()
            .map(|&c| of_center[c as usize])
            .collect();
        let mut sizes = vec![0_u64; own.len()];
        places.iter().for_each(|&p| sizes[p as usize] += 1);
        let all = self.features.len().max(1) as f64;
        let shares = sizes.iter().map(|&n| Some(n as f64 / all));
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            (
                "segment",
                Arc::new(Int32Array::from_iter_values(own.iter().map(|s| s.id))),
            ),
            (
                "segment_name",
                Arc::new(StringArray::from_iter_values(own.iter().map(|s| &s.name))),
            ),
            (
                "description",
                Arc::new(StringArray::from_iter_values(
                    own.iter().map(|s| &s.description),
                )),
            ),
            (
                "is_rejected",
                Arc::new(
                    own.iter()
                        .map(|s| Some(s.is_rejected))
                        .collect::<BooleanArray>(),
                ),
            ),
            ("n_customers", Arc::new(UInt64Array::from(sizes.clone()))),
            ("share", Arc::new(shares.collect::<Float64Array>())),
        ];
        for (name, column) in self.features.names().iter().zip(self.features.columns()) {
            let medians = medians(column, &places, own.len());
            columns.push((
                name,
                Arc::new(medians.into_iter().collect::<Float64Array>()),
            ));
        }
        to_batch(columns)
    }
}

/// How much nearer the own centre is: 0 where both are as near, 1 at the own one.
fn margin(own: f64, next: f64) -> f64 {
    if next > 0.0 && next.is_finite() {
        (1.0 - own / next).max(0.0)
    } else if next.is_finite() {
        0.0
    } else {
        1.0
    }
}

/// The median of each group; none of an empty one.
pub(in crate::segment) fn medians(column: &[f64], labels: &[i32], n: usize) -> Vec<Option<f64>> {
    let mut own: Vec<Vec<f64>> = vec![Vec::new(); n];
    for (&x, &label) in column.iter().zip(labels) {
        if label >= 0 {
            own[label as usize].push(x);
        }
    }
    own.iter_mut().map(|own| median(own)).collect()
}

pub(in crate::segment) fn median(values: &mut [f64]) -> Option<f64> {
    let n = values.len();
    if n == 0 {
        return None;
    }
    let (_, &mut high, _) = values.select_nth_unstable_by(n / 2, f64::total_cmp);
    if n % 2 == 1 {
        return Some(high);
    }
    let low = values[..n / 2]
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    Some(f64::midpoint(low, high))
}

/// A batch of named columns.
pub(in crate::segment) fn to_batch(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch> {
    let field = |(name, c): &(&str, ArrayRef)| Field::new(*name, c.data_type().clone(), true);
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    let columns = columns.into_iter().map(|(_, c)| c).collect();
    RecordBatch::try_new(Arc::new(schema), columns).map_err(|e| Error::FeatureMismatch {
        what: "the columns of segments".into(),
        why: e.to_string(),
    })
}
