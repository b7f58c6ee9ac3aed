//! Fitting a lifetime model: where the search begins, the choice of `k`, and what is said about the result.

use super::model::{LifetimeModel, TriedK};
use super::params::{Effect, LifetimeParams, OWNER};
use super::rows::Rows;
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::value::fit::{Estimates, Found, Symmetric, Task, estimate};
use crate::value::laws::{Law, TRIED_K};
use crate::value::summary::{CustomerSummary, Groups};

/// More groups are first fitted in a part of about so many, which is nearly as good a place to begin as the end.
const THIN: usize = 6_000;

impl LifetimeParams {
    /// Finds the parameters that make what customers did likeliest.
    ///
    /// Cost: some fifteen passes over the groups (equal customers are one), after a search in a part of them where there are many; the Pareto/NBD law costs about twenty times as
    /// much as the others. Laws that choose their `k` cost as much as six fits. Not to converge is no error: [`Estimates::converged`] and the notices say so.
    ///
    /// # Errors
    /// [`Error::Parameter`] for parameters outside their rules, and where `k` is to be chosen without [`log_intervals`](crate::value::SummaryColumns::log_intervals);
    /// [`Error::ColumnNotFound`] for a covariate that the summary lacks; [`Error::BadValues`] for times that do not count opportunities where the law is BG/BB; [`Error::Cancelled`].
    ///
    /// ```
    /// use patronomy::Context;
    /// use patronomy::value::{CustomerSummary, Law, LifetimeParams, simulate_customers};
    /// let ages: Vec<f64> = (0..2_000).map(|i| 27.0 + f64::from(i % 12)).collect();
    /// let s = simulate_customers(Law::BgNbd, [0.25, 4.5, 0.8, 2.5], &ages, 1)?.summary()?;
    /// let model = LifetimeParams::new(Law::BgNbd).fit(&s, &Context::new())?;
    /// assert!(model.estimates.converged);
    /// let p = model.p_alive(&s, &Context::new())?;
    /// assert!(p.iter().all(|p| (0.0..=1.0).contains(p)));
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    pub fn fit(&self, summary: &CustomerSummary, ctx: &Context) -> Result<LifetimeModel> {
        self.validate()?;
        check_opportunities(self.law, summary)?;
        let model = match self.law.beta_geometric() {
            Some((None, _)) => self.fit_any_k(summary, ctx)?,
            _ => self.fit_law(self.law, summary, ctx)?,
        };
        ctx.progress.finish();
        Ok(model)
    }

    /// The model of the `k` that makes the data likeliest.
    fn fit_any_k(&self, summary: &CustomerSummary, ctx: &Context) -> Result<LifetimeModel> {
        if summary.log_intervals.is_none() {
            let rule = "must be given where the summary has no sums of logarithms of intervals: likelihoods of different `k` are compared by them";
            return Err(Error::parameter(OWNER, "k", rule, "none"));
        }
        let mut best: Option<LifetimeModel> = None;
        let mut tried = Vec::new();
        for k in 1..=TRIED_K {
            let model = self.fit_law(self.law.with_k(k), summary, ctx)?;
            let log_likelihood = model.estimates.log_likelihood;
            tried.push(TriedK { k, log_likelihood });
            if (best.as_ref()).is_none_or(|b| log_likelihood > b.estimates.log_likelihood) {
                best = Some(model);
            }
        }
        let mut best = best.ok_or_else(|| Error::parameter(OWNER, "k", "must be at least 1", 0))?;
        if best.law == self.law.with_k(TRIED_K) {
            best.notices.push(format!(
                "the largest `k` that was tried, {TRIED_K}, is the likeliest: purchases may be more regular still"
            ));
        }
        best.tried = tried;
        Ok(best)
    }

    fn fit_law(&self, law: Law, summary: &CustomerSummary, ctx: &Context) -> Result<LifetimeModel> {
        let problem = Problem::new(self, law, summary)?;
        let found = problem.solve(summary, ctx)?;
        let mut notices = Vec::new();
        let intervals = added_by_intervals(law, summary, &mut notices);
        let mut estimates = found.estimates;
        estimates.log_likelihood += intervals;
        problem.unscale(&mut estimates);
        said(law, summary, &estimates, &found.run_off, &mut notices);
        Ok(LifetimeModel {
            params: self.clone(),
            law,
            covariates: self.covariates(),
            estimates,
            n_customers: summary.n_customers() as u64,
            n_groups: summary.n_groups() as u64,
            tried: Vec::new(),
            notices,
            data_hash: summary.data_hash(),
        })
    }
}

/// The part of the log-likelihood that depends on intervals and `k` alone.
fn added_by_intervals(law: Law, summary: &CustomerSummary, notices: &mut Vec<String>) -> f64 {
    match (law.beta_geometric(), summary.total_log_intervals()) {
        (Some((Some(k), _)), Some(total)) if k > 1 => f64::from(k - 1) * total,
        (Some((Some(k), _)), None) if k > 1 => {
            let said = "the summary has no sums of logarithms of intervals: the log-likelihood lacks their part, and compares with no other `k`";
            notices.push(said.into());
            0.0
        }
        _ => 0.0,
    }
}

/// The BG/BB law counts opportunities: whole numbers, each used once at most.
pub(super) fn check_opportunities(law: Law, summary: &CustomerSummary) -> Result<()> {
    if law != Law::BgBb {
        return Ok(());
    }
    let Groups {
        frequency,
        recency,
        age,
        ..
    } = &summary.groups;
    let (whole, used) = ("are no whole numbers", "are below the frequency");
    check_groups(summary, "age", age, whole, |g| age[g].fract() == 0.0)?;
    let many = "are above a million";
    check_groups(summary, "age", age, many, |g| age[g] <= 1e6)?;
    check_groups(summary, "recency", recency, whole, |g| {
        recency[g].fract() == 0.0
    })?;
    check_groups(summary, "recency", recency, used, |g| {
        recency[g] >= frequency[g]
    })
}

/// Every group must keep a rule; the error counts the customers of those that do not.
fn check_groups(
    summary: &CustomerSummary,
    column: &str,
    values: &[f64],
    rule: &str,
    is_kept: impl Fn(usize) -> bool,
) -> Result<()> {
    let is_bad = |row: &usize| !is_kept(summary.group_of[*row] as usize);
    let rows = 0..summary.n_customers();
    let Some(first) = rows.clone().find(is_bad) else {
        return Ok(());
    };
    Err(Error::BadValues {
        column: column.into(),
        count: rows.filter(is_bad).count() as u64,
        first_row: Some(first as u64),
        value: values[summary.group_of[first] as usize].to_string(),
        rule: rule.into(),
        remedy: "the BG/BB law counts opportunities, of which each is used once at most; use the Pareto/NBD law for times".into(),
    })
}

/// What is searched: groups with their covariates in units of their size, so that all directions of the search are of one scale.
pub(super) struct Problem {
    pub(super) names: Vec<(String, bool)>,
    pub(super) effects: Vec<Effect>,
    patterns: Vec<f64>,
    n_covariates: usize,
    /// The size of the covariate of each effect.
    sizes: Vec<f64>,
    params: LifetimeParams,
    law: Law,
}

impl Problem {
    pub(super) fn new(
        params: &LifetimeParams,
        law: Law,
        summary: &CustomerSummary,
    ) -> Result<Self> {
        let covariates = params.covariates();
        let mut patterns = select(summary, &covariates)?;
        let n = covariates.len();
        let size = |c: usize| {
            let column = patterns.iter().skip(c).step_by(n.max(1));
            let largest = column.fold(0.0, |m: f64, z| m.max(z.abs()));
            if largest > 0.0 { largest } else { 1.0 }
        };
        let of_column: Vec<f64> = (0..n).map(size).collect();
        for row in patterns.chunks_exact_mut(n.max(1)) {
            row.iter_mut().zip(&of_column).for_each(|(z, s)| *z /= s);
        }
        let effects = params.effects();
        Ok(Self {
            names: params.names(),
            sizes: effects.iter().map(|e| of_column[e.column]).collect(),
            effects,
            patterns,
            n_covariates: n,
            params: params.clone(),
            law,
        })
    }

    pub(super) fn rows<'a>(&'a self, groups: &'a Groups) -> Rows<'a> {
        Rows {
            law: self.law,
            groups,
            patterns: &self.patterns,
            n_covariates: self.n_covariates,
            effects: &self.effects,
        }
    }

    /// The fit: in a part of many groups first, and without covariates before with them.
    fn solve(&self, summary: &CustomerSummary, ctx: &Context) -> Result<Found> {
        let (mut start, mut inverse) = (start(self.law, summary), None);
        if !self.effects.is_empty() {
            let alone = LifetimeParams {
                rate_covariates: Vec::new(),
                dropout_covariates: Vec::new(),
                ..self.params.clone()
            };
            let alone = Self::new(&alone, self.law, summary)?.solve(summary, ctx)?;
            start = alone.estimates.searched();
            start.resize(self.names.len(), 0.0);
        }
        let groups = &summary.groups;
        let step = groups.weight.len() / THIN;
        if step > 1 {
            let part = thinned(groups, step);
            let found = self.search(&part, &part.weight, start.clone(), None, ctx)?;
            if found.estimates.converged {
                (start, inverse) = (found.estimates.searched(), Some(found.inverse));
            }
        }
        self.search(groups, &groups.weight, start, inverse, ctx)
    }

    pub(super) fn search(
        &self,
        groups: &Groups,
        weights: &[f64],
        start: Vec<f64>,
        inverse: Option<Symmetric>,
        ctx: &Context,
    ) -> Result<Found> {
        let task = Task {
            names: &self.names,
            start,
            inverse,
            n_observations: weights.iter().sum(),
            controls: &self.params.controls,
        };
        let rows = self.rows(groups);
        estimate(task, &mut |at| rows.mean(at, weights, ctx))
    }

    /// Effects in units of the caller's covariates.
    fn unscale(&self, estimates: &mut Estimates) {
        let n = self.names.len();
        for (i, size) in (4..).zip(&self.sizes) {
            let own = &mut estimates.parameters[i];
            own.value /= size;
            own.standard_error = own.standard_error.map(|e| e / size);
            if let Some(covariance) = &mut estimates.covariance {
                (0..n).for_each(|j| covariance[i * n + j] /= size);
                (0..n).for_each(|j| covariance[j * n + i] /= size);
            }
        }
    }

    /// What was searched for in the units of the search.
    pub(super) fn scaled(&self, estimates: &Estimates) -> Vec<f64> {
        let mut searched = estimates.searched();
        let effects = searched[4..].iter_mut().zip(&self.sizes);
        effects.for_each(|(x, size)| *x *= size);
        searched
    }

    /// The contrary.
    pub(super) fn unscaled(&self, mut searched: Vec<f64>) -> Vec<f64> {
        let effects = searched[4..].iter_mut().zip(&self.sizes);
        effects.for_each(|(x, size)| *x /= size);
        searched
    }
}

/// The rows of covariates of a summary with those that a model knows, in its order.
pub(super) fn select(summary: &CustomerSummary, names: &[String]) -> Result<Vec<f64>> {
    let known: Vec<&str> = summary.covariates().iter().map(String::as_str).collect();
    let place = |name: &String| {
        let found = known.iter().position(|k| k == name);
        found.ok_or_else(|| Error::column_not_found(name, "a covariate of the model", &known))
    };
    let places: Vec<usize> = names.iter().map(place).collect::<Result<_>>()?;
    let rows = summary.patterns.chunks_exact(known.len().max(1));
    Ok(rows
        .flat_map(|row| places.iter().map(|&p| row[p]))
        .collect())
}

/// Every `step`-th group. They come sorted, so each kind of customer has its share.
fn thinned(groups: &Groups, step: usize) -> Groups {
    let thin = |v: &[f64]| v.iter().copied().skip(step / 2).step_by(step).collect();
    Groups {
        frequency: thin(&groups.frequency),
        recency: thin(&groups.recency),
        age: thin(&groups.age),
        weight: thin(&groups.weight),
        pattern: groups
            .pattern
            .iter()
            .copied()
            .skip(step / 2)
            .step_by(step)
            .collect(),
    }
}

/// Where the search begins: customers differ widely, and buy as often as the mean.
fn start(law: Law, summary: &CustomerSummary) -> Vec<f64> {
    let groups = &summary.groups;
    let weight = summary.total_weight();
    let ages: f64 = groups
        .age
        .iter()
        .zip(&groups.weight)
        .map(|(t, w)| t * w)
        .sum();
    let (age, repeats) = (ages / weight, summary.total_repeats() / weight);
    let wait = age / repeats.clamp(0.05, 1e12);
    let k = law.beta_geometric().and_then(|(k, _)| k).unwrap_or(1);
    let start = match law {
        Law::ParetoNbd => [1.0, wait, 1.0, age],
        Law::BgBb => [1.0, 1.0, 1.0, 3.0],
        _ => [1.0, wait / f64::from(k), 1.0, 3.0],
    };
    start.map(f64::ln).to_vec()
}

/// What the user should know of a fit.
fn said(
    law: Law,
    summary: &CustomerSummary,
    estimates: &Estimates,
    run_off: &[(String, bool)],
    notices: &mut Vec<String>,
) {
    if summary.total_repeats() == 0.0 {
        notices.push(
            "no customer has bought again: how often they would, and when they leave, cannot be told; the parameters say no more than that"
                .into(),
        );
    }
    if !estimates.converged && run_off.is_empty() {
        notices.push(format!(
            "the search has not converged after {} steps; more of them (`max_iter`) or a small `penalty` may help",
            estimates.n_iter
        ));
    }
    if estimates.covariance.is_none() {
        notices
            .push("the log-likelihood has no clear maximum: there are no standard errors".into());
    }
    let held: Vec<String> = (estimates.parameters.iter())
        .filter(|p| p.standard_error.is_none())
        .map(|p| format!("`{}`", p.name))
        .collect();
    if estimates.covariance.is_some() && !held.is_empty() {
        notices.push(format!(
            "standard errors and intervals take {} as they stand",
            held.join(" and ")
        ));
    }
    let ran: Vec<&str> = run_off.iter().map(|(name, _)| name.as_str()).collect();
    if !ran.is_empty() {
        let to = boundary(law, run_off);
        notices.push(format!(
            "{} cannot be told from these customers and ran off: {to}; a small `penalty` keeps parameters from running",
            ran.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
        ));
    }
}

/// The simpler model at the edge towards which parameters ran; each with whether it grew.
fn boundary(law: Law, run_off: &[(String, bool)]) -> &'static str {
    let [first, second, third, fourth] = law.parameter_names();
    let ran = |name: &str, up: bool| run_off.iter().any(|(n, u)| n == name && *u == up);
    if ran(third, false) || (ran(fourth, true) && !ran(third, true)) {
        "nobody seems to leave, as in the law of purchases alone"
    } else if ran(third, true) && ran(fourth, true) {
        "customers seem to leave alike, with one chance for all"
    } else if ran(first, true) && ran(second, true) {
        "customers seem to buy alike, with one rate for all"
    } else if ran(fourth, false) || ran(third, true) {
        "customers seem to leave at once"
    } else if ran(first, false) || ran(second, true) {
        "hardly anybody buys again"
    } else {
        "the law does not fit them"
    }
}
