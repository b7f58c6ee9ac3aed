//! Segments: customers, or any rows, in groups of like ones.

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
