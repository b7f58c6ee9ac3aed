//! What the difficulties mean in numbers.

use super::params::Difficulty;

/// The strengths of what is planted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Strength {
    /// Logarithm of how much more a segment's own categories attract.
    pub(super) preference: f64,
    /// How far the segments' rates, basket sizes and price levels lie apart: a factor on the logarithms of theirs.
    pub(super) spread: f64,
    /// Mean days between the orders of a customer of the middle segment.
    pub(super) gap_days: f64,
    /// Shape of the gamma distribution of the rates within a segment.
    pub(super) rate_shape: f64,
    /// Weakest and strongest probability of a rule; the others lie between them in even ratios.
    pub(super) rule: (f64, f64),
    /// What is left of a falling item's attraction on the last day, of a rising one's on the first.
    pub(super) trend: f64,
    /// Share of a deviating customer's lines that move to another category.
    pub(super) shift: f64,
    /// Exponent by which a deviating customer's quantities are tilted.
    pub(super) tilt: f64,
    /// Scale of the campaign's effect.
    pub(super) uplift: f64,
}

impl Strength {
    pub(super) const fn of(difficulty: Difficulty) -> Self {
        match difficulty {
            Difficulty::Easy => Self {
                preference: 2.2,
                spread: 1.0,
                gap_days: 15.0,
                rate_shape: 4.0,
                rule: (0.3, 0.8),
                trend: 0.1,
                shift: 0.7,
                tilt: 2.0,
                uplift: 1.0,
            },
            Difficulty::Medium => Self {
                preference: 1.1,
                spread: 0.7,
                gap_days: 25.0,
                rate_shape: 1.5,
                rule: (0.02, 0.45),
                trend: 0.4,
                shift: 0.45,
                tilt: 1.3,
                uplift: 0.7,
            },
            Difficulty::Hard => Self {
                preference: 0.5,
                spread: 0.4,
                gap_days: 50.0,
                rate_shape: 1.0,
                rule: (0.005, 0.25),
                trend: 0.6,
                shift: 0.25,
                tilt: 0.7,
                uplift: 0.4,
            },
        }
    }
}
