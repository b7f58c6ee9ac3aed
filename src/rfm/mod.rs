//! RFM: customers scored by recency, frequency and money, in segments with names.
//!
//! [`RfmParams::fit`] reads the transactions once, cuts each axis into bins by the chosen [`Convention`], and returns an [`Rfm`]: one row
//! per customer with an order, the cut points, and where every row of the table went. [`RfmModel::score`] scores another period with the
//! same cut points, and [`Rfm::moves`] tells who moved where; re-cut quintiles are relative and would show movement where
//! there is none.
//!
//! ```
//! use patronomy::rfm::{RfmParams, SegmentMap};
//! use patronomy::simulate::Shop;
//! use patronomy::{Context, Moment};
//!
//! let tx = Shop::new(500, 400, 7).transactions()?;
//! let (past, later) = tx.split(Moment::parse("2024-11-01")?)?;
//! let rfm = RfmParams::new().segments(SegmentMap::rf_grid()).fit(&past, &Context::new())?;
//! let again = rfm.model().score(&later, &Context::new())?;
//! let moves = again.moves(&rfm)?;
//! assert!(moves.num_rows() > 0);
//! # Ok::<(), patronomy::Error>(())
//! ```
//!
//! Cost: one pass over the columns of the roles, and one row per customer. Source of the method: Hughes, *Strategic Database Marketing*
//! (1994); the binning rules: see [`Convention`].

mod breaks;
mod conventions;
mod fit;
mod moves;
mod params;
mod result;
mod segments;
mod tables;

pub use breaks::{Breaks, Closed, Cuts};
pub use fit::RfmModel;
pub use params::{Convention, Monetary, Nesting, RfmParams};
pub use result::Rfm;
pub use segments::{SegmentMap, SegmentRule};
