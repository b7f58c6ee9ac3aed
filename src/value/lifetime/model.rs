//! What a lifetime model has learnt, and what it says of customers.

use serde::{Deserialize, Serialize};

use super::fit::{Problem, check_opportunities, select};
use super::params::{Effect, LifetimeParams};
use super::rows::{Ask, OfDrawn, Rows, newcomer};
use crate::error::{Error, Result};
use crate::parallel::{Context, fill_rows, filled, map_ordered};
use crate::saved::Saved;
use crate::value::fit::Estimates;
use crate::value::laws::Law;
use crate::value::summary::CustomerSummary;

pub(super) const OWNER: &str = "LifetimeModel";

/// A `k` that was tried, and how likely it makes the data.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TriedK {
    /// How regular purchases are.
    pub k: u32,
    /// The largest log-likelihood with it.
    pub log_likelihood: f64,
}

/// The parameters of a law of buying and leaving. It answers for each customer of a summary in its order; equal customers are computed once.
///
/// All times are in the unit of the summary it was fitted on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LifetimeModel {
    /// The parameters it was fitted with.
    pub params: LifetimeParams,
    /// The law, with the `k` that was chosen.
    pub law: Law,
    /// Names of the covariates, in the order that [`expected_new`](Self::expected_new) takes them.
    pub covariates: Vec<String>,
    /// The parameters found, and how likely they make the data.
    pub estimates: Estimates,
    /// Customers it was fitted on.
    pub n_customers: u64,
    /// How many of them differed.
    pub n_groups: u64,
    /// The `k` tried; empty where it was given.
    pub tried: Vec<TriedK>,
    /// What the user should know.
    pub notices: Vec<String>,
    /// Hash of the customers it learnt from, hexadecimal.
    pub data_hash: String,
}

impl LifetimeModel {
    /// A law with parameters that are known from elsewhere, such as a paper, in the order of [`Law::parameter_names`]; without errors, a log-likelihood or customers of its own.
    ///
    /// # Errors
    /// [`Error::Parameter`] for parameters that are not above 0, and a law whose `k` is open.
    ///
    /// ```
    /// use patronomy::value::{Law, LifetimeModel};
    /// // Fader, Hardie and Lee (2005), in weeks.
    /// let model = LifetimeModel::from_parameters(Law::BgNbd, [0.243, 4.414, 0.793, 2.426])?;
    /// assert!((model.expected_new(52.0, &[])? - 1.44).abs() < 0.01);
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    pub fn from_parameters(law: Law, parameters: [f64; 4]) -> Result<Self> {
        let params = LifetimeParams::new(law);
        params.validate()?;
        if let Some((None, _)) = law.beta_geometric() {
            return Err(Error::parameter(OWNER, "k", "must be given", "none"));
        }
        let names = law.parameter_names();
        for (name, value) in names.iter().zip(parameters) {
            if !(value > 0.0 && value <= 1e100) {
                let rule = "must be above 0 and at most 1e100";
                return Err(Error::parameter(OWNER, name, rule, value));
            }
        }
        Ok(Self {
            params,
            law,
            covariates: Vec::new(),
            estimates: Estimates::given(&names, &parameters),
            n_customers: 0,
            n_groups: 0,
            tried: Vec::new(),
            notices: vec!["the parameters were given, not fitted".into()],
            data_hash: String::new(),
        })
    }

    /// For each customer the chance to be still there at the end of observation (of the BG/BB law: at the next opportunity), from 0 to 1.
    ///
    /// # Errors
    /// [`Error::ColumnNotFound`] for a covariate that the summary lacks, [`Error::BadValues`] for times that do not count opportunities where the law is BG/BB,
    /// [`Error::Cancelled`].
    pub fn p_alive(&self, summary: &CustomerSummary, ctx: &Context) -> Result<Vec<f64>> {
        self.ask(summary, Ask::PAlive, ctx)
    }

    /// For each customer the transactions expected within `time` after the end of observation, 0 or more.
    ///
    /// Of BG/NBD and MBG/NBD by the hypergeometric series of Fader, Hardie and Lee (2005), of regular buyers by the distribution of their steps, both exact to ten digits; of more
    /// than 100,000 steps as if they were a continuum. Cost: 30 to 400 terms for each group.
    ///
    /// # Errors
    /// As [`p_alive`](Self::p_alive), and [`Error::Parameter`] for a time that is not above 0, or no whole number where the law is BG/BB.
    pub fn expected(
        &self,
        summary: &CustomerSummary,
        time: f64,
        ctx: &Context,
    ) -> Result<Vec<f64>> {
        self.check_time(time)?;
        self.ask(summary, Ask::Expected { time }, ctx)
    }

    /// For each customer, if still there, the chance to be there after `time` more as well, from 0 to 1: one less it is the hazard of leaving within it.
    ///
    /// Of Pareto/NBD (β + T)^s / (β + T + t)^s; of laws of the BG kind E[(1 - p)^M] over the transactions M of one who does not leave. Cost: as [`discounted`](Self::discounted), without its rates.
    ///
    /// # Errors
    /// As [`expected`](Self::expected).
    pub fn p_stay(&self, summary: &CustomerSummary, time: f64, ctx: &Context) -> Result<Vec<f64>> {
        self.check_time(time)?;
        self.ask(summary, Ask::Stays { time }, ctx)
    }

    /// For each customer all transactions to come, each discounted by exp(-rate · time until it) (discounted expected residual transactions, Fader, Hardie and Lee 2005, "RFM and CLV").
    ///
    /// `rate` is per unit of time, with continuous compounding: ln(1 + d) for an interest of d in each unit. Cost: for each group some thousand terms of laws of the BG kind, some
    /// eighty of others; ten digits.
    ///
    /// # Errors
    /// As [`p_alive`](Self::p_alive), and [`Error::Parameter`] for a rate that is not above 0.
    pub fn discounted(
        &self,
        summary: &CustomerSummary,
        rate: f64,
        ctx: &Context,
    ) -> Result<Vec<f64>> {
        check_rate(rate)?;
        self.ask(summary, Ask::Discounted { rate }, ctx)
    }

    /// For each customer the chances of 0, 1, ... `n_max` transactions within `time` after the end of observation: rows of `n_max + 1` numbers, one after the other.
    ///
    /// # Errors
    /// As [`expected`](Self::expected), and for an `n_max` above 100,000; [`Error::Budget`] for more numbers than the budget allows, or 8 GB.
    pub fn count_probabilities(
        &self,
        summary: &CustomerSummary,
        time: f64,
        n_max: u32,
        ctx: &Context,
    ) -> Result<Vec<f64>> {
        self.check_time(time)?;
        let width = check_counts(n_max)?;
        let rows = summary.n_customers() + summary.n_groups();
        let bytes = 8 * rows as u64 * width as u64;
        let remedy = "ask for fewer counts, or fewer customers at a time";
        let budget = ctx.budget.at_most(MOST_BYTES);
        budget.check("count probabilities", bytes, remedy)?;
        self.ask(summary, Ask::Counts { time, width }, ctx)
    }

    /// For each customer the logarithm of the likelihood of what it did; infinitely small nowhere. With the intervals where the summary has them.
    ///
    /// # Errors
    /// As [`p_alive`](Self::p_alive).
    pub fn log_likelihoods(&self, summary: &CustomerSummary, ctx: &Context) -> Result<Vec<f64>> {
        let mut found = self.ask(summary, Ask::LogLikelihood, ctx)?;
        if let (Some((Some(k), _)), Some(sums)) =
            (self.law.beta_geometric(), &summary.log_intervals)
        {
            let added = found.iter_mut().zip(sums);
            added.for_each(|(ln, sum)| *ln += f64::from(k - 1) * sum);
        }
        Ok(found)
    }

    /// Repeat transactions expected of a new customer within `time` after the first. `covariates` in the order of [`covariates`](Self::covariates).
    ///
    /// # Errors
    /// [`Error::Parameter`] for a time that is not above 0 (no whole number where the law is BG/BB), and for covariates of another number.
    pub fn expected_new(&self, time: f64, covariates: &[f64]) -> Result<f64> {
        self.check_time(time)?;
        Ok(self.ask_new(Ask::Expected { time }, covariates)?[0])
    }

    /// All repeat transactions of a new customer, discounted as in [`discounted`](Self::discounted).
    ///
    /// # Errors
    /// As [`expected_new`](Self::expected_new), of the rate.
    pub fn discounted_new(&self, rate: f64, covariates: &[f64]) -> Result<f64> {
        check_rate(rate)?;
        Ok(self.ask_new(Ask::Discounted { rate }, covariates)?[0])
    }

    /// The chances that a new customer has 0, 1, ... `n_max` repeat transactions within `time` after the first.
    ///
    /// # Errors
    /// As [`expected_new`](Self::expected_new).
    pub fn count_probabilities_new(
        &self,
        time: f64,
        n_max: u32,
        covariates: &[f64],
    ) -> Result<Vec<f64>> {
        self.check_time(time)?;
        let width = check_counts(n_max)?;
        self.ask_new(Ask::Counts { time, width }, covariates)
    }

    /// The parameters of the law for a customer with these covariates, in the order of [`Law::parameter_names`].
    ///
    /// # Errors
    /// [`Error::Parameter`] for covariates of another number, or no finite numbers.
    pub fn parameters_of(&self, covariates: &[f64]) -> Result<[f64; 4]> {
        if covariates.len() != self.covariates.len() {
            let rule = format!("must be {} numbers, one for each", self.covariates.len());
            return Err(Error::parameter(
                OWNER,
                "covariates",
                rule,
                covariates.len(),
            ));
        }
        if let Some(bad) = covariates.iter().find(|z| !z.is_finite()) {
            return Err(Error::parameter(OWNER, "covariates", "must be finite", bad));
        }
        let effects = self.params.effects();
        let rows = Rows {
            law: self.law,
            groups: &crate::value::summary::Groups::empty(),
            patterns: &[],
            n_covariates: covariates.len(),
            effects: &effects,
        };
        Ok(rows.parameters(&self.estimates.searched(), covariates))
    }

    /// Three numbers for each customer, made of rates that the customer may have.
    pub(in crate::value) fn with_drawn(
        &self,
        summary: &CustomerSummary,
        ctx: &Context,
        f: &OfDrawn<'_>,
    ) -> Result<Vec<[f64; 3]>> {
        const PIECE: usize = 1024;
        let patterns = select(summary, &self.covariates)?;
        let effects = self.params.effects();
        let rows = self.rows(summary, &patterns, &effects);
        let searched = self.estimates.searched();
        let parts: Vec<_> = summary.group_of.chunks(PIECE).enumerate().collect();
        let found = map_ordered(ctx, "draw customers", parts, |(i, own)| {
            Ok(rows.with_drawn(&searched, own, i * PIECE, f))
        })?;
        Ok(found.concat())
    }

    fn ask_new(&self, ask: Ask, covariates: &[f64]) -> Result<Vec<f64>> {
        Ok(newcomer(self.law, self.parameters_of(covariates)?, ask))
    }

    /// Answers for all customers: computed for each group, told to each of its customers.
    fn ask(&self, summary: &CustomerSummary, ask: Ask, ctx: &Context) -> Result<Vec<f64>> {
        check_opportunities(self.law, summary)?;
        let patterns = select(summary, &self.covariates)?;
        let effects = self.params.effects();
        let rows = self.rows(summary, &patterns, &effects);
        let answers = rows.answers(&self.estimates.searched(), ask, ctx)?;
        let told = tell(summary, &answers, ask.width(), ctx);
        ctx.progress.finish();
        told
    }

    fn rows<'a>(
        &self,
        summary: &'a CustomerSummary,
        patterns: &'a [f64],
        effects: &'a [Effect],
    ) -> Rows<'a> {
        Rows {
            law: self.law,
            groups: &summary.groups,
            patterns,
            n_covariates: self.covariates.len(),
            effects,
        }
    }

    pub(super) fn problem(&self, summary: &CustomerSummary) -> Result<Problem> {
        check_opportunities(self.law, summary)?;
        Problem::new(&self.params, self.law, summary)
    }

    /// Rows of the covariates it knows, of a summary.
    pub(in crate::value) fn patterns(&self, summary: &CustomerSummary) -> Result<Vec<f64>> {
        select(summary, &self.covariates)
    }

    pub(in crate::value) fn check_time(&self, time: f64) -> Result<()> {
        if !(time > 0.0 && time <= 1e100) {
            return Err(Error::parameter(
                OWNER,
                "time",
                "must be above 0 and at most 1e100",
                time,
            ));
        }
        if self.law == Law::BgBb && (time.fract() != 0.0 || time > 1e6) {
            let rule = "must be a whole number of opportunities, at most a million, where the law is BG/BB";
            return Err(Error::parameter(OWNER, "time", rule, time));
        }
        Ok(())
    }
}

/// Tables of counts are not made larger, budget or not.
const MOST_BYTES: u64 = 8_000_000_000;

/// How many numbers a row of counts has.
fn check_counts(n_max: u32) -> Result<usize> {
    if n_max > 100_000 {
        let rule = "must be at most 100,000";
        return Err(Error::parameter(OWNER, "n_max", rule, n_max));
    }
    Ok(n_max as usize + 1)
}

pub(super) fn check_rate(rate: f64) -> Result<()> {
    if rate > 1e-12 && rate <= 1e12 {
        return Ok(());
    }
    let rule = "must be above 0 (1e-12 at least): without a discount the sum may have no end";
    Err(Error::parameter(OWNER, "rate", rule, rate))
}

/// What was computed for groups, for each customer.
pub(super) fn tell(
    summary: &CustomerSummary,
    answers: &[f64],
    width: usize,
    ctx: &Context,
) -> Result<Vec<f64>> {
    let group = |row: usize| summary.group_of[row] as usize;
    if width == 1 {
        return filled(ctx, "customers", summary.n_customers(), |row| {
            answers[group(row)]
        });
    }
    let mut told = vec![0.0; summary.n_customers() * width];
    fill_rows(ctx, "customers", &mut told, width, |first, part| {
        for (i, row) in part.chunks_exact_mut(width).enumerate() {
            row.copy_from_slice(&answers[group(first + i) * width..][..width]);
        }
    })?;
    Ok(told)
}

impl Saved for LifetimeModel {
    const KIND: &'static str = "lifetime";

    fn check(&self) -> Result<()> {
        self.params.validate()?;
        let names: Vec<String> = self.params.names().into_iter().map(|(n, _)| n).collect();
        self.estimates.check(OWNER, &names)?;
        let is_law = match (self.params.law.beta_geometric(), self.law.beta_geometric()) {
            (None, None) => self.params.law == self.law,
            (Some((asked, _)), Some((Some(k), _))) => {
                (1..=crate::value::laws::MAX_K).contains(&k)
                    && asked.is_none_or(|asked| asked == k)
                    && self.params.law.with_k(k) == self.law
            }
            _ => false,
        };
        let are_positive = self.estimates.parameters.iter().enumerate();
        let are_positive = are_positive.fold(true, |all, (i, p)| all && p.is_positive == (i < 4));
        if is_law && are_positive && self.covariates == self.params.covariates() {
            return Ok(());
        }
        let rule = "must be that of the parameters, with its covariates";
        Err(Error::parameter(
            OWNER,
            "law",
            rule,
            format!("{:?}", self.law),
        ))
    }
}
