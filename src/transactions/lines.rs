//! Lines: the rows of the table in blocks, each row with its keys, time, money, and what becomes of it.

use super::bound::Bound;
use super::counts::{ORDER, Reason, UNCOUNTED, USED};
use super::roles::Returns;
use crate::clean::returns::Netting;
use crate::error::Result;
use crate::table::Segment;
use crate::table::ids::{IdColumn, IdReader};
use crate::table::key::Key;
use crate::table::number::{self, whole_minor};
use crate::table::time::{EARLIEST, LATEST, NO_TIME};

/// Rows of a block: small enough for all its columns to stay in the first-level cache.
pub(crate) const BLOCK: usize = 512;

/// Which rows of the table a view sees: instants from `since` to `until`, both inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) since: i64,
    pub(crate) until: i64,
}

/// What is counted once per customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Distinct {
    /// Transactions; without that role every line is one.
    Transactions,
    /// Items; a line without item counts for nothing.
    Items,
}

/// Reads lines under a view's rules.
pub(crate) struct LineReader<'a, K> {
    bound: &'a Bound,
    window: Window,
    returns: Returns,
    netting: Option<&'a Netting>,
    customer: IdReader<K>,
    distinct: Option<IdReader<K>>,
    missing_distinct: u8,
    /// The transactions where items are counted: a line without one is no order line then either.
    required: Option<IdReader<u128>>,
}

/// One block of lines, column by column.
#[derive(Debug, Default)]
pub(crate) struct Block<K> {
    pub(crate) customer: Vec<K>,
    pub(crate) distinct: Vec<K>,
    pub(crate) time: Vec<i64>,
    /// [`ORDER`], [`UNCOUNTED`], [`USED`], or the code of a [`Reason`].
    pub(crate) status: Vec<u8>,
    /// Money in currency units.
    pub(crate) amount: Vec<f64>,
    /// Money in ten-thousandths, where it was asked for.
    pub(crate) minor: Vec<i64>,
    quantity: Vec<f64>,
    price: Vec<f64>,
    required: Vec<u128>,
}

impl<'a, K: Key> LineReader<'a, K> {
    pub(crate) fn new(
        bound: &'a Bound,
        window: Window,
        returns: Returns,
        netting: Option<&'a Netting>,
        distinct: Distinct,
    ) -> Result<Self> {
        let (column, missing_distinct) = match distinct {
            Distinct::Transactions => (&bound.transaction, Reason::NoTransaction as u8),
            Distinct::Items => (&bound.item, UNCOUNTED),
        };
        Ok(Self {
            bound,
            window,
            returns,
            netting,
            customer: bound.customer.reader()?,
            distinct: column.as_ref().map(IdColumn::reader).transpose()?,
            missing_distinct,
            required: match distinct {
                Distinct::Transactions => None,
                Distinct::Items => {
                    let column = bound.transaction.as_ref();
                    column.map(IdColumn::reader).transpose()?
                }
            },
        })
    }

    /// Whether there is a column to count distinct values of.
    pub(crate) fn has_distinct(&self) -> bool {
        self.distinct.is_some()
    }

    /// Whether customers are text, whose keys may be hashes.
    pub(crate) fn has_text_customers(&self) -> bool {
        !self.bound.customer.is_integer()
    }

    /// Appends the customers of a segment, whatever becomes of their lines.
    pub(crate) fn read_customers(&self, at: &Segment, out: &mut Vec<K>) {
        self.customer.read(at, out, |_| ());
    }

    /// Fills the block with a segment of at most [`BLOCK`] rows.
    ///
    /// With `exact`, money goes to `minor`, and the answer is false if a used line's money is not decimal.
    pub(crate) fn read(&self, at: &Segment, block: &mut Block<K>, exact: bool) -> bool {
        block.clear();
        self.bound.time.read(at, &mut block.time);
        self.read_status(block);
        let status = &mut block.status;
        let mut mark = |i: usize, code: u8| {
            if status[i] == ORDER {
                status[i] = code;
            }
        };
        self.customer.read(at, &mut block.customer, |i| {
            mark(i, Reason::NoCustomer as u8);
        });
        if let Some(required) = &self.required {
            required.read(at, &mut block.required, |i| {
                mark(i, Reason::NoTransaction as u8);
            });
        }
        if let Some(distinct) = &self.distinct {
            distinct.read(at, &mut block.distinct, |i| mark(i, self.missing_distinct));
        }
        self.read_money(at, block);
        self.apply_netting(at, block);
        if exact {
            self.fill_minor(block)
        } else {
            self.fill_amount(block)
        }
    }

    /// The status that times alone give; most blocks lie in the window whole.
    fn read_status(&self, block: &mut Block<K>) {
        let Window { since, until } = self.window;
        // Two comparisons, not one of spans: a window may end before it begins, and then holds nothing.
        let outside = |t: i64| (t < since) | (t > until);
        block.status.resize(block.time.len(), ORDER);
        let any = block
            .time
            .iter()
            .fold(0, |any, &t| any | u64::from(outside(t)));
        if any != 0 {
            for (status, &t) in block.status.iter_mut().zip(&block.time) {
                *status = self.time_status(t);
            }
        }
    }

    fn time_status(&self, time: i64) -> u8 {
        if time >= self.window.since && time <= self.window.until {
            return ORDER;
        }
        let reason = match time {
            NO_TIME => Reason::NoTime,
            t if !(EARLIEST..LATEST).contains(&t) => Reason::TimeOutOfRange,
            t if t > self.window.until => Reason::AfterClock,
            _ => Reason::BeforeWindow,
        };
        reason as u8
    }

    /// Reads the money columns and settles which lines are orders, returns, or nothing.
    fn read_money(&self, at: &Segment, block: &mut Block<K>) {
        let Bound {
            quantity,
            price,
            amount,
            ..
        } = self.bound;
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
        // Nearly every line is a plain purchase, and nearly every block holds nothing else. The product is infinite or no number
        // where a factor is, and may be where none is.
        let plain = |q: f64, p: f64| (q > 0.0) & (p >= 0.0) & (q * p < f64::INFINITY);
        let rows = || block.quantity.iter().zip(&block.price);
        if rows().fold(0, |odd, (&q, &p)| odd | u64::from(!plain(q, p))) == 0 {
            return;
        }
        let (has_amount, on_return) = (amount.is_some(), self.return_status());
        for (status, (&q, &p)) in block
            .status
            .iter_mut()
            .zip(block.quantity.iter().zip(&block.price))
        {
            if !plain(q, p) && *status <= USED {
                *status = odd_status(*status, q, p, has_amount, on_return);
            }
        }
    }

    const fn return_status(&self) -> u8 {
        match self.returns {
            Returns::Keep => USED,
            Returns::Exclude => Reason::ReturnExcluded as u8,
            Returns::Net => Reason::ReturnUnmatched as u8,
        }
    }

    /// Takes returned units out of purchases, and tells matched returns from unmatched ones.
    fn apply_netting(&self, at: &Segment, block: &mut Block<K>) {
        let Some(netting) = self.netting else { return };
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
            } else if self.bound.quantity.is_none() {
                block.price[i] = kept;
            } else {
                if self.bound.amount.is_some() {
                    block.price[i] *= kept / block.quantity[i];
                }
                block.quantity[i] = kept;
            }
        }
    }

    /// Money as whole ten-thousandths; false where a used line's is not.
    fn fill_minor(&self, block: &mut Block<K>) -> bool {
        let Block {
            minor,
            price,
            quantity,
            status,
            ..
        } = block;
        minor.resize(price.len(), 0);
        let by_quantity = self.bound.amount.is_none() && self.bound.quantity.is_some();
        // Accumulated as whole words: a flag of one bit would keep the loop from vector instructions.
        let mut odd = 0u64;
        if by_quantity {
            for ((minor, &p), &q) in minor.iter_mut().zip(&*price).zip(&*quantity) {
                let (whole, decimal) = whole_minor(p, q);
                *minor = whole;
                odd |= u64::from(!decimal);
            }
        } else {
            for (minor, &p) in minor.iter_mut().zip(&*price) {
                let (whole, decimal) = whole_minor(p, 1.0);
                *minor = whole;
                odd |= u64::from(!decimal);
            }
        }
        let decimal =
            |i: usize| whole_minor(price[i], if by_quantity { quantity[i] } else { 1.0 }).1;
        odd == 0 || (0..price.len()).all(|i| status[i] > USED || decimal(i))
    }

    fn fill_amount(&self, block: &mut Block<K>) -> bool {
        let by_quantity = self.bound.amount.is_none();
        let rows = block.quantity.iter().zip(&block.price);
        block
            .amount
            .extend(rows.map(|(&q, &p)| if by_quantity { q * p } else { p }));
        true
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

fn rows_between(rows: &[(u64, f64)], from: u64, to: u64) -> &[(u64, f64)] {
    let start = rows.partition_point(|&(row, _)| row < from);
    let len = rows[start..].partition_point(|&(row, _)| row < to);
    &rows[start..start + len]
}

impl<K> Block<K> {
    fn clear(&mut self) {
        self.customer.clear();
        self.distinct.clear();
        self.time.clear();
        self.status.clear();
        self.amount.clear();
        self.minor.clear();
        self.price.clear();
        self.required.clear();
    }
}
