//! Clusters, held to plain restatements of what they are.

#[cfg(feature = "linfa")]
mod density;
mod indices;
mod kmeans;
mod mini_batch;
mod missing;
mod prototypes;
mod sized;
