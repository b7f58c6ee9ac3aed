//! Customer knowledge mining.
