//! The findings: how many rows, which, and what they cost.

use std::sync::Arc;

use super::bits::{Bits, ones};
use super::checks::{Check, CheckInfo};
use super::days::Hole;
use super::params::{QualityParams, known_name};
use super::scan::piece_bits;
use super::{Flags, Made};
use crate::error::{Error, Result};
use crate::parallel::{Context, map_ordered};
use crate::stats::sum::Sum;
use crate::table::bound::Bound;
use crate::table::time::DAY;
use crate::table::{Segment, Table};

/// What one check found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// The check.
    pub check: CheckInfo,
    /// How many rows it flagged.
    pub n_rows: u64,
    /// Their share of the rows looked at, in [0, 1].
    pub share: f64,
    /// The money of these rows, each without its sign: what is at stake. NaN where the table has no money.
    pub money: f64,
    /// Rows with most money, most first.
    pub examples: Vec<u64>,
    /// What rows alone do not tell, such as the days of a hole.
    pub note: String,
}

/// What the checks found in a table, as far as its clock knows it.
///
/// Made by [`Transactions::quality`](crate::Transactions::quality).
#[derive(Debug, Clone)]
pub struct Quality {
    pub(super) findings: Vec<Finding>,
    pub(super) flags: Arc<Flags>,
    pub(super) table: Table,
    /// For each role its column.
    pub(super) roles: Vec<(&'static str, String)>,
}

impl Quality {
    pub(super) fn new(
        bound: &Bound,
        flags: Flags,
        holes: &[Hole],
        params: &QualityParams,
        ctx: &Context,
    ) -> Result<Self> {
        let costs = costs(bound, &flags, params.n_examples, ctx)?;
        let n_seen = flags.seen.count();
        let has_money = bound.check_money().is_ok();
        let findings = flags.made.iter().zip(&costs).map(|(made, cost)| {
            let n_rows = made.rows.as_ref().map_or(0, Bits::count);
            Finding {
                check: made.info.clone(),
                n_rows,
                share: if n_seen == 0 {
                    0.0
                } else {
                    n_rows as f64 / n_seen as f64
                },
                money: if has_money {
                    cost.money.total()
                } else {
                    f64::NAN
                },
                examples: cost.top.iter().map(|&(_, row)| row).collect(),
                note: if made.number == Check::TimeHole as usize {
                    note_of(holes)
                } else {
                    String::new()
                },
            }
        });
        let findings = findings.collect();
        Ok(Self {
            findings,
            flags: Arc::new(flags),
            table: bound.table.clone(),
            roles: bound
                .roles
                .iter()
                .map(|(role, column)| (role, column.to_owned()))
                .collect(),
        })
    }

    /// One finding for each check that was made, those that found nothing included.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The finding of a check, if it was made.
    #[must_use]
    pub fn finding(&self, check: &str) -> Option<&Finding> {
        self.findings.iter().find(|f| f.check.name == check)
    }

    /// Rows of the table.
    #[must_use]
    pub fn n_rows(&self) -> u64 {
        self.table.n_rows() as u64
    }

    /// Rows looked at: those in the window of the view, as far as its clock knows them, and those whose time tells nothing.
    #[must_use]
    pub fn n_checked(&self) -> u64 {
        self.flags.seen.count()
    }

    /// Whether these checks found nothing: a strict mode for pipelines.
    ///
    /// # Errors
    /// [`Error::BadValues`] of the first check that found something; [`Error::Parameter`] if a name is none of a check that was made.
    pub fn require<'n>(&self, checks: impl IntoIterator<Item = &'n str>) -> Result<()> {
        for name in checks {
            self.known(name, "require")?;
            let Some(finding) = self.finding(name) else {
                let rule = "must name checks that were made; this one was skipped, or lacks the columns it needs";
                return Err(Error::parameter("Quality", "require", rule, name));
            };
            if finding.n_rows > 0 || !finding.note.is_empty() {
                return Err(self.failed(finding));
            }
        }
        Ok(())
    }

    fn failed(&self, finding: &Finding) -> Error {
        let role = finding.check.role.unwrap_or("table");
        let column = self
            .roles
            .iter()
            .find(|(r, _)| *r == role)
            .map_or(role, |(_, c)| c);
        Error::BadValues {
            column: column.to_owned(),
            count: finding.n_rows,
            first_row: self
                .bits(&finding.check.name)
                .and_then(|b| b.rows().next())
                .map(|r| r as u64),
            value: finding.check.name.to_string(),
            rule: format!("fail a check that is required: {}", finding.check.finds),
            remedy: "mend them, leave them out, or do not require the check".into(),
        }
    }

    pub(crate) fn bits(&self, check: &str) -> Option<&Bits> {
        self.flags.check(check)?.rows.as_ref()
    }

    /// Whether there is such a check, made or not.
    pub(super) fn known(&self, check: &str, parameter: &str) -> Result<()> {
        let made = self.flags.made.iter().map(|m| &*m.info.name);
        known_name(check, made, "Quality", parameter)
    }

    /// The rows a check flagged, in order.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no such check.
    pub fn rows(&self, check: &str) -> Result<Vec<u64>> {
        self.known(check, "check")?;
        let bits = self.bits(check);
        Ok(bits.map_or_else(Vec::new, |bits| bits.rows().map(|r| r as u64).collect()))
    }
}

fn note_of(holes: &[Hole]) -> String {
    const SHOWN: usize = 5;
    let day = |day: i32| {
        let text = crate::table::time::Zone::naive().text(i64::from(day) * DAY);
        text.chars().take(10).collect::<String>()
    };
    let list: Vec<String> = holes
        .iter()
        .take(SHOWN)
        .map(|h| {
            if h.from == h.to {
                format!("{} ({} rows expected)", day(h.from), h.n_expected)
            } else {
                format!(
                    "{} to {} ({} rows expected)",
                    day(h.from),
                    day(h.to),
                    h.n_expected
                )
            }
        })
        .collect();
    let more = holes.len().saturating_sub(SHOWN);
    list.join(", ")
        + &if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        }
}

/// Money at stake, and the rows with most of it.
#[derive(Debug, Clone, Default)]
struct Cost {
    money: Sum,
    /// Money and row, most first.
    top: Vec<(f64, u64)>,
}

impl Cost {
    fn add(&mut self, money: f64, row: u64, n_top: usize) {
        self.money.add(money);
        let is_beaten = |&(other, _): &(f64, u64)| other >= money;
        if self.top.len() == n_top && self.top.last().is_none_or(is_beaten) {
            return;
        }
        let place = self.top.partition_point(is_beaten);
        self.top.insert(place, (money, row));
        self.top.truncate(n_top);
    }
}

/// For each check that was made what its rows cost.
fn costs(bound: &Bound, flags: &Flags, n_top: usize, ctx: &Context) -> Result<Vec<Cost>> {
    let n_rows = bound.table.n_rows();
    let pieces = crate::parallel::pieces(n_rows, 1 << piece_bits(n_rows)).collect();
    let parts = map_ordered(
        ctx,
        "add up findings",
        pieces,
        |rows: std::ops::Range<usize>| {
            let mut money = Vec::with_capacity(rows.len());
            for at in bound.table.segments(rows.clone()) {
                read_money(bound, &at, &mut money);
            }
            let of_check = |made: &Made| {
                let mut cost = Cost::default();
                if let Some(bits) = &made.rows {
                    let words = &bits.words()[rows.start / 64..rows.end.div_ceil(64)];
                    for i in ones(words, 0) {
                        cost.add(money[i], (rows.start + i) as u64, n_top);
                    }
                }
                cost
            };
            Ok(flags.made.iter().map(of_check).collect::<Vec<Cost>>())
        },
    )?;
    let mut all = vec![Cost::default(); flags.made.len()];
    for part in parts {
        for (all, own) in all.iter_mut().zip(part) {
            all.money.merge(own.money);
            all.top.extend(own.top);
            all.top
                .sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            all.top.truncate(n_top);
        }
    }
    Ok(all)
}

/// Appends the money of each row, without its sign; nothing where it is no number.
fn read_money(bound: &Bound, at: &Segment, out: &mut Vec<f64>) {
    let from = out.len();
    match (&bound.amount, &bound.price, &bound.quantity) {
        (Some(amount), ..) => amount.read(at, out),
        (None, Some(price), Some(quantity)) => {
            price.read(at, out);
            let mut pieces = Vec::with_capacity(at.range.len());
            quantity.read(at, &mut pieces);
            out[from..]
                .iter_mut()
                .zip(pieces)
                .for_each(|(p, q)| *p *= q);
        }
        _ => out.resize(from + at.range.len(), 0.0),
    }
    for money in &mut out[from..] {
        *money = if money.is_finite() { money.abs() } else { 0.0 };
    }
}
