//! What else is known of customers: columns that the segments were not found in.

use std::collections::HashMap;

use arrow_array::ArrayRef;

use crate::error::{Error, Result};
use crate::table::Table;
use crate::table::plain::{Plain, texts};

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
    /// [`Error::ColumnNotFound`]; [`Error::BadValues`] if a customer has two rows; [`Error::FeatureMismatch`] for a column that cannot be written as text.
    pub fn new(table: &Table, customer: &str) -> Result<Self> {
        let at = table.position(customer, "role `customer`")?;
        let ids = texts(&table.column(at).whole()?)?;
        let mut place = HashMap::new();
        for (row, id) in ids.into_iter().enumerate() {
            let Some(id) = id else { continue };
            if place.insert(id.clone(), row).is_some() {
                return Err(Error::BadValues {
                    column: customer.into(),
                    count: 1,
                    first_row: Some(row as u64),
                    value: id,
                    rule: "has a second row".into(),
                    remedy: "give one row for each customer".into(),
                });
            }
        }
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

    /// The columns for these customers; those without a row have no value.
    pub(super) fn of(&self, customers: &ArrayRef) -> Result<Vec<Attribute>> {
        let ids = texts(customers)?;
        let rows: Vec<Option<usize>> = ids
            .iter()
            .map(|id| self.place.get(id.as_ref()?).copied())
            .collect();
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
        Ok(aligned.collect())
    }
}
