//! What else is known of customers: columns that the segments were not found in.

use std::collections::HashMap;

use arrow_array::ArrayRef;

use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::table::Table;
use crate::table::plain::{Plain, texts, unique_ids};

/// A column, one value for each customer.
#[derive(Debug, Clone)]
pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) values: Plain,
}

/// Columns of a table with one row for each customer.
#[derive(Debug, Clone)]
pub struct Attributes {
    columns: Vec<Attribute>,
    place: HashMap<String, usize>,
}

impl Attributes {
    /// The columns beside the one of identifiers: numbers are compared by rank, all else by its values as text.
    ///
    /// # Errors
    /// [`Error::ColumnNotFound`]; [`Error::BadValues`] if a customer has two rows, or a row none; [`Error::FeatureMismatch`] for a column that cannot be written as text.
    pub fn new(table: &Table, customer: &str, ctx: &Context) -> Result<Self> {
        let at = table.position(customer, "role `customer`")?;
        let ids = texts(&unique_ids(table, at, ctx)?)?;
        let place = ids.into_iter().flatten().zip(0..).collect();
        let names = table.names();
        let others = (0..names.len()).filter(|&i| i != at);
        let columns = others.map(|i| {
            let values = Plain::of(&table.column(i))?;
            Ok(Attribute {
                name: names[i].to_owned(),
                values,
            })
        });
        Ok(Self {
            columns: columns.collect::<Result<_>>()?,
            place,
        })
    }

    /// The columns for these customers, and how many of them have no row, and so no value.
    ///
    /// # Errors
    /// [`Error::FeatureMismatch`] if none has one.
    pub(super) fn of(&self, customers: &ArrayRef) -> Result<(Vec<Attribute>, usize)> {
        let ids = texts(customers)?;
        let rows: Vec<Option<usize>> = ids
            .iter()
            .map(|id| self.place.get(id.as_ref()?).copied())
            .collect();
        let n_without = rows.iter().filter(|r| r.is_none()).count();
        if n_without == rows.len() && !rows.is_empty() {
            return Err(Error::FeatureMismatch {
                what: "the attributes".into(),
                why: "no customer has a row in them; are the identifiers written alike?".into(),
            });
        }
        let number = |values: &[f64]| {
            rows.iter()
                .map(|r| r.map_or(f64::NAN, |r| values[r]))
                .collect()
        };
        let code = |codes: &[i32]| rows.iter().map(|r| r.map_or(-1, |r| codes[r])).collect();
        let aligned = self.columns.iter().map(|c| Attribute {
            name: c.name.clone(),
            values: match &c.values {
                Plain::Numbers(values) => Plain::Numbers(number(values)),
                Plain::Names(codes, names) => Plain::Names(code(codes), names.clone()),
            },
        });
        Ok((aligned.collect(), n_without))
    }
}
