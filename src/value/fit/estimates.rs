//! What a fit has found: parameters with their errors, and how likely they make the data.

use serde::{Deserialize, Serialize};

use super::linear::{Symmetric, dot, largest};
use super::minimise::{Minimum, Point, Search, hessian, minimise};
use crate::error::{Error, Result};
use crate::stats::tails::{chi_squared_upper, normal_within};

/// A learnt number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name in the paper of the model, or `parameter.covariate` for the effect of a covariate.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Its standard error, from the curvature of the log-likelihood; none where that is not that of a maximum, and for a parameter that ran off while others did not: it is taken as it stands then.
    pub standard_error: Option<f64>,
    /// Whether it is positive, and searched for by its logarithm; effects of covariates are not.
    pub is_positive: bool,
}

impl Parameter {
    /// The limits between which the parameter lies with a chance of `level`, such as .95: value ± z · error, of the logarithm where the parameter is positive (Wald).
    #[must_use]
    pub fn interval(&self, level: f64) -> Option<(f64, f64)> {
        if !(level > 0.0 && level < 1.0) {
            return None;
        }
        let reach = normal_within(level) * self.standard_error?;
        if self.is_positive {
            let factor = (reach / self.value).exp();
            Some((self.value / factor, self.value * factor))
        } else {
            Some((self.value - reach, self.value + reach))
        }
    }
}

/// Parameters found by maximum likelihood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Estimates {
    /// The parameters, in the order of the paper, and effects of covariates after them.
    pub parameters: Vec<Parameter>,
    /// Covariance of what is searched for, row by row: logarithms of positive parameters, effects as they are; zeros for parameters that are taken as they stand. None where the curvature is not that of a maximum.
    pub covariance: Option<Vec<f64>>,
    /// Log-likelihood of all customers at the parameters, without the penalty.
    pub log_likelihood: f64,
    /// Customers it is the likelihood of: the sum of their weights.
    pub n_observations: f64,
    /// Steps of the search.
    pub n_iter: u32,
    /// Whether the search has ended at a maximum.
    pub converged: bool,
}

impl Estimates {
    /// Akaike's criterion, 2 k - 2 ln L: the less, the better.
    #[must_use]
    pub fn aic(&self) -> f64 {
        2.0 * (self.parameters.len() as f64 - self.log_likelihood)
    }

    /// The Bayesian criterion of Schwarz, k ln n - 2 ln L: the less, the better.
    #[must_use]
    pub fn bic(&self) -> f64 {
        self.parameters.len() as f64 * self.n_observations.ln() - 2.0 * self.log_likelihood
    }

    /// The value of a parameter.
    ///
    /// # Errors
    /// [`Error::Parameter`] with the names there are.
    pub fn value(&self, name: &str) -> Result<f64> {
        let found = self.parameters.iter().find(|p| p.name == name);
        found.map(|p| p.value).ok_or_else(|| {
            let names: Vec<&str> = self.parameters.iter().map(|p| p.name.as_str()).collect();
            let rule = format!("must be one of {}", names.join(", "));
            Error::parameter("Estimates", "name", rule, name)
        })
    }

    /// Whether this model, which must be a special case of the other, explains the data no worse than chance allows.
    ///
    /// # Errors
    /// [`Error::FeatureMismatch`] for models of different customers, and if the other has no parameter more or is less likely.
    pub fn likelihood_ratio(&self, full: &Self) -> Result<LikelihoodRatio> {
        let differs = |why: &str| {
            Err(Error::FeatureMismatch {
                what: "a restricted model and its full model".into(),
                why: why.into(),
            })
        };
        let more = full.parameters.len().saturating_sub(self.parameters.len());
        let statistic = 2.0 * (full.log_likelihood - self.log_likelihood);
        if self.n_observations.to_bits() != full.n_observations.to_bits() {
            return differs("they are fitted on different customers; fit both on the same");
        }
        if more == 0 {
            return differs("the full model has no parameter more; give the larger one as such");
        }
        let is_likelier = statistic >= -1e-6 * self.log_likelihood.abs().max(1.0);
        if !is_likelier {
            return differs("the full model is less likely, so the other is no special case of it");
        }
        let statistic = statistic.max(0.0);
        Ok(LikelihoodRatio {
            statistic,
            df: more as u32,
            p_value: chi_squared_upper(statistic, more as u32),
        })
    }

    /// Parameters that nobody has fitted.
    pub(in crate::value) fn given(names: &[&str], values: &[f64]) -> Self {
        let one = |(name, value): (&&str, &f64)| Parameter {
            name: (*name).into(),
            value: *value,
            standard_error: None,
            is_positive: true,
        };
        Self {
            parameters: names.iter().zip(values).map(one).collect(),
            covariance: None,
            log_likelihood: 0.0,
            n_observations: 0.0,
            n_iter: 0,
            converged: false,
        }
    }

    /// What was searched for: logarithms of positive parameters.
    pub(in crate::value) fn searched(&self) -> Vec<f64> {
        let one = |p: &Parameter| if p.is_positive { p.value.ln() } else { p.value };
        self.parameters.iter().map(one).collect()
    }

    /// Whether a fit could have given them.
    pub(in crate::value) fn check(&self, owner: &str, names: &[String]) -> Result<()> {
        let n = names.len();
        let are_named = self.parameters.iter().map(|p| &p.name).eq(names);
        let is_good = |p: &Parameter| p.value.is_finite() && (!p.is_positive || p.value > 0.0);
        let is_square = (self.covariance.as_ref())
            .is_none_or(|c| c.len() == n * n && c.iter().all(|x| x.is_finite()));
        if are_named && self.parameters.iter().all(is_good) && is_square {
            return Ok(());
        }
        let rule = format!("must be {n} finite numbers, those that must be above 0 so");
        Err(Error::parameter(
            owner,
            "parameters",
            rule,
            self.parameters.len(),
        ))
    }
}

/// A test of a model against one that it is a special case of.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct LikelihoodRatio {
    /// Twice the difference of the log-likelihoods.
    pub statistic: f64,
    /// How many parameters the full model has more.
    pub df: u32,
    /// The chance of such a difference if the restricted model holds (Wilks 1938). Too large where it lies at the edge of the full one, such as one without drop-out.
    pub p_value: f64,
}

/// What is fitted: names, where to begin, and the mean log-likelihood's negative.
pub(in crate::value) struct Task<'a> {
    /// Names, and whether they stand for the logarithm of a positive parameter.
    pub(in crate::value) names: &'a [(String, bool)],
    pub(in crate::value) start: Vec<f64>,
    pub(in crate::value) inverse: Option<Symmetric>,
    pub(in crate::value) n_observations: f64,
    pub(in crate::value) controls: &'a Controls,
}

/// How a likelihood is searched for its maximum.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Controls {
    /// This times the sum of the squared logarithms of the parameters (and of the squared effects of covariates) is taken from the mean log-likelihood of a customer; 0 or
    /// more. It keeps parameters of scarce data from running off, and biases all.
    pub penalty: f64,
    /// Most steps of the search, at least 1.
    pub max_iter: u32,
    /// The search ends where no derivative of the mean log-likelihood by a logarithm is larger; above 0.
    pub tol: f64,
}

impl Default for Controls {
    fn default() -> Self {
        Self {
            penalty: 0.0,
            max_iter: 500,
            tol: 1e-7,
        }
    }
}

impl Controls {
    pub(in crate::value) fn validate(&self, owner: &str) -> Result<()> {
        if !(self.penalty >= 0.0 && self.penalty.is_finite()) {
            let rule = "must be a number of 0 or more";
            return Err(Error::parameter(owner, "penalty", rule, self.penalty));
        }
        if self.max_iter == 0 {
            return Err(Error::parameter(owner, "max_iter", "must be at least 1", 0));
        }
        if !(self.tol > 0.0 && self.tol <= 1.0) {
            return Err(Error::parameter(
                owner,
                "tol",
                "must be in (0, 1]",
                self.tol,
            ));
        }
        Ok(())
    }
}

/// How far a logarithm may move from where the search begins: a factor of half a billion.
pub(in crate::value) const REACH: f64 = 20.0;
/// At a maximum the expected gain of another step is below this, in units of the mean log-likelihood.
const GAIN: f64 = 1e-10;

/// A logarithm that has moved farther than this has run off.
const FAR: f64 = 0.5 * REACH;
/// A second derivative below this share of the largest is that of a parameter that does not matter.
const FLAT: f64 = 1e-7;

/// A logarithm of a parameter that is known no better says nothing.
const VAGUE: f64 = 5.0;

/// A fit, and the names of the parameters that ran off, with whether they grew.
pub(in crate::value) struct Found {
    pub(in crate::value) estimates: Estimates,
    pub(in crate::value) inverse: Symmetric,
    pub(in crate::value) run_off: Vec<(String, bool)>,
}

/// Searches the maximum: BFGS to a small gradient, then Newton's steps while they help; the curvature there gives the standard errors.
///
/// `f` is the negative mean log-likelihood without the penalty.
pub(in crate::value) fn estimate(
    task: Task<'_>,
    f: &mut impl FnMut(&[f64]) -> Result<Point>,
) -> Result<Found> {
    let Controls {
        penalty,
        max_iter,
        tol,
    } = *task.controls;
    let mut penalised = |at: &[f64]| {
        let mut point = f(at)?;
        for (g, x) in point.gradient.iter_mut().zip(at) {
            point.value += penalty * x * x;
            *g += 2.0 * penalty * x;
        }
        Ok(point)
    };
    let search = Search {
        around: task.start.clone(),
        start: task.start,
        inverse: task.inverse,
        reach: REACH,
        max_iter,
        tol,
    };
    let mut found = minimise(&mut penalised, &search)?;
    let second = polish(&mut found, &mut penalised)?;
    let inverse = second.inverse();
    let gain = |h: &Symmetric| {
        let step = h.times(&found.point.gradient);
        0.5 * dot(&step, &found.point.gradient)
    };
    let is_maximum = inverse.as_ref().is_some_and(|h| gain(h) <= GAIN);
    // Where the likelihood is large its gradient is rounded before it is as small as asked.
    let flat = tol.max(1e-12 * found.point.value.abs());
    let is_flat = largest(&found.point.gradient) <= flat;
    let n = task.n_observations;
    let scaled = |h: &Symmetric| h.values.iter().map(|x| x / n).collect();
    let whole: Option<Vec<f64>> = inverse.as_ref().map(scaled);
    let run_off = run_off(task.names, &found.at, &search.around, whole.as_deref());
    let covariance = whole.filter(|_| run_off.is_empty()).or_else(|| {
        let is_held = |i: usize| run_off.iter().any(|(name, _)| *name == task.names[i].0);
        inverse_of_some(&second, is_held).as_ref().map(scaled)
    });
    let penalties: f64 = found.at.iter().map(|x| penalty * x * x).sum();
    let estimates = Estimates {
        parameters: parameters(task.names, &found.at, covariance.as_deref()),
        covariance,
        log_likelihood: -(found.point.value - penalties) * n,
        n_observations: n,
        n_iter: found.n_iter,
        converged: is_flat && is_maximum && run_off.is_empty(),
    };
    Ok(Found {
        estimates,
        inverse: inverse.unwrap_or(found.inverse),
        run_off,
    })
}

/// Parameters that went far from where they began, or are known to no order of magnitude.
fn run_off(
    names: &[(String, bool)],
    at: &[f64],
    around: &[f64],
    covariance: Option<&[f64]>,
) -> Vec<(String, bool)> {
    let n = names.len();
    let error = |i: usize| covariance.map_or(0.0, |c| c[i * n + i].sqrt());
    (0..n)
        .filter(|&i| names[i].1 && ((at[i] - around[i]).abs() > FAR || error(i) > VAGUE))
        .map(|i| (names[i].0.clone(), at[i] > around[i]))
        .collect()
}

/// The inverse of the second derivatives of the parameters that are not held and that matter at all, with zeros for the others; none if that is not positive definite, or nothing is left.
fn inverse_of_some(second: &Symmetric, is_held: impl Fn(usize) -> bool) -> Option<Symmetric> {
    let n = second.n;
    let largest = (0..n).map(|i| second.at(i, i)).fold(0.0, f64::max);
    let free: Vec<usize> = (0..n)
        .filter(|&i| !is_held(i) && second.at(i, i) > FLAT * largest)
        .collect();
    if free.is_empty() {
        return None;
    }
    let rows = free.iter().flat_map(|&i| free.iter().map(move |&j| (i, j)));
    let own = Symmetric {
        n: free.len(),
        values: rows.map(|(i, j)| second.at(i, j)).collect(),
    };
    let own = own.inverse()?;
    let mut whole = Symmetric::diagonal(n, 0.0);
    for (a, &i) in free.iter().enumerate() {
        for (b, &j) in free.iter().enumerate() {
            whole.values[i * n + j] = own.at(a, b);
        }
    }
    Some(whole)
}

/// Newton's steps from where the gradient is small, and the second derivatives at their end.
fn polish(found: &mut Minimum, f: &mut impl FnMut(&[f64]) -> Result<Point>) -> Result<Symmetric> {
    let second = hessian(f, &found.at)?;
    let Some(inverse) = second.inverse() else {
        return Ok(second);
    };
    for _ in 0..3 {
        let step = inverse.times(&found.point.gradient);
        let is_near = largest(&step) < 0.1;
        if !is_near {
            break;
        }
        let next: Vec<f64> = found.at.iter().zip(&step).map(|(x, s)| x - s).collect();
        let point = f(&next)?;
        let (before, after) = (&found.point.gradient, &point.gradient);
        let is_better = largest(after) < 0.5 * largest(before);
        if !(is_better && point.value.is_finite()) {
            break;
        }
        (found.at, found.point) = (next, point);
    }
    Ok(second)
}

fn parameters(names: &[(String, bool)], at: &[f64], covariance: Option<&[f64]>) -> Vec<Parameter> {
    let n = names.len();
    (names.iter().zip(at).enumerate())
        .map(|(i, ((name, is_log), &x))| {
            let value = if *is_log { x.exp() } else { x };
            // The delta method: d exp(x) = exp(x) dx.
            let scale = if *is_log { value } else { 1.0 };
            Parameter {
                name: name.clone(),
                value,
                standard_error: covariance
                    .map(|c| c[i * n + i].sqrt() * scale)
                    .filter(|&error| error > 0.0),
                is_positive: *is_log,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(n_parameters: usize, log_likelihood: f64) -> Estimates {
        let names: Vec<_> = (0..n_parameters).map(|i| (format!("p{i}"), true)).collect();
        Estimates {
            parameters: parameters(&names, &vec![0.5; n_parameters], None),
            covariance: None,
            log_likelihood,
            n_observations: 100.0,
            n_iter: 1,
            converged: true,
        }
    }

    #[test]
    fn a_ratio_is_tested_against_chance() {
        let found = of(3, -101.92).likelihood_ratio(&of(4, -100.0)).unwrap();
        assert_eq!(found.df, 1);
        assert!((found.statistic - 3.84).abs() < 1e-12 && (found.p_value - 0.050_04).abs() < 1e-5);
        assert!(of(4, -100.0).likelihood_ratio(&of(3, -101.0)).is_err());
        assert!(of(3, -100.0).likelihood_ratio(&of(4, -101.0)).is_err());
        assert_eq!(of(2, -10.0).aic(), 24.0);
        assert!((of(2, -10.0).bic() - (20.0 + 2.0 * 100_f64.ln())).abs() < 1e-12);
    }

    #[test]
    fn parameters_that_do_not_matter_are_held() {
        // The third matters to nothing, the second is held: what is left is the first.
        let values = vec![4.0, 1.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 1e-12];
        let second = Symmetric { n: 3, values };
        let found = inverse_of_some(&second, |i| i == 1).unwrap();
        assert_eq!(found.at(0, 0), 0.25);
        assert_eq!(found.values.iter().sum::<f64>(), 0.25);
        let found = inverse_of_some(&second, |_| false).unwrap();
        assert!(
            (found.at(0, 0) - 2.0 / 7.0).abs() < 1e-15
                && (found.at(0, 1) + 1.0 / 7.0).abs() < 1e-15
        );
        assert_eq!(inverse_of_some(&second, |_| true), None);
    }

    #[test]
    fn an_interval_of_a_positive_parameter_stays_positive() {
        let p = Parameter {
            name: "r".into(),
            value: 0.5,
            standard_error: Some(0.4),
            is_positive: true,
        };
        let (low, high) = p.interval(0.95).unwrap();
        assert!(low > 0.0 && (low * high - 0.25).abs() < 1e-12);
        assert!((high / 0.5 - (1.959_964 * 0.8_f64).exp()).abs() < 1e-5);
        assert_eq!(p.interval(1.0), None);
    }
}
