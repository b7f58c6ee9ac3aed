//! Parameters of a lifetime model.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::value::fit::Controls;
use crate::value::laws::{Law, MAX_K};

pub(super) const OWNER: &str = "LifetimeParams";

/// What is fitted: a law of buying and leaving, and covariates if there are any; [`fit`](Self::fit) finds the parameters of the law.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct LifetimeParams {
    /// How customers buy and leave.
    pub law: Law,
    /// Covariates of the summary that the rate of purchases depends on: `alpha` of a customer is alpha · exp(-γ'z) (Fader and Hardie 2007, "Incorporating time-invariant covariates into
    /// the Pareto/NBD and BG/NBD models"). Their effects are named `alpha.covariate`; a positive one buys more often.
    pub rate_covariates: Vec<String>,
    /// Covariates that leaving depends on: `a` is a · exp(γ'z) and `b` is b · exp(γ'z) with effects of their own; of the Pareto/NBD `beta` is beta · exp(-γ'z), and a positive effect
    /// leaves sooner.
    pub dropout_covariates: Vec<String>,
    /// Penalty, and when the search ends.
    pub controls: Controls,
}

impl LifetimeParams {
    /// This law, without covariates.
    #[must_use]
    pub fn new(law: Law) -> Self {
        Self {
            law,
            ..Self::default()
        }
    }

    /// Sets the covariates that the rate of purchases depends on.
    #[must_use]
    pub fn rate_covariates<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.rate_covariates = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the covariates that leaving depends on.
    #[must_use]
    pub fn dropout_covariates<N: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = N>,
    ) -> Self {
        self.dropout_covariates = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the penalty: see [`Controls::penalty`].
    #[must_use]
    pub const fn penalty(mut self, penalty: f64) -> Self {
        self.controls.penalty = penalty;
        self
    }

    /// Sets the most steps of the search.
    #[must_use]
    pub const fn max_iter(mut self, n: u32) -> Self {
        self.controls.max_iter = n;
        self
    }

    /// Sets when the search ends: see [`Controls::tol`].
    #[must_use]
    pub const fn tol(mut self, tol: f64) -> Self {
        self.controls.tol = tol;
        self
    }

    /// Whether the parameters keep their rules.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that does not.
    pub fn validate(&self) -> Result<()> {
        self.controls.validate(OWNER)?;
        if let Some((Some(k), _)) = self.law.beta_geometric()
            && !(1..=MAX_K).contains(&k)
        {
            let rule = format!("must be from 1 to {MAX_K}");
            return Err(Error::parameter(OWNER, "k", rule, k));
        }
        for (name, list) in [
            ("rate_covariates", &self.rate_covariates),
            ("dropout_covariates", &self.dropout_covariates),
        ] {
            if let Some(first) = list.first()
                && self.law == Law::BgBb
            {
                let rule = "must be empty: the BG/BB law has no covariates; use another";
                return Err(Error::parameter(OWNER, name, rule, first));
            }
            if let Some((_, twice)) = list
                .iter()
                .enumerate()
                .find(|(i, n)| list[..*i].contains(n))
            {
                return Err(Error::parameter(OWNER, name, "must name each once", twice));
            }
        }
        Ok(())
    }

    /// The covariates it knows, each once.
    pub(super) fn covariates(&self) -> Vec<String> {
        let mut names = self.rate_covariates.clone();
        let more = self.dropout_covariates.iter();
        names.extend(more.filter(|n| !self.rate_covariates.contains(n)).cloned());
        names
    }

    /// What each effect of a covariate changes.
    pub(super) fn effects(&self) -> Vec<Effect> {
        let leaving: &[(usize, f64)] = match self.law {
            Law::ParetoNbd => &[(3, -1.0)],
            _ => &[(2, 1.0), (3, 1.0)],
        };
        let covariates = self.covariates();
        let mut effects = Vec::new();
        for (list, touched) in [
            (&self.rate_covariates, &[(1, -1.0)][..]),
            (&self.dropout_covariates, leaving),
        ] {
            for &(parameter, sign) in touched {
                for name in list {
                    effects.push(Effect {
                        parameter,
                        sign,
                        column: covariates.iter().position(|c| c == name).unwrap_or(0),
                    });
                }
            }
        }
        effects
    }

    /// Names of all that is searched for, and whether it is the logarithm of a positive parameter.
    pub(super) fn names(&self) -> Vec<(String, bool)> {
        let own = self.law.parameter_names();
        let covariates = self.covariates();
        let effect = |e: &Effect| {
            (
                format!("{}.{}", own[e.parameter], covariates[e.column]),
                false,
            )
        };
        own.iter()
            .map(|&name| (name.to_owned(), true))
            .chain(self.effects().iter().map(effect))
            .collect()
    }
}

/// The logarithm of `parameter` grows by sign · effect · covariate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effect {
    pub(super) parameter: usize,
    pub(super) sign: f64,
    pub(super) column: usize,
}
