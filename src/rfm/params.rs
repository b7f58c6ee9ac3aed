//! Parameters of RFM scoring.

use serde::{Deserialize, Serialize};

use super::breaks::Breaks;
use super::segments::SegmentMap;
use crate::error::{Error, Result};

const MAX_WEIGHT: f64 = 1e300;
use crate::table::time::Moment;

/// How scores are cut from the ranks or the values: what becomes of ties decides the answer.
///
/// With `n` customers and `k` bins; `x` is the value, ascending. Recency days are scored ascending and turned round
/// (score = labels + 1 - bin), but for [`Ntile`](Self::Ntile) and [`RowNumber`](Self::RowNumber), which order them descending, as their users do.
/// Ties of the rules that split them are broken by ascending customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Convention {
    /// 1 + the number of inner type-7 quantiles below `x`. Equal values stay together, and the scale stays 1 to `k` even where
    /// quantiles coincide.
    #[default]
    Together,
    /// SQL's `NTILE(k)`: the first `n mod k` tiles get one more; ties are split.
    Ntile,
    /// `floor((row_number - 1) * k / n) + 1`; ties are split.
    RowNumber,
    /// `pandas.qcut(x.rank(method="first"), k)`: right-closed quantiles of the ranks; ties are split.
    QcutRankFirst,
    /// `pandas.qcut(x, k)`: right-closed quantiles; an error where two coincide.
    Qcut,
    /// `pandas.qcut(x, k, duplicates="drop")`: coinciding quantiles are dropped and there are fewer labels.
    QcutDrop,
    /// R's `rfm` 0.3: inner edges are quantile + 1, and a bin holds lower <= `x` < upper.
    LeftClosed,
}

/// Whether the axes are cut alone or one within the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Nesting {
    /// Three rankings of all customers.
    #[default]
    Independent,
    /// Frequency within each recency score, monetary within each of their cells (SPSS calls it nested).
    Nested,
}

/// What the money of a customer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Monetary {
    /// All of it.
    #[default]
    Sum,
    /// The mean per order.
    Mean,
}

/// Parameters of RFM: [`fit`](Self::fit) scores the customers of a transaction table.
///
/// ```
/// use patronomy::rfm::{Convention, RfmParams};
/// let params = RfmParams::new().n_bins([4, 4, 4]).convention(Convention::Ntile);
/// assert!(params.validate().is_ok());
/// assert!(RfmParams::new().n_bins([0, 5, 5]).validate().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RfmParams {
    /// Bins of recency, frequency, monetary: 2 to 100 each.
    pub n_bins: [u8; 3],
    /// The rule that cuts them.
    pub convention: Convention,
    /// Whether they are cut alone or within each other.
    pub nesting: Nesting,
    /// Sum or mean per order.
    pub monetary: Monetary,
    /// The day recency counts back from; rows after it are left out. By default the clock, else the last row used of a customer
    /// with an order.
    #[serde(deserialize_with = "named_reference")]
    pub reference: Option<Moment>,
    /// Only the so many calendar days up to the reference.
    pub period_days: Option<u32>,
    /// Cut points from elsewhere, mostly an earlier period; they replace bins, convention and nesting.
    pub breaks: Option<Breaks>,
    /// Names for the cells.
    pub segments: Option<SegmentMap>,
    /// `rfm_score` is the sum of the scores with these weights.
    pub weights: [f64; 3],
    /// Whether to count each customer's distinct items; reads the item column.
    pub breadth: bool,
}

impl Default for RfmParams {
    fn default() -> Self {
        Self {
            n_bins: [5; 3],
            convention: Convention::default(),
            nesting: Nesting::default(),
            monetary: Monetary::default(),
            reference: None,
            period_days: None,
            breaks: None,
            segments: None,
            weights: [100.0, 10.0, 1.0],
            breadth: false,
        }
    }
}

/// Reads the moment so that an error names the parameter, not the type.
fn named_reference<'de, D: serde::Deserializer<'de>>(
    from: D,
) -> std::result::Result<Option<Moment>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.map(|t| {
        let rule = "must be an ISO 8601 date or time such as 2011-09-10";
        let error = || Error::parameter("RfmParams", "reference", rule, format!("`{t}`"));
        Moment::parse(&t).map_err(|_| serde::de::Error::custom(error()))
    })
    .transpose()
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty),* $(,)?) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: $type) -> Self {
            self.$name = $name.into();
            self
        }
    )*};
}

impl RfmParams {
    /// Quintiles, ties together, each axis alone, no segments.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Sets the bins of recency, frequency and monetary.
        n_bins: [u8; 3],
        /// Sets the rule that cuts the bins.
        convention: Convention,
        /// Sets whether axes are cut alone or within each other.
        nesting: Nesting,
        /// Sets what the money of a customer is.
        monetary: Monetary,
        /// Sets the day recency counts back from.
        reference: Moment,
        /// Sets the period in calendar days up to the reference.
        period_days: u32,
        /// Sets cut points from elsewhere.
        breaks: Breaks,
        /// Sets the names for the cells.
        segments: SegmentMap,
        /// Sets the weights of `rfm_score`.
        weights: [f64; 3],
        /// Sets whether to count distinct items.
        breadth: bool,
    }

    /// The bins in force: those of the breaks where there are some; under [`Convention::QcutDrop`], which may have dropped some,
    /// at least those asked for.
    #[must_use]
    pub fn bins(&self) -> [u8; 3] {
        let Some(breaks) = &self.breaks else {
            return self.n_bins;
        };
        let mut bins = breaks.n_bins();
        if self.convention == Convention::QcutDrop {
            bins.iter_mut()
                .zip(self.n_bins)
                .for_each(|(b, asked)| *b = asked.max(*b));
        }
        bins
    }

    /// Whether a job can be done with these.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first parameter outside its rule.
    pub fn validate(&self) -> Result<()> {
        const OWNER: &str = "RfmParams";
        if let Some(bad) = self.n_bins.iter().find(|k| !(2..=100).contains(*k)) {
            return Err(Error::parameter(
                OWNER,
                "n_bins",
                "must each be in 2..=100",
                bad,
            ));
        }
        // Scores go up to 100: their weighted sum must stay a number.
        if let Some(bad) = self
            .weights
            .iter()
            .find(|w| !w.is_finite() || w.abs() > MAX_WEIGHT)
        {
            let rule = format!("must each be finite, up to {MAX_WEIGHT:e} in size");
            return Err(Error::parameter(OWNER, "weights", rule, bad));
        }
        if self.period_days == Some(0) {
            return Err(Error::parameter(
                OWNER,
                "period_days",
                "must be at least 1",
                0,
            ));
        }
        if let Some(reference) = self.reference {
            reference.check(OWNER, "reference")?;
        }
        if let Some(breaks) = &self.breaks {
            breaks.validate()?;
        }
        if let Some(map) = &self.segments {
            map.validate()?;
            map.check_bins(self.bins())?;
        }
        Ok(())
    }
}
