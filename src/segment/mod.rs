//! Segments: customers, or any rows, in groups of like ones.

pub mod indices;
pub mod kmeans;
pub mod mini_batch;
