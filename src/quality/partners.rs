//! Tables of the customers and items there are: keys without a partner row there are flagged.

use std::collections::HashSet;

use super::checks::Check;
use super::items::Items;
use crate::error::{Error, Result};
use crate::table::bound::Bound;
use crate::table::ids::IdColumn;
use crate::table::{Segment, Table};

/// Partner tables, each with the column of its keys.
#[derive(Debug, Default)]
pub struct Partners {
    pub(super) customers: Option<IdColumn>,
    pub(super) items: Option<IdColumn>,
}

impl Partners {
    /// No partner tables: keys are not looked up.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the table of customers and the column of their ids.
    ///
    /// # Errors
    /// [`Error::ColumnNotFound`], and [`Error::ColumnType`] if the column holds no ids.
    pub fn customers(mut self, table: &Table, column: &str) -> Result<Self> {
        self.customers = Some(id_column(table, column, "customers")?);
        Ok(self)
    }

    /// Names the table of items and the column of their codes.
    ///
    /// # Errors
    /// As [`customers`](Self::customers).
    pub fn items(mut self, table: &Table, column: &str) -> Result<Self> {
        self.items = Some(id_column(table, column, "items")?);
        Ok(self)
    }

    pub(super) fn customer_keys(&self, bound: &Bound) -> Result<Option<HashSet<u128>>> {
        let Some(partner) = &self.customers else {
            return Ok(None);
        };
        check_alike(&bound.customer, partner, "customers")?;
        keys(partner).map(Some)
    }

    /// Flags every pair of an item that has no partner row.
    pub(super) fn flag_unknown_items(&self, bound: &Bound, items: &mut Items) -> Result<()> {
        let (Some(partner), Some(own)) = (&self.items, &bound.item) else {
            return Ok(());
        };
        check_alike(own, partner, "items")?;
        let known = keys(partner)?;
        let reader = own.reader::<u128>(None)?;
        let mut is_unknown = Vec::with_capacity(items.n_distinct);
        let mut key = Vec::new();
        for &row in &items.rows {
            let (chunk, at) = bound.table.place(row as usize);
            let at = Segment {
                chunk,
                range: at..at + 1,
                first_row: row as usize,
            };
            let mut is_missing = false;
            key.clear();
            let fits = reader.read(&at, &[0], &mut key, |_| is_missing = true);
            debug_assert!(fits, "wide keys hold any id");
            is_unknown.push(!is_missing && !known.contains(&key[0]));
        }
        for (flags, &item) in items.flags.iter_mut().zip(&items.item_of) {
            *flags |= u64::from(is_unknown[item as usize]) << Check::ItemUnknown as u8;
        }
        Ok(())
    }
}

fn id_column(table: &Table, column: &str, role: &str) -> Result<IdColumn> {
    IdColumn::bind(table.column(table.position(column, role)?), role)
}

/// Integers and texts never meet: every key would be unknown.
fn check_alike(own: &IdColumn, partner: &IdColumn, what: &str) -> Result<()> {
    if own.is_integer() == partner.is_integer() {
        return Ok(());
    }
    let kind = |c: &IdColumn| if c.is_integer() { "integers" } else { "text" };
    Err(Error::FeatureMismatch {
        what: format!("the keys of the table of {what}"),
        why: format!(
            "they are {}, those of the transactions {}; make them alike",
            kind(partner),
            kind(own)
        ),
    })
}

/// All keys of a column.
pub(super) fn keys(column: &IdColumn) -> Result<HashSet<u128>> {
    let reader = column.reader::<u128>(None)?;
    let (mut all, mut found) = (HashSet::new(), Vec::new());
    for (chunk, n_rows) in column.chunk_lengths().enumerate() {
        let rows: Vec<u32> = (0..n_rows as u32).collect();
        let at = Segment {
            chunk,
            range: 0..n_rows,
            first_row: 0,
        };
        let mut missing = HashSet::new();
        found.clear();
        let fits = reader.read(&at, &rows, &mut found, |i| {
            missing.insert(i);
        });
        debug_assert!(fits, "wide keys hold any id");
        all.extend(
            found
                .iter()
                .enumerate()
                .filter(|(i, _)| !missing.contains(i))
                .map(|(_, &k)| k),
        );
    }
    Ok(all)
}
