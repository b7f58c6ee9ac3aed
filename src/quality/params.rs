//! Parameters of the checks.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::checks::{CHECKS, Check};
use super::custom::{self, CustomCheck};
use crate::error::{Error, Result};
use crate::table::time::Moment;

const OWNER: &str = "QualityParams";

/// What is checked, and when a value counts as odd.
///
/// ```
/// use patronomy::quality::QualityParams;
/// let params = QualityParams::new().skip(["untrimmed_text"]).price_ratio(10.0);
/// let params = params.check("cheap_bulk", "quantity > 1000 AND price < 0.1");
/// assert!(params.validate().is_ok());
/// assert!(QualityParams::new().skip(["untrimed"]).validate().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct QualityParams {
    /// Names of checks that are switched off.
    pub skip: BTreeSet<String>,
    /// Checks of one's own, made after the built-in ones in this order.
    pub checks: Vec<CustomCheck>,
    /// The time after which a row lies in the future, where the transactions have no clock; the system's by default.
    pub now: Option<Moment>,
    /// Columns over which rows are compared to find duplicates; all columns of the table by default.
    pub duplicate_columns: Option<Vec<String>>,
    /// What the numbers of transactions that cancel others begin with; empty where there is no such custom.
    pub cancellation_prefix: String,
    /// How far an amount may be from quantity times price, as a fraction of the greater; a hundredth of a currency unit for each piece is always
    /// allowed, since prices are rounded. In [0, 1).
    pub sum_tolerance: f64,
    /// How many times more or less than its item's median a price must be to be an outlier; over 1. It must also be 8 robust standard deviations
    /// away in logarithms.
    pub price_ratio: f64,
    /// How many lines an item needs before its prices are judged.
    pub price_min_lines: u32,
    /// How alike two names of an item must be to be one name written in two ways: the normalised Damerau-Levenshtein similarity, in (0, 1].
    pub name_similarity: f64,
    /// Words in an item's code or name that tell a test.
    pub test_words: Vec<String>,
    /// Words in an item's code or short name that tell postage, a fee, a discount or an adjustment.
    pub adjustment_words: Vec<String>,
    /// How many rows of each finding are shown: those with most money.
    pub n_examples: usize,
}

impl Default for QualityParams {
    fn default() -> Self {
        let words = |list: &[&str]| list.iter().map(|&w| w.to_owned()).collect();
        Self {
            skip: BTreeSet::new(),
            checks: Vec::new(),
            now: None,
            duplicate_columns: None,
            cancellation_prefix: "C".into(),
            sum_tolerance: 0.005,
            price_ratio: 5.0,
            price_min_lines: 10,
            name_similarity: 0.85,
            test_words: words(&["test", "testing", "dummy", "测试"]),
            adjustment_words: words(&[
                "post",
                "postage",
                "shipping",
                "carriage",
                "delivery",
                "freight",
                "dot",
                "fee",
                "fees",
                "charges",
                "commission",
                "discount",
                "adjust",
                "adjustment",
                "adjusted",
                "manual",
                "samples",
                "voucher",
                "deposit",
                "surcharge",
                "rounding",
                "write-off",
                "d",
                "m",
                "c2",
                "s",
                "b",
                "cruk",
                "运费",
                "邮费",
                "手续费",
                "折扣",
                "调整",
                "补差",
                "优惠",
                "押金",
            ]),
            n_examples: 5,
        }
    }
}

impl QualityParams {
    /// The default checks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Switches checks off by name.
    #[must_use]
    pub fn skip<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.skip = names.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a check that flags the rows for which an expression is true; [`CustomCheck`] says what expressions are, and has options.
    #[must_use]
    pub fn check(mut self, name: impl Into<String>, expression: impl Into<String>) -> Self {
        self.checks.push(CustomCheck::new(name, expression));
        self
    }

    /// Sets the checks of one's own.
    #[must_use]
    pub fn checks(mut self, checks: impl IntoIterator<Item = CustomCheck>) -> Self {
        self.checks = checks.into_iter().collect();
        self
    }

    /// Sets the time after which a row lies in the future.
    #[must_use]
    pub const fn now(mut self, now: Moment) -> Self {
        self.now = Some(now);
        self
    }

    /// Names the columns over which rows are compared to find duplicates.
    #[must_use]
    pub fn duplicate_columns<S: Into<String>>(
        mut self,
        columns: impl IntoIterator<Item = S>,
    ) -> Self {
        self.duplicate_columns = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// Sets what numbers of cancelling transactions begin with.
    #[must_use]
    pub fn cancellation_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.cancellation_prefix = prefix.into();
        self
    }

    /// Sets how far an amount may be from quantity times price.
    #[must_use]
    pub const fn sum_tolerance(mut self, tolerance: f64) -> Self {
        self.sum_tolerance = tolerance;
        self
    }

    /// Sets how many times more or less than the median an outlying price is.
    #[must_use]
    pub const fn price_ratio(mut self, ratio: f64) -> Self {
        self.price_ratio = ratio;
        self
    }

    /// Sets how many rows of each finding are shown.
    #[must_use]
    pub const fn n_examples(mut self, n: usize) -> Self {
        self.n_examples = n;
        self
    }

    /// These checks alone.
    pub(crate) fn only(names: &[&str]) -> Self {
        let others = CHECKS.iter().filter(|c| !names.contains(&&*c.name));
        Self::new().skip(others.map(|c| c.name.to_string()))
    }

    /// Whether the values are ones that the checks can work with.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that breaks its rule.
    pub fn validate(&self) -> Result<()> {
        custom::validate(&self.checks, OWNER)?;
        for name in &self.skip {
            let own = self.checks.iter().map(|c| c.name.as_str());
            known_name(name, own, OWNER, "skip")?;
        }
        let tolerance = self.sum_tolerance;
        if !(0.0..1.0).contains(&tolerance) {
            return Err(Error::parameter(
                OWNER,
                "sum_tolerance",
                "must be in [0, 1)",
                tolerance,
            ));
        }
        let ratio = self.price_ratio;
        if !(ratio.is_finite() && ratio > 1.0) {
            return Err(Error::parameter(
                OWNER,
                "price_ratio",
                "must be over 1",
                ratio,
            ));
        }
        let alike = self.name_similarity;
        if !(alike > 0.0 && alike <= 1.0) {
            return Err(Error::parameter(
                OWNER,
                "name_similarity",
                "must be in (0, 1]",
                alike,
            ));
        }
        if self.duplicate_columns.as_ref().is_some_and(Vec::is_empty) {
            let rule = "must name a column; leave it out for all columns, or skip `duplicate`";
            return Err(Error::parameter(OWNER, "duplicate_columns", rule, "none"));
        }
        if self.n_examples > 1_000 {
            return Err(Error::parameter(
                OWNER,
                "n_examples",
                "must be in 0..=1000",
                self.n_examples,
            ));
        }
        if let Some(now) = self.now {
            now.check(OWNER, "now")?;
        }
        Ok(())
    }

    /// The built-in checks that are on.
    pub(crate) fn switched_on(&self) -> u64 {
        let on = Check::ALL
            .iter()
            .filter(|c| !self.skip.contains(&*c.info().name));
        on.fold(0, |all, c| all | c.bit())
    }

    /// The checks of one's own that are on.
    pub(crate) fn own_checks(&self) -> impl Iterator<Item = &CustomCheck> {
        self.checks.iter().filter(|c| !self.skip.contains(&c.name))
    }
}

/// Whether a name is of a built-in check, or one of these of the user's own.
///
/// # Errors
/// [`Error::Parameter`] if it is neither.
pub(crate) fn known_name<'a>(
    name: &str,
    own: impl Iterator<Item = &'a str>,
    owner: &str,
    parameter: &str,
) -> Result<()> {
    let mut names: Vec<&str> = CHECKS.iter().map(|c| &*c.name).collect();
    names.extend(own);
    if names.contains(&name) {
        return Ok(());
    }
    let nearest = crate::error::nearest(name, &names);
    let hint = nearest.map_or(String::new(), |n| format!("; did you mean `{n}`"));
    let rule = format!("must be names of checks{hint}");
    Err(Error::parameter(owner, parameter, rule, name))
}
