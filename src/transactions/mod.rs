//! Transactions: a table with its roles bound once and a clock; what every job starts from.

mod bound;
pub(crate) mod counts;
pub(crate) mod customers;
pub(crate) mod lines;
mod netting;
mod roles;

use std::sync::{Arc, OnceLock};

pub use counts::{Reason, RowCounts};
pub use roles::{Returns, Roles};

use crate::clean::returns::Netting;
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::table::Table;
use crate::table::time::{EARLIEST, LATEST, Moment, Zone};
use bound::Bound;
use customers::Customers;
use lines::{Rules, Window};

/// A transaction table with roles, a rule for returns, and a clock.
///
/// Making one checks names and types, and reads no values but those of times given as text and of ids given as floats or decimals. Clones and views
/// ([`as_of`](Self::as_of), [`split`](Self::split)) share the table. Nothing computed from a view depends on a row after its clock.
///
/// ```
/// use std::sync::Arc;
/// use arrow_array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch};
/// use patronomy::{Moment, Roles, Table, Transactions};
///
/// let batch = RecordBatch::try_from_iter([
///     ("customer", Arc::new(Int64Array::from(vec![1, 1, 2])) as ArrayRef),
///     ("day", Arc::new(Date32Array::from(vec![10, 40, 20])) as ArrayRef),
///     ("paid", Arc::new(Float64Array::from(vec![5.0, 7.5, 3.0])) as ArrayRef),
/// ])?;
/// let tx = Transactions::new(Table::from_batch(batch), Roles::new("customer", "day").amount("paid"))?;
/// let (past, later) = tx.split(Moment::Day(30))?;
/// assert_eq!(past.counts(&Default::default())?.rows_used, 2);
/// assert_eq!(later.counts(&Default::default())?.rows_used, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Transactions {
    bound: Arc<Bound>,
    returns: Returns,
    window: Window,
    clock: Option<i64>,
    netting: Arc<OnceLock<Netting>>,
}

impl Transactions {
    /// Binds the roles; returns are netted unless [`with_returns`](Self::with_returns) says otherwise.
    ///
    /// # Errors
    /// [`Error::ColumnNotFound`] and [`Error::ColumnType`] name the role; [`Error::BadValues`] if text times or float ids cannot
    /// be read at all; [`Error::Parameter`] if two columns share a name that is meant.
    pub fn new(table: Table, roles: Roles) -> Result<Self> {
        Self::bind(table, roles, None, &Context::new())
    }

    /// As [`new`](Self::new), in a context; `time_format` is for times given as text of another form than ISO 8601, as in strftime.
    ///
    /// # Errors
    /// As [`new`](Self::new); [`Error::Parameter`] if there is a format, but times are no text; [`Error::Cancelled`].
    pub fn bind(
        table: Table,
        roles: Roles,
        time_format: Option<&str>,
        ctx: &Context,
    ) -> Result<Self> {
        Ok(Self {
            bound: Arc::new(Bound::new(table, roles, time_format, ctx)?),
            returns: Returns::default(),
            window: Window {
                since: EARLIEST,
                until: LATEST - 1,
            },
            clock: None,
            netting: Arc::default(),
        })
    }

    /// The same transactions under another rule for returns.
    #[must_use]
    pub fn with_returns(mut self, returns: Returns) -> Self {
        self.returns = returns;
        self
    }

    /// What was known at the end of `moment`: rows after it are excluded and counted.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the moment has an offset and the time column no zone.
    pub fn as_of(&self, moment: Moment) -> Result<Self> {
        let until = moment.end(self.zone())?;
        Ok(self.until(until))
    }

    /// What was known before the beginning of `moment`, and what happened from then on.
    ///
    /// # Errors
    /// As [`as_of`](Self::as_of).
    pub fn split(&self, moment: Moment) -> Result<(Self, Self)> {
        let cut = moment.start(self.zone())?;
        let later = Self {
            window: Window {
                since: self.window.since.max(cut),
                ..self.window
            },
            ..self.clone()
        };
        Ok((self.until(cut.saturating_sub(1)), later))
    }

    /// The view whose clock stands at `until`, or where it stood if that is earlier.
    pub(crate) fn until(&self, until: i64) -> Self {
        let until = self.clock.map_or(until, |clock| clock.min(until));
        let window = Window {
            until: until.min(LATEST - 1),
            ..self.window
        };
        let netting = if window == self.window {
            Arc::clone(&self.netting)
        } else {
            Arc::default()
        };
        Self {
            clock: Some(until),
            window,
            netting,
            ..self.clone()
        }
    }

    /// The view of what happened from `since` on; what came before can still be returned in it.
    pub(crate) fn since(&self, since: i64) -> Self {
        Self {
            window: Window {
                since: self.window.since.max(since),
                ..self.window
            },
            ..self.clone()
        }
    }

    /// How many rows the table has, whatever becomes of them.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.bound.table.n_rows()
    }

    /// The roles.
    #[must_use]
    pub fn roles(&self) -> &Roles {
        &self.bound.roles
    }

    /// The rule for returns.
    #[must_use]
    pub const fn returns(&self) -> Returns {
        self.returns
    }

    /// The last instant known, if a clock was set.
    #[must_use]
    pub const fn clock(&self) -> Option<i64> {
        self.clock
    }

    /// The zone whose calendar days count.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        self.bound.time.zone()
    }

    /// Rows used and rows left out, as a job that needs customer, transaction and money sees them.
    ///
    /// Cost: one pass over the columns of the roles.
    ///
    /// # Errors
    /// [`Error::Cancelled`], [`Error::Budget`], or a missing role for the money of a line.
    pub fn counts(&self, ctx: &Context) -> Result<RowCounts> {
        let customers = self.customers(ctx)?;
        ctx.progress.finish();
        Ok(customers.tally.finish(customers.rows_without_order))
    }

    /// One row per customer with an order.
    pub(crate) fn customers(&self, ctx: &Context) -> Result<Customers> {
        customers::customers(self.rules(ctx)?, ctx)
    }

    /// Distinct items per customer, in the order of [`customers`](Self::customers).
    pub(crate) fn breadth(&self, ctx: &Context) -> Result<Vec<u32>> {
        if self.bound.item.is_none() {
            return Err(Error::column_not_found(
                "item",
                "breadth: name role `item`",
                &self.bound.table.names(),
            ));
        }
        customers::breadth(self.rules(ctx)?, ctx)
    }

    fn rules(&self, ctx: &Context) -> Result<Rules<'_>> {
        self.bound.check_money()?;
        let netting = if self.returns == Returns::Net {
            Some(self.netting(ctx)?)
        } else {
            None
        };
        Ok(Rules {
            bound: &self.bound,
            window: self.window,
            returns: self.returns,
            netting,
        })
    }

    /// Computed once per clock; a view from a later start shares it, because a purchase before the start can still be returned.
    fn netting(&self, ctx: &Context) -> Result<&Netting> {
        if let Some(known) = self.netting.get() {
            return Ok(known);
        }
        let netting = netting::netting(&self.bound, self.window, ctx)?;
        Ok(self.netting.get_or_init(|| netting))
    }
}
