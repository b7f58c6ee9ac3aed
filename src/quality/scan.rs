//! The first pass: every row read once, what its own values say flagged, and what later steps need gathered.

use std::collections::BTreeMap;
use std::ops::Range;

use super::checks::Check;
use super::columns::Columns;
use super::ids::{self, Ids, text_flags};
use super::pairs::{Codes, LocalPairs, NO_PAIR, Pair};
use super::text;
use crate::error::Result;
use crate::kernels::lines::BLOCK;
use crate::parallel::{Context, map_ordered, pieces};
use crate::table::Segment;
use crate::table::number::is_null;
use crate::table::time::{DAY, EARLIEST, LATEST, NO_TIME};
use crate::table::values::{NULL_HASH, Value, fold_into, folded};

/// Rows of a piece of work, as a number of bits: a power of two, so that a row's place in it fits beside its hash. Small tables are cut into
/// eight or more.
pub(super) fn piece_bits(n_rows: usize) -> u32 {
    (n_rows / 8).max(1).ilog2().clamp(14, 17)
}

/// What is asked of a row, beside the columns.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// Rows later than this are not known, and take no part.
    pub(super) until: i64,
    /// Whether a clock says so. Rows whose time tells nothing may be of any time: they are looked at, but under a clock nothing is learnt
    /// from them.
    pub(super) has_clock: bool,
    /// Rows earlier than this are known, but not looked at.
    pub(super) since: i64,
    /// Rows later than this have not come yet.
    pub(super) now: i64,
    pub(super) cancellation_prefix: Vec<u8>,
    pub(super) sum_tolerance: f64,
    /// Rows of a piece, as a number of bits.
    pub(super) piece_bits: u32,
    /// Buckets for hashes of rows, as a number of bits.
    pub(super) bucket_bits: u32,
    pub(super) wants_duplicates: bool,
}

/// One bit per row of a piece for each check that fired, by the check's number; those of the user's own checks come behind in the second pass.
pub(super) type PieceBits = Vec<Option<Vec<u64>>>;

/// What a piece gives.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) rows: Range<usize>,
    pub(super) bits: PieceBits,
    /// Rows known and looked at.
    pub(super) seen: Vec<u64>,
    /// The known rows in buckets by the high bits of their hashes: each the next bits of its hash, then its place.
    pub(super) hashes: Vec<u32>,
    pub(super) bucket_ends: Vec<u32>,
    /// Which pair of item and name each row has; [`NO_PAIR`] of a row that is not known.
    pub(super) pairs: Codes,
    /// The pairs of this piece, as they came.
    pub(super) found: Vec<Pair>,
    /// Rows known of each day.
    pub(super) days: Vec<(i32, u32)>,
    /// How many rows have which form, of customers and transactions; which currency.
    pub(super) forms: [BTreeMap<u64, u64>; 2],
    /// How many rows have which currency and which kind of customer, by their hashes.
    pub(super) kinds: [BTreeMap<u64, u64>; 2],
}

/// Reads all rows.
pub(super) fn scan(columns: &Columns<'_>, rule: &Rule, ctx: &Context) -> Result<Vec<Piece>> {
    let parts = pieces(columns.bound.table.n_rows(), 1 << rule.piece_bits).collect();
    map_ordered(ctx, "check rows", parts, |rows| {
        let mut scan = Scan::new(columns, rule, rows.clone());
        for at in columns.bound.table.segments(rows) {
            let mut from = at.range.start;
            while from < at.range.end {
                let to = (from + BLOCK).min(at.range.end);
                let first_row = at.first_row + from - at.range.start;
                scan.block(&Segment {
                    chunk: at.chunk,
                    range: from..to,
                    first_row,
                });
                from = to;
            }
        }
        Ok(scan.finish())
    })
}

struct Scan<'a> {
    columns: &'a Columns<'a>,
    rule: &'a Rule,
    piece: Piece,
    day_counts: Vec<u32>,
    local: LocalPairs,
    /// Hashes in row order, before they go to their buckets.
    unsorted: Vec<u64>,
    block: Block,
}

/// Columns of the rows at hand.
#[derive(Default)]
struct Block {
    flags: Vec<u64>,
    known: Vec<bool>,
    time: Vec<i64>,
    quantity: Vec<f64>,
    price: Vec<f64>,
    amount: Vec<f64>,
    row_hashes: Vec<u64>,
    hashes: Vec<u64>,
    names: Vec<u64>,
    keys: Vec<u64>,
}

impl<'a> Scan<'a> {
    fn new(columns: &'a Columns<'a>, rule: &'a Rule, rows: Range<usize>) -> Self {
        let n_words = rows.len().div_ceil(64);
        Self {
            columns,
            rule,
            piece: Piece {
                rows: rows.clone(),
                bits: vec![None; Check::COUNT],
                seen: vec![0; n_words],
                hashes: Vec::new(),
                bucket_ends: Vec::new(),
                pairs: Codes::with_capacity(if columns.item.is_some() {
                    rows.len()
                } else {
                    0
                }),
                found: Vec::new(),
                days: Vec::new(),
                forms: [BTreeMap::new(), BTreeMap::new()],
                kinds: [BTreeMap::new(), BTreeMap::new()],
            },
            day_counts: vec![0; ((LATEST - EARLIEST) / DAY) as usize + 2],
            local: LocalPairs::default(),
            unsorted: Vec::with_capacity(if rule.wants_duplicates { rows.len() } else { 0 }),
            block: Block::default(),
        }
    }

    fn block(&mut self, at: &Segment) {
        let n = at.range.len();
        self.block.flags.clear();
        self.block.flags.resize(n, 0);
        self.times(at);
        self.money(at);
        self.customers(at);
        self.transactions(at);
        self.texts(at);
        self.kinds(at);
        self.items(at);
        self.hashes(at);
        self.write_bits(at);
    }

    fn times(&mut self, at: &Segment) {
        let Block {
            flags, known, time, ..
        } = &mut self.block;
        time.clear();
        self.columns.bound.time.read(at, time);
        known.clear();
        let rule = self.rule;
        known.extend(time.iter().map(|&t| {
            let is_placed = (EARLIEST..LATEST).contains(&t);
            if is_placed {
                t <= rule.until
            } else {
                !rule.has_clock
            }
        }));
        let calendar = self.columns.bound.time.zone().calendar();
        let mut last = (i64::MIN, 0);
        for ((flags, &t), &known) in flags.iter_mut().zip(&*time).zip(&*known) {
            if !(EARLIEST..LATEST).contains(&t) || is_stand_in(t) {
                let check = if t == NO_TIME {
                    Check::TimeMissing
                } else {
                    Check::TimeImpossible
                };
                *flags |= check.bit();
                continue;
            }
            if t > self.rule.now {
                *flags |= Check::TimeFuture.bit();
                continue;
            }
            // All zones of today are whole quarters of an hour apart.
            let quarter = t.div_euclid(DAY / 96);
            if quarter != last.0 {
                last = (quarter, calendar.day(t));
            }
            self.day_counts[day_slot(last.1)] += u32::from(known);
        }
    }

    fn money(&mut self, at: &Segment) {
        let bound = self.columns.bound;
        let Block {
            flags,
            quantity,
            price,
            amount,
            ..
        } = &mut self.block;
        let columns = [
            (&bound.quantity, quantity),
            (&bound.price, price),
            (&bound.amount, amount),
        ];
        let [quantity, price, amount] = columns.map(|(column, out)| {
            out.clear();
            if let Some(column) = column {
                column.read(at, out);
            }
            &*out
        });
        for list in [quantity, price, amount] {
            for (flags, &v) in flags.iter_mut().zip(list) {
                if !v.is_finite() {
                    let check = if is_null(v) {
                        Check::AmountMissing
                    } else {
                        Check::AmountNotFinite
                    };
                    *flags |= check.bit();
                }
            }
        }
        for (flags, &q) in flags.iter_mut().zip(quantity) {
            *flags |= u64::from(q == 0.0) << Check::QuantityZero as u8;
            *flags |= u64::from(q < 0.0 && q.is_finite()) << Check::NegativeQuantity as u8;
        }
        for (flags, &p) in flags.iter_mut().zip(price) {
            *flags |= u64::from(p == 0.0) << Check::AmountZero as u8;
            *flags |= u64::from(p < 0.0 && p.is_finite()) << Check::PriceNegative as u8;
        }
        for (i, &a) in amount.iter().enumerate() {
            // The amount of a zero quantity is zero for that.
            let q = quantity.get(i).copied().unwrap_or(1.0);
            flags[i] |= u64::from(a == 0.0 && q != 0.0) << Check::AmountZero as u8;
            flags[i] |= u64::from(a < 0.0 && a.is_finite() && q > 0.0 && !quantity.is_empty())
                << Check::PriceNegative as u8;
        }
        let tolerance = self.rule.sum_tolerance;
        for (flags, ((&q, &p), &a)) in flags.iter_mut().zip(quantity.iter().zip(price).zip(amount))
        {
            let (product, pieces) = (q * p, q.abs().max(1.0));
            let off = (product - a).abs();
            let allowed = (tolerance * product.abs().max(a.abs())).max(0.01 * pieces + 1e-9);
            *flags |= u64::from(off > allowed && off.is_finite()) << Check::SumMismatch as u8;
        }
    }

    fn customers(&mut self, at: &Segment) {
        let checks = [Check::CustomerMissing, Check::CustomerMalformed];
        let Block {
            flags, known, keys, ..
        } = &mut self.block;
        match &self.columns.customer {
            // Customers are numbered from one: zero is nobody.
            Ids::Integers(reader, zero) => ids::integers(reader, zero + 1, at, flags, keys, checks),
            Ids::Texts(column) => {
                ids::texts(
                    column,
                    at,
                    flags,
                    known,
                    checks,
                    &mut self.piece.forms[0],
                    |_| false,
                );
            }
        }
    }

    fn transactions(&mut self, at: &Segment) {
        let checks = [Check::TransactionMissing, Check::TransactionMalformed];
        let Block {
            flags, known, keys, ..
        } = &mut self.block;
        let prefix = &self.rule.cancellation_prefix;
        let cancels =
            |text: &[u8]| !prefix.is_empty() && text.trim_ascii_start().starts_with(prefix);
        match &self.columns.transaction {
            None => {}
            Some(Ids::Integers(reader, zero)) => {
                ids::integers(reader, *zero, at, flags, keys, checks);
            }
            Some(Ids::Texts(column)) => {
                ids::texts(
                    column,
                    at,
                    flags,
                    known,
                    checks,
                    &mut self.piece.forms[1],
                    cancels,
                );
            }
        }
        let cancelled = Check::Cancellation.bit();
        for flags in flags {
            // What is said to cancel needs no second name.
            if *flags & cancelled != 0 {
                *flags &= !Check::NegativeQuantity.bit();
            }
        }
    }

    /// The texts of columns that have few values, beside items.
    fn texts(&mut self, at: &Segment) {
        for column in &self.columns.texts {
            for (flags, row) in self.block.flags.iter_mut().zip(at.range.clone()) {
                if let Value::Bytes(bytes) = column.value(at.chunk, row) {
                    *flags |= text_flags(text::marks_of(bytes));
                }
            }
        }
    }

    fn kinds(&mut self, at: &Segment) {
        let columns = [&self.columns.currency, &self.columns.customer_kind];
        for (column, kinds) in columns.into_iter().zip(&mut self.piece.kinds) {
            let Some(column) = column else {
                continue;
            };
            let hashes = &mut self.block.hashes;
            hashes.clear();
            column.hashes(at, hashes);
            let known = hashes
                .iter()
                .zip(&self.block.known)
                .filter(|(_, known)| **known);
            let mut last = (NULL_HASH, 0);
            for (&hash, _) in known {
                if hash != last.0 {
                    note(kinds, last);
                    last = (hash, 0);
                }
                last.1 += 1;
            }
            note(kinds, last);
        }
    }

    fn items(&mut self, at: &Segment) {
        let Some(item) = &self.columns.item else {
            return;
        };
        let Block {
            hashes,
            names,
            known,
            flags,
            ..
        } = &mut self.block;
        hashes.clear();
        item.hashes(at, hashes);
        names.clear();
        match &self.columns.item_name {
            Some(column) => column.hashes(at, names),
            None => names.resize(hashes.len(), 0),
        }
        let rows = hashes.iter().zip(&*names).zip(&*known).enumerate();
        for (i, ((&item, &name), &known)) in rows {
            let code = if known {
                self.local
                    .code(item, name, (at.first_row + i) as u64, &mut self.piece.found)
            } else {
                // What its own values say is said all the same.
                flags[i] |= ids::item_flags(self.columns, at.chunk, at.range.start + i);
                NO_PAIR
            };
            self.piece.pairs.push(code);
        }
    }

    fn hashes(&mut self, at: &Segment) {
        if !self.rule.wants_duplicates {
            return;
        }
        let Block {
            row_hashes,
            hashes,
            known,
            ..
        } = &mut self.block;
        row_hashes.clear();
        row_hashes.resize(at.range.len(), 0);
        for column in &self.columns.compared {
            hashes.clear();
            column.hashes(at, hashes);
            fold_into(row_hashes, hashes);
        }
        let first = at.first_row - self.piece.rows.start;
        let place_bits = (1 << self.rule.piece_bits) - 1;
        for (i, (&hash, &known)) in row_hashes.iter().zip(&*known).enumerate() {
            if known {
                self.unsorted
                    .push((folded(hash) & !place_bits) | (first + i) as u64);
            }
        }
    }

    fn write_bits(&mut self, at: &Segment) {
        let Block {
            flags, known, time, ..
        } = &self.block;
        let first = at.first_row - self.piece.rows.start;
        for (i, (&known, &t)) in known.iter().zip(time).enumerate() {
            let is_placed = (EARLIEST..LATEST).contains(&t);
            let is_seen = !is_placed || (known && t >= self.rule.since);
            self.piece.seen[(first + i) / 64] |= u64::from(is_seen) << ((first + i) % 64);
        }
        write_bits(&mut self.piece.bits, self.piece.seen.len(), first, flags);
    }

    fn finish(mut self) -> Piece {
        for words in self.piece.bits.iter_mut().flatten() {
            words
                .iter_mut()
                .zip(&self.piece.seen)
                .for_each(|(w, s)| *w &= s);
        }
        self.piece.found.shrink_to_fit();
        let first = EARLIEST.div_euclid(DAY) as i32 - 1;
        let days = self.day_counts.iter().enumerate().filter(|(_, n)| **n > 0);
        self.piece.days = days.map(|(i, &n)| (first + i as i32, n)).collect();
        (self.piece.hashes, self.piece.bucket_ends) =
            bucketed(&self.unsorted, self.rule.bucket_bits, self.rule.piece_bits);
        self.piece
    }
}

/// Writes the flags of rows from `first` on as bits.
pub(super) fn write_bits(bits: &mut PieceBits, n_words: usize, first: usize, flags: &[u64]) {
    let mut fired = flags.iter().fold(0, |all, f| all | f);
    while fired != 0 {
        let check = fired.trailing_zeros() as usize;
        fired &= fired - 1;
        let words = bits[check].get_or_insert_with(|| vec![0; n_words]);
        for (i, &flags) in flags.iter().enumerate() {
            words[(first + i) / 64] |= (flags >> check & 1) << ((first + i) % 64);
        }
    }
}

fn day_slot(day: i32) -> usize {
    (day - (EARLIEST.div_euclid(DAY) as i32 - 1)) as usize
}

/// Midnights that systems write where no time is known: the first of 1900, and the first of 1970.
fn is_stand_in(time: i64) -> bool {
    time == 0 || time == -25_567 * DAY
}

/// What is null is of no kind.
fn note(kinds: &mut BTreeMap<u64, u64>, (hash, n): (u64, u64)) {
    if hash != NULL_HASH && n > 0 {
        *kinds.entry(hash).or_default() += n;
    }
}

/// The hashes sorted into buckets by their high bits, in row order within each; and where each bucket ends.
fn bucketed(hashes: &[u64], bucket_bits: u32, piece_bits: u32) -> (Vec<u32>, Vec<u32>) {
    let bucket = |h: u64| (h >> (64 - bucket_bits)) as usize;
    let mut ends = vec![0u32; 1 << bucket_bits];
    hashes.iter().for_each(|&h| ends[bucket(h)] += 1);
    let mut sum = 0;
    for end in &mut ends {
        let n = *end;
        *end = sum;
        sum += n;
    }
    let mut sorted = vec![0; hashes.len()];
    for &h in hashes {
        let place = &mut ends[bucket(h)];
        let next_bits = (h << bucket_bits) >> (32 + piece_bits);
        sorted[*place as usize] =
            (next_bits << piece_bits) as u32 | (h as u32 & ((1 << piece_bits) - 1));
        *place += 1;
    }
    (sorted, ends)
}
