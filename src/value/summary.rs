//! What the models know of customers: how often, when last, and since when.

use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher13};

use super::collapse::collapse;
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::stats::sum::Sum;

const OWNER: &str = "CustomerSummary";

/// Columns of numbers with one row for each customer, to be checked by [`collect`](Self::collect).
#[derive(Debug, Clone)]
pub struct SummaryColumns<'a> {
    frequency: &'a [f64],
    recency: &'a [f64],
    age: &'a [f64],
    weights: Option<&'a [f64]>,
    log_intervals: Option<&'a [f64]>,
    covariates: Vec<(String, &'a [f64])>,
}

impl<'a> SummaryColumns<'a> {
    /// Frequency: the number of repeat transactions, those after the first. Recency: time from the first transaction to the last, 0 where there is no repeat. Age: time
    /// from the first transaction to the end of observation. All times in one unit of the caller's choice, in which all that is learnt and predicted is told.
    #[must_use]
    pub fn new(frequency: &'a [f64], recency: &'a [f64], age: &'a [f64]) -> Self {
        Self {
            frequency,
            recency,
            age,
            weights: None,
            log_intervals: None,
            covariates: Vec::new(),
        }
    }

    /// How many customers each row stands for; numbers above 0.
    #[must_use]
    pub fn weights(mut self, weights: &'a [f64]) -> Self {
        self.weights = Some(weights);
        self
    }

    /// For each customer the sum of the logarithms of the times between transactions, 0 without a repeat. Only how likely regular buyers are ([`Law::BgCnbd`] and
    /// [`Law::MbgCnbd`] with `k` above 1) depends on it.
    ///
    /// [`Law::BgCnbd`]: crate::value::Law::BgCnbd
    /// [`Law::MbgCnbd`]: crate::value::Law::MbgCnbd
    #[must_use]
    pub fn log_intervals(mut self, sums: &'a [f64]) -> Self {
        self.log_intervals = Some(sums);
        self
    }

    /// Adds a number that each customer has from the start, such as 1 for those of a channel.
    #[must_use]
    pub fn covariate(mut self, name: impl Into<String>, values: &'a [f64]) -> Self {
        self.covariates.push((name.into(), values));
        self
    }

    /// Checks every row, and puts equal ones together.
    ///
    /// Cost: one look-up for each customer, and a sort of the different rows; some 100 bytes for each customer at most.
    ///
    /// # Errors
    /// [`Error::BadValues`] with how many rows break a rule and the first of them; [`Error::Parameter`] for columns of unequal length and names given twice;
    /// [`Error::TooFewRows`] without a customer; [`Error::Budget`]; [`Error::Cancelled`].
    pub fn collect(&self, ctx: &Context) -> Result<CustomerSummary> {
        self.check_shapes()?;
        self.check_values()?;
        let n = self.frequency.len();
        let bytes = n as u64 * (80 + 8 * self.covariates.len() as u64);
        ctx.budget
            .check("the customer summary", bytes, "summarise fewer customers")?;
        let mut columns: Vec<&[f64]> = self.covariates.iter().map(|(_, values)| *values).collect();
        columns.extend([self.frequency, self.age, self.recency]);
        let mut collapsed = collapse(ctx, &columns, self.weights)?;
        let (recency, age, frequency) = (
            collapsed.columns.pop().unwrap_or_default(),
            collapsed.columns.pop().unwrap_or_default(),
            collapsed.columns.pop().unwrap_or_default(),
        );
        let (pattern, patterns) = patterns(&collapsed.columns, frequency.len());
        let mut total = Sum::default();
        collapsed.weight.iter().for_each(|&w| total.add(w));
        Ok(CustomerSummary {
            groups: Groups {
                frequency,
                recency,
                age,
                weight: collapsed.weight,
                pattern,
            },
            group_of: collapsed.group_of,
            total_weight: total.total(),
            covariates: self
                .covariates
                .iter()
                .map(|(name, _)| name.clone())
                .collect(),
            patterns,
            log_intervals: self.log_intervals.map(<[f64]>::to_vec),
            weights: self.weights.map(<[f64]>::to_vec),
        })
    }

    fn check_shapes(&self) -> Result<()> {
        let n = self.frequency.len();
        let optional = [
            ("weights", self.weights),
            ("log_intervals", self.log_intervals),
        ];
        let optional = optional
            .into_iter()
            .filter_map(|(name, v)| v.map(|v| (name, v)));
        let covariates = self.covariates.iter().map(|(name, v)| (name.as_str(), *v));
        let fixed = [("recency", self.recency), ("age", self.age)];
        for (name, values) in fixed.into_iter().chain(optional).chain(covariates) {
            if values.len() != n {
                let rule = format!("must have one value for each of {n} customers");
                return Err(Error::parameter(OWNER, name, rule, values.len()));
            }
        }
        for (i, (name, _)) in self.covariates.iter().enumerate() {
            if self.covariates[..i].iter().any(|(other, _)| other == name) {
                let rule = "must be a name of its own";
                return Err(Error::parameter(OWNER, "covariate", rule, name));
            }
        }
        check_size(OWNER, n)
    }

    fn check_values(&self) -> Result<()> {
        let (x, t_x, age) = (self.frequency, self.recency, self.age);
        check("frequency", x, |i| is_count(x[i]), WHOLE)?;
        check("age", age, |i| age[i] > 0.0 && age[i] <= MAX_TIME, AGE)?;
        check(
            "recency",
            t_x,
            |i| t_x[i] >= 0.0 && t_x[i] <= MAX_TIME,
            TIME,
        )?;
        check("recency", t_x, |i| t_x[i] <= age[i], LATE)?;
        check("recency", t_x, |i| x[i] == 0.0 || t_x[i] > 0.0, AT_ONCE)?;
        check("recency", t_x, |i| x[i] > 0.0 || t_x[i] == 0.0, NO_REPEAT)?;
        if let Some(w) = self.weights {
            check("weights", w, |i| w[i] > 0.0 && w[i] <= 1e100, WEIGHT)?;
        }
        if let Some(sums) = self.log_intervals {
            check("log_intervals", sums, |i| sums[i].is_finite(), FINITE)?;
            let is_kept = |i: usize| x[i] > 0.0 || sums[i] == 0.0;
            check("log_intervals", sums, is_kept, NO_INTERVAL)?;
        }
        for (name, values) in &self.covariates {
            check(name, values, |i| values[i].abs() <= 1e100, FINITE)?;
        }
        Ok(())
    }
}

/// Times beyond are no times.
const MAX_TIME: f64 = 1e100;
/// Larger whole numbers are not exact as floats.
const MAX_COUNT: f64 = 9_007_199_254_740_992.0;

pub(super) fn is_count(x: f64) -> bool {
    (0.0..=MAX_COUNT).contains(&x) && x.fract() == 0.0
}

/// Some customers, and no more than groups have numbers.
pub(super) fn check_size(owner: &str, n: usize) -> Result<()> {
    if n >= u32::MAX as usize {
        let rule = "must have fewer than 4,294,967,295 customers";
        return Err(Error::parameter(owner, "rows", rule, n));
    }
    if n == 0 {
        return Err(Error::TooFewRows {
            job: format!("`{owner}`"),
            what: "customers".into(),
            needed: 1,
            found: 0,
            reason: "the columns are empty".into(),
        });
    }
    Ok(())
}

/// A rule and its remedy.
type Rule = (&'static str, &'static str);
pub(super) const WHOLE: Rule = (
    "are no whole numbers of 0 or more",
    "count the transactions after each customer's first",
);
const AGE: Rule = (
    "are not above 0 and at most 1e100",
    "leave out customers whose first transaction is at or after the end of observation",
);
const TIME: Rule = (
    "are not from 0 to 1e100",
    "give the time from each customer's first transaction to the last",
);
const LATE: Rule = (
    "are above the customer's age",
    "the last transaction must lie within the observation: leave out later ones, or bring recency and age to one unit of time",
);
const AT_ONCE: Rule = (
    "are 0 with a frequency above 0",
    "put transactions at the same instant together, so that they count once",
);
const NO_REPEAT: Rule = (
    "are above 0 with a frequency of 0",
    "recency is 0 for customers without a repeat transaction",
);
pub(super) const WEIGHT: Rule = (
    "are not above 0 and at most 1e100",
    "leave out rows that stand for nobody",
);
const FINITE: Rule = (
    "are no finite numbers",
    "fill them, or leave these customers out",
);
const NO_INTERVAL: Rule = (
    "are not 0 with a frequency of 0",
    "there is no interval without a repeat transaction",
);

/// Every row must keep a rule; the error counts those that do not.
pub(super) fn check(
    column: &str,
    values: &[f64],
    is_kept: impl Fn(usize) -> bool,
    (rule, remedy): Rule,
) -> Result<()> {
    let Some(first) = (0..values.len()).find(|&i| !is_kept(i)) else {
        return Ok(());
    };
    Err(Error::BadValues {
        column: column.into(),
        count: (first..values.len()).filter(|&i| !is_kept(i)).count() as u64,
        first_row: Some(first as u64),
        value: values[first].to_string(),
        rule: rule.into(),
        remedy: remedy.into(),
    })
}

/// For each group the number of its covariates among the different ones, and these, row by row. Groups come sorted by them.
fn patterns(columns: &[Vec<f64>], n_groups: usize) -> (Vec<u32>, Vec<f64>) {
    let row = |g: usize| columns.iter().map(move |c| c[g]);
    let mut rows: Vec<f64> = Vec::new();
    let mut of = Vec::with_capacity(n_groups);
    let mut n = 0_u32;
    for g in 0..n_groups {
        if g == 0 || !row(g).eq(row(g - 1)) {
            rows.extend(row(g));
            n += 1;
        }
        of.push(n - 1);
    }
    (of, rows)
}

/// Different rows with weights, sorted by covariates, frequency, age, recency.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Groups {
    pub(super) frequency: Vec<f64>,
    pub(super) recency: Vec<f64>,
    pub(super) age: Vec<f64>,
    pub(super) weight: Vec<f64>,
    /// The number of the row of covariates; 0 where there are none.
    pub(super) pattern: Vec<u32>,
}

/// Customers as the models see them: frequency, recency, age, and what else was given, checked; equal customers are one group, and are computed once.
///
/// ```
/// use patronomy::Context;
/// use patronomy::value::CustomerSummary;
/// // Two repeat purchases, the last after 30.4 of 38.9 weeks; none; none.
/// let s = CustomerSummary::new(&[2.0, 0.0, 0.0], &[30.4, 0.0, 0.0], &[38.9, 38.9, 38.9])?;
/// assert_eq!((s.n_customers(), s.n_groups()), (3, 2));
/// let late = CustomerSummary::new(&[2.0], &[40.0], &[38.9]);
/// assert!(late.unwrap_err().to_string().contains("above the customer's age"));
/// # Ok::<(), patronomy::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CustomerSummary {
    pub(super) groups: Groups,
    pub(super) group_of: Vec<u32>,
    total_weight: f64,
    covariates: Vec<String>,
    pub(super) patterns: Vec<f64>,
    pub(super) log_intervals: Option<Vec<f64>>,
    weights: Option<Vec<f64>>,
}

impl Groups {
    /// No customers.
    pub(super) const fn empty() -> Self {
        Self {
            frequency: Vec::new(),
            recency: Vec::new(),
            age: Vec::new(),
            weight: Vec::new(),
            pattern: Vec::new(),
        }
    }
}

impl CustomerSummary {
    /// Of three columns, without more: see [`SummaryColumns`].
    ///
    /// # Errors
    /// As [`SummaryColumns::collect`].
    pub fn new(frequency: &[f64], recency: &[f64], age: &[f64]) -> Result<Self> {
        SummaryColumns::new(frequency, recency, age).collect(&Context::new())
    }

    /// How many rows there are, each a customer, or as many as its weight says.
    #[must_use]
    pub fn n_customers(&self) -> usize {
        self.group_of.len()
    }

    /// How many of them differ.
    #[must_use]
    pub fn n_groups(&self) -> usize {
        self.groups.weight.len()
    }

    /// The sum of the weights; the number of customers where none were given.
    #[must_use]
    pub fn total_weight(&self) -> f64 {
        self.total_weight
    }

    /// For each customer its group.
    #[must_use]
    pub fn group_of(&self) -> &[u32] {
        &self.group_of
    }

    /// Names of the covariates.
    #[must_use]
    pub fn covariates(&self) -> &[String] {
        &self.covariates
    }

    /// The weight of a customer.
    pub(super) fn weight_of(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |w| w[row])
    }

    /// Repeat transactions of all customers.
    pub(super) fn total_repeats(&self) -> f64 {
        let mut total = Sum::default();
        let groups = &self.groups;
        for (x, w) in groups.frequency.iter().zip(&groups.weight) {
            total.add(x * w);
        }
        total.total()
    }

    /// The weighted sum of the logarithms of the times between transactions, where they were given.
    pub(super) fn total_log_intervals(&self) -> Option<f64> {
        let sums = self.log_intervals.as_ref()?;
        let mut total = Sum::default();
        for (row, &sum) in sums.iter().enumerate() {
            total.add(sum * self.weight_of(row));
        }
        Some(total.total())
    }

    /// A hash of the groups, hexadecimal: the same for the same customers in any order.
    pub(super) fn data_hash(&self) -> String {
        let mut hasher = SipHasher13::new();
        let groups = &self.groups;
        for column in [
            &groups.frequency,
            &groups.recency,
            &groups.age,
            &groups.weight,
        ] {
            column.iter().for_each(|x| hasher.write_u64(x.to_bits()));
        }
        groups.pattern.iter().for_each(|&p| hasher.write_u32(p));
        self.patterns
            .iter()
            .for_each(|x| hasher.write_u64(x.to_bits()));
        let hash = hasher.finish128();
        format!("{:016x}{:016x}", hash.h1, hash.h2)
    }
}
