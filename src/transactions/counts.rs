//! Where the rows went: every row is either used or left out for one stated reason.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Why a row is not used. The first reason in this order counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
#[non_exhaustive]
pub enum Reason {
    /// The time is null or cannot be read.
    NoTime = 3,
    /// The time is before 1900 or not before 2200.
    TimeOutOfRange,
    /// The row happened after the clock: not known yet.
    AfterClock,
    /// The row happened before the period looked at.
    BeforeWindow,
    /// A customer of a kind that is not looked at.
    OtherKind,
    /// A row that a quality check flagged, where such rows are left out.
    Flagged,
    /// The customer is null or blank.
    NoCustomer = 40,
    /// The transaction is null or blank.
    NoTransaction,
    /// The item is null or blank, where items are looked at.
    NoItem,
    /// The quantity is null, NaN or infinite, where it alone tells a purchase from a return.
    NoQuantity,
    /// The money of the line is null.
    NoAmount,
    /// The money of the line is NaN or infinite.
    AmountNotFinite,
    /// The quantity is zero.
    ZeroQuantity,
    /// A return, and returns are excluded.
    ReturnExcluded,
    /// A return that was matched with its purchase.
    ReturnNetted,
    /// A return that found no purchase, or not for all of its quantity.
    ReturnUnmatched,
    /// A purchase that was returned whole.
    CancelledByReturn,
    /// A row of a customer who has no order.
    WithoutOrder,
}

impl Reason {
    /// Every reason, in order.
    pub const ALL: [Self; 18] = [
        Self::NoTime,
        Self::TimeOutOfRange,
        Self::AfterClock,
        Self::BeforeWindow,
        Self::OtherKind,
        Self::Flagged,
        Self::NoCustomer,
        Self::NoTransaction,
        Self::NoItem,
        Self::NoQuantity,
        Self::NoAmount,
        Self::AmountNotFinite,
        Self::ZeroQuantity,
        Self::ReturnExcluded,
        Self::ReturnNetted,
        Self::ReturnUnmatched,
        Self::CancelledByReturn,
        Self::WithoutOrder,
    ];
}

/// Rows in, rows used, rows left out by reason: they add up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RowCounts {
    /// Rows of the table.
    pub rows_in: u64,
    /// Rows that the result rests on.
    pub rows_used: u64,
    /// Rows left out; reasons that did not occur are absent.
    pub left_out: BTreeMap<Reason, u64>,
    /// Of the rows left out as [`Reason::Flagged`], how many for which check: the first of those asked for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub flagged: BTreeMap<String, u64>,
}

impl RowCounts {
    /// The error of a job that found no customer: where the rows went.
    pub(crate) fn no_customers(&self, job: &str) -> Error {
        let name = |reason| Some(serde_json::to_value(reason).ok()?.as_str()?.to_owned());
        let left_out = self.left_out.iter();
        let reasons: Vec<String> = left_out
            .filter_map(|(reason, n)| Some(format!("{n} {}", name(reason)?)))
            .collect();
        let reason = match (self.rows_in, reasons.is_empty()) {
            (0, _) => "the table is empty".into(),
            (n, true) => format!("of {n} rows"),
            (n, false) => format!("of {n} rows, left out: {}", reasons.join(", ")),
        };
        Error::TooFewRows {
            job: job.into(),
            what: "customers with an order".into(),
            needed: 1,
            found: 0,
            reason,
        }
    }
}

/// An order line.
pub(crate) const ORDER: u8 = 0;
/// An order line without the value that is counted.
pub(crate) const UNCOUNTED: u8 = 1;
/// A line that is used but is no order line.
pub(crate) const USED: u8 = 2;

/// Counts while rows are read: cheap to add to and to merge.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tally {
    pub(crate) rows_in: u64,
    /// By the code of the [`Reason`]; those of flags lie between [`Reason::Flagged`] and the next.
    left_out: [u64; CODES],
}

const CODES: usize = 64;

/// How many checks may leave rows out.
pub(crate) const MAX_FLAGS: usize = Reason::NoCustomer as usize - Reason::Flagged as usize;

impl Default for Tally {
    fn default() -> Self {
        Self {
            rows_in: 0,
            left_out: [0; CODES],
        }
    }
}

impl Tally {
    /// Counts rows whose status says that they are left out.
    pub(crate) fn leave_out(&mut self, status: u8, rows: u64) {
        self.left_out[usize::from(status & 63)] += rows;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.rows_in += other.rows_in;
        self.left_out
            .iter_mut()
            .zip(other.left_out)
            .for_each(|(a, b)| *a += b);
    }

    /// The counts, with so many of the used rows left out for belonging to customers without an order; `flags` are the names of the checks that leave
    /// rows out.
    pub(crate) fn finish(&self, without_order: u64, flags: &[&str]) -> RowCounts {
        let mut left_out = self.left_out;
        left_out[Reason::WithoutOrder as usize] += without_order;
        let of_flags = &mut left_out[Reason::Flagged as usize..Reason::NoCustomer as usize];
        let flagged = flags.iter().zip(&*of_flags).filter(|(_, n)| **n > 0);
        let flagged = flagged.map(|(&name, &n)| (name.to_owned(), n)).collect();
        of_flags[0] = of_flags.iter().sum();
        of_flags[1..].fill(0);
        RowCounts {
            rows_in: self.rows_in,
            rows_used: self.rows_in - left_out.iter().sum::<u64>(),
            left_out: Reason::ALL
                .into_iter()
                .map(|r| (r, left_out[r as usize]))
                .filter(|&(_, n)| n > 0)
                .collect(),
            flagged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up() {
        let mut t = Tally {
            rows_in: 5,
            ..Tally::default()
        };
        t.leave_out(Reason::NoCustomer as u8, 1);
        t.leave_out(Reason::WithoutOrder as u8, 1);
        let c = t.finish(1, &[]);
        assert_eq!(
            (c.rows_in, c.rows_used, c.left_out[&Reason::WithoutOrder]),
            (5, 2, 2)
        );
    }

    #[test]
    fn flags_are_counted_by_name_and_together() {
        let mut t = Tally {
            rows_in: 9,
            ..Tally::default()
        };
        t.leave_out(Reason::Flagged as u8, 2);
        t.leave_out(Reason::Flagged as u8 + 1, 3);
        let c = t.finish(0, &["duplicate", "test_row", "time_hole"]);
        assert_eq!((c.rows_used, c.left_out[&Reason::Flagged]), (4, 5));
        assert_eq!((c.flagged["duplicate"], c.flagged["test_row"]), (2, 3));
        assert_eq!(c.flagged.len(), 2);
    }

    #[test]
    fn every_reason_has_a_code_of_its_own_that_fits() {
        let codes: std::collections::BTreeSet<u8> = Reason::ALL.iter().map(|&r| r as u8).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        assert!(codes.iter().all(|&c| c > USED && usize::from(c) < CODES));
    }
}
