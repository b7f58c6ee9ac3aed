//! Customers by the period of their first order, followed through the periods after it.

mod cells;
mod table;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::parallel::Context;
use crate::table::time::{Every, Moment};
use crate::transactions::Transactions;
use cells::Cells;
pub use table::{CohortMeasure, Cohorts};

/// How customers are put into cohorts; [`fit`](Self::fit) does it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct CohortParams {
    /// The length of a period of the calendar, and so of a cohort; a month by default.
    pub every: Every,
}

impl CohortParams {
    /// Months.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the length of a period.
    #[must_use]
    pub const fn every(mut self, every: Every) -> Self {
        self.every = every;
        self
    }

    /// Follows the customers of each cohort, those whose first order within the view was in one period, through that period and all after it: how many have an order in it, and what they
    /// paid.
    ///
    /// Periods are those of the calendar, in the zone of the time column. Money is that of the roles, net of returns as the view has them; a return that is kept counts in its own period, or in
    /// that of the first order where it came before it (its purchase lies before the view). So the revenue of all cohorts is the money of all used lines. Where no role tells the money of a line
    /// the columns of revenue are null. Customers without an order are in no cohort.
    ///
    /// Observation ends with the clock, or else with the day of the last used line; a period is complete where it was observed to its last moment (with a clock) or its last day (without). Those
    /// whose data begin when the company did are new customers; else the first cohorts hold old customers who were only first seen then.
    ///
    /// Cost: one pass over the lines in parallel, and three over the used ones; some 40 bytes a row. Any number of threads gives the same bits.
    ///
    /// # Errors
    /// [`Error::TooFewRows`](crate::Error::TooFewRows) without a customer who has an order; [`Error::Parameter`](crate::Error::Parameter) for more than 1,000 periods;
    /// [`Error::BadValues`](crate::Error::BadValues) for money that adds up beyond the largest float; [`Error::Budget`](crate::Error::Budget), [`Error::Cancelled`](crate::Error::Cancelled).
    ///
    /// ```
    /// use patronomy::value::CohortParams;
    /// use patronomy::{Context, Every, simulate::Shop};
    /// let tx = Shop::new(300, 365, 1).transactions()?;
    /// let cohorts = CohortParams::new().every(Every::Quarter).fit(&tx, &Context::new())?;
    /// assert_eq!(cohorts.batch().schema().field(0).name(), "cohort");
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    pub fn fit(&self, tx: &Transactions, ctx: &Context) -> Result<Cohorts> {
        let lines = tx.used_lines(ctx)?;
        let cells = Cells::of(&lines, self.every, tx, ctx)?;
        let Some(cells) = cells else {
            return Err(lines.counts(0).no_customers("cohorts"));
        };
        let counts = lines.counts(cells.rows_without_order);
        let last_day = Moment::Day(cells.last_day).to_text(tx.zone());
        let cohorts = Cohorts::new(*self, cells, last_day, counts);
        ctx.progress.finish();
        cohorts
    }
}
