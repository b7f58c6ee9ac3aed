//! Sequences: what customers buy first, and what later.
//!
//! [`SequenceParams::fit`] finds every sequence of item sets that enough customers have in their [histories](Histories), one after the other, within
//! the limits of time that are set; [`SequenceParams::count`] only counts them.
//!
//! ```
//! use std::sync::Arc;
//! use arrow_array::{ArrayRef, Int64Array, StringArray};
//! use patronomy::Context;
//! use patronomy::baskets::Baskets;
//! use patronomy::sequences::{Histories, SequenceParams};
//!
//! // Two customers buy a printer, and ink 30 and 90 days later.
//! let day = 86_400_000_000;
//! let labels = Arc::new(StringArray::from(vec!["ink", "printer"]));
//! let baskets = Baskets::from_numbers(vec![1, 2, 3, 4], vec![1, 0, 1, 0], labels)?;
//! let customers: ArrayRef = Arc::new(Int64Array::from(vec![7, 7, 8, 8]));
//! let times = [0, 30 * day, 5 * day, 95 * day];
//! let ctx = Context::new();
//! let histories = Histories::from_baskets(&baskets, &customers, &times, &ctx)?;
//! let params = SequenceParams::new().min_support(1.0);
//! assert_eq!(params.clone().fit(&histories, &ctx)?.n_sequences(), 3);
//! let soon = params.window_days(60.0).min_support(0.5).min_len(2).fit(&histories, &ctx)?;
//! soon.for_each(|sequence, support_count| {
//!     assert!(sequence.elements().eq([[1], [0]]));
//!     assert_eq!(support_count, 1);
//! });
//! # Ok::<(), patronomy::Error>(())
//! ```

mod columns;
mod database;
mod extend;
mod fit;
mod grow;
mod histories;
mod long;
mod params;
mod result;

pub use columns::Batches;
pub use histories::Histories;
pub use params::SequenceParams;
pub use result::{Sequence, Sequences};
