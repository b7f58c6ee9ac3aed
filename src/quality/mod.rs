//! Quality: rows flagged by checks, what the flags cost, and a scorecard.
//!
//! Nothing is removed and nothing is changed. Each check flags rows; a job leaves out the rows that are of no use to it and says so, and
//! [`Transactions::without`](crate::Transactions::without) leaves out flagged rows in every job. What a view's clock does not know takes no part.
//!
//! Two passes over the table. The first looks at each row, and gathers what only all rows tell: hashes of rows, prices of items, forms
//! of ids, rows of days. The second flags rows by what was learnt. Memory beside the table: about 18 bytes a row at the peak (of ten million
//! rows; the budget asks for 24), and a bit for each row and each check that fired. Cost: linear in the rows.

mod apply;
mod bits;
mod buyers;
mod checks;
mod columns;
mod custom;
mod days;
mod duplicates;
mod ids;
mod items;
mod names;
mod pairs;
mod params;
mod partners;
mod prices;
mod report;
mod scan;
mod tables;
mod text;
mod words;

use std::collections::{BTreeMap, HashSet};

use arrow_array::ArrayRef;

pub(crate) use bits::Bits;
pub use checks::{CHECKS, CheckInfo, Dimension};
pub use custom::CustomCheck;
pub(crate) use custom::validate as validate_checks;
pub use params::QualityParams;
pub(crate) use params::known_name;
pub use partners::Partners;
pub use report::{Finding, Quality};

use crate::clean::returns::Netting;
use crate::error::Result;
use crate::parallel::Context;
use crate::table::Column;
use crate::table::bound::{Bound, Window};
use crate::table::ids::IdColumn;
use apply::Learnt;
use checks::Check;
use columns::Columns;
use days::Days;
use items::Items;
use scan::{Piece, Rule};

/// What the checks are given beside the columns.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) bound: &'a Bound,
    pub(crate) window: Window,
    pub(crate) has_clock: bool,
    /// Rows after this instant have not come yet.
    pub(crate) now: i64,
    pub(crate) netting: Option<&'a Netting>,
    /// Customers and their money per order, where it is known.
    pub(crate) buyers: Option<(ArrayRef, Vec<f64>)>,
    pub(crate) partners: &'a Partners,
}

/// Runs the checks.
pub(crate) fn check(source: &Source<'_>, params: &QualityParams, ctx: &Context) -> Result<Quality> {
    params.validate()?;
    let bound = source.bound;
    let columns = Columns::new(bound, params.duplicate_columns.as_deref())?;
    let applicable = applicable(source, params);
    let is_on = |check: Check| applicable & check.bit() != 0;
    let n_rows = bound.table.n_rows();
    let rule = Rule {
        until: source.window.until,
        has_clock: source.has_clock,
        since: source.window.since,
        now: source.now,
        cancellation_prefix: params.cancellation_prefix.clone().into_bytes(),
        sum_tolerance: params.sum_tolerance,
        piece_bits: scan::piece_bits(n_rows),
        bucket_bits: duplicates::bucket_bits(n_rows),
        wants_duplicates: is_on(Check::Duplicate),
    };
    // Before any row is read: an expression that does not fit the table is found at once.
    let own = params.own_checks().map(|c| c.bind(bound));
    let own = own.collect::<Result<Vec<_>>>()?;
    let needed = memory(n_rows) + (own.len() * n_rows / 8) as u64;
    ctx.budget
        .check("quality", needed, "check fewer rows at a time")?;
    let mut pieces = scan::scan(&columns, &rule, ctx)?;
    let mut twice = Vec::new();
    if is_on(Check::Duplicate) {
        twice = duplicates::duplicates(&columns, &pieces, &rule, ctx)?;
        pieces.iter_mut().for_each(|p| p.hashes = Vec::new());
    }
    let learnt = learn(source, &columns, &pieces, params, applicable, ctx)?;
    let holes = Days::new(&pieces).holes();
    let pieces = apply::apply(&columns, &learnt, &own, pieces, ctx)?;
    let mut flags = Flags::new(n_rows, &pieces, made(applicable, params));
    flags.add(Check::Duplicate, twice.into_iter());
    if let Some(netting) = source.netting {
        let gone = netting.kept.iter().filter(|(_, left)| *left <= 0.0);
        flags.add(Check::OrderCancelled, gone.map(|(row, _)| *row as usize));
        let open = netting.unmatched.iter().filter(|(_, left)| *left > 0.0);
        flags.add(Check::ReturnUnmatched, open.map(|(row, _)| *row as usize));
    }
    report::Quality::new(bound, flags, &holes, params, ctx)
}

/// Bytes that the checks take beside the table.
pub(crate) fn memory(n_rows: usize) -> u64 {
    (1 << 24) + n_rows as u64 * 24 + Check::COUNT as u64 * n_rows as u64 / 8
}

/// The checks that are on and have the columns they need.
fn applicable(source: &Source<'_>, params: &QualityParams) -> u64 {
    let roles = &source.bound.roles;
    let has = |role: &str| roles.iter().any(|(r, _)| r == role);
    let has_money = has("amount") || has("price") || has("quantity");
    let is_possible = |check: Check| match check {
        Check::SumMismatch => has("amount") && has("price") && has("quantity"),
        Check::PriceOutlier => has("price") && has("item"),
        Check::PriceNegative => has("price") || (has("amount") && has("quantity")),
        Check::AmountMissing | Check::AmountNotFinite => has_money,
        Check::AmountZero => has("amount") || has("price"),
        Check::OrderCancelled | Check::ReturnUnmatched => source.netting.is_some(),
        Check::BulkBuyer => source.buyers.is_some(),
        Check::CustomerUnknown => source.partners.customers.is_some(),
        Check::ItemUnknown => source.partners.items.is_some() && has("item"),
        Check::ItemNameVaries | Check::ItemNameMissing => has("item") && has("item_name"),
        // Integers say nothing of this.
        Check::Cancellation => source
            .bound
            .transaction
            .as_ref()
            .is_some_and(|t| !t.is_integer()),
        other => other.info().role.is_none_or(has),
    };
    let possible = Check::ALL.iter().filter(|&&c| is_possible(c));
    possible.fold(0, |all, c| all | c.bit()) & params.switched_on()
}

fn learn(
    source: &Source<'_>,
    columns: &Columns<'_>,
    pieces: &[Piece],
    params: &QualityParams,
    applicable: u64,
    ctx: &Context,
) -> Result<Learnt> {
    let is_on = |check: Check| applicable & check.bit() != 0;
    let mut learnt = Learnt {
        rare_forms: [0, 1].map(|i| items::rare_forms(pieces.iter().map(|p| &p.forms[i]))),
        main_currency: most_frequent(pieces.iter().map(|p| &p.kinds[0])),
        main_kind: most_frequent(pieces.iter().map(|p| &p.kinds[1])),
        customers: source
            .partners
            .customer_keys(source.bound)?
            .filter(|_| is_on(Check::CustomerUnknown)),
        ..Learnt::default()
    };
    if columns.item.is_some() {
        let mut items = Items::new(columns, pieces, params, ctx)?;
        if is_on(Check::PriceOutlier) {
            learnt.spans = prices::spans(source.bound, pieces, &items, params, ctx)?;
        }
        if is_on(Check::ItemUnknown) {
            source
                .partners
                .flag_unknown_items(source.bound, &mut items)?;
        }
        learnt.items = Some(items);
    }
    if let Some((ids, per_order)) = source.buyers.as_ref().filter(|_| is_on(Check::BulkBuyer)) {
        learnt.bulk = bulk_keys(ids, per_order)?;
    }
    Ok(learnt)
}

/// The keys of the customers whose orders are far larger than others'.
fn bulk_keys(ids: &ArrayRef, per_order: &[f64]) -> Result<HashSet<u128>> {
    let chunks = buyers::bulk_buyers(per_order)
        .into_iter()
        .map(|i| ids.slice(i, 1))
        .collect();
    let column = Column {
        name: "customer".into(),
        data_type: ids.data_type().clone(),
        chunks,
    };
    partners::keys(&IdColumn::bind(column, "customer")?)
}

/// What most rows have.
fn most_frequent<'a>(kinds: impl Iterator<Item = &'a BTreeMap<u64, u64>>) -> Option<u64> {
    let mut all: BTreeMap<u64, u64> = BTreeMap::new();
    for (&kind, &n) in kinds.flatten() {
        *all.entry(kind).or_default() += n;
    }
    all.into_iter()
        .max_by_key(|&(kind, n)| (n, kind))
        .map(|(kind, _)| kind)
}

/// The checks that are made: the built-in ones, then the user's own.
fn made(applicable: u64, params: &QualityParams) -> Vec<Made> {
    let on = Check::ALL.iter().filter(|c| applicable & c.bit() != 0);
    let built_in = on.map(|&check| (check as usize, check.info().clone()));
    let own = params.own_checks().enumerate();
    let own = own.map(|(i, check)| (Check::COUNT + i, check.info()));
    let all = built_in.chain(own);
    all.map(|(number, info)| Made {
        number,
        info,
        rows: None,
    })
    .collect()
}

/// A check that was made.
#[derive(Debug)]
pub(crate) struct Made {
    /// Of a built-in check its own; the user's count on from these.
    number: usize,
    pub(crate) info: CheckInfo,
    /// The rows it flagged, if there are any.
    pub(crate) rows: Option<Bits>,
}

/// For each check that was made the rows it flagged.
#[derive(Debug)]
pub(crate) struct Flags {
    pub(crate) seen: Bits,
    pub(crate) made: Vec<Made>,
}

impl Flags {
    fn new(n_rows: usize, pieces: &[Piece], mut made: Vec<Made>) -> Self {
        let gather = |words: &dyn Fn(&Piece) -> Option<&Vec<u64>>| {
            let mut bits = Bits::new(n_rows);
            for piece in pieces {
                if let Some(words) = words(piece) {
                    bits.words_mut()[piece.rows.start / 64..][..words.len()].copy_from_slice(words);
                }
            }
            bits
        };
        for check in &mut made {
            if pieces.iter().any(|p| p.bits[check.number].is_some()) {
                let rows = gather(&|p| p.bits[check.number].as_ref());
                check.rows = Some(rows).filter(|b| b.count() > 0);
            }
        }
        Self {
            seen: gather(&|p| Some(&p.seen)),
            made,
        }
    }

    fn add(&mut self, check: Check, rows: impl Iterator<Item = usize>) {
        let mut bits = Bits::new(self.seen.n_rows());
        rows.for_each(|row| bits.set(row));
        bits.intersect(&self.seen);
        let made = self.made.iter_mut().find(|m| m.number == check as usize);
        if let Some(made) = made.filter(|_| bits.count() > 0) {
            made.rows = Some(bits);
        }
    }

    /// The check of a name, if it was made.
    pub(crate) fn check(&self, name: &str) -> Option<&Made> {
        self.made.iter().find(|m| m.info.name == name)
    }
}
