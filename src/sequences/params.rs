//! Parameters of sequence mining.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::itemsets::params::check_support;

pub(super) const OWNER: &str = "SequenceParams";

/// What sequences are mined.
///
/// ```
/// use patronomy::sequences::SequenceParams;
/// let params = SequenceParams::new().min_support(0.02).window_days(90.0).max_len(4);
/// assert!(params.validate().is_ok());
/// assert!(SequenceParams::new().max_gap_days(f64::NAN).validate().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SequenceParams {
    /// The smallest support, as a fraction of the customers, in (0, 1]; .01 where neither it nor the count is given.
    pub min_support: Option<f64>,
    /// The smallest support as a number of customers, 1 or more.
    pub min_support_count: Option<u64>,
    /// Most days from the first element to the last, that many included.
    pub window_days: Option<f64>,
    /// Most days from an element to the next, that many included.
    pub max_gap_days: Option<f64>,
    /// Fewest days from an element to the next, that many included; the next is later in any case.
    pub min_gap_days: Option<f64>,
    /// Fewest elements of a sequence; 1 or more.
    pub min_len: usize,
    /// Most elements of a sequence.
    pub max_len: Option<usize>,
    /// Most items of a sequence, over all its elements; sequences of more than 500 are refused in any case.
    pub max_items: Option<usize>,
    /// Most items of an element.
    pub max_element_items: Option<usize>,
    /// Numbers of items that each sequence must have, in any of its elements.
    pub required: Vec<u32>,
    /// Numbers of items that no sequence may have: histories are taken without them.
    pub forbidden: Vec<u32>,
    /// More sequences than these are refused before they fill the memory.
    pub max_sequences: Option<u64>,
}

impl Default for SequenceParams {
    fn default() -> Self {
        Self {
            min_support: None,
            min_support_count: None,
            window_days: None,
            max_gap_days: None,
            min_gap_days: None,
            min_len: 1,
            max_len: None,
            max_items: None,
            max_element_items: None,
            required: Vec::new(),
            forbidden: Vec::new(),
            max_sequences: None,
        }
    }
}

impl SequenceParams {
    /// Sequences with a support of .01 or more, at any distance.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the smallest support, as a fraction of the customers.
    #[must_use]
    pub const fn min_support(mut self, fraction: f64) -> Self {
        self.min_support = Some(fraction);
        self
    }

    /// Sets the smallest support, as a number of customers.
    #[must_use]
    pub const fn min_support_count(mut self, count: u64) -> Self {
        self.min_support_count = Some(count);
        self
    }

    /// Sets the most days from the first element to the last.
    #[must_use]
    pub const fn window_days(mut self, days: f64) -> Self {
        self.window_days = Some(days);
        self
    }

    /// Sets the most days from an element to the next.
    #[must_use]
    pub const fn max_gap_days(mut self, days: f64) -> Self {
        self.max_gap_days = Some(days);
        self
    }

    /// Sets the fewest days from an element to the next.
    #[must_use]
    pub const fn min_gap_days(mut self, days: f64) -> Self {
        self.min_gap_days = Some(days);
        self
    }

    /// Sets the fewest elements of a sequence.
    #[must_use]
    pub const fn min_len(mut self, n: usize) -> Self {
        self.min_len = n;
        self
    }

    /// Sets the most elements of a sequence.
    #[must_use]
    pub const fn max_len(mut self, n: usize) -> Self {
        self.max_len = Some(n);
        self
    }

    /// Sets the most items of a sequence.
    #[must_use]
    pub const fn max_items(mut self, n: usize) -> Self {
        self.max_items = Some(n);
        self
    }

    /// Sets the most items of an element.
    #[must_use]
    pub const fn max_element_items(mut self, n: usize) -> Self {
        self.max_element_items = Some(n);
        self
    }

    /// Sets items that each sequence must have.
    #[must_use]
    pub fn required(mut self, items: impl Into<Vec<u32>>) -> Self {
        self.required = items.into();
        self
    }

    /// Sets items that no sequence may have.
    #[must_use]
    pub fn forbidden(mut self, items: impl Into<Vec<u32>>) -> Self {
        self.forbidden = items.into();
        self
    }

    /// Sets how many sequences are too many.
    #[must_use]
    pub const fn max_sequences(mut self, n: u64) -> Self {
        self.max_sequences = Some(n);
        self
    }

    /// Whether the values are ones that can be worked with.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that breaks its rule.
    pub fn validate(&self) -> Result<()> {
        check_support(OWNER, "customers", self.min_support, self.min_support_count)?;
        self.check_days()?;
        let refuse =
            |name: &str, rule: &str, value: usize| Err(Error::parameter(OWNER, name, rule, value));
        if self.min_len == 0 {
            return refuse("min_len", "must be 1 or more", 0);
        }
        let min_len = self.min_len;
        let rule = format!("must be at least `min_len`, {min_len}");
        // Each element has an item at least.
        for (name, most) in [("max_len", self.max_len), ("max_items", self.max_items)] {
            if let Some(most) = most.filter(|&most| most < min_len) {
                return refuse(name, &rule, most);
            }
        }
        if self.max_element_items == Some(0) {
            return refuse("max_element_items", "must be 1 or more", 0);
        }
        if let Some(item) = self.required.iter().find(|i| self.forbidden.contains(i)) {
            return refuse("required", "must not be forbidden too", *item as usize);
        }
        Ok(())
    }

    fn check_days(&self) -> Result<()> {
        let refuse =
            |name: &str, rule: &str, days: f64| Err(Error::parameter(OWNER, name, rule, days));
        let most = [
            ("window_days", self.window_days),
            ("max_gap_days", self.max_gap_days),
        ];
        for (name, days) in most {
            if let Some(days) = days.filter(|days| !(days.is_finite() && *days > 0.0)) {
                let rule = "must be a number of days above 0; leave it away for no limit";
                return refuse(name, rule, days);
            }
        }
        let Some(least) = self.min_gap_days else {
            return Ok(());
        };
        if !(least.is_finite() && least >= 0.0) {
            return refuse("min_gap_days", "must be a number of days, 0 or more", least);
        }
        for (name, days) in most {
            if let Some(days) = days.filter(|&days| days < least) {
                let rule = format!("must be at most `{name}`, {days}: else no element can follow");
                return refuse("min_gap_days", &rule, least);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_values_are_named() {
        let new = SequenceParams::new;
        let bad = [
            (new().min_support(30.0), "min_support", "30"),
            (new().min_support(0.0), "min_support", "0"),
            (new().min_support(f64::NAN), "min_support", "NaN"),
            (new().min_support_count(0), "min_support_count", "0"),
            (
                new().min_support(0.1).min_support_count(3),
                "min_support_count",
                "3",
            ),
            (new().window_days(0.0), "window_days", "0"),
            (new().window_days(f64::INFINITY), "window_days", "inf"),
            (new().max_gap_days(-1.0), "max_gap_days", "-1"),
            (new().min_gap_days(f64::NAN), "min_gap_days", "NaN"),
            (
                new().min_gap_days(9.0).window_days(8.5),
                "min_gap_days",
                "9",
            ),
            (
                new().min_gap_days(9.0).max_gap_days(8.0),
                "min_gap_days",
                "9",
            ),
            (new().min_len(0), "min_len", "0"),
            (new().min_len(3).max_len(2), "max_len", "2"),
            (new().max_items(0), "max_items", "0"),
            (new().max_element_items(0), "max_element_items", "0"),
            (new().required([4]).forbidden([4]), "required", "4"),
        ];
        for (params, name, value) in bad {
            let message = params.validate().unwrap_err().to_string();
            assert!(
                message.starts_with(&format!("`{name}` of `SequenceParams` must")),
                "{message}"
            );
            assert!(message.ends_with(&format!("; got {value}")), "{message}");
        }
        let good = new().min_gap_days(7.0).max_gap_days(7.0).window_days(1e300);
        assert!(good.validate().is_ok());
    }
}
