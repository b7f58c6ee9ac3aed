//! Features of customers, and how they were made.

use std::fmt;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch};
use serde::{Deserialize, Serialize};

use super::basket::BasketSpace;
use super::classes::LatentClasses;
use super::params::{FeatureParams, OWNER};
use crate::error::{Error, Result};
use crate::matrix::{Columns, Matrix, Numbers};
use crate::parallel::Context;
use crate::table::Table;
use crate::table::plain::unique_ids;
use crate::transactions::RowCounts;

/// What a column of features is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// In a unit of its own: days, money, a share.
    Measure,
    /// One of several coordinates of one space, whose unit they share.
    Coordinate,
}

/// How features were made, so that the same can be made of other customers, or of these later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FeatureRecipe {
    /// The parameters; none where the columns were given.
    pub params: Option<FeatureParams>,
    /// Names of the columns.
    pub names: Vec<String>,
    /// What they are.
    pub kinds: Vec<Kind>,
    /// The space of baskets, if there are coordinates.
    pub space: Option<BasketSpace>,
    /// The latent classes, if their chances are among the columns.
    #[serde(default)]
    pub classes: Option<LatentClasses>,
}

/// Numbers of customers, a column each.
#[derive(Clone)]
pub struct Features {
    pub(super) customers: ArrayRef,
    pub(super) columns: Arc<Vec<Vec<f64>>>,
    pub(super) recipe: Arc<FeatureRecipe>,
    pub(super) counts: RowCounts,
    pub(super) notices: Vec<String>,
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Features")
            .field("len", &self.len())
            .field("names", &self.names())
            .finish_non_exhaustive()
    }
}

impl Features {
    /// Features of your own: number columns of a table, one row for each customer, beside the column of their identifiers.
    ///
    /// # Errors
    /// [`Error::ColumnNotFound`]; [`Error::ColumnType`] for a column that holds no numbers; [`Error::BadValues`] for nulls, and for identifiers that are there twice;
    /// [`Error::Parameter`] if no column is left, or one has the name of another or of one that results have beside the features.
    pub fn from_table(table: &Table, customer: &str, ctx: &Context) -> Result<Self> {
        let at = table.position(customer, "role `customer`")?;
        let ids = unique_ids(table, at, ctx)?;
        let others = table.without(at)?;
        check_names(&others.names())?;
        let columns = Columns::new(&others)?;
        let matrix = columns.matrix()?;
        let n = matrix.n_rows();
        let copied = (0..matrix.n_columns()).map(|j| (0..n).map(|i| matrix.get(i, j)).collect());
        let recipe = FeatureRecipe {
            params: None,
            names: matrix.names().to_vec(),
            kinds: vec![Kind::Measure; matrix.n_columns()],
            space: None,
            classes: None,
        };
        Ok(Self {
            customers: ids,
            columns: Arc::new(copied.collect()),
            recipe: Arc::new(recipe),
            counts: RowCounts::default(),
            notices: Vec::new(),
        })
    }

    /// How many customers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.customers.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their identifiers; ascending, unless they were given.
    #[must_use]
    pub const fn customers(&self) -> &ArrayRef {
        &self.customers
    }

    /// Names of the columns.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.recipe.names
    }

    /// The columns.
    #[must_use]
    pub fn columns(&self) -> &[Vec<f64>] {
        &self.columns
    }

    /// How they were made.
    #[must_use]
    pub fn recipe(&self) -> &FeatureRecipe {
        &self.recipe
    }

    /// Where the rows of the transactions went.
    #[must_use]
    pub const fn counts(&self) -> &RowCounts {
        &self.counts
    }

    /// What the user should know.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// The columns as a matrix.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no column.
    pub fn matrix(&self) -> Result<Matrix<'_>> {
        let columns = self.columns.iter().map(|c| Numbers::F64(c)).collect();
        Matrix::from_columns(columns)?.with_names(self.recipe.names.clone())
    }

    /// The customers at these places, in this order.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a place is beyond the last.
    pub fn chosen(&self, places: &[usize]) -> Result<Self> {
        if let Some(bad) = places.iter().find(|&&i| i >= self.len()) {
            let rule = format!("must be below {}, the customers", self.len());
            return Err(Error::parameter("Features", "places", rule, bad));
        }
        let indices = arrow_array::UInt64Array::from_iter_values(places.iter().map(|&i| i as u64));
        let customers = arrow_select::take::take(&self.customers, &indices, None)
            .map_err(|e| Error::parameter("Features", "customers", "cannot be taken", e))?;
        let take = |c: &Vec<f64>| places.iter().map(|&i| c[i]).collect();
        Ok(Self {
            customers,
            columns: Arc::new(self.columns.iter().map(take).collect()),
            ..self.clone()
        })
    }

    /// A table: `customer`, and the columns.
    ///
    /// # Errors
    /// [`Error::FeatureMismatch`] if a column is called `customer` too.
    pub fn batch(&self) -> Result<RecordBatch> {
        let ids = std::iter::once(("customer", self.customers.clone()));
        let numbers = self
            .names()
            .iter()
            .zip(self.columns.iter())
            .map(|(name, c)| {
                let array: ArrayRef = Arc::new(Float64Array::from(c.clone()));
                (name.as_str(), array)
            });
        RecordBatch::try_from_iter(ids.chain(numbers)).map_err(|e| Error::FeatureMismatch {
            what: "the features".into(),
            why: e.to_string(),
        })
    }
}

/// Columns that stand beside features in results.
const RESERVED: [&str; 12] = [
    "customer",
    "segment",
    "segment_name",
    "description",
    "is_rejected",
    "n_customers",
    "share",
    "rank",
    "distance",
    "margin",
    "fits",
    "item",
];

fn check_names(names: &[&str]) -> Result<()> {
    let is_bad = |(i, name): &(usize, &&str)| RESERVED.contains(name) || names[..*i].contains(name);
    match names.iter().enumerate().find(is_bad) {
        Some((_, name)) => {
            let rule = "must be names that differ, and that results do not have already; rename it";
            Err(Error::parameter("Features", "columns", rule, name))
        }
        None => Ok(()),
    }
}

impl FeatureRecipe {
    /// Whether names, kinds and space belong together.
    ///
    /// # Errors
    /// [`Error::Parameter`] says what does not.
    pub fn validate(&self) -> Result<()> {
        let n_coordinates = self
            .kinds
            .iter()
            .filter(|k| **k == Kind::Coordinate)
            .count();
        let in_space = self.space.as_ref().map_or(0, BasketSpace::n_components);
        let in_space = in_space + self.classes.as_ref().map_or(0, LatentClasses::n_classes);
        if self.names.is_empty()
            || self.names.len() != self.kinds.len()
            || n_coordinates != in_space
        {
            let rule = "must be one for each column, coordinates as many as spaces have";
            return Err(Error::parameter(OWNER, "kinds", rule, self.kinds.len()));
        }
        if let Some(params) = &self.params {
            params.validate()?;
        }
        self.space.as_ref().map_or(Ok(()), BasketSpace::validate)?;
        self.classes
            .as_ref()
            .map_or(Ok(()), LatentClasses::validate)
    }
}
