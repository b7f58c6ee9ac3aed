//! Association rules: what is bought with what, how sure that is, and what follows from it.
//!
//! [`RuleParams::fit`] makes rules of the frequent item sets of [baskets](crate::baskets::Baskets) and tests each: given how often items are bought and
//! how large baskets are, would chance do as much? Every [`Measure`] of interest is at hand.
//!
//! ```
//! use std::sync::Arc;
//! use arrow_array::StringArray;
//! use patronomy::Context;
//! use patronomy::baskets::Baskets;
//! use patronomy::rules::{Measure, RuleParams};
//!
//! let labels = Arc::new(StringArray::from(vec!["bread", "butter", "milk"]));
//! let baskets = Baskets::from_numbers(vec![2, 5, 7, 8], vec![0, 1, 0, 1, 2, 0, 1, 2], labels)?;
//! let ctx = Context::new();
//! let rules = RuleParams::new().min_support(0.5).min_confidence(0.9).fit(&baskets, &ctx)?;
//! assert_eq!(rules.len(), 2);
//! assert_eq!((rules.antecedent(0), rules.consequent(0)), (vec![1], vec![0]));
//! assert_eq!(rules.measure(Measure::Lift, &ctx)?[0], 4.0 / 3.0);
//! // Three baskets of four prove nothing.
//! assert!(rules.significant(0.05)?.is_empty());
//! # Ok::<(), patronomy::Error>(())
//! ```

mod apply;
mod chance;
mod columns;
mod contrast;
mod files;
mod fit;
mod later;
mod make;
mod measures;
mod params;
mod result;
mod select;
mod sets;

pub use crate::table::time::Every;
pub use apply::{
    Combine, CompiledRules, RecommendParams, Recommendation, Recommendations, Recommender, Repeat,
};
pub use contrast::contrasts;
pub use files::saved::RulesFile;
pub use later::evaluate::Evaluation;
pub use make::splits::{Splits, splits};
pub use measures::{Counts, Measure};
pub use params::{Correction, Keep, RuleParams, Test};
pub use result::Rules;
