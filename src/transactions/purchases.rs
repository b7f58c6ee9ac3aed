//! Which rows are purchases, whatever they cost and whoever made them: what baskets are made of.

use super::Transactions;
use super::counts::{ORDER, Reason, RowCounts, Tally, USED};
use super::excluded::Excluded;
use super::lines::{BLOCK, Rules, rows_between, time_status};
use crate::clean::Returns;
use crate::error::Result;
use crate::kernels::lines as kernels;
use crate::parallel::{Context, map_ordered, pieces};
use crate::table::Segment;
use crate::table::bound::Bound;
use crate::table::codes::{NONE, piece_rows};
use crate::table::ids::{IdColumn, IdReader};

/// The rows of a view, each with what becomes of it.
#[derive(Debug)]
pub(crate) struct Purchases {
    /// Nought of a purchase, else the code of a [`Reason`].
    pub(crate) status: Vec<u8>,
    flags: Vec<String>,
}

impl Purchases {
    /// Leaves out the purchases without a number.
    pub(crate) fn leave_out(&mut self, numbers: &[u32], reason: Reason) {
        for (status, &number) in self.status.iter_mut().zip(numbers) {
            if *status == ORDER && number == NONE {
                *status = reason as u8;
            }
        }
    }

    /// Where the rows went.
    pub(crate) fn counts(&self) -> RowCounts {
        let mut rows = [0u64; 256];
        self.status.iter().for_each(|&s| rows[usize::from(s)] += 1);
        let mut tally = Tally::default();
        tally.rows_in = self.status.len() as u64;
        for (status, &n) in rows.iter().enumerate() {
            if status > usize::from(USED) && n > 0 {
                tally.leave_out(status as u8, n);
            }
        }
        let flags: Vec<&str> = self.flags.iter().map(String::as_str).collect();
        tally.finish(0, &flags)
    }
}

impl Transactions {
    /// The table and its columns.
    pub(crate) fn bound(&self) -> &Bound {
        &self.bound
    }

    /// Which rows of the view are purchases with a transaction and an item, as far as can be told without reading the ids of those that are.
    pub(crate) fn purchases(&self, ctx: &Context) -> Result<Purchases> {
        let rules = self.rules_without_money(ctx)?;
        let bound = rules.bound;
        let wide = |column: &Option<IdColumn>| -> Result<Option<IdReader<u128>>> {
            column.as_ref().map(|c| c.reader(None)).transpose()
        };
        let reader = Reader {
            rules,
            transaction: wide(&bound.transaction)?,
            item: wide(&bound.item)?,
        };
        let mut status = vec![ORDER; bound.table.n_rows()];
        let piece = piece_rows(status.len());
        let parts: Vec<_> = status.chunks_mut(piece).enumerate().collect();
        map_ordered(ctx, "find purchases", parts, |(i, status)| {
            let mut block = Block::default();
            for at in bound.table.segments(i * piece..i * piece + status.len()) {
                for rows in pieces(at.range.len(), BLOCK) {
                    let first_row = at.first_row + rows.start;
                    let block_at = Segment {
                        chunk: at.chunk,
                        range: at.range.start + rows.start..at.range.start + rows.end,
                        first_row,
                    };
                    let from = first_row - i * piece;
                    reader.read(&block_at, &mut block, &mut status[from..from + rows.len()]);
                }
            }
            Ok(())
        })?;
        let flags = rules.excluded.map_or_else(Vec::new, Excluded::flags);
        Ok(Purchases {
            status,
            flags: flags.into_iter().map(str::to_owned).collect(),
        })
    }
}

struct Reader<'a> {
    rules: Rules<'a>,
    transaction: Option<IdReader<u128>>,
    item: Option<IdReader<u128>>,
}

#[derive(Default)]
struct Block {
    time: Vec<i64>,
    quantity: Vec<f64>,
    money: Vec<f64>,
    odd: Vec<u32>,
    keys: Vec<u128>,
}

impl Reader<'_> {
    /// Settles the status of a block's rows.
    fn read(&self, at: &Segment, block: &mut Block, status: &mut [u8]) {
        let window = self.rules.window;
        block.time.clear();
        self.rules.bound.time.read(at, &mut block.time);
        if kernels::any_outside(&block.time, window.since, window.until) {
            for (status, &time) in status.iter_mut().zip(&block.time) {
                *status = time_status(window, time);
            }
        }
        if let Some(excluded) = self.rules.excluded {
            excluded.apply(at.first_row, status);
        }
        self.read_units(at, block, status);
        self.apply_netting(at, status);
        self.mark_missing(at, block, status);
    }

    /// Purchases have a positive quantity, where there is a quantity, and no negative money.
    fn read_units(&self, at: &Segment, block: &mut Block, status: &mut [u8]) {
        let bound = self.rules.bound;
        let n = at.range.len();
        block.quantity.clear();
        match &bound.quantity {
            Some(column) => column.read(at, &mut block.quantity),
            None => block.quantity.resize(n, 1.0),
        }
        block.money.clear();
        match bound.amount.as_ref().or(bound.price.as_ref()) {
            Some(column) => column.read(at, &mut block.money),
            None => block.money.resize(n, 0.0),
        }
        if kernels::all_plain(&block.quantity, &block.money) {
            return;
        }
        let on_return = match self.rules.returns {
            Returns::Net => Reason::ReturnUnmatched,
            Returns::Exclude | Returns::Keep => Reason::ReturnExcluded,
        };
        let lines = block.quantity.iter().zip(&block.money);
        for (status, (&quantity, &money)) in status.iter_mut().zip(lines) {
            if *status != ORDER || kernels::is_plain(quantity, money) {
                continue;
            }
            if !quantity.is_finite() {
                *status = Reason::NoQuantity as u8;
            } else if quantity == 0.0 {
                *status = Reason::ZeroQuantity as u8;
            } else if quantity < 0.0 || money < 0.0 {
                *status = on_return as u8;
            }
        }
    }

    fn apply_netting(&self, at: &Segment, status: &mut [u8]) {
        let Some(netting) = self.rules.netting else {
            return;
        };
        let first = at.first_row as u64;
        let end = first + at.range.len() as u64;
        for &(row, unmatched) in rows_between(&netting.unmatched, first, end) {
            let status = &mut status[(row - first) as usize];
            if *status == Reason::ReturnUnmatched as u8 && unmatched <= 0.0 {
                *status = Reason::ReturnNetted as u8;
            }
        }
        for &(row, kept) in rows_between(&netting.kept, first, end) {
            let status = &mut status[(row - first) as usize];
            if *status == ORDER && kept <= 0.0 {
                *status = Reason::CancelledByReturn as u8;
            }
        }
    }

    /// A missing id comes before what quantities make of a row; ids of purchases are read later, all of them.
    fn mark_missing(&self, at: &Segment, block: &mut Block, status: &mut [u8]) {
        block.odd.clear();
        let odd = status.iter().enumerate();
        let odd = odd.filter(|(_, s)| **s > Reason::NoItem as u8);
        block.odd.extend(odd.map(|(i, _)| i as u32));
        if block.odd.is_empty() {
            return;
        }
        for (column, reason) in [
            (&self.item, Reason::NoItem),
            (&self.transaction, Reason::NoTransaction),
        ] {
            let Some(column) = column else { continue };
            block.keys.clear();
            let odd = &block.odd;
            // Wide keys hold any id.
            let _ = column.read(at, odd, &mut block.keys, |place| {
                status[odd[place] as usize] = reason as u8;
            });
        }
    }
}
