//! Lines: the rows of the table in blocks, each row with its time, its money, and what becomes of it; runs of rows with their keys.

use super::counts::{ORDER, Reason, UNCOUNTED, USED};
use super::excluded::Excluded;
use crate::clean::Returns;
use crate::clean::returns::Netting;
use crate::error::Result;
use crate::kernels::lines as kernels;
pub(crate) use crate::kernels::lines::BLOCK;
use crate::kernels::lines::Marks;
use crate::table::Segment;
use crate::table::bound::{Bound, Window};
use crate::table::ids::codec::Codec;
use crate::table::ids::{IdColumn, IdReader};
use crate::table::key::Key;
use crate::table::number;
use crate::table::time::{EARLIEST, LATEST, NO_TIME};

/// What is counted once per customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Distinct {
    /// Transactions; without that role every line is one.
    Transactions,
    /// Items; a line without item counts for nothing.
    Items,
}

/// A view's rules: what decides which lines it uses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'a> {
    pub(crate) bound: &'a Bound,
    pub(crate) window: Window,
    pub(crate) returns: Returns,
    pub(crate) netting: Option<&'a Netting>,
    pub(crate) excluded: Option<&'a Excluded>,
}

/// How the ids of customers and of what is counted become keys; without codecs, keys are wide.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Codecs {
    pub(crate) customer: Option<Codec>,
    pub(crate) distinct: Option<Codec>,
}

/// The column whose values are counted.
pub(crate) fn counted(bound: &Bound, distinct: Distinct) -> Option<&IdColumn> {
    match distinct {
        Distinct::Transactions => bound.transaction.as_ref(),
        Distinct::Items => bound.item.as_ref(),
    }
}

/// Reads lines under a view's rules.
pub(crate) struct LineReader<'a, K> {
    rules: Rules<'a>,
    customer: IdReader<K>,
    distinct: Option<IdReader<K>>,
    missing_distinct: u8,
    /// The transactions where items are counted: a line without one is no order line then either.
    required: Option<IdReader<u128>>,
    has_hashed_customers: bool,
}

/// One block of lines, column by column, and the runs in it.
#[derive(Debug)]
pub(crate) struct Block<K> {
    pub(crate) time: Vec<i64>,
    /// [`ORDER`], [`UNCOUNTED`], [`USED`], or the code of a [`Reason`]: of a line, and after [`LineReader::read_customers`] of the run that
    /// begins with it.
    pub(crate) status: Vec<u8>,
    /// Money in currency units.
    pub(crate) amount: Vec<f64>,
    /// Money in ten-thousandths up to each line, where it was asked for.
    pub(crate) minor_sums: Vec<i64>,
    minor: Vec<i64>,
    /// Whether any used line's money is no whole number of these.
    pub(crate) has_odd_money: bool,
    /// Where runs begin.
    pub(crate) starts: Vec<u32>,
    /// Their customers.
    pub(crate) customer: Vec<K>,
    quantity: Vec<f64>,
    price: Vec<f64>,
    ones: Vec<f64>,
    marks: Marks,
    required: Vec<u128>,
}

impl<'a, K: Key> LineReader<'a, K> {
    pub(crate) fn new(rules: Rules<'a>, distinct: Distinct, codecs: Codecs) -> Result<Self> {
        let bound = rules.bound;
        let missing_distinct = match distinct {
            Distinct::Transactions => Reason::NoTransaction as u8,
            Distinct::Items => UNCOUNTED,
        };
        let required = match distinct {
            Distinct::Transactions => None,
            Distinct::Items => bound.transaction.as_ref(),
        };
        let distinct = counted(bound, distinct);
        Ok(Self {
            rules,
            customer: bound.customer.reader(codecs.customer)?,
            distinct: distinct.map(|c| c.reader(codecs.distinct)).transpose()?,
            missing_distinct,
            required: required.map(|c| c.reader(None)).transpose()?,
            has_hashed_customers: codecs.customer.is_none() && !bound.customer.is_integer(),
        })
    }

    /// Whether there is a column to count distinct values of.
    pub(crate) fn has_distinct(&self) -> bool {
        self.distinct.is_some()
    }

    /// Whether keys of customers may be hashes of their texts.
    pub(crate) fn has_hashed_customers(&self) -> bool {
        self.has_hashed_customers
    }

    /// Appends a row's customer, what it counts and its time, where it has them, whatever becomes of the line.
    pub(crate) fn sample(
        &self,
        at: &Segment,
        customers: &mut Vec<K>,
        distinct: &mut Vec<K>,
        times: &mut Vec<i64>,
    ) {
        let read = |column: &IdReader<K>, out: &mut Vec<K>| {
            let mut is_missing = false;
            if !column.read(at, &[0], out, |_| is_missing = true) || is_missing {
                out.pop();
            }
        };
        read(&self.customer, customers);
        if let Some(column) = &self.distinct {
            read(column, distinct);
        }
        self.rules.bound.time.read(at, times);
        times.pop_if(|t| !(EARLIEST..LATEST).contains(t));
    }

    /// Fills the block with a segment of at most [`BLOCK`] rows: times, money, and what they alone make of each line.
    pub(crate) fn read(&self, at: &Segment, block: &mut Block<K>, exact: bool) {
        block.time.clear();
        self.rules.bound.time.read(at, &mut block.time);
        self.read_status(at, block);
        self.read_money(at, block);
        self.apply_netting(at, block);
        if exact {
            self.fill_minor(block);
        } else {
            block.has_odd_money = false;
            self.fill_amount(block);
        }
    }

    /// Finds the runs: consecutive lines that are alike in all but their money, of at most `longest` lines.
    pub(crate) fn find_runs(&self, at: &Segment, block: &mut Block<K>, longest: usize) {
        let n = at.range.len();
        if longest == 1 {
            block.starts.clear();
            block.starts.extend(0..n as u32);
            return;
        }
        block.marks.fill(0);
        kernels::mark_changes(&block.time, &mut block.marks);
        kernels::mark_changes(&block.status, &mut block.marks);
        for column in [Some(&self.customer), self.distinct.as_ref()]
            .into_iter()
            .flatten()
        {
            column.mark_changes(at, &mut block.marks);
        }
        if let Some(column) = &self.required {
            column.mark_changes(at, &mut block.marks);
        }
        kernels::starts(&block.marks, n, longest, &mut block.starts);
    }

    /// Reads the customers of the runs; lines without one, or without a transaction they need, are no lines. False if an id has another form
    /// than the codec's.
    pub(crate) fn read_customers(&self, at: &Segment, block: &mut Block<K>) -> bool {
        let Block {
            starts,
            customer,
            required,
            status,
            ..
        } = block;
        customer.clear();
        let fits = self.customer.read(at, starts, customer, |place| {
            mark_missing(
                &mut status[starts[place] as usize],
                Reason::NoCustomer as u8,
            );
        });
        let Some(column) = &self.required else {
            return fits;
        };
        required.clear();
        fits & column.read(at, starts, required, |place| {
            mark_missing(
                &mut status[starts[place] as usize],
                Reason::NoTransaction as u8,
            );
        })
    }

    /// Reads what the runs that begin at `starts` count, into `out`; false if an id has another form than the codec's.
    pub(crate) fn read_distinct(
        &self,
        at: &Segment,
        starts: &[u32],
        status: &mut [u8],
        out: &mut Vec<K>,
    ) -> bool {
        out.clear();
        let Some(column) = &self.distinct else {
            out.resize(starts.len(), K::default());
            return true;
        };
        column.read(at, starts, out, |place| {
            mark_missing(&mut status[starts[place] as usize], self.missing_distinct);
        })
    }

    /// The status that times give, and what the view leaves out; most blocks lie in the window whole.
    fn read_status(&self, at: &Segment, block: &mut Block<K>) {
        let Window { since, until } = self.rules.window;
        block.status.clear();
        block.status.resize(block.time.len(), ORDER);
        if kernels::any_outside(&block.time, since, until) {
            for (status, &t) in block.status.iter_mut().zip(&block.time) {
                *status = self.time_status(t);
            }
        }
        if let Some(excluded) = self.rules.excluded {
            excluded.apply(at.first_row, &mut block.status);
        }
    }

    fn time_status(&self, time: i64) -> u8 {
        time_status(self.rules.window, time)
    }

    /// Reads the money columns and settles which lines are orders, returns, or nothing.
    fn read_money(&self, at: &Segment, block: &mut Block<K>) {
        let Bound {
            quantity,
            price,
            amount,
            ..
        } = self.rules.bound;
        block.price.clear();
        if let Some(column) = quantity {
            block.quantity.clear();
            column.read(at, &mut block.quantity);
        } else {
            // Ones already written stay.
            block.quantity.resize(at.range.len(), 1.0);
        }
        match (amount, price) {
            (Some(column), _) | (None, Some(column)) => column.read(at, &mut block.price),
            (None, None) => block.price.resize(at.range.len(), 0.0),
        }
        // Nearly every line is a plain purchase, and nearly every block holds nothing else.
        if kernels::all_plain(&block.quantity, &block.price) {
            return;
        }
        let (has_amount, on_return) = (amount.is_some(), self.return_status());
        let money = block.quantity.iter().zip(&block.price);
        for (status, (&q, &p)) in block.status.iter_mut().zip(money) {
            if !kernels::is_plain(q, p) && *status <= USED {
                *status = odd_status(*status, q, p, has_amount, on_return);
            }
        }
    }

    const fn return_status(&self) -> u8 {
        match self.rules.returns {
            Returns::Keep => USED,
            Returns::Exclude => Reason::ReturnExcluded as u8,
            Returns::Net => Reason::ReturnUnmatched as u8,
        }
    }

    /// Takes returned units out of purchases, and tells matched returns from unmatched ones.
    fn apply_netting(&self, at: &Segment, block: &mut Block<K>) {
        let Some(netting) = self.rules.netting else {
            return;
        };
        let bound = self.rules.bound;
        let first = at.first_row as u64;
        let end = first + at.range.len() as u64;
        for &(row, unmatched) in rows_between(&netting.unmatched, first, end) {
            let status = &mut block.status[(row - first) as usize];
            if *status == Reason::ReturnUnmatched as u8 && unmatched <= 0.0 {
                *status = Reason::ReturnNetted as u8;
            }
        }
        for &(row, kept) in rows_between(&netting.kept, first, end) {
            let i = (row - first) as usize;
            if block.status[i] > USED {
                continue;
            }
            if kept <= 0.0 {
                block.status[i] = Reason::CancelledByReturn as u8;
            } else if bound.quantity.is_none() {
                block.price[i] = kept;
            } else {
                if bound.amount.is_some() {
                    block.price[i] *= kept / block.quantity[i];
                }
                block.quantity[i] = kept;
            }
        }
    }

    /// Whether the money of a line is its price times its quantity.
    fn by_quantity(&self) -> bool {
        self.rules.bound.amount.is_none() && self.rules.bound.quantity.is_some()
    }

    /// Money as whole ten-thousandths.
    fn fill_minor(&self, block: &mut Block<K>) {
        block.minor.resize(block.price.len(), 0);
        let n = block.price.len();
        block.ones.resize(block.ones.len().max(n), 1.0);
        let quantity = if self.by_quantity() {
            &block.quantity
        } else {
            &block.ones
        };
        let all_whole = kernels::minors(&block.price, quantity, &mut block.minor);
        block.has_odd_money = !all_whole;
        kernels::running_sums(&block.minor, &mut block.minor_sums);
    }

    /// Whether the money of a line is a whole number of ten-thousandths.
    pub(crate) fn is_whole(&self, block: &Block<K>, row: usize) -> bool {
        let quantity = if self.by_quantity() {
            block.quantity[row]
        } else {
            1.0
        };
        kernels::whole_minor(block.price[row], quantity).1
    }

    fn fill_amount(&self, block: &mut Block<K>) {
        block.amount.clear();
        if self.by_quantity() {
            let rows = block.quantity.iter().zip(&block.price);
            block.amount.extend(rows.map(|(&q, &p)| q * p));
        } else {
            block.amount.extend_from_slice(&block.price);
        }
    }
}

/// What the time of a row makes of it.
pub(super) fn time_status(Window { since, until }: Window, time: i64) -> u8 {
    if time >= since && time <= until {
        return ORDER;
    }
    let reason = match time {
        NO_TIME => Reason::NoTime,
        t if !(EARLIEST..LATEST).contains(&t) => Reason::TimeOutOfRange,
        t if t > until => Reason::AfterClock,
        _ => Reason::BeforeWindow,
    };
    reason as u8
}

/// A missing id: the first reason in their order counts. A missing item only keeps an order line from counting one.
fn mark_missing(status: &mut u8, code: u8) {
    let outweighs = if code == UNCOUNTED {
        *status == ORDER
    } else {
        *status <= USED || code < *status
    };
    if outweighs {
        *status = code;
    }
}

/// What becomes of a line whose quantity `q` or money `p` is out of the ordinary.
fn odd_status(status: u8, q: f64, p: f64, has_amount: bool, on_return: u8) -> u8 {
    if number::is_null(p) || (number::is_null(q) && !has_amount) {
        return Reason::NoAmount as u8;
    }
    let quantity_known = !number::is_null(q);
    let finite = p.is_finite() && (!quantity_known || q.is_finite());
    if !finite || !(has_amount || (q * p).is_finite()) {
        return Reason::AmountNotFinite as u8;
    }
    if quantity_known && q == 0.0 {
        return Reason::ZeroQuantity as u8;
    }
    if (quantity_known && q < 0.0) || p < 0.0 {
        on_return
    } else {
        status
    }
}

/// Those of some rows, of a list in row order.
pub(super) fn rows_between(rows: &[(u64, f64)], from: u64, to: u64) -> &[(u64, f64)] {
    let start = rows.partition_point(|&(row, _)| row < from);
    let len = rows[start..].partition_point(|&(row, _)| row < to);
    &rows[start..start + len]
}

impl<K> Default for Block<K> {
    fn default() -> Self {
        Self {
            time: Vec::new(),
            status: Vec::new(),
            amount: Vec::new(),
            minor_sums: Vec::new(),
            minor: Vec::new(),
            has_odd_money: false,
            starts: Vec::new(),
            customer: Vec::new(),
            quantity: Vec::new(),
            price: Vec::new(),
            ones: Vec::new(),
            marks: [0; BLOCK],
            required: Vec::new(),
        }
    }
}
