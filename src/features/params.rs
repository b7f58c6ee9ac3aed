//! Which features.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

pub(super) const OWNER: &str = "FeatureParams";

/// Features that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FeatureSet {
    /// `recency_days` since the last order, `frequency` (orders), `monetary` (money in all).
    Rfm,
    /// `tenure_days` since the first order, `orders_per_30_days`, `order_value` (money an order), `items_per_order` (distinct ones), `item_variety` (distinct items over
    /// purchases of items) and `weekend_share` (of orders on Saturday or Sunday).
    Behaviour,
    /// Coordinates `basket_1`, `basket_2` ... in which customers are near who buy the same items: correspondence analysis of how often each customer bought each item
    /// (Benzécri 1973; Greenacre 1984), by truncated singular value decomposition. A customer with few purchases is drawn towards the middle, as chance alone would
    /// have put him elsewhere.
    Basket,
    /// `class_1`, `class_2` ...: how likely each kind of customers is, kinds being what purchases and sizes of baskets would best come from: latent class analysis
    /// (Lazarsfeld 1950), a mixture of multinomials fitted by expectation and maximisation (Dempster, Laird and Rubin 1977).
    /// Role `price` helps with items that few bought, whose likings come from items alike.
    Classes,
}

/// Parameters of features; [`fit`](Self::fit) works them out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct FeatureParams {
    /// Which sets, each once.
    pub sets: Vec<FeatureSet>,
    /// How many coordinates baskets have: 1 to 100. None: those that are larger than independent purchases would have, at most 20.
    pub n_components: Option<usize>,
    /// How many classes there are: 2 to 50. None: the number with the least of Bayes' information criterion, of 1 to 10.
    pub n_classes: Option<usize>,
    /// Whether classes are told from what all customers buy in the same week, where there are weeks enough (8 with purchases): then seasons and trends are no kinds of customers.
    pub season: bool,
    /// Items bought by fewer customers have no place among the coordinates, which they would pull to single customers.
    pub min_customers: u32,
    /// Of what the decomposition begins with.
    pub seed: u64,
}

impl Default for FeatureParams {
    fn default() -> Self {
        Self {
            sets: vec![FeatureSet::Rfm],
            n_components: None,
            n_classes: None,
            season: true,
            min_customers: 5,
            seed: 0,
        }
    }
}

impl FeatureParams {
    /// These sets.
    pub fn new(sets: impl IntoIterator<Item = FeatureSet>) -> Self {
        Self {
            sets: sets.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Sets how many coordinates baskets have.
    #[must_use]
    pub const fn n_components(mut self, n: usize) -> Self {
        self.n_components = Some(n);
        self
    }

    /// Sets how many classes there are.
    #[must_use]
    pub const fn n_classes(mut self, n: usize) -> Self {
        self.n_classes = Some(n);
        self
    }

    /// Sets whether classes are told beside what all buy in the same week.
    #[must_use]
    pub const fn season(mut self, is_told: bool) -> Self {
        self.season = is_told;
        self
    }

    /// Sets how many customers an item needs.
    #[must_use]
    pub const fn min_customers(mut self, n: u32) -> Self {
        self.min_customers = n;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Whether the parameters keep their rules.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that does not.
    pub fn validate(&self) -> Result<()> {
        let refused =
            |name: &str, rule: &str, value: String| Err(Error::parameter(OWNER, name, rule, value));
        let repeated = |(i, set)| self.sets[..i].contains(set);
        if self.sets.is_empty() || self.sets.iter().enumerate().any(repeated) {
            let rule = "must be at least one of rfm, behaviour, basket, classes, each once";
            return refused("sets", rule, format!("{:?}", self.sets));
        }
        if let Some(n) = self.n_classes
            && !(2..=50).contains(&n)
        {
            return refused("n_classes", "must be from 2 to 50", n.to_string());
        }
        match self.n_components {
            Some(n) if !(1..=100).contains(&n) => {
                refused("n_components", "must be from 1 to 100", n.to_string())
            }
            _ if self.min_customers == 0 => {
                refused("min_customers", "must be at least 1", "0".into())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn has(&self, set: FeatureSet) -> bool {
        self.sets.contains(&set)
    }
}
