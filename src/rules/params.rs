//! Parameters of rules.

use std::fmt::Display;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::itemsets::{Algorithm, ItemsetParams};

pub(super) const OWNER: &str = "RuleParams";

/// Which of the rules with enough support and confidence are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Keep {
    /// All.
    #[default]
    All,
    /// Those that say more than each shorter one: the confidence is higher than with any part of the antecedent, nothing included (Bayardo, Agrawal and
    /// Gunopulos 1999; Webb 2007).
    Productive,
    /// The shortest antecedents with the longest consequents among rules about the same baskets: antecedents are generators, both sides together are closed
    /// sets (Bastide et al. 2000). Every other rule has the support and the confidence of one of these that needs no more items and gives no fewer; but for rules whose
    /// antecedent is in every basket. Needs consequents of any length. Where frequent sets are many it is made of closed sets and generators alone, unless there is a
    /// taxonomy or a `max_len`: then closed is meant among the sets up to it.
    Basis,
}

/// How p-values are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Test {
    /// Given how often each item is bought *and* how large each basket is: chance puts items into large baskets together, and such pairs are no
    /// finding. Where it expects as many as there are, or more, the p-value is 1.
    #[default]
    SizeConditional,
    /// Fisher's exact test. Blind to basket size: where baskets differ in size it calls chance a finding.
    Fisher,
    /// None.
    None,
}

/// How p-values are adjusted for the number of rules that could have been found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Correction {
    /// Against any false finding among all (Holm 1979).
    #[default]
    Holm,
    /// Against too large a share of false findings (Benjamini and Hochberg 1995).
    BenjaminiHochberg,
    /// Not at all: right for a rule that was named before looking.
    None,
}

/// Which rules are mined, and how they are tested.
///
/// ```
/// use patronomy::rules::RuleParams;
/// let params = RuleParams::new().min_support(0.005).min_confidence(0.3).max_antecedent_len(2);
/// assert!(params.validate().is_ok());
/// assert!(RuleParams::new().min_confidence(30.0).validate().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RuleParams {
    /// The smallest support of both sides together, as a fraction of the baskets, in (0, 1]; .01 where neither it nor the count is given.
    pub min_support: Option<f64>,
    /// The smallest support as a number of baskets, 1 or more.
    pub min_support_count: Option<u64>,
    /// The smallest confidence, in [0, 1]; .5 by default.
    pub min_confidence: f64,
    /// The smallest lift, 0 or more.
    pub min_lift: Option<f64>,
    /// Most items of both sides together, 2 or more.
    pub max_len: Option<usize>,
    /// Most items of an antecedent, 1 or more.
    pub max_antecedent_len: Option<usize>,
    /// Most items of a consequent, 1 or more; 1 by default, any number where there is none.
    pub max_consequent_len: Option<usize>,
    /// Numbers of the items that antecedents may have; all where it is not given.
    pub antecedents: Option<Vec<u32>>,
    /// Numbers of the items that consequents may have; all where it is not given.
    pub consequents: Option<Vec<u32>>,
    /// Numbers of items that no rule may have: baskets are taken without them.
    pub forbidden: Vec<u32>,
    /// Which rules are kept.
    pub keep: Keep,
    /// How p-values are found.
    pub test: Test,
    /// How they are adjusted.
    pub correction: Correction,
    /// Only rules whose adjusted p-value is at most this, in (0, 1].
    pub alpha: Option<f64>,
    /// How item sets are looked for.
    pub algorithm: Algorithm,
    /// More item sets than these are refused.
    pub max_itemsets: Option<u64>,
    /// More rules than these are refused; a hundred million where it is not given.
    pub max_rules: Option<u64>,
}

impl Default for RuleParams {
    fn default() -> Self {
        Self {
            min_support: None,
            min_support_count: None,
            min_confidence: 0.5,
            min_lift: None,
            max_len: None,
            max_antecedent_len: None,
            max_consequent_len: Some(1),
            antecedents: None,
            consequents: None,
            forbidden: Vec::new(),
            keep: Keep::default(),
            test: Test::default(),
            correction: Correction::default(),
            alpha: None,
            algorithm: Algorithm::default(),
            max_itemsets: None,
            max_rules: None,
        }
    }
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty => $value:expr;)*) => {
        impl RuleParams {
            $($(#[$doc])*
            #[must_use]
            pub fn $name(mut self, $name: $type) -> Self {
                self.$name = $value;
                self
            })*
        }
    };
}

setters! {
    /// Sets the smallest support, as a fraction of the baskets.
    min_support: f64 => Some(min_support);
    /// Sets the smallest support, as a number of baskets.
    min_support_count: u64 => Some(min_support_count);
    /// Sets the smallest confidence.
    min_confidence: f64 => min_confidence;
    /// Sets the smallest lift.
    min_lift: f64 => Some(min_lift);
    /// Sets the most items of both sides together.
    max_len: usize => Some(max_len);
    /// Sets the most items of an antecedent.
    max_antecedent_len: usize => Some(max_antecedent_len);
    /// Sets the most items of a consequent; none is any number.
    max_consequent_len: Option<usize> => max_consequent_len;
    /// Sets the items that antecedents may have.
    antecedents: Vec<u32> => Some(antecedents);
    /// Sets the items that consequents may have.
    consequents: Vec<u32> => Some(consequents);
    /// Sets items that no rule may have.
    forbidden: Vec<u32> => forbidden;
    /// Sets which rules are kept.
    keep: Keep => keep;
    /// Sets how p-values are found.
    test: Test => test;
    /// Sets how p-values are adjusted.
    correction: Correction => correction;
    /// Sets the largest adjusted p-value.
    alpha: f64 => Some(alpha);
    /// Sets how item sets are looked for.
    algorithm: Algorithm => algorithm;
    /// Sets how many item sets are too many.
    max_itemsets: u64 => Some(max_itemsets);
    /// Sets how many rules are too many.
    max_rules: u64 => Some(max_rules);
}

impl RuleParams {
    /// Rules with a support of .01 and a confidence of .5 or more, and one item as consequent.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the values are ones that can be worked with.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that breaks its rule.
    pub fn validate(&self) -> Result<()> {
        let refuse = |name: &str, rule: &str, value: &dyn Display| {
            Err(Error::parameter(OWNER, name, rule, value))
        };
        crate::itemsets::params::check_support(
            OWNER,
            "baskets",
            self.min_support,
            self.min_support_count,
        )?;
        if !(self.min_confidence >= 0.0 && self.min_confidence <= 1.0) {
            let rule = "must be in [0, 1], a fraction; divide a percentage by 100";
            return refuse("min_confidence", rule, &self.min_confidence);
        }
        if let Some(lift) = self.min_lift.filter(|l| !(l.is_finite() && *l >= 0.0)) {
            return refuse("min_lift", "must be a number of 0 or more", &lift);
        }
        let lengths = [
            ("max_len", self.max_len, 2),
            ("max_antecedent_len", self.max_antecedent_len, 1),
            ("max_consequent_len", self.max_consequent_len, 1),
        ];
        for (name, length, least) in lengths {
            if let Some(length) = length.filter(|&l| l < least) {
                return refuse(name, &format!("must be {least} or more"), &length);
            }
        }
        if let Some(alpha) = self.alpha.filter(|a| !(*a > 0.0 && *a <= 1.0)) {
            return refuse("alpha", "must be in (0, 1]", &alpha);
        }
        if let (Some(alpha), Test::None) = (self.alpha, self.test) {
            let rule = "needs p-values: choose a `test`, or leave it out";
            return refuse("alpha", rule, &alpha);
        }
        if let (Keep::Basis, Some(length)) = (self.keep, self.max_consequent_len) {
            let rule = "must not be limited where `keep` is `basis`: its rules have the longest consequents";
            return refuse("max_consequent_len", rule, &length);
        }
        Ok(())
    }

    /// The parameters of the item sets that rules are made of.
    pub(super) fn of_itemsets(&self) -> ItemsetParams {
        let sides = self.max_antecedent_len.zip(self.max_consequent_len);
        let by_sides = sides.map(|(x, y)| x.saturating_add(y));
        let mut params = ItemsetParams::new().forbidden(self.forbidden.clone());
        params.min_support = self.min_support;
        params.min_support_count = self.min_support_count;
        params.max_len = self.max_len.into_iter().chain(by_sides).min();
        params.algorithm = self.algorithm;
        params.max_itemsets = self.max_itemsets;
        params
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_values_are_named() {
        let new = RuleParams::new;
        let bad = [
            (new().min_support(0.0), "`min_support`"),
            (new().min_support(f64::NAN), "`min_support`"),
            (new().min_support(30.0), "divide by 100"),
            (new().min_support_count(0), "`min_support_count`"),
            (new().min_confidence(-0.1), "`min_confidence`"),
            (new().min_confidence(80.0), "percentage"),
            (new().min_confidence(f64::NAN), "got NaN"),
            (new().min_lift(-1.0), "`min_lift`"),
            (new().min_lift(f64::INFINITY), "`min_lift`"),
            (new().max_len(1), "2 or more"),
            (new().max_antecedent_len(0), "`max_antecedent_len`"),
            (new().max_consequent_len(Some(0)), "`max_consequent_len`"),
            (new().alpha(0.0), "`alpha`"),
            (new().alpha(0.05).test(Test::None), "needs p-values"),
            (new().keep(Keep::Basis), "`basis`"),
        ];
        for (params, said) in bad {
            let error = params.validate().unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        assert!(
            new()
                .min_confidence(0.0)
                .max_consequent_len(None)
                .keep(Keep::Basis)
                .validate()
                .is_ok()
        );
    }

    #[test]
    fn sets_are_no_longer_than_rules() {
        let params = RuleParams::new().max_antecedent_len(3);
        assert_eq!(params.of_itemsets().max_len, Some(4));
        let params = params.max_len(2).max_consequent_len(None);
        assert_eq!(params.of_itemsets().max_len, Some(2));
        assert_eq!(RuleParams::new().of_itemsets().max_len, None);
    }
}
