//! The columns behind the roles, checked once.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::Int32Builder;
use arrow_schema::DataType;

use super::ids::IdColumn;
use super::number::NumberColumn;
use super::roles::Roles;
use super::time::NO_TIME;
use super::time::column::TimeColumn;
use super::{Column, Segment, Table};
use crate::error::{Error, Result};
use crate::parallel::{Context, pieces};

/// Which rows of the table a view sees: instants from `since` to `until`, both inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) since: i64,
    pub(crate) until: i64,
}

/// A table with its roles bound: names found, types checked, nothing else read.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    pub(crate) table: Table,
    pub(crate) roles: Roles,
    pub(crate) customer: IdColumn,
    pub(crate) time: TimeColumn,
    pub(crate) transaction: Option<IdColumn>,
    pub(crate) item: Option<IdColumn>,
    pub(crate) quantity: Option<NumberColumn>,
    pub(crate) price: Option<NumberColumn>,
    pub(crate) amount: Option<NumberColumn>,
    pub(crate) discount: Option<NumberColumn>,
    pub(crate) cost: Option<NumberColumn>,
    time_format: Option<String>,
}

impl Bound {
    pub(crate) fn new(
        table: Table,
        roles: Roles,
        time_format: Option<&str>,
        ctx: &Context,
    ) -> Result<Self> {
        for (role, column) in roles.iter() {
            table.position(column, role)?;
        }
        let column =
            |role: &str, name: &str| Ok::<_, Error>(table.column(table.position(name, role)?));
        let id = |role: &str, name: Option<&String>| {
            name.map(|n| IdColumn::bind(column(role, n)?, role))
                .transpose()
        };
        let number = |role: &str, name: Option<&String>| {
            name.map(|n| NumberColumn::bind(column(role, n)?, role))
                .transpose()
        };
        Ok(Self {
            customer: IdColumn::bind(column("customer", &roles.customer)?, "customer")?,
            time: TimeColumn::bind(column("time", &roles.time)?, "time", time_format, ctx)?,
            transaction: id("transaction", roles.transaction.as_ref())?,
            item: id("item", roles.item.as_ref())?,
            quantity: number("quantity", roles.quantity.as_ref())?,
            price: number("price", roles.price.as_ref())?,
            amount: number("amount", roles.amount.as_ref())?,
            discount: number("discount", roles.discount.as_ref())?,
            cost: number("cost", roles.cost.as_ref())?,
            time_format: time_format.map(str::to_owned),
            roles,
            table,
        })
    }

    /// The same with the rows of another table after its own. Only the new rows are looked at.
    pub(crate) fn appended(&self, rows: &Table, ctx: &Context) -> Result<Self> {
        let rows = rows.fitted_to(&self.table)?;
        let table = self.table.appended(&rows)?;
        let new = Self::new(rows, self.roles.clone(), self.time_format.as_deref(), ctx)?;
        let ids = |own: &Option<IdColumn>, new: &Option<IdColumn>| {
            own.as_ref()
                .zip(new.as_ref())
                .map(|(own, new)| own.joined(new))
                .transpose()
        };
        let numbers = |own: &Option<NumberColumn>, new: &Option<NumberColumn>| {
            own.as_ref()
                .zip(new.as_ref())
                .map(|(own, new)| own.joined(new))
                .transpose()
        };
        Ok(Self {
            customer: self.customer.joined(&new.customer)?,
            time: self.time.joined(&new.time)?,
            transaction: ids(&self.transaction, &new.transaction)?,
            item: ids(&self.item, &new.item)?,
            quantity: numbers(&self.quantity, &new.quantity)?,
            price: numbers(&self.price, &new.price)?,
            amount: numbers(&self.amount, &new.amount)?,
            discount: numbers(&self.discount, &new.discount)?,
            cost: numbers(&self.cost, &new.cost)?,
            time_format: self.time_format.clone(),
            roles: self.roles.clone(),
            table,
        })
    }

    /// The same with the day of each line as its transaction, where it has one.
    pub(crate) fn by_day(&self, ctx: &Context) -> Result<Self> {
        let calendar = self.time.zone().calendar();
        let reader = self.transaction.as_ref().map(|t| t.reader::<u128>(None));
        let reader = reader.transpose()?;
        let (mut times, mut keys) = (Vec::new(), Vec::new());
        let mut first_row = 0;
        let mut chunks: Vec<ArrayRef> = Vec::new();
        for (chunk, length) in self.customer.chunk_lengths().enumerate() {
            let mut days = Int32Builder::with_capacity(length);
            for range in pieces(length, 1 << 16) {
                ctx.cancel.poll()?;
                let n = range.len();
                let at = Segment {
                    chunk,
                    range,
                    first_row,
                };
                first_row += n;
                times.clear();
                self.time.read(&at, &mut times);
                let mut has = vec![true; n];
                if let Some(reader) = &reader {
                    keys.clear();
                    let all: Vec<u32> = (0..n as u32).collect();
                    // Keys that no codec makes take any id.
                    let _ = reader.read(&at, &all, &mut keys, |place| has[place] = false);
                }
                for (&time, &has) in times.iter().zip(&has) {
                    days.append_option((has && time != NO_TIME).then(|| calendar.day(time)));
                }
            }
            chunks.push(Arc::new(days.finish()));
        }
        let column = Column {
            name: "day".into(),
            data_type: DataType::Int32,
            chunks,
        };
        Ok(Self {
            transaction: Some(IdColumn::bind(column, "transaction")?),
            ..self.clone()
        })
    }

    /// Whether the money of a line is known.
    ///
    /// # Errors
    /// [`Error::ColumnNotFound`] if neither `amount` nor `quantity` and `price` are named.
    pub(crate) fn check_money(&self) -> Result<()> {
        if self.amount.is_some() || (self.quantity.is_some() && self.price.is_some()) {
            return Ok(());
        }
        let role = "the money of a line: name role `amount`, or both `quantity` and `price`";
        Err(Error::column_not_found("amount", role, &self.table.names()))
    }
}
