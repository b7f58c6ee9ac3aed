//! What is done to rows before they are mined, by explicit choice only.

mod dates;
mod money;
pub(crate) mod netting;
mod normalise;
pub(crate) mod returns;
pub(crate) mod text;
mod units;

pub use normalise::{Normalised, Normaliser, normalise};
pub use text::Case;

use serde::{Deserialize, Serialize};

/// What becomes of return lines: those with a negative quantity or a negative amount.
///
/// A return is never an order, whatever the choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Returns {
    /// Each return is taken out of the customer's own nearest earlier purchase of the same item at the same price, where roles name
    /// these, as far as that is known at the clock; what finds no purchase is left out and counted. Lines that are left out for
    /// another reason take no part.
    #[default]
    Net,
    /// Return lines are left out; purchases stay as they were.
    Exclude,
    /// Return lines stay, and their negative amounts count.
    Keep,
}
