//! The public Rust interface, held to plain restatements of its rules.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed; the panic says where"
)]
#![allow(
    clippy::float_cmp,
    reason = "bits are what is compared here; where they may differ a tolerance is stated"
)]

mod as_of;
mod baskets;
mod cancel;
mod cluster;
mod draw;
mod errors;
mod faults;
mod files;
mod first_shop;
mod guess;
mod hostile;
mod house;
mod itemset_cases;
mod itemset_options;
mod itemset_stream;
mod itemsets;
mod online_retail;
mod oracle;
mod outliers;
mod property;
mod quality;
mod quality_custom;
#[cfg(all(feature = "csv", feature = "excel", feature = "parquet"))]
mod readers;
mod rules;
mod same_bits;
mod saved;
mod segment;
mod sequences;
mod simulate;
mod tables;
mod value;
