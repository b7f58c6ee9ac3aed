//! Customer knowledge mining: a transaction table goes in, knowledge a company can act on comes out.
//!
//! The crate is a Rust library first: it knows no Python and builds without it. A table is Arrow record batches with **roles** named once
//! ([`Transactions`]), it carries a **clock** (nothing computed as of a day depends on a later row), and every job says where each row
//! went ([`RowCounts`]). The first job is [`rfm`]: customers scored by recency, frequency and money, in segments with names.
//!
//! ```
//! use patronomy::rfm::{RfmParams, SegmentMap};
//! use patronomy::simulate::Shop;
//! use patronomy::{Context, Moment};
//!
//! let tx = Shop::new(300, 365, 1).transactions()?;
//! let past = tx.as_of(Moment::parse("2024-09-30")?)?;
//! let rfm = RfmParams::new().segments(SegmentMap::rf_grid()).fit(&past, &Context::new())?;
//! assert_eq!(rfm.counts().rows_in as usize, tx.n_rows());
//! println!("{} customers in {} segments", rfm.batch().num_rows(), rfm.segments()?.num_rows());
//! # Ok::<(), patronomy::Error>(())
//! ```
//!
//! Work runs in the caller's rayon pool, and its results are the same bits whatever the number of threads. A [`Context`] carries limits, a flag
//! that stops a job, and its progress.
//!
//! Features, on by default: `parquet`, `csv` and `excel` for [`io`], `pmml` for [`rules`]. Not on by default: `linfa`, for clusters by density, mixtures, and linfa's
//! traits.

#![cfg_attr(test, allow(clippy::float_cmp, reason = "tests compare exact results"))]

pub mod baskets;
mod budget;
pub mod clean;
pub mod cluster;
mod error;
pub mod features;
#[cfg_attr(
    not(all(feature = "csv", feature = "excel", feature = "parquet")),
    allow(
        dead_code,
        unused_variables,
        reason = "what no format needs that was not left away"
    )
)]
pub mod io;
pub mod itemsets;
mod kernels;
pub mod matrix;
mod parallel;
mod progress;
pub mod quality;
mod random;
pub mod rfm;
pub mod rules;
pub mod saved;
pub mod segment;
pub mod sequences;
pub mod simulate;
mod stats;
#[cfg_attr(
    not(all(feature = "csv", feature = "excel", feature = "parquet")),
    allow(
        dead_code,
        unused_variables,
        reason = "what no format needs that was not left away"
    )
)]
mod table;
mod transactions;
pub mod value;

pub use budget::{Budget, Cancel};
pub use clean::Returns;
pub use error::{Error, ErrorKind, Result};
pub use matrix::Matrix;
pub use parallel::Context;
pub use progress::{Progress, ProgressReading};
pub use table::Table;
pub use table::roles::Roles;
pub use table::time::{Every, Moment, Zone};
pub use transactions::{Reason, RowCounts, Transactions};
