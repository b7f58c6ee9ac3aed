//! What mining of item sets does most: rows of items as bits, counted many at a time.
//!
//! [`columns`] are the rows of an item, [`words`] are rows of several machine words, [`planes`] count many bits at once, [`rows`] are passes over rows of one word, and
//! [`powerset`] answers for all sets of a few items, or of a few rows, together.

pub(crate) mod columns;
pub(crate) mod planes;
pub(crate) mod powerset;
pub(crate) mod rows;
pub(crate) mod words;
