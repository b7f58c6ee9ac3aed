//! The algorithms of the textbooks, for frequent sets.

use super::database::Database;
use super::engine::{self, FREQUENT};
use super::sink::Sink;
use super::watch::Shared;
use crate::error::Result;

pub(super) fn apriori<S: Sink>(
    database: &Database,
    max_len: usize,
    shared: &Shared<'_>,
) -> Result<Vec<S>> {
    engine::mine::<S, FREQUENT>(database, max_len, shared)
}

pub(super) fn fp_growth<S: Sink>(
    database: &Database,
    max_len: usize,
    shared: &Shared<'_>,
) -> Result<Vec<S>> {
    engine::mine::<S, FREQUENT>(database, max_len, shared)
}

pub(super) fn eclat<S: Sink>(
    database: &Database,
    max_len: usize,
    shared: &Shared<'_>,
) -> Result<Vec<S>> {
    engine::mine::<S, FREQUENT>(database, max_len, shared)
}
