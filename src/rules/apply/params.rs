//! How rules are applied.

use serde::{Deserialize, Serialize};

use super::OWNER;
use crate::error::{Error, Result};
use crate::rules::Measure;

/// Whether what was bought before is recommended again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Repeat {
    /// No: only what is missing.
    #[default]
    Exclude,
    /// Yes, beside the rest.
    Include,
}

/// What several rules for one item say together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Combine {
    /// What the strongest of them says.
    #[default]
    Strongest,
    /// The sum of what each says; the strongest is the reason that is given.
    Sum,
}

/// How rules are applied.
///
/// ```
/// use patronomy::rules::RecommendParams;
/// assert!(RecommendParams::new().k(3).validate().is_ok());
/// assert!(RecommendParams::new().k(0).validate().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RecommendParams {
    /// At most so many items for each basket; all where it is not given.
    pub k: Option<usize>,
    /// Whether what is there already is recommended again.
    pub repeat: Repeat,
    /// What rules are ranked by. Rules with a NaN are left out.
    pub rank_by: Measure,
    /// What several rules for one item say together.
    pub combine: Combine,
    /// Numbers of items of the rules that are never recommended.
    pub excluded: Vec<u32>,
    /// Places of baskets and numbers of items that they refuse.
    pub refused: Vec<(u32, u32)>,
    /// What each item of the rules is worth, by number: scores are multiplied by it, and items worth nothing or less are left out.
    pub margins: Option<Vec<f64>>,
}

impl Default for RecommendParams {
    fn default() -> Self {
        Self {
            k: Some(5),
            repeat: Repeat::default(),
            rank_by: Measure::Confidence,
            combine: Combine::default(),
            excluded: Vec::new(),
            refused: Vec::new(),
            margins: None,
        }
    }
}

impl RecommendParams {
    /// The five missing items with the highest confidences.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many items each basket gets.
    #[must_use]
    pub const fn k(mut self, k: usize) -> Self {
        self.k = Some(k);
        self
    }

    /// Asks for every item that some rule speaks for.
    #[must_use]
    pub const fn all(mut self) -> Self {
        self.k = None;
        self
    }

    /// Sets whether what is there already is recommended again.
    #[must_use]
    pub const fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    /// Sets what rules are ranked by.
    #[must_use]
    pub const fn rank_by(mut self, measure: Measure) -> Self {
        self.rank_by = measure;
        self
    }

    /// Sets what several rules for one item say together.
    #[must_use]
    pub const fn combine(mut self, combine: Combine) -> Self {
        self.combine = combine;
        self
    }

    /// Sets items that are never recommended.
    #[must_use]
    pub fn excluded(mut self, items: Vec<u32>) -> Self {
        self.excluded = items;
        self
    }

    /// Sets what baskets refuse.
    #[must_use]
    pub fn refused(mut self, refused: Vec<(u32, u32)>) -> Self {
        self.refused = refused;
        self
    }

    /// Sets what items are worth.
    #[must_use]
    pub fn margins(mut self, margins: Vec<f64>) -> Self {
        self.margins = Some(margins);
        self
    }

    /// Whether the values are ones that can be worked with.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that breaks its rule.
    pub fn validate(&self) -> Result<()> {
        if self.k == Some(0) {
            return Err(Error::parameter(OWNER, "k", "must be 1 or more", 0));
        }
        let margins = self.margins.iter().flatten();
        if let Some(margin) = margins.copied().find(|m| !m.is_finite()) {
            return Err(Error::parameter(
                OWNER,
                "margins",
                "must be finite numbers",
                margin,
            ));
        }
        Ok(())
    }
}
