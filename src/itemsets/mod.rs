//! Item sets: what is often bought together.
//!
//! [`ItemsetParams::fit`] finds every set of items that enough [baskets](crate::baskets::Baskets) have, or of these sets only the closed, the
//! maximal or the generator ones; [`ItemsetParams::count`] only counts them, and [`ItemsetParams::stream`] passes them on as they are found.
//!
//! ```
//! use std::sync::Arc;
//! use arrow_array::StringArray;
//! use patronomy::Context;
//! use patronomy::baskets::Baskets;
//! use patronomy::itemsets::{ItemsetParams, Target};
//!
//! let labels = Arc::new(StringArray::from(vec!["bread", "butter", "milk"]));
//! let baskets = Baskets::from_numbers(vec![2, 5, 7, 8], vec![0, 1, 0, 1, 2, 0, 1, 2], labels)?;
//! let itemsets = ItemsetParams::new().min_support(0.5).fit(&baskets, &Context::new())?;
//! let mut sets = Vec::new();
//! itemsets.for_each(|items, support_count| sets.push((items.to_vec(), support_count)));
//! assert_eq!(sets, [(vec![2], 2), (vec![0], 3), (vec![0, 1], 3), (vec![1], 3)]);
//! # Ok::<(), patronomy::Error>(())
//! ```

mod apriori;
mod batches;
pub(crate) mod columns;
mod database;
mod eclat;
mod engine;
mod filter;
mod fit;
mod fp_growth;
mod generators;
mod job;
pub(crate) mod limits;
pub(crate) mod params;
mod result;
pub(crate) mod sink;
mod stream;
pub(crate) mod tasks;
mod textbook;
mod vertical;
pub(crate) mod watch;

pub use batches::Batches;
pub use columns::schema;
pub use params::{Algorithm, ItemsetParams, Target};
pub use result::Itemsets;
pub use stream::ItemsetSink;
pub use textbook::Textbook;
