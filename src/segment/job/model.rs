//! What a segmentation has learnt, and what experts said of it.

use serde::{Deserialize, Serialize};

use super::experts::Judgement;
use super::params::SegmentParams;
use crate::error::{Error, Result};
use crate::features::FeatureRecipe;
use crate::saved::Saved;
use crate::segment::choose::Choice;
use crate::segment::scaling::ColumnScale;

/// A segment: one centre, or some that experts have merged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Segment {
    /// Its number, which stays its own: split and new segments get numbers of theirs.
    pub id: i32,
    /// Its name; `segment 3` before somebody names it.
    pub name: String,
    /// What is said of it.
    pub description: String,
    /// The centres that make it up.
    pub centers: Vec<usize>,
    /// Whether experts hold it for none: its customers are then in no segment.
    pub is_rejected: bool,
}

/// Why there are as many segments as there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Origin {
    /// Their number was recommended; see [`SegmentModel::choice`].
    Chosen,
    /// Their number was given.
    Given,
    /// There is one for each latent class, and its customers are those whose likeliest class it is.
    Classes,
    /// They are those of the fit before.
    Refit,
}

/// Deciles of a feature at the fit, for the stability index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deciles {
    pub(super) cuts: Vec<f64>,
    pub(super) counts: Vec<u64>,
}

/// Centres in scaled features, the segments they make up, and how all came about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SegmentModel {
    /// The parameters it was fitted with.
    pub params: SegmentParams,
    /// How the features were made.
    pub recipe: FeatureRecipe,
    /// The scale of each column.
    pub scales: Vec<ColumnScale>,
    /// The centres in scaled columns, one after the other.
    pub centers: Vec<f64>,
    /// Customers of each centre at the fit.
    pub sizes: Vec<u64>,
    /// For each centre how far from it a customer may be and fit.
    pub reaches: Vec<f64>,
    /// Why there are as many segments.
    pub origin: Origin,
    /// The segments, from the largest at the fit.
    pub segments: Vec<Segment>,
    /// The numbers of segments that were tried; none where the number was given.
    pub choice: Option<Choice>,
    /// What experts did, in order.
    pub judgements: Vec<Judgement>,
    /// Numbers that no segment has had yet begin here.
    pub next_id: i32,
    pub(super) deciles: Vec<Deciles>,
    /// What the user should know.
    pub notices: Vec<String>,
    /// Hash of the scaled features it learnt from, hexadecimal.
    pub data_hash: String,
}

impl SegmentModel {
    /// How many columns there are.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.scales.len()
    }

    /// How many customers it was fitted on.
    #[must_use]
    pub fn n_customers(&self) -> u64 {
        self.sizes.iter().sum()
    }

    /// A centre in scaled columns.
    #[must_use]
    pub fn center(&self, at: usize) -> &[f64] {
        &self.centers[at * self.n_features()..][..self.n_features()]
    }

    /// The place among the segments of the one with this number.
    pub(super) fn place_of(&self, id: i32) -> Result<usize> {
        let found = self.segments.iter().position(|s| s.id == id);
        found.ok_or_else(|| {
            let ids: Vec<String> = self.segments.iter().map(|s| s.id.to_string()).collect();
            let rule = format!("must be one of {}", ids.join(", "));
            Error::parameter("SegmentModel", "segment", rule, id)
        })
    }

    /// For each centre the place of its segment.
    pub(super) fn segment_of_center(&self) -> Vec<i32> {
        let mut of = vec![-1; self.sizes.len()];
        for (place, segment) in (0..).zip(&self.segments) {
            segment.centers.iter().for_each(|&c| of[c] = place);
        }
        of
    }

    /// Customers of a segment at the fit.
    #[must_use]
    pub fn size(&self, segment: &Segment) -> u64 {
        segment.centers.iter().map(|&c| self.sizes[c]).sum()
    }
}

impl Saved for SegmentModel {
    const KIND: &'static str = "segments";

    fn check(&self) -> Result<()> {
        self.params.validate()?;
        self.recipe.validate()?;
        let (d, k) = (self.scales.len(), self.sizes.len());
        let mut owned: Vec<usize> = self
            .segments
            .iter()
            .flat_map(|s| s.centers.clone())
            .collect();
        owned.sort_unstable();
        let mut ids: Vec<i32> = self.segments.iter().map(|s| s.id).collect();
        ids.sort_unstable();
        ids.dedup();
        let is_whole = d == self.recipe.names.len()
            && d == self.deciles.len()
            && k > 0
            && k.checked_mul(d) == Some(self.centers.len())
            && self.reaches.len() == k
            && owned.iter().copied().eq(0..k)
            && ids.len() == self.segments.len()
            && self
                .segments
                .iter()
                .all(|s| !s.centers.is_empty() && (0..self.next_id).contains(&s.id))
            && self
                .deciles
                .iter()
                .all(|d| d.counts.len() == d.cuts.len() + 1);
        let numbers = self.centers.iter().chain(&self.reaches);
        if is_whole && numbers.clone().all(|x| x.is_finite()) {
            return Ok(());
        }
        let rule = "must each be a segment's own, finite, with a size and a reach";
        Err(Error::parameter(
            "SegmentModel",
            "centers",
            rule,
            self.centers.len(),
        ))
    }
}
