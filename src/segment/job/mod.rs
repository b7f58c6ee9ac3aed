//! Segments of customers: found, named by experts, and kept from month to month.
//!
//! ```
//! use patronomy::features::{FeatureParams, FeatureSet};
//! use patronomy::segment::job::SegmentParams;
//! use patronomy::{Context, simulate::Shop};
//! let ctx = Context::new();
//! let tx = Shop::new(400, 365, 1).transactions()?;
//! let features = FeatureParams::new([FeatureSet::Rfm]).fit(&tx, &ctx)?;
//! let segments = SegmentParams::new().n_segments(3).fit(&features, &ctx)?;
//! assert_eq!(segments.batch()?.num_rows(), features.len());
//! # Ok::<(), patronomy::Error>(())
//! ```

mod assign;
mod experts;
mod fit;
mod model;
mod moves;
mod params;
mod projection;
mod refit;
mod result;
mod within;

pub use experts::{Action, Judgement};
pub use model::{Origin, Segment, SegmentModel};
pub use params::SegmentParams;
pub use refit::{Changes, SegmentChange, Status};
pub use result::Segments;
pub(in crate::segment) use result::{median, to_batch};
