//! Transactions: a table with its roles bound once and a clock; what every job starts from.

pub(crate) mod counts;
pub(crate) mod customers;
pub(crate) mod excluded;
mod ledger;
pub(crate) mod lines;
pub(crate) mod purchases;
pub(crate) mod used;

use std::sync::{Arc, OnceLock};

use arrow_array::ArrayRef;

pub use counts::{Reason, RowCounts};

use crate::clean::Returns;
use crate::clean::netting::netting;
use crate::clean::returns::Netting;
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::quality::{self, CustomCheck, Partners, Quality, QualityParams, Source};
use crate::table::Table;
use crate::table::bound::{Bound, Window};
use crate::table::roles::Roles;
use crate::table::time::{DAY, EARLIEST, LATEST, Moment, Zone};
use customers::Customers;
use excluded::{Excluded, Kinds, LeftOut};
use lines::Rules;

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
    /// Checks whose rows every job leaves out.
    without: Arc<[LeftOut]>,
    kinds: Option<Arc<Kinds>>,
    known: Known,
}

/// What was computed for a clock; views with that clock share it.
#[derive(Debug, Clone, Default)]
struct Known {
    /// Of all lines, for the checks.
    netting: Arc<OnceLock<Netting>>,
    /// Of the lines that are not left out, for the jobs.
    own_netting: Arc<OnceLock<Netting>>,
    excluded: Arc<OnceLock<Excluded>>,
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
            without: Arc::default(),
            kinds: None,
            known: Known::default(),
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
        let known = if window == self.window {
            self.known.clone()
        } else {
            Known::default()
        };
        Self {
            clock: Some(until),
            window,
            known,
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

    /// The same transactions without the rows that these checks flag, in every job; each view's flags are those of its own clock. Rows are left out
    /// for the first of the checks, and counted.
    ///
    /// ```
    /// use patronomy::simulate::Shop;
    /// let tx = Shop::new(50, 365, 1).transactions()?;
    /// let clean = tx.without(&["duplicate", "test_row"])?;
    /// assert!(tx.without(&["duplicates"]).is_err());
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no such check.
    pub fn without(&self, checks: &[&str]) -> Result<Self> {
        self.without_checks(checks, &[])
    }

    /// As [`without`](Self::without), where some of the names are of checks of one's own.
    ///
    /// ```
    /// use patronomy::quality::CustomCheck;
    /// use patronomy::simulate::Shop;
    /// let tx = Shop::new(50, 365, 1).transactions()?;
    /// let own = [CustomCheck::new("cheap_bulk", "quantity > 1000 AND price < 0.1")];
    /// let clean = tx.without_checks(&["duplicate", "cheap_bulk"], &own)?;
    /// assert!(tx.without(&["cheap_bulk"]).is_err());
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no such check, none of one's own is named, or an expression is none;
    /// [`Error::ColumnNotFound`] and [`Error::ColumnType`] if it does not fit the table.
    pub fn without_checks(&self, names: &[&str], own: &[CustomCheck]) -> Result<Self> {
        let all = excluded::known(&self.without, names, own)?;
        for check in all.iter().filter_map(|c| c.own.as_deref()) {
            check.bind(&self.bound)?;
        }
        Ok(Self {
            without: all.into(),
            known: self.known_of_all(),
            ..self.clone()
        })
    }

    /// The same transactions of these kinds of customers only, by the column of role `customer_kind`.
    ///
    /// # Errors
    /// [`Error::ColumnNotFound`] if no column has that role.
    pub fn only_kinds(&self, kinds: &[&str]) -> Result<Self> {
        self.of_kinds(kinds, false)
    }

    /// The same transactions without these kinds of customers.
    ///
    /// # Errors
    /// As [`only_kinds`](Self::only_kinds).
    pub fn without_kinds(&self, kinds: &[&str]) -> Result<Self> {
        self.of_kinds(kinds, true)
    }

    fn of_kinds(&self, kinds: &[&str], are_left_out: bool) -> Result<Self> {
        if self.bound.roles.customer_kind.is_none() {
            let role = "kinds of customers: name role `customer_kind`";
            return Err(Error::column_not_found(
                "customer_kind",
                role,
                &self.bound.table.names(),
            ));
        }
        let names = kinds.iter().map(|&k| k.to_owned()).collect();
        Ok(Self {
            kinds: Some(Arc::new(Kinds {
                names,
                are_left_out,
            })),
            known: self.known_of_all(),
            ..self.clone()
        })
    }

    /// What was computed for all lines of this clock.
    fn known_of_all(&self) -> Known {
        Known {
            netting: Arc::clone(&self.known.netting),
            ..Known::default()
        }
    }

    /// Flags rows, counts them, says what they cost: as far as this view's clock knows them.
    ///
    /// Rows that the view leaves out by [`without`](Self::without) or by kind are checked all the same.
    ///
    /// Memory: about 18 bytes a row beside the table, where there are millions; the budget refuses by an estimate of 24.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a parameter breaks its rule, [`Error::ColumnNotFound`] if a column to compare is not there, [`Error::FeatureMismatch`] if
    /// partner keys are of another type, [`Error::Budget`], [`Error::Cancelled`].
    pub fn quality(
        &self,
        params: &QualityParams,
        partners: &Partners,
        ctx: &Context,
    ) -> Result<Quality> {
        let has_units = self.bound.quantity.is_some() || self.bound.amount.is_some();
        let netting = if has_units {
            Some(self.netting(ctx)?)
        } else {
            None
        };
        let source = Source {
            bound: &self.bound,
            window: self.window,
            has_clock: self.clock.is_some(),
            now: self.now(params)?,
            netting,
            buyers: self.buyers(netting, params, ctx)?,
            partners,
        };
        let quality = quality::check(&source, params, ctx)?;
        ctx.progress.finish();
        Ok(quality)
    }

    /// The last instant that has come: as said, else of the clock, else of the system with a day to spare for zones.
    fn now(&self, params: &QualityParams) -> Result<i64> {
        if let Some(now) = params.now {
            return now.end(self.zone());
        }
        let system = || {
            let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            since_1970.map_or(LATEST, |d| d.as_micros() as i64 + DAY)
        };
        Ok(self.clock.unwrap_or_else(system))
    }

    /// Customers and their money per order, all lines taken in.
    fn buyers(
        &self,
        netting: Option<&Netting>,
        params: &QualityParams,
        ctx: &Context,
    ) -> Result<Option<(ArrayRef, Vec<f64>)>> {
        if params.skip.contains("bulk_buyer") || self.bound.check_money().is_err() {
            return Ok(None);
        }
        let rules = Rules {
            bound: &self.bound,
            window: self.window,
            returns: Returns::Net,
            netting,
            excluded: None,
        };
        // No more than the checks themselves take, in rounds where need be.
        let ctx = Context {
            budget: ctx.budget.at_most(quality::memory(self.n_rows()) / 3),
            ..ctx.clone()
        };
        let customers = match customers::customers(rules, &ctx) {
            Ok(customers) => customers,
            // Sums beyond all floats are no orders to compare.
            Err(Error::BadValues { .. }) => return Ok(None),
            Err(e) => return Err(e),
        };
        let per_order = customers.amount.iter().zip(&customers.orders);
        let per_order = per_order.map(|(a, &n)| a / f64::from(n)).collect();
        Ok(Some((customers.ids, per_order)))
    }

    /// The same transactions with new rows after those there are, under the same clock: what any job gives is what it would give of one table
    /// of all rows.
    ///
    /// Columns are found by name and brought to the types that they have. Cost: the new rows are looked at, the old ones shared. What was
    /// computed of the old rows and kept (netting, the flags of [`without`](Self::without)) is not carried over: a new row can change what is
    /// said of an old one. The first job that needs it computes it anew, of all rows; so append many rows at a time.
    ///
    /// # Errors
    /// [`Error::FeatureMismatch`] if a column is missing, is one too many, or does not fit; else as [`new`](Self::new).
    pub fn append(&self, rows: &Table, ctx: &Context) -> Result<Self> {
        Ok(Self {
            bound: Arc::new(self.bound.appended(rows, ctx)?),
            known: Known::default(),
            ..self.clone()
        })
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
        Ok(customers.counts())
    }

    /// One row per customer with an order.
    pub(crate) fn customers(&self, ctx: &Context) -> Result<Customers> {
        customers::customers(self.rules(ctx)?, ctx)
    }

    /// The same lines, of which those of a customer on one day are one transaction. What rules say of returns and checks stays.
    pub(crate) fn by_day(&self, ctx: &Context) -> Result<Self> {
        self.rules(ctx)?;
        Ok(Self {
            bound: Arc::new(self.bound.by_day(ctx)?),
            ..self.clone()
        })
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
        self.rules_without_money(ctx)
    }

    /// The rules for a job that asks for no money.
    fn rules_without_money(&self, ctx: &Context) -> Result<Rules<'_>> {
        let excluded = self.excluded(ctx)?;
        let netting = match (self.returns, excluded) {
            (Returns::Net, None) => Some(self.netting(ctx)?),
            (Returns::Net, Some(excluded)) => Some(self.own_netting(excluded, ctx)?),
            _ => None,
        };
        Ok(Rules {
            bound: &self.bound,
            window: self.window,
            returns: self.returns,
            netting,
            excluded,
        })
    }

    /// The rows left out by choice.
    fn excluded(&self, ctx: &Context) -> Result<Option<&Excluded>> {
        if self.without.is_empty() && self.kinds.is_none() {
            return Ok(None);
        }
        if let Some(known) = self.known.excluded.get() {
            return Ok(Some(known));
        }
        let kinds = self.kinds.as_ref();
        let kinds = kinds
            .map(|k| excluded::other_kinds(&self.bound, k, ctx))
            .transpose()?;
        let quality = if self.without.is_empty() {
            None
        } else {
            // From the first row on: what a later view leaves out must not depend on where it begins.
            let all = Self {
                window: Window {
                    since: EARLIEST,
                    ..self.window
                },
                ..self.clone()
            };
            let names: Vec<&str> = self.without.iter().map(|c| &*c.name).collect();
            let own = self
                .without
                .iter()
                .filter_map(|c| c.own.as_deref().cloned());
            let params = QualityParams::only(&names).checks(own);
            Some(all.quality(&params, &Partners::new(), ctx)?)
        };
        let excluded = Excluded::new(kinds, quality.as_ref(), &self.without);
        Ok(Some(self.known.excluded.get_or_init(|| excluded)))
    }

    fn own_netting(&self, excluded: &Excluded, ctx: &Context) -> Result<&Netting> {
        if let Some(known) = self.known.own_netting.get() {
            return Ok(known);
        }
        let netting = netting(&self.bound, self.window, |row| excluded.contains(row), ctx)?;
        Ok(self.known.own_netting.get_or_init(|| netting))
    }

    /// Computed once per clock; a view from a later start shares it, because a purchase before the start can still be returned.
    fn netting(&self, ctx: &Context) -> Result<&Netting> {
        if let Some(known) = self.known.netting.get() {
            return Ok(known);
        }
        let netting = netting(&self.bound, self.window, |_| false, ctx)?;
        Ok(self.known.netting.get_or_init(|| netting))
    }
}
