//! Parameters of a shop.

use serde::{Deserialize, Serialize};

use super::dirt::Dirt;
use super::drawn::expected_lines_per_customer;
use crate::error::{Error, Result};
use crate::table::time::{DAY, Moment};

const OWNER: &str = "ShopParams";

/// How far apart what is planted lies from what is not; the oracle's scores fall from left to right.
///
/// The numbers behind the names stand in the [module's](super) table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Difficulty {
    /// Plain to see: the oracle is near perfect.
    Easy,
    /// As in a good real table.
    #[default]
    Medium,
    /// The oracle itself is well below perfect.
    Hard,
}

impl Difficulty {
    /// All of them, the easiest first.
    pub const ALL: [Self; 3] = [Self::Easy, Self::Medium, Self::Hard];
}

/// The language of the items' names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Language {
    /// English names.
    #[default]
    English,
    /// Chinese names.
    Chinese,
    /// About half of the items each.
    Mixed,
}

/// The type of the customers' identifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CustomerIds {
    /// Integers from 10001 on.
    #[default]
    Integer,
    /// The same numbers as text of one length, such as `K0010001`.
    Text,
}

/// Parameters of a shop: size, seed, how hard its truth is to find, and what spoils its table.
///
/// ```
/// use patronomy::simulate::{Difficulty, Dirt, ShopParams};
/// let params = ShopParams::new().n_customers(50).n_days(200).difficulty(Difficulty::Hard).dirt(Dirt::Duplicate, 0.01);
/// assert!(params.shop().transactions()?.n_rows() > 50);
/// assert!(ShopParams::new().return_rate(f64::NAN).validate().is_err());
/// # Ok::<(), patronomy::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ShopParams {
    /// Customers that the shop wins over its days: 1 to 5,000,000.
    pub n_customers: usize,
    /// Items on sale: 1 to 100,000.
    pub n_items: usize,
    /// Days that the shop is open: 1 to 36,500.
    pub n_days: u32,
    /// The seed of all that is random.
    pub seed: u64,
    /// The day it opens: a whole day of the years 1970 to 2100.
    pub first_day: Moment,
    /// How hard the truth is to find.
    pub difficulty: Difficulty,
    /// The language of the items' names.
    pub language: Language,
    /// Integers or text.
    pub customer_ids: CustomerIds,
    /// Share of customers that buy for resale: 0 to 1.
    pub wholesale_share: f64,
    /// Share of order lines that come back, in part or whole: 0 to 0.5.
    pub return_rate: f64,
    /// Share of orders that are cancelled soon after: 0 to 0.5.
    pub cancellation_rate: f64,
    /// Whether role `amount` is bound beside `quantity` and `price`; [`Dirt::SumMismatch`] binds it in any case.
    pub amount: bool,
    /// What spoils the table, each kind once with its share: above 0, all together at most 0.5.
    pub dirt: Vec<(Dirt, f64)>,
}

impl Default for ShopParams {
    fn default() -> Self {
        Self {
            n_customers: 1_000,
            n_items: 240,
            n_days: 730,
            seed: 0,
            // 2024-01-01.
            first_day: Moment::Day(19_723),
            difficulty: Difficulty::default(),
            language: Language::default(),
            customer_ids: CustomerIds::default(),
            wholesale_share: 0.02,
            return_rate: 0.02,
            cancellation_rate: 0.01,
            amount: false,
            dirt: Vec::new(),
        }
    }
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty),* $(,)?) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: $type) -> Self {
            self.$name = $name;
            self
        }
    )*};
}

impl ShopParams {
    /// A clean shop of a thousand customers and two years.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Sets the number of customers.
        n_customers: usize,
        /// Sets the number of items.
        n_items: usize,
        /// Sets the number of days.
        n_days: u32,
        /// Sets the seed.
        seed: u64,
        /// Sets the day the shop opens.
        first_day: Moment,
        /// Sets how hard the truth is to find.
        difficulty: Difficulty,
        /// Sets the language of the items' names.
        language: Language,
        /// Sets the type of the customers' identifiers.
        customer_ids: CustomerIds,
        /// Sets the share of wholesale buyers.
        wholesale_share: f64,
        /// Sets the share of order lines that come back.
        return_rate: f64,
        /// Sets the share of orders that are cancelled.
        cancellation_rate: f64,
        /// Sets whether role `amount` is bound.
        amount: bool,
    }

    /// Adds a kind of dirt with its share of the rows (of the customers for [`Dirt::BulkBuyer`]; [`Dirt::TimeHole`] makes one hole
    /// whatever the share).
    #[must_use]
    pub fn dirt(mut self, kind: Dirt, share: f64) -> Self {
        self.dirt.push((kind, share));
        self
    }

    /// Chooses the number of customers so that there are about `n` lines under the parameters set so far: call it last.
    ///
    /// Cost: a few thousand orders drawn. The expected number is met within a few percent; a small shop scatters more. Parameters that
    /// do not pass [`validate`](Self::validate) stay as they are.
    #[must_use]
    pub fn lines(mut self, n: usize) -> Self {
        if self.validate().is_ok() {
            let customers = n as f64 / expected_lines_per_customer(&self);
            self.n_customers = (customers.round() as usize).max(1);
        }
        self
    }

    /// The shop of these parameters; nothing is drawn or checked before something of it is asked for.
    #[must_use]
    pub fn shop(self) -> super::Shop {
        super::Shop::with(self)
    }

    /// The day it opens, counted from 1970-01-01.
    pub(super) const fn opening_day(&self) -> i64 {
        match self.first_day {
            Moment::Day(day) => day as i64,
            Moment::Wall(at) | Moment::Instant(at) => at.div_euclid(DAY),
        }
    }

    /// Whether role `amount` is bound.
    pub(super) fn binds_amount(&self) -> bool {
        self.amount || self.dirt.iter().any(|(d, _)| *d == Dirt::SumMismatch)
    }

    /// Whether a shop can be drawn with these.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first parameter outside its rule.
    pub fn validate(&self) -> Result<()> {
        whole("n_customers", self.n_customers, 5_000_000)?;
        whole("n_items", self.n_items, 100_000)?;
        whole("n_days", self.n_days as usize, 36_500)?;
        share("wholesale_share", self.wholesale_share, 1.0)?;
        share("return_rate", self.return_rate, 0.5)?;
        share("cancellation_rate", self.cancellation_rate, 0.5)?;
        if !matches!(self.first_day, Moment::Day(0..=47_481)) {
            let rule = "must be a whole day of the years 1970 to 2099, such as 2024-01-01";
            let got = self.first_day.to_text(&crate::table::time::Zone::naive());
            return Err(Error::parameter(OWNER, "first_day", rule, got));
        }
        self.validate_dirt()
    }

    fn validate_dirt(&self) -> Result<()> {
        let refuse = |rule: &str, value: String| Err(Error::parameter(OWNER, "dirt", rule, value));
        let mut total = 0.0;
        for (i, (kind, share)) in self.dirt.iter().enumerate() {
            if !(share.is_finite() && *share > 0.0) {
                let rule = "must have shares above 0";
                return refuse(rule, format!("{share} for `{kind}`"));
            }
            if self.dirt[..i].iter().any(|(other, _)| other == kind) {
                return refuse("must name each kind once", format!("`{kind}` twice"));
            }
            total += share;
        }
        if total > 0.5 {
            return refuse(
                "must have shares of at most 0.5 together",
                total.to_string(),
            );
        }
        Ok(())
    }
}

fn whole(name: &str, value: usize, most: usize) -> Result<()> {
    if (1..=most).contains(&value) {
        return Ok(());
    }
    let rule = format!("must be in 1..={most}");
    Err(Error::parameter(OWNER, name, rule, value))
}

fn share(name: &str, value: f64, most: f64) -> Result<()> {
    if (0.0..=most).contains(&value) {
        return Ok(());
    }
    let rule = format!("must be in [0, {most}]");
    Err(Error::parameter(OWNER, name, rule, value))
}
