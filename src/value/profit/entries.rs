//! Lines as entries of a ledger: what each adds, for whom, and in which order.

use super::money::Money;
use crate::error::{Error, Result};
use crate::parallel::{Context, map_ordered, pieces};
use crate::table::Segment;
use crate::table::bound::Bound;
use crate::table::codes::{Codes, NONE, codes, piece_rows};
use crate::table::number::{NumberColumn, is_null};
use crate::transactions::Transactions;
use crate::transactions::counts::{ORDER, Reason, RowCounts, Tally, USED};
use crate::transactions::excluded::Excluded;
use crate::transactions::lines::{BLOCK, Block, Codecs, Distinct, LineReader, Rules};

/// A line of the ledger.
#[derive(Debug, Clone, Copy)]
pub(in crate::value) struct Entry {
    pub(in crate::value) row: usize,
    pub(in crate::value) time: i64,
    pub(in crate::value) is_purchase: bool,
    /// Money of the line; below 0 of a return.
    pub(super) amount: Money,
    pub(super) discount: Money,
    /// None where it is not known.
    pub(super) cost: Option<Money>,
}

/// The lines of a view that a ledger takes in.
pub(in crate::value) struct Entries<'a> {
    rules: Rules<'a>,
    /// Nought of a line that is taken in, else the code of a [`Reason`].
    status: Vec<u8>,
    pub(in crate::value) customers: Codes,
    /// Without that role every line is a transaction.
    pub(super) transactions: Option<Codes>,
    /// Of money that is no whole number of ten-thousandths, and was rounded to one.
    pub(super) n_rounded: u64,
}

impl<'a> Entries<'a> {
    pub(in crate::value) fn read(tx: &'a Transactions, ctx: &Context) -> Result<Self> {
        let rules = tx.as_they_stand(ctx)?;
        let bound = rules.bound;
        let mut status = statuses(rules, ctx)?;
        let customers = codes(&bound.table, &bound.customer, Some(&status), ctx)?;
        leave_out(&mut status, &customers.codes, Reason::NoCustomer);
        let transactions = bound
            .transaction
            .as_ref()
            .map(|column| codes(&bound.table, column, Some(&status), ctx))
            .transpose()?;
        if let Some(found) = &transactions {
            leave_out(&mut status, &found.codes, Reason::NoTransaction);
        }
        Ok(Self {
            rules,
            status,
            customers,
            transactions,
            n_rounded: 0,
        })
    }

    /// Where the rows went.
    pub(super) fn counts(&self) -> RowCounts {
        let mut tally = Tally::default();
        tally.rows_in = self.status.len() as u64;
        let left_out = self.status.iter().filter(|&&s| s != ORDER);
        left_out.for_each(|&s| tally.leave_out(s, 1));
        let flags = self.rules.excluded.map_or_else(Vec::new, Excluded::flags);
        tally.finish(0, &flags)
    }

    /// Calls `f` with each line that is taken in, in row order.
    ///
    /// # Errors
    /// [`Error::BadValues`] for discounts and costs that are no numbers, and for money beyond all sums.
    pub(in crate::value) fn for_each(
        &mut self,
        ctx: &Context,
        mut f: impl FnMut(Entry),
    ) -> Result<()> {
        let bound = self.rules.bound;
        let reader =
            LineReader::<u128>::new(self.rules, Distinct::Transactions, Codecs::default())?;
        let mut block = Block::default();
        let mut money = Columns::new(bound);
        let n_rows = bound.table.n_rows();
        ctx.progress.stage("draw up the ledger", n_rows as u64);
        for at in blocks(bound, 0..n_rows) {
            let rows = at.first_row..at.first_row + at.range.len();
            if at.first_row % (64 * BLOCK) < BLOCK {
                ctx.cancel.poll()?;
            }
            ctx.progress.advance(rows.len() as u64);
            if self.status[rows.clone()].iter().all(|&s| s != ORDER) {
                continue;
            }
            reader.read(&at, &mut block, false);
            money.read(&at);
            for (i, row) in rows.enumerate() {
                if self.status[row] != ORDER {
                    continue;
                }
                let entry = Entry {
                    row,
                    time: block.time[i],
                    is_purchase: block.status[i] == ORDER,
                    amount: money.amount.take(block.amount[i], row).unwrap_or_default(),
                    discount: money.discount.at(i, row).unwrap_or_default(),
                    cost: money.cost.at(i, row),
                };
                f(entry);
            }
        }
        self.n_rounded = money.finish()?;
        Ok(())
    }
}

/// Each row's time, money and choice: nought where a ledger takes it in.
fn statuses(rules: Rules<'_>, ctx: &Context) -> Result<Vec<u8>> {
    let bound = rules.bound;
    let reader = LineReader::<u128>::new(rules, Distinct::Transactions, Codecs::default())?;
    let mut status = vec![ORDER; bound.table.n_rows()];
    let piece = piece_rows(status.len());
    let parts: Vec<_> = status.chunks_mut(piece).enumerate().collect();
    map_ordered(ctx, "read lines", parts, |(i, status)| {
        let mut block = Block::default();
        for at in blocks(bound, i * piece..i * piece + status.len()) {
            reader.read(&at, &mut block, false);
            let from = at.first_row - i * piece;
            let own = status[from..].iter_mut().zip(&block.status);
            own.for_each(|(to, &found)| *to = if found <= USED { ORDER } else { found });
        }
        Ok(())
    })?;
    Ok(status)
}

/// Segments of at most a block.
fn blocks(bound: &Bound, rows: std::ops::Range<usize>) -> impl Iterator<Item = Segment> + '_ {
    bound.table.segments(rows).flat_map(|at| {
        pieces(at.range.len(), BLOCK).map(move |rows| Segment {
            chunk: at.chunk,
            range: at.range.start + rows.start..at.range.start + rows.end,
            first_row: at.first_row + rows.start,
        })
    })
}

fn leave_out(status: &mut [u8], numbers: &[u32], reason: Reason) {
    for (status, &number) in status.iter_mut().zip(numbers) {
        if *status == ORDER && number == NONE {
            *status = reason as u8;
        }
    }
}

/// The money columns of a block.
struct Columns<'a> {
    amount: Checked<'a>,
    discount: Checked<'a>,
    cost: Checked<'a>,
}

impl<'a> Columns<'a> {
    fn new(bound: &'a Bound) -> Self {
        let roles = &bound.roles;
        let amount = roles.amount.as_ref().or(roles.price.as_ref());
        Self {
            amount: Checked::new(None, amount),
            discount: Checked::new(bound.discount.as_ref(), roles.discount.as_ref()),
            cost: Checked::new(bound.cost.as_ref(), roles.cost.as_ref()),
        }
    }

    fn read(&mut self, at: &Segment) {
        self.discount.read(at);
        self.cost.read(at);
    }

    fn finish(self) -> Result<u64> {
        let mut n_rounded = 0;
        for column in [self.amount, self.discount, self.cost] {
            n_rounded += column.finish()?;
        }
        Ok(n_rounded)
    }
}

/// A column of money, whose values must be sums.
struct Checked<'a> {
    column: Option<&'a NumberColumn>,
    name: &'a str,
    values: Vec<f64>,
    n_bad: u64,
    first_bad: Option<(u64, f64)>,
    n_rounded: u64,
}

impl<'a> Checked<'a> {
    fn new(column: Option<&'a NumberColumn>, name: Option<&'a String>) -> Self {
        Self {
            column,
            name: name.map_or("", String::as_str),
            values: Vec::with_capacity(BLOCK),
            n_bad: 0,
            first_bad: None,
            n_rounded: 0,
        }
    }

    fn read(&mut self, at: &Segment) {
        self.values.clear();
        if let Some(column) = self.column {
            column.read(at, &mut self.values);
        }
    }

    /// The value of a row of the block; none where it is null, or there is no column.
    fn at(&mut self, i: usize, row: usize) -> Option<Money> {
        let value = *self.values.get(i)?;
        if is_null(value) {
            return None;
        }
        self.take(value, row)
    }

    fn take(&mut self, value: f64, row: usize) -> Option<Money> {
        let Some((money, is_whole)) = Money::of(value) else {
            self.n_bad += 1;
            self.first_bad.get_or_insert((row as u64, value));
            return None;
        };
        self.n_rounded += u64::from(!is_whole);
        Some(money)
    }

    fn finish(self) -> Result<u64> {
        let Some((row, value)) = self.first_bad else {
            return Ok(self.n_rounded);
        };
        Err(Error::BadValues {
            column: self.name.into(),
            count: self.n_bad,
            first_row: Some(row),
            value: value.to_string(),
            rule: "are no sums of money".into(),
            remedy: "mend them, or make them null where they are not known".into(),
        })
    }
}
