//! What experts do with segments: name, describe, merge, split, reject. Who and why is kept with the model.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::assign::nearest_two;
use super::model::{Segment, SegmentModel};
use super::result::Segments;
use crate::cluster::kmeans::KMeansParams;
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::parallel::Context;
use crate::segment::scaling;

/// Longest name of a segment.
const LONGEST: usize = 100;

/// What was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Action {
    /// A segment got a name.
    Name {
        /// Its number.
        segment: i32,
        /// The name.
        name: String,
    },
    /// A segment got a description.
    Describe {
        /// Its number.
        segment: i32,
        /// The description.
        description: String,
    },
    /// Segments became one, with the number of the first.
    Merge {
        /// Their numbers.
        segments: Vec<i32>,
    },
    /// A segment became some, with numbers of their own.
    Split {
        /// Its number.
        segment: i32,
        /// Theirs.
        into: Vec<i32>,
    },
    /// A segment is held for none.
    Reject {
        /// Its number.
        segment: i32,
    },
    /// A rejected segment is one again.
    Restore {
        /// Its number.
        segment: i32,
    },
}

/// What was done, by whom, when and why.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Judgement {
    /// What was done.
    pub action: Option<Action>,
    /// Who did it.
    pub by: String,
    /// Why.
    pub why: String,
    /// When, as ISO text.
    pub at: String,
}

impl Judgement {
    /// Somebody's judgement, of which it is not said yet what it does.
    #[must_use]
    pub fn new(by: &str, why: &str, at: &str) -> Self {
        Self {
            action: None,
            by: by.into(),
            why: why.into(),
            at: at.into(),
        }
    }
}

impl SegmentModel {
    /// With a name for a segment: not blank, of at most 100 characters, and no other segment's.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no such segment, or the name breaks its rule.
    pub fn named(&self, segment: i32, name: &str, said: Judgement) -> Result<Self> {
        let place = self.place_of(segment)?;
        let name = name.trim();
        let is_taken = |s: &Segment| s.id != segment && s.name.eq_ignore_ascii_case(name);
        if name.is_empty() || name.chars().count() > LONGEST || self.segments.iter().any(is_taken) {
            let rule = "must be a name of 1 to 100 characters that no other segment has";
            return Err(Error::parameter(
                "SegmentModel",
                "name",
                rule,
                format!("`{name}`"),
            ));
        }
        let mut model = self.judged(
            said,
            Action::Name {
                segment,
                name: name.into(),
            },
        );
        model.segments[place].name = name.into();
        Ok(model)
    }

    /// With a description for a segment.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no such segment.
    pub fn described(&self, segment: i32, text: &str, said: Judgement) -> Result<Self> {
        let place = self.place_of(segment)?;
        let description = text.to_owned();
        let mut model = self.judged(
            said,
            Action::Describe {
                segment,
                description,
            },
        );
        model.segments[place].description = text.into();
        Ok(model)
    }

    /// With segments made one: all their customers are in the first, whose number, name and description stay.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there are fewer than two, or one is none or there twice.
    pub fn merged(&self, segments: &[i32], said: Judgement) -> Result<Self> {
        let places = segments.iter().map(|&id| self.place_of(id));
        let places: Vec<usize> = places.collect::<Result<_>>()?;
        let is_repeated = |(i, p): (usize, &usize)| places[..i].contains(p);
        let [first, others @ ..] = places.as_slice() else {
            return Err(too_few(segments));
        };
        if others.is_empty() || places.iter().enumerate().any(is_repeated) {
            return Err(too_few(segments));
        }
        let mut model = self.judged(
            said,
            Action::Merge {
                segments: segments.to_vec(),
            },
        );
        for &other in others {
            let centers = std::mem::take(&mut model.segments[other].centers);
            model.segments[*first].centers.extend(centers);
        }
        model.segments[*first].centers.sort_unstable();
        model.segments.retain(|s| !s.centers.is_empty());
        Ok(model)
    }

    /// With a segment held for none: its customers are in no segment until it is restored.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no such segment, or it is rejected already.
    pub fn rejected(&self, segment: i32, said: Judgement) -> Result<Self> {
        self.with_rejection(segment, true, said)
    }

    /// With a rejected segment made one again.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no such segment, or it is not rejected.
    pub fn restored(&self, segment: i32, said: Judgement) -> Result<Self> {
        self.with_rejection(segment, false, said)
    }

    fn with_rejection(&self, segment: i32, is_rejected: bool, said: Judgement) -> Result<Self> {
        let place = self.place_of(segment)?;
        if self.segments[place].is_rejected == is_rejected {
            let rule = if is_rejected {
                "is rejected already"
            } else {
                "is not rejected"
            };
            return Err(Error::parameter("SegmentModel", "segment", rule, segment));
        }
        let action = if is_rejected {
            Action::Reject { segment }
        } else {
            Action::Restore { segment }
        };
        let mut model = self.judged(said, action);
        model.segments[place].is_rejected = is_rejected;
        Ok(model)
    }

    fn judged(&self, mut said: Judgement, action: Action) -> Self {
        let mut model = self.clone();
        said.action = Some(action);
        model.judgements.push(said);
        model
    }
}

fn too_few(segments: &[i32]) -> Error {
    let rule = "must be at least two, each once";
    Error::parameter("SegmentModel", "segments", rule, format!("{segments:?}"))
}

impl Segments {
    /// The same customers under a model that experts have changed.
    ///
    /// # Errors
    /// As [`SegmentModel::assign`].
    pub fn under(&self, model: SegmentModel, ctx: &Context) -> Result<Self> {
        let is_same = model.centers == self.model.centers
            && model.segment_of_center() == self.model.segment_of_center();
        let model = Arc::new(model);
        if is_same {
            // Only names and marks have changed.
            return Ok(Self::new(model, self.features.clone(), self.near.clone()));
        }
        model.assign(&self.features, ctx)
    }

    /// With a segment cut into some by k-means among its own customers; the parts get numbers of their own, and customers near their bounds may change.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no such segment, or it has fewer customers than parts are asked for, or fewer than two are.
    pub fn split(
        &self,
        segment: i32,
        parts: usize,
        said: Judgement,
        ctx: &Context,
    ) -> Result<Self> {
        let place = self.model.place_of(segment)?;
        if self.features.len() as u64 != self.model.n_customers() {
            let rule = format!(
                "must be those {} that the segments were found on; refit them first",
                self.model.n_customers()
            );
            let n = self.features.len();
            return Err(Error::parameter("Segments", "customers", rule, n));
        }
        let of = self.model.segment_of_center();
        let is_own = |i: &usize| of[self.near.labels[*i] as usize] as usize == place;
        let own: Vec<usize> = (0..self.features.len()).filter(is_own).collect();
        if parts < 2 || parts > own.len() {
            let rule = format!(
                "must be from 2 to {}, the customers of segment {segment}",
                own.len()
            );
            return Err(Error::parameter("Segments", "parts", rule, parts));
        }
        let members = self.features.chosen(&own)?;
        let rows = scaling::scaled(&members, &self.model.scales, ctx)?;
        let matrix = Matrix::from_rows(&rows[..], self.model.n_features())?;
        let params = KMeansParams::new(parts)
            .n_init(10)
            .seed(self.model.params.seed);
        let found = params.fit(&matrix, None, ctx)?.model;
        let next = self.model.next_id;
        let into: Vec<i32> = (next..).take(parts).collect();
        let mut model = self.model.judged(
            said,
            Action::Split {
                segment,
                into: into.clone(),
            },
        );
        let gone = model.segments.remove(place);
        model.without_centers(&gone.centers);
        for (id, centre) in into
            .iter()
            .zip(found.centers.chunks_exact(found.n_features))
        {
            model.segments.push(Segment {
                id: *id,
                name: model.free_name(*id),
                description: String::new(),
                centers: vec![model.sizes.len()],
                is_rejected: gone.is_rejected,
            });
            model.centers.extend_from_slice(centre);
            model.sizes.push(0);
            model.reaches.push(0.0);
        }
        model.next_id += parts as i32;
        self.recounted(model, ctx)
    }

    /// Sizes and reaches of centres by these customers. Parts without any are left out.
    fn recounted(&self, mut model: SegmentModel, ctx: &Context) -> Result<Self> {
        let rows = scaling::scaled(&self.features, &model.scales, ctx)?;
        let matrix = Matrix::from_rows(&rows[..], model.n_features())?;
        let near = nearest_two(&matrix, &model.centers, &model.segment_of_center(), ctx)?;
        model.count(&near, ctx)?;
        let empty: Vec<usize> = (0..model.sizes.len())
            .filter(|&c| model.sizes[c] == 0)
            .collect();
        if empty.is_empty() {
            return Ok(Self::new(Arc::new(model), self.features.clone(), near));
        }
        model.without_centers(&empty);
        model.segments.retain(|s| !s.centers.is_empty());
        Arc::new(model).assign(&self.features, ctx)
    }
}

impl SegmentModel {
    /// The name of a segment that nobody has named, and that no other has.
    pub(super) fn free_name(&self, id: i32) -> String {
        let mut name = format!("segment {id}");
        while self.segments.iter().any(|s| s.name == name) {
            name.push_str(" (new)");
        }
        name
    }

    /// Takes centres away; the others are numbered anew.
    pub(super) fn without_centers(&mut self, gone: &[usize]) {
        let d = self.n_features();
        let kept: Vec<usize> = (0..self.sizes.len())
            .filter(|c| !gone.contains(c))
            .collect();
        self.centers = kept
            .iter()
            .flat_map(|&c| self.centers[c * d..][..d].to_vec())
            .collect();
        self.sizes = kept.iter().map(|&c| self.sizes[c]).collect();
        self.reaches = kept.iter().map(|&c| self.reaches[c]).collect();
        for segment in &mut self.segments {
            let places = segment
                .centers
                .iter()
                .filter_map(|c| kept.binary_search(c).ok());
            segment.centers = places.collect();
        }
    }
}
