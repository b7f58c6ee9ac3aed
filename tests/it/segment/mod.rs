//! Segments, held to plain restatements of what they are.

mod indices;
mod kmeans;
mod mini_batch;
