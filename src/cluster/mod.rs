//! Groups of rows that are near each other: methods on matrices, which know no customers and scale nothing.

#[cfg(feature = "linfa")]
mod arrays;
#[cfg(feature = "linfa")]
pub mod density;
pub mod indices;
pub mod kmeans;
pub mod mini_batch;
#[cfg(feature = "linfa")]
pub mod mixture;
pub mod prototypes;
