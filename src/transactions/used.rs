//! The lines of a view that its jobs use, one by one: whose they are, on which day, and what they are worth.

use super::Transactions;
use super::counts::{ORDER, RowCounts, Tally, USED};
use super::excluded::Excluded;
use super::lines::{BLOCK, Block, Codecs, Distinct, LineReader, Rules};
use crate::error::Result;
use crate::parallel::{Context, Spares, map_ordered, pieces};
use crate::table::Segment;
use crate::table::codes::{NONE, codes, piece_rows};
use crate::table::time::Calendar;

/// Bytes a row takes, while the customers are numbered too.
const ROW_BYTES: u64 = 32;

/// The lines of a view in row order, with what becomes of each.
#[derive(Debug)]
pub(crate) struct UsedLines {
    /// [`ORDER`] of a line of an order, [`USED`] of another that counts (a return that is kept), else the code of a reason.
    status: Vec<u8>,
    /// The calendar day, from 1970.
    day: Vec<i32>,
    /// Money; nought where no role tells it.
    money: Vec<f64>,
    /// The number of the customer; [`NONE`] where the line is not used.
    customer: Vec<u32>,
    pub(crate) n_customers: usize,
    /// Whether roles tell the money of a line.
    pub(crate) has_money: bool,
    flags: Vec<String>,
}

/// A line that is used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UsedLine {
    pub(crate) customer: usize,
    pub(crate) day: i32,
    pub(crate) money: f64,
    pub(crate) is_order: bool,
}

impl Transactions {
    /// Every line under the view's rules, as a job sees it that needs customer and transaction; money where there is any.
    ///
    /// Cost: one pass over the lines in parallel, and the numbering of customers; 32 bytes a row.
    pub(crate) fn used_lines(&self, ctx: &Context) -> Result<UsedLines> {
        let rules = self.rules_without_money(ctx)?;
        let table = &rules.bound.table;
        let n = table.n_rows();
        let remedy = "give fewer rows, or a later beginning";
        ctx.budget
            .check("the lines of customers", n as u64 * ROW_BYTES, remedy)?;
        let mut lines = UsedLines {
            status: vec![0; n],
            day: vec![0; n],
            money: vec![0.0; n],
            customer: Vec::new(),
            n_customers: 0,
            has_money: rules.bound.check_money().is_ok(),
            flags: rules.excluded.map_or_else(Vec::new, |e| {
                Excluded::flags(e).into_iter().map(str::to_owned).collect()
            }),
        };
        lines.read(rules, ctx)?;
        let are_unused: Vec<u8> = lines.status.iter().map(|&s| u8::from(s > USED)).collect();
        let numbers = codes(table, &rules.bound.customer, Some(&are_unused), ctx)?;
        lines.n_customers = numbers.values.len();
        lines.customer = numbers.codes;
        Ok(lines)
    }
}

impl UsedLines {
    fn read(&mut self, rules: Rules<'_>, ctx: &Context) -> Result<()> {
        let table = &rules.bound.table;
        let calendar = rules.bound.time.zone().calendar();
        let reader = LineReader::new(rules, Distinct::Transactions, Codecs::default())?;
        let piece = piece_rows(self.status.len());
        let parts: Vec<_> = (self.status.chunks_mut(piece))
            .zip(self.day.chunks_mut(piece))
            .zip(self.money.chunks_mut(piece))
            .enumerate()
            .collect();
        let spares = Spares::<Scratch>::default();
        map_ordered(ctx, "read lines", parts, |(i, ((status, days), money))| {
            let mut scratch = spares.take();
            for at in table.segments(i * piece..i * piece + status.len()) {
                for rows in pieces(at.range.len(), BLOCK) {
                    let first_row = at.first_row + rows.start;
                    let block_at = Segment {
                        chunk: at.chunk,
                        range: at.range.start + rows.start..at.range.start + rows.end,
                        first_row,
                    };
                    let from = first_row - i * piece;
                    let own = from..from + rows.len();
                    scratch.read(&reader, &block_at);
                    scratch.tell(
                        calendar,
                        &mut status[own.clone()],
                        &mut days[own.clone()],
                        &mut money[own],
                    );
                }
            }
            spares.give_back(scratch);
            Ok(())
        })?;
        Ok(())
    }

    /// The lines that are used, in row order.
    pub(crate) fn used(&self) -> impl Iterator<Item = UsedLine> {
        let of = |row: usize| UsedLine {
            customer: self.customer[row] as usize,
            day: self.day[row],
            money: self.money[row],
            is_order: self.status[row] == ORDER,
        };
        let rows = 0..self.status.len();
        rows.filter(|&row| self.customer[row] != NONE).map(of)
    }

    /// Where the rows went; `rows_without_order` are used ones of customers without an order.
    pub(crate) fn counts(&self, rows_without_order: u64) -> RowCounts {
        let mut rows = [0_u64; 256];
        self.status.iter().for_each(|&s| rows[usize::from(s)] += 1);
        let mut tally = Tally::default();
        tally.rows_in = self.status.len() as u64;
        for (status, &n) in rows.iter().enumerate() {
            if status > usize::from(USED) && n > 0 {
                tally.leave_out(status as u8, n);
            }
        }
        let flags: Vec<&str> = self.flags.iter().map(String::as_str).collect();
        tally.finish(rows_without_order, &flags)
    }
}

/// A block of lines while it is read.
#[derive(Default)]
struct Scratch {
    block: Block<u128>,
    /// Runs that need a transaction, and what becomes of the others.
    starts: Vec<u32>,
    transactions: Vec<u128>,
}

impl Scratch {
    fn read(&mut self, reader: &LineReader<'_, u128>, at: &Segment) {
        let block = &mut self.block;
        reader.read(at, block, false);
        reader.find_runs(at, block, BLOCK);
        // Wide keys hold any id.
        let _ = reader.read_customers(at, block);
        self.starts.clone_from(&block.starts);
        let _ = reader.read_distinct(at, &self.starts, &mut block.status, &mut self.transactions);
    }

    /// Copies out each line; what a run is its lines are.
    fn tell(&self, calendar: Calendar, status: &mut [u8], days: &mut [i32], money: &mut [f64]) {
        let block = &self.block;
        money.copy_from_slice(&block.amount);
        for (run, &from) in self.starts.iter().enumerate() {
            let from = from as usize;
            let to = self
                .starts
                .get(run + 1)
                .map_or(status.len(), |&s| s as usize);
            let of_run = block.status[from];
            status[from..to].fill(of_run);
            if of_run <= USED {
                days[from..to].fill(calendar.day(block.time[from]));
            }
        }
    }
}
