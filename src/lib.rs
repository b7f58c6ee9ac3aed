//! Customer knowledge mining.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod budget;
mod clean;
mod error;
pub mod io;
mod parallel;
mod progress;
mod random;
pub mod rfm;
pub mod saved;
pub mod simulate;
mod stats;
mod table;
mod transactions;

pub use budget::{Budget, Cancel};
pub use error::{Error, ErrorKind, Result};
pub use parallel::Context;
pub use progress::{Progress, ProgressReading};
pub use table::Table;
pub use table::time::{Moment, Zone};
pub use transactions::{Reason, Returns, Roles, RowCounts, Transactions};
