//! Segmentation: customers, or any rows of numbers, in groups that are near each other.
//!
//! [`kmeans`] and [`indices`] work on matrices and scale nothing. [`job`] is what people call: it takes the features of customers, scales them, chooses how many segments
//! there are, says what is special in each ([`profile`]), and keeps what experts say of them.

#[cfg(feature = "linfa")]
mod arrays;
mod axes;
pub mod choose;
pub mod class_gap;
#[cfg(feature = "linfa")]
pub mod density;
pub mod explain;
pub mod indices;
pub mod job;
pub mod kmeans;
pub mod mini_batch;
#[cfg(feature = "linfa")]
pub mod mixture;
pub mod profile;
pub mod prototypes;
pub mod scaling;
