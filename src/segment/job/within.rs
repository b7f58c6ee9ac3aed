//! Segments within a segment.

use super::params::SegmentParams;
use super::result::Segments;
use crate::error::Result;
use crate::parallel::Context;

impl Segments {
    /// Segments of the customers of one segment, in the same features, scaled anew.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) if there is no such segment; else as [`SegmentParams::fit`].
    pub fn within(&self, segment: i32, params: &SegmentParams, ctx: &Context) -> Result<Self> {
        let place = self.model.place_of(segment)? as i32;
        let of = self.model.segment_of_center();
        let is_own = |i: &usize| of[self.near.labels[*i] as usize] == place;
        let own: Vec<usize> = (0..self.features.len()).filter(is_own).collect();
        params.fit_among(&self.features.chosen(&own)?, false, ctx)
    }
}
