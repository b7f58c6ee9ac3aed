//! Parameters of segmentation.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::segment::choose::ChooseParams;
use crate::segment::scaling::Scale;

pub(super) const OWNER: &str = "SegmentParams";

/// Parameters of segmentation; [`fit`](Self::fit) finds the segments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SegmentParams {
    /// How many segments, at least 1. None: the number that [`choose`](Self::choose) recommends.
    pub n_segments: Option<usize>,
    /// How the number is chosen.
    pub choose: ChooseParams,
    /// How columns are scaled.
    pub scale: Scale,
    /// Starts of k-means where the number is given.
    pub n_init: u32,
    /// A customer farther from the centre than this share of the segment's own were at the fit fits none: 0.5 to 1.
    pub reach: f64,
    /// Of what is drawn.
    pub seed: u64,
}

impl Default for SegmentParams {
    fn default() -> Self {
        Self {
            n_segments: None,
            choose: ChooseParams::default(),
            scale: Scale::default(),
            n_init: 10,
            reach: 0.99,
            seed: 0,
        }
    }
}

impl SegmentParams {
    /// As many segments as are recommended, columns in logarithms.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many segments.
    #[must_use]
    pub const fn n_segments(mut self, n: usize) -> Self {
        self.n_segments = Some(n);
        self
    }

    /// Sets how their number is chosen.
    #[must_use]
    pub const fn choose(mut self, params: ChooseParams) -> Self {
        self.choose = params;
        self
    }

    /// Sets how columns are scaled.
    #[must_use]
    pub const fn scale(mut self, scale: Scale) -> Self {
        self.scale = scale;
        self
    }

    /// Sets the starts of k-means.
    #[must_use]
    pub const fn n_init(mut self, n: u32) -> Self {
        self.n_init = n;
        self
    }

    /// Sets how far segments reach.
    #[must_use]
    pub const fn reach(mut self, share: f64) -> Self {
        self.reach = share;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Whether the parameters keep their rules.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that does not.
    pub fn validate(&self) -> Result<()> {
        let refused =
            |name: &str, rule: &str, value: String| Err(Error::parameter(OWNER, name, rule, value));
        if let Some(n) = self.n_segments
            && !(1..=10_000).contains(&n)
        {
            return refused(
                "n_segments",
                "must be from 1 to 10000, or left to be chosen",
                n.to_string(),
            );
        }
        if self.n_init == 0 {
            return refused("n_init", "must be at least 1", "0".into());
        }
        if !(0.5..=1.0).contains(&self.reach) {
            return refused("reach", "must be in [0.5, 1]", self.reach.to_string());
        }
        self.choose.validate()
    }
}
