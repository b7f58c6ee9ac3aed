//! Parameters of item-set mining.

use serde::{Deserialize, Serialize};

use crate::baskets::Baskets;
use crate::error::{Error, Result};

pub(super) const OWNER: &str = "ItemsetParams";

/// Which sets are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Target {
    /// All sets with enough support.
    #[default]
    Frequent,
    /// Frequent sets whose every larger set has less support: all supports follow from these.
    Closed,
    /// Frequent sets of which no larger set is frequent: all frequent sets are subsets of these.
    Maximal,
    /// Frequent sets whose every smaller set has more support: the shortest descriptions of the same baskets.
    Generators,
}

/// How sets are looked for. The result is the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Algorithm {
    /// What is fastest for the target: `Lcm`, and `Eclat` for generators.
    #[default]
    Auto,
    /// Level by level: candidates of one item more, counted in a pass over the baskets (Agrawal and Srikant 1994).
    Apriori,
    /// Prefix trees and their conditional trees (Han, Pei and Yin 2000).
    FpGrowth,
    /// Depth first, by intersecting lists of baskets or their differences (Zaki 2000, Zaki and Gouda 2003).
    Eclat,
    /// Depth first, by conditional databases of rows, which become rows of bits as they shrink; closed sets by prefix-preserving extension (Uno et
    /// al. 2004), maximal ones by look-ahead.
    Lcm,
}

impl Algorithm {
    /// Every algorithm that can be named.
    pub const NAMED: [Self; 4] = [Self::Apriori, Self::FpGrowth, Self::Eclat, Self::Lcm];
}

/// What item sets are mined, and how.
///
/// ```
/// use patronomy::itemsets::{ItemsetParams, Target};
/// let params = ItemsetParams::new().min_support(0.01).target(Target::Closed).max_len(4);
/// assert!(params.validate().is_ok());
/// assert!(ItemsetParams::new().min_support(30.0).validate().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ItemsetParams {
    /// The smallest support, as a fraction of the baskets, in (0, 1]; .01 where neither it nor the count is given.
    pub min_support: Option<f64>,
    /// The smallest support as a number of baskets, 1 or more.
    pub min_support_count: Option<u64>,
    /// Smallest supports, as numbers of baskets, of single items (their number, their minimum): a set needs the smallest minimum among its items (Liu,
    /// Hsu and Ma 1999). Other items have the minimum of all. For frequent sets only.
    pub item_min_support_counts: Vec<(u32, u64)>,
    /// Which sets are wanted.
    pub target: Target,
    /// How they are looked for.
    pub algorithm: Algorithm,
    /// Fewest items of a set; 1 or more.
    pub min_len: usize,
    /// Most items of a set. Of closed, maximal and generator sets those longer are left out; they are not sought among shorter sets alone.
    pub max_len: Option<usize>,
    /// Numbers of items that each set must have.
    pub required: Vec<u32>,
    /// Numbers of items that no set may have: baskets are taken without them.
    pub forbidden: Vec<u32>,
    /// Only the sets with the highest supports: so many, and those that tie with the last.
    pub top_k: Option<usize>,
    /// More sets than these are refused before they fill the memory.
    pub max_itemsets: Option<u64>,
}

impl Default for ItemsetParams {
    fn default() -> Self {
        Self {
            min_support: None,
            min_support_count: None,
            item_min_support_counts: Vec::new(),
            target: Target::default(),
            algorithm: Algorithm::default(),
            min_len: 1,
            max_len: None,
            required: Vec::new(),
            forbidden: Vec::new(),
            top_k: None,
            max_itemsets: None,
        }
    }
}

impl ItemsetParams {
    /// Frequent sets with a support of .01 or more.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the smallest support, as a fraction of the baskets.
    #[must_use]
    pub const fn min_support(mut self, fraction: f64) -> Self {
        self.min_support = Some(fraction);
        self
    }

    /// Sets the smallest support, as a number of baskets.
    #[must_use]
    pub const fn min_support_count(mut self, count: u64) -> Self {
        self.min_support_count = Some(count);
        self
    }

    /// Sets smallest supports of single items.
    #[must_use]
    pub fn item_min_support_counts(mut self, counts: impl Into<Vec<(u32, u64)>>) -> Self {
        self.item_min_support_counts = counts.into();
        self
    }

    /// Sets which sets are wanted.
    #[must_use]
    pub const fn target(mut self, target: Target) -> Self {
        self.target = target;
        self
    }

    /// Sets how they are looked for.
    #[must_use]
    pub const fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// Sets the fewest items of a set.
    #[must_use]
    pub const fn min_len(mut self, n: usize) -> Self {
        self.min_len = n;
        self
    }

    /// Sets the most items of a set.
    #[must_use]
    pub const fn max_len(mut self, n: usize) -> Self {
        self.max_len = Some(n);
        self
    }

    /// Sets items that each set must have.
    #[must_use]
    pub fn required(mut self, items: impl Into<Vec<u32>>) -> Self {
        self.required = items.into();
        self
    }

    /// Sets items that no set may have.
    #[must_use]
    pub fn forbidden(mut self, items: impl Into<Vec<u32>>) -> Self {
        self.forbidden = items.into();
        self
    }

    /// Asks for the sets with the highest supports alone.
    #[must_use]
    pub const fn top_k(mut self, k: usize) -> Self {
        self.top_k = Some(k);
        self
    }

    /// Sets how many sets are too many.
    #[must_use]
    pub const fn max_itemsets(mut self, n: u64) -> Self {
        self.max_itemsets = Some(n);
        self
    }

    /// Whether the values are ones that can be worked with.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that breaks its rule.
    pub fn validate(&self) -> Result<()> {
        let refuse = |name: &str, rule: &str, value: &dyn std::fmt::Display| {
            Err(Error::parameter(OWNER, name, rule, value))
        };
        check_support(OWNER, "baskets", self.min_support, self.min_support_count)?;
        if self.min_len == 0 {
            return refuse("min_len", "must be 1 or more", &0);
        }
        if let Some(max_len) = self.max_len.filter(|&max| max < self.min_len) {
            let rule = format!("must be at least `min_len`, {}", self.min_len);
            return refuse("max_len", &rule, &max_len);
        }
        if self.top_k == Some(0) {
            return refuse("top_k", "must be 1 or more", &0);
        }
        if let Some(item) = self.required.iter().find(|i| self.forbidden.contains(i)) {
            return refuse("required", "must not be forbidden too", item);
        }
        if let Some((item, _)) = self.item_min_support_counts.iter().find(|c| c.1 == 0) {
            let rule = "must be 1 or more for each item";
            return refuse("item_min_support_counts", rule, item);
        }
        if !self.item_min_support_counts.is_empty() && self.target != Target::Frequent {
            let rule = "needs the target `frequent`: with minimums that differ a smaller set can be the rarer one";
            let n = self.item_min_support_counts.len();
            return refuse("item_min_support_counts", rule, &n);
        }
        Ok(())
    }

    /// The smallest support as a number of baskets.
    pub(super) fn minimum(&self, baskets: &Baskets) -> u32 {
        let total = baskets.total_weight();
        if let Some(count) = self.min_support_count {
            return u32::try_from(count).unwrap_or(u32::MAX);
        }
        count_of(self.min_support.unwrap_or(0.01), total)
    }
}

/// Whether a smallest support can be worked with, of which not both forms may be given; `of` is what is counted.
pub(crate) fn check_support(
    owner: &str,
    of: &str,
    fraction: Option<f64>,
    count: Option<u64>,
) -> Result<()> {
    if let Some(support) = fraction {
        let rule = format!("must be in (0, 1], a fraction of the {of}");
        if support > 1.0 {
            let rule = format!(
                "{rule}; for a percentage divide by 100, for a number of {of} set `min_support_count`"
            );
            return Err(Error::parameter(owner, "min_support", rule, support));
        }
        if !(support > 0.0 && support <= 1.0) {
            return Err(Error::parameter(owner, "min_support", rule, support));
        }
        if let Some(count) = count {
            let rule = "must not be given together with `min_support`";
            return Err(Error::parameter(owner, "min_support_count", rule, count));
        }
    }
    if count == Some(0) {
        return Err(Error::parameter(
            owner,
            "min_support_count",
            "must be 1 or more",
            0,
        ));
    }
    Ok(())
}

/// The smallest number that is this fraction of a total, or more; 1 at least.
pub(crate) fn count_of(fraction: f64, total: u32) -> u32 {
    let wanted = fraction * f64::from(total);
    // .07 of 100 is 7.000000000000001 as floats multiply: 7 are enough.
    let whole = wanted.round();
    let is_whole = (wanted - whole).abs() <= 4.0 * f64::EPSILON * wanted;
    let count = if is_whole { whole } else { wanted.ceil() };
    (count as u32).max(1)
}
