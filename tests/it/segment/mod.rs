//! Segments, held to plain restatements of what they are.

#[cfg(feature = "linfa")]
mod density;
mod features;
mod indices;
mod job;
mod kmeans;
mod mini_batch;
mod missing;
mod people;
mod prototypes;
mod shops;
mod sized;
