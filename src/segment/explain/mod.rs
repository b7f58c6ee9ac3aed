//! Segments as rules that people can read: a shallow tree of thresholds, and how well it stands for the segments.

mod rules;
mod tree;

pub use rules::{ExplainParams, Explanation, SegmentRule};
