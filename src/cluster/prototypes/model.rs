//! What k-prototypes has learnt.

use serde::{Deserialize, Serialize};

use super::categories::Categories;
use super::fit::check_rows;
use super::mixed::{Mixed, Prototypes};
use super::params::PrototypesParams;
use crate::cluster::kmeans::Places;
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::matrix::frame::Frame;
use crate::parallel::Context;
use crate::saved::Saved;

/// Prototypes, with the parameters and the data they came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PrototypesModel {
    /// The parameters it was fitted with.
    pub params: PrototypesParams,
    /// What a category that differs adds to the squared distance of the numbers.
    pub gamma: f64,
    /// The means of the number columns, one prototype after the other.
    pub means: Vec<f64>,
    /// The most frequent categories by their number in `category_values`, one prototype after the other.
    pub modes: Vec<u32>,
    /// How many number columns there are.
    pub n_features: usize,
    /// Their names; none where they had none.
    pub feature_names: Vec<String>,
    /// The names of the category columns.
    pub category_names: Vec<String>,
    /// The categories of each of these that the fit had, in ascending order.
    pub category_values: Vec<Vec<String>>,
    /// How many rows belong to each prototype.
    pub sizes: Vec<u64>,
    /// The sum of the distances of the rows to their prototypes: squared ones of numbers, and `gamma` for each category that differs.
    pub inertia: f64,
    /// Iterations of the start that was kept.
    pub n_iter: u32,
    /// Whether that start ended before the most iterations.
    pub converged: bool,
    /// What the user should know.
    pub notices: Vec<String>,
}

/// Labels of new rows, and what is to be known of them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Assigned {
    /// For each row the number of the nearest prototype.
    pub labels: Vec<i32>,
    /// Columns with categories that the fit had not, and how many rows have them.
    pub notices: Vec<String>,
}

impl PrototypesModel {
    /// The nearest prototype of each row, the first of equally near ones. A category that the fit had not is different from that of every prototype, and counted in
    /// a notice.
    ///
    /// # Errors
    /// [`Error::FeatureMismatch`] if the columns are not those of the fit, in order; [`Error::Parameter`] if there is not a category for each row;
    /// [`Error::BadValues`] for what is no finite number; [`Error::Cancelled`].
    pub fn predict(
        &self,
        numbers: &Matrix<'_>,
        categories: &[Categories],
        ctx: &Context,
    ) -> Result<Assigned> {
        let places = Places::new(&self.means, self.n_features, &self.feature_names);
        places.same_columns(numbers)?;
        self.same_categories(categories)?;
        check_rows(numbers, categories)?;
        let scale = Frame::of(&numbers.moments(ctx)?).scale;
        let mut notices = Vec::new();
        let mut codes = Vec::new();
        for (column, values) in categories.iter().zip(&self.category_values) {
            let (own, n_unseen) = column.by(values);
            codes.push(own);
            if n_unseen > 0 {
                let name = &column.name;
                notices.push(format!(
                    "column `{name}`: {n_unseen} row(s) have a category that the fit had not"
                ));
            }
        }
        let mixed = Mixed {
            numbers,
            codes: &codes,
            scale,
            gamma: self.gamma * scale * scale,
        };
        let prototypes = Prototypes {
            means: self.means.clone(),
            modes: self.modes.clone(),
        };
        let nearest = mixed.nearest(&prototypes, ctx)?;
        ctx.progress.finish();
        Ok(Assigned {
            labels: nearest.into_iter().map(|(label, _)| label).collect(),
            notices,
        })
    }

    /// The most frequent category of each category column, prototype by prototype.
    #[must_use]
    pub fn modes(&self) -> Vec<Vec<String>> {
        let n_columns = self.category_names.len();
        let of = |c: usize| {
            let columns = self.category_values.iter().enumerate();
            let mode = |(j, values): (usize, &Vec<String>)| {
                let code = self.modes[c * n_columns + j] as usize;
                values.get(code).cloned().unwrap_or_default()
            };
            columns.map(mode).collect()
        };
        (0..self.params.n_clusters).map(of).collect()
    }

    fn same_categories(&self, categories: &[Categories]) -> Result<()> {
        let own = self.category_names.iter();
        let given = categories.iter().map(|c| &c.name);
        if own.eq(given.clone()) {
            return Ok(());
        }
        let list = |names: Vec<&String>| {
            names
                .into_iter()
                .map(|n| format!("`{n}`"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let (given, own) = (
            list(given.collect()),
            list(self.category_names.iter().collect()),
        );
        Err(Error::FeatureMismatch {
            what: "the categories".into(),
            why: format!("they are {given}, the model was fitted with {own}"),
        })
    }
}

impl Saved for PrototypesModel {
    const KIND: &'static str = "kprototypes";

    fn check(&self) -> Result<()> {
        self.params.validate()?;
        let (k, e) = (self.params.n_clusters, self.category_names.len());
        let is_sorted = |values: &Vec<String>| values.is_sorted_by(|a, b| a < b);
        let is_whole = self.category_values.len() == e
            && self.category_values.iter().all(is_sorted)
            && k.checked_mul(e) == Some(self.modes.len())
            && self.sizes.len() == k
            && (0.0..=1e150).contains(&self.gamma);
        let places = Places::new(&self.means, self.n_features, &self.feature_names);
        places.check("PrototypesModel", k, is_whole)
    }
}
