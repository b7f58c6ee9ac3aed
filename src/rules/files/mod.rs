//! Rules in files: our own, which loads for ever, and PMML for other tools.

#[cfg(feature = "pmml")]
mod pmml;
pub(super) mod saved;
