//! The second pass: what was learnt from all rows, said of each.

use std::collections::HashSet;
use std::ops::Range;

use super::checks::Check;
use super::columns::Columns;
use super::ids::Ids;
use super::items::Items;
use super::pairs::NO_PAIR;
use super::prices::{self, Span};
use super::scan::{Piece, write_bits};
use super::text;
use crate::error::Result;
use crate::kernels::lines::BLOCK;
use crate::parallel::{Context, map_ordered};
use crate::table::Segment;
use crate::table::expression::Predicate;
use crate::table::ids::IdReader;
use crate::table::values::{NULL_HASH, Value, ValueColumn};

/// What all rows together told.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    pub(super) items: Option<Items>,
    /// By item; empty where prices are not judged.
    pub(super) spans: Vec<Span>,
    /// Forms that hardly any customer, and hardly any transaction, has.
    pub(super) rare_forms: [Vec<u64>; 2],
    /// The hashes of the most frequent currency and kind of customer, where there are several.
    pub(super) main_currency: Option<u64>,
    pub(super) main_kind: Option<u64>,
    /// Customers with far larger orders than others.
    pub(super) bulk: HashSet<u128>,
    /// Customers there are, where that was said.
    pub(super) customers: Option<HashSet<u128>>,
}

/// Flags the rows of all pieces.
pub(super) fn apply(
    columns: &Columns<'_>,
    learnt: &Learnt,
    own: &[Predicate],
    pieces: Vec<Piece>,
    ctx: &Context,
) -> Result<Vec<Piece>> {
    let keys = if learnt.bulk.is_empty() && learnt.customers.is_none() {
        None
    } else {
        Some(columns.bound.customer.reader::<u128>(None)?)
    };
    let second = Second {
        columns,
        learnt,
        own,
        keys,
    };
    let numbered: Vec<(usize, Piece)> = pieces.into_iter().enumerate().collect();
    map_ordered(ctx, "flag rows", numbered, |(i, mut piece)| {
        second.flag(i, &mut piece)?;
        Ok(piece)
    })
}

struct Second<'a> {
    columns: &'a Columns<'a>,
    learnt: &'a Learnt,
    /// Conditions of the user's own checks.
    own: &'a [Predicate],
    /// Customers, where rows need to be known by them.
    keys: Option<IdReader<u128>>,
}

impl Second<'_> {
    fn flag(&self, i: usize, piece: &mut Piece) -> Result<()> {
        let table = &self.columns.bound.table;
        let first = piece.rows.start;
        let mut flags = Vec::with_capacity(BLOCK);
        for whole in table.segments(piece.rows.clone()) {
            let mut from = whole.range.start;
            while from < whole.range.end {
                let to = (from + BLOCK).min(whole.range.end);
                let first_row = whole.first_row + from - whole.range.start;
                let at = Segment {
                    chunk: whole.chunk,
                    range: from..to,
                    first_row,
                };
                flags.clear();
                flags.resize(to - from, 0);
                self.block(i, piece, &at, &mut flags);
                write_bits(&mut piece.bits, piece.seen.len(), first_row - first, &flags);
                from = to;
            }
        }
        self.own_checks(piece.rows.clone(), piece)?;
        for words in piece.bits.iter_mut().flatten() {
            words.iter_mut().zip(&piece.seen).for_each(|(w, s)| *w &= s);
        }
        Ok(())
    }

    /// Flags the rows for which the user's own conditions are true.
    fn own_checks(&self, rows: Range<usize>, piece: &mut Piece) -> Result<()> {
        /// Rows at a time: enough for a call of a kernel not to count, few enough for its columns to stay in the cache.
        const ROWS: usize = 8_192;
        let table = &self.columns.bound.table;
        piece.bits.resize(Check::COUNT + self.own.len(), None);
        for some in rows.clone().step_by(ROWS) {
            for at in table.segments(some..(some + ROWS).min(rows.end)) {
                for (own, bits) in self.own.iter().zip(&mut piece.bits[Check::COUNT..]) {
                    let holds = own.holds(&at)?;
                    let mut flagged = holds.set_indices().peekable();
                    if flagged.peek().is_some() {
                        let words = bits.get_or_insert_with(|| vec![0; piece.seen.len()]);
                        let place = at.first_row - rows.start;
                        flagged.for_each(|k| words[(place + k) / 64] |= 1 << ((place + k) % 64));
                    }
                }
            }
        }
        Ok(())
    }

    fn block(&self, i: usize, piece: &Piece, at: &Segment, flags: &mut [u64]) {
        self.items(i, piece, at, flags);
        let forms = [
            (Some(&self.columns.customer), Check::CustomerMalformed),
            (
                self.columns.transaction.as_ref(),
                Check::TransactionMalformed,
            ),
        ];
        for ((column, check), rare) in forms.into_iter().zip(&self.learnt.rare_forms) {
            if let Some(Ids::Texts(column)) = column
                && !rare.is_empty()
            {
                rare_forms(column, rare, check, at, flags);
            }
        }
        if let (Some(column), Some(main)) = (&self.columns.currency, self.learnt.main_currency) {
            let mut hashes = Vec::with_capacity(flags.len());
            column.hashes(at, &mut hashes);
            for (flags, hash) in flags.iter_mut().zip(hashes) {
                *flags |=
                    u64::from(hash != main && hash != NULL_HASH) << Check::CurrencyMixed as u8;
            }
        }
        if let Some(keys) = &self.keys {
            self.customers(keys, at, flags);
        }
    }

    fn items(&self, i: usize, piece: &Piece, at: &Segment, flags: &mut [u64]) {
        let Some(items) = &self.learnt.items else {
            return;
        };
        let from = at.first_row - piece.rows.start;
        let (mut pairs, codes) = (Vec::with_capacity(flags.len()), &items.codes[i]);
        piece.pairs.read(from..from + flags.len(), &mut pairs);
        for (flags, &pair) in flags.iter_mut().zip(&pairs) {
            if pair != NO_PAIR {
                *flags |= items.flags[codes[pair as usize] as usize];
            }
        }
        let Some(column) =
            prices::price_column(self.columns.bound).filter(|_| !self.learnt.spans.is_empty())
        else {
            return;
        };
        let mut prices = Vec::with_capacity(flags.len());
        column.read(at, &mut prices);
        for ((flags, &pair), price) in flags.iter_mut().zip(&pairs).zip(prices) {
            if pair != NO_PAIR {
                let item = items.item_of[codes[pair as usize] as usize];
                let span = &self.learnt.spans[item as usize];
                *flags |= u64::from(prices::is_outlier(span, price)) << Check::PriceOutlier as u8;
            }
        }
    }

    fn customers(&self, keys: &IdReader<u128>, at: &Segment, flags: &mut [u64]) {
        let rows: Vec<u32> = (0..flags.len() as u32).collect();
        let (mut found, mut missing) = (Vec::with_capacity(rows.len()), vec![false; rows.len()]);
        let fits = keys.read(at, &rows, &mut found, |i| missing[i] = true);
        debug_assert!(fits, "wide keys hold any id");
        let kinds = self.columns.customer_kind.as_ref().map(|column| {
            let mut hashes = Vec::with_capacity(rows.len());
            column.hashes(at, &mut hashes);
            hashes
        });
        let mut last = (None, 0);
        for (i, (flags, &key)) in flags.iter_mut().zip(&found).enumerate() {
            if missing[i] {
                continue;
            }
            if last.0 != Some(key) {
                let is_bulk = self.learnt.bulk.contains(&key);
                let is_unknown = self
                    .learnt
                    .customers
                    .as_ref()
                    .is_some_and(|c| !c.contains(&key));
                let own = u64::from(is_bulk) << Check::BulkBuyer as u8
                    | u64::from(is_unknown) << Check::CustomerUnknown as u8;
                last = (Some(key), own);
            }
            let kind = kinds.as_ref().map_or(NULL_HASH, |k| k[i]);
            // Who is marked as another kind is no surprise.
            let is_marked =
                kind != NULL_HASH && self.learnt.main_kind.is_some_and(|main| kind != main);
            *flags |= if is_marked {
                last.1 & !Check::BulkBuyer.bit()
            } else {
                last.1
            };
        }
    }
}

fn rare_forms(column: &ValueColumn, rare: &[u64], check: Check, at: &Segment, flags: &mut [u64]) {
    let mut last: (Option<Value<'_>>, bool) = (None, false);
    for (flags, row) in flags.iter_mut().zip(at.range.clone()) {
        let value = column.value(at.chunk, row);
        if last.0.as_ref() != Some(&value) {
            let is_rare = match &value {
                Value::Bytes(bytes) => {
                    let text = bytes.trim_ascii();
                    text::marks_of(text) & text::BLANK == 0 && rare.contains(&text::form_of(text))
                }
                _ => false,
            };
            last = (Some(value), is_rare);
        }
        *flags |= u64::from(last.1) << check as u8;
    }
}
