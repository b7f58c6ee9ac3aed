//! Lines as they stand: what a ledger takes in.

use super::Transactions;
use super::counts::ORDER;
use super::lines::{BLOCK, Rules, time_status};
use crate::clean::Returns;
use crate::error::{Error, Result};
use crate::parallel::{Context, pieces};
use crate::table::Segment;
use crate::table::codes::NONE;
use crate::table::labels::Labels;

impl Transactions {
    /// The rules for a ledger: lines count when they happen, returns as negative money, whatever the rule for them.
    ///
    /// # Errors
    /// A missing role for the money of a line.
    pub(crate) fn as_they_stand(&self, ctx: &Context) -> Result<Rules<'_>> {
        self.bound.check_money()?;
        Ok(Rules {
            bound: &self.bound,
            window: self.window,
            returns: Returns::Keep,
            netting: None,
            excluded: self.excluded(ctx)?,
        })
    }

    /// The same lines as far as another view sees its own.
    pub(crate) fn since_of(&self, other: &Self) -> Self {
        self.since(other.window.since).until(other.window.until)
    }

    /// For each row nought if the view knows it, whatever its money, else the code of a reason.
    pub(crate) fn known_rows(&self, ctx: &Context) -> Result<Vec<u8>> {
        let excluded = self.excluded(ctx)?;
        let mut status = vec![ORDER; self.n_rows()];
        let mut times = Vec::new();
        for at in self.bound.table.segments(0..self.n_rows()) {
            for rows in pieces(at.range.len(), 128 * BLOCK) {
                ctx.cancel.poll()?;
                let first_row = at.first_row + rows.start;
                let own = &mut status[first_row..first_row + rows.len()];
                let at = Segment {
                    chunk: at.chunk,
                    range: at.range.start + rows.start..at.range.start + rows.end,
                    first_row,
                };
                times.clear();
                self.bound.time.read(&at, &mut times);
                for (status, &time) in own.iter_mut().zip(&times) {
                    *status = time_status(self.window, time);
                }
                if let Some(excluded) = excluded {
                    excluded.apply(first_row, own);
                }
            }
        }
        Ok(status)
    }

    /// Whether all money is of one currency, as far as role `currency` tells.
    ///
    /// # Errors
    /// [`Error::BadValues`] if the rows that the view knows have several.
    pub(crate) fn one_currency(&self, ctx: &Context) -> Result<()> {
        let Some(name) = self.roles().currency.as_deref() else {
            return Ok(());
        };
        let table = &self.bound.table;
        let column = table.column(table.position(name, "currency")?);
        let found = Labels::bind(column, "currency")?.codes(table, ctx)?;
        let status = self.known_rows(ctx)?;
        let is_known = |row: usize| status[row] == ORDER && found.codes[row] != NONE;
        let mut rows_of = vec![0_u64; found.values.len()];
        for row in (0..status.len()).filter(|&row| is_known(row)) {
            rows_of[found.codes[row] as usize] += 1;
        }
        let most = rows_of.iter().max().copied().unwrap_or_default();
        let count = rows_of.iter().sum::<u64>() - most;
        if count == 0 {
            return Ok(());
        }
        let main = rows_of.iter().position(|&n| n == most).unwrap_or_default();
        let is_other = |&row: &usize| is_known(row) && found.codes[row] as usize != main;
        let first = (0..status.len()).find(is_other).unwrap_or_default();
        let shown = |code: usize| {
            arrow_cast::display::array_value_to_string(&found.values, code).unwrap_or_default()
        };
        Err(Error::BadValues {
            column: name.into(),
            count,
            first_row: Some(first as u64),
            value: shown(found.codes[first] as usize),
            rule: format!("are of another currency than most rows, which have `{}`", shown(main)),
            remedy: "bring the money to one currency, or leave these rows out: `without` the check `currency_mixed`".into(),
        })
    }
}
