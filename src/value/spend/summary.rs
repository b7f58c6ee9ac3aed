//! What the model knows of customers: how many transactions, and their mean value.

use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::stats::sum::Sum;
use crate::value::collapse::collapse;
use crate::value::summary::{WEIGHT, WHOLE, check, check_size, is_count};

const OWNER: &str = "SpendSummary";

/// Transactions and their mean value for each customer, checked; equal customers are one group.
///
/// ```
/// use patronomy::value::SpendSummary;
/// let s = SpendSummary::new(&[2.0, 1.0, 0.0], &[22.35, 11.77, 0.0])?;
/// assert_eq!((s.n_customers(), s.n_with_spend()), (3, 2));
/// # Ok::<(), patronomy::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SpendSummary {
    pub(super) groups: SpendGroups,
    pub(super) group_of: Vec<u32>,
    n_with_spend: usize,
}

/// Different rows with weights, sorted by frequency and mean value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SpendGroups {
    pub(super) frequency: Vec<f64>,
    pub(super) mean: Vec<f64>,
    pub(super) weight: Vec<f64>,
}

impl SpendSummary {
    /// `frequency`: how many transactions the mean is of; those after the first where it stands beside a [`CustomerSummary`](crate::value::CustomerSummary). `mean_value`: above 0 where
    /// there is a transaction, else 0. Customers without a transaction teach nothing, and are predicted like a new one.
    ///
    /// # Errors
    /// [`Error::BadValues`] with how many rows break a rule and the first of them; [`Error::Parameter`] for columns of unequal length; [`Error::TooFewRows`] without a customer.
    pub fn new(frequency: &[f64], mean_value: &[f64]) -> Result<Self> {
        Self::collect(frequency, mean_value, None, &Context::new())
    }

    /// The same of rows that stand for as many customers as `weights` says, each above 0.
    ///
    /// # Errors
    /// As [`new`](Self::new); [`Error::Cancelled`].
    pub fn collect(
        frequency: &[f64],
        mean_value: &[f64],
        weights: Option<&[f64]>,
        ctx: &Context,
    ) -> Result<Self> {
        let n = frequency.len();
        let lengths = [("mean_value", Some(mean_value)), ("weights", weights)];
        for (name, values) in lengths {
            if let Some(values) = values
                && values.len() != n
            {
                let rule = format!("must have one value for each of {n} customers");
                return Err(Error::parameter(OWNER, name, rule, values.len()));
            }
        }
        check_size(OWNER, n)?;
        let x = frequency;
        check("frequency", x, |i| is_count(x[i]), WHOLE)?;
        let is_value = |i: usize| {
            let value = mean_value[i];
            if x[i] > 0.0 {
                value > 0.0 && value <= 1e100
            } else {
                value == 0.0
            }
        };
        let rule = (
            "are not above 0 and at most 1e100, or not 0 where the frequency is 0",
            "net returns first, and leave out customers whose purchases came to nothing",
        );
        check("mean_value", mean_value, is_value, rule)?;
        if let Some(w) = weights {
            check("weights", w, |i| w[i] > 0.0 && w[i] <= 1e100, WEIGHT)?;
        }
        let mut collapsed = collapse(ctx, &[frequency, mean_value], weights)?;
        let mean = collapsed.columns.pop().unwrap_or_default();
        Ok(Self {
            groups: SpendGroups {
                frequency: collapsed.columns.pop().unwrap_or_default(),
                mean,
                weight: collapsed.weight,
            },
            group_of: collapsed.group_of,
            n_with_spend: frequency.iter().filter(|&&x| x > 0.0).count(),
        })
    }

    /// How many rows there are.
    #[must_use]
    pub fn n_customers(&self) -> usize {
        self.group_of.len()
    }

    /// How many of them differ.
    #[must_use]
    pub fn n_groups(&self) -> usize {
        self.groups.weight.len()
    }

    /// How many of them have a transaction.
    #[must_use]
    pub const fn n_with_spend(&self) -> usize {
        self.n_with_spend
    }

    /// The groups with a transaction: they come last.
    pub(super) fn with_spend(&self) -> SpendGroups {
        let from = self.groups.frequency.partition_point(|&x| x == 0.0);
        SpendGroups {
            frequency: self.groups.frequency[from..].to_vec(),
            mean: self.groups.mean[from..].to_vec(),
            weight: self.groups.weight[from..].to_vec(),
        }
    }
}

impl SpendGroups {
    pub(super) fn total_weight(&self) -> f64 {
        let mut total = Sum::default();
        self.weight.iter().for_each(|&w| total.add(w));
        total.total()
    }

    fn mean_of(&self, f: impl Fn(usize) -> f64) -> f64 {
        let mut sum = Sum::default();
        for (i, w) in self.weight.iter().enumerate() {
            sum.add(w * f(i));
        }
        sum.total() / self.total_weight()
    }

    /// The mean value of a transaction of the mean customer.
    pub(super) fn mean_value(&self) -> f64 {
        self.mean_of(|i| self.mean[i])
    }

    /// Pearson's correlation of frequency and mean value; none where one of them does not vary.
    pub(super) fn correlation(&self) -> Option<f64> {
        let (x, z) = (self.mean_of(|i| self.frequency[i]), self.mean_value());
        let covariance = self.mean_of(|i| (self.frequency[i] - x) * (self.mean[i] - z));
        let of_x = self.mean_of(|i| (self.frequency[i] - x).powi(2));
        let of_z = self.mean_of(|i| (self.mean[i] - z).powi(2));
        let found = covariance / (of_x.sqrt() * of_z.sqrt());
        found.is_finite().then_some(found.clamp(-1.0, 1.0))
    }
}
