//! When customers last returned something, and when they were last heard of in some other way.

use arrow_array::{Array, ArrayRef};

use crate::error::Result;
use crate::parallel::Context;
use crate::table::codes::{NONE, codes};
use crate::transactions::Transactions;
use crate::value::profit::Entries;

/// For some customers an instant.
pub(super) struct Last {
    pub(super) ids: ArrayRef,
    /// None where there was nothing of the kind.
    pub(super) time: Vec<Option<i64>>,
}

impl Last {
    fn of(ids: ArrayRef) -> Self {
        Self {
            time: vec![None; ids.len()],
            ids,
        }
    }

    fn see(&mut self, customer: u32, time: i64) {
        let own = &mut self.time[customer as usize];
        *own = (*own).max(Some(time));
    }

    /// The last return of each customer with a line.
    pub(super) fn returns(tx: &Transactions, ctx: &Context) -> Result<Self> {
        let mut lines = Entries::read(tx, ctx)?;
        let customers = std::mem::take(&mut lines.customers.codes);
        let mut last = Self::of(lines.customers.values.clone());
        lines.for_each(ctx, |line| {
            if !line.is_purchase {
                last.see(customers[line.row], line.time);
            }
        })?;
        Ok(last)
    }

    /// The last line of each customer, whatever its money.
    pub(super) fn lines(tx: &Transactions, ctx: &Context) -> Result<Self> {
        let bound = tx.bound();
        let status = tx.known_rows(ctx)?;
        let found = codes(&bound.table, &bound.customer, Some(&status), ctx)?;
        let mut last = Self::of(found.values);
        let mut times = Vec::new();
        for at in bound.table.segments(0..status.len()) {
            ctx.cancel.poll()?;
            times.clear();
            bound.time.read(&at, &mut times);
            let own = &found.codes[at.first_row..];
            for (&customer, &time) in own.iter().zip(&times) {
                if customer != NONE {
                    last.see(customer, time);
                }
            }
        }
        Ok(last)
    }
}
