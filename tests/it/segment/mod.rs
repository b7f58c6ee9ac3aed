//! Segments, held to plain restatements of what they are.

mod features;
mod indices;
mod job;
mod kmeans;
mod people;
mod shops;
