//! Rows that a view leaves out by choice: those that checks flagged, and customers of other kinds.

use std::collections::BTreeSet;

use super::counts::{MAX_FLAGS, Reason, USED};
use crate::error::{Error, Result};
use crate::parallel::{Context, map_ordered, pieces};
use crate::quality::{Bits, Quality};
use crate::table::bound::Bound;
use crate::table::values::{Value, ValueColumn};

/// Which kinds of customers a view looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kinds {
    pub(super) names: BTreeSet<String>,
    /// Whether these are the ones left out, not the ones kept.
    pub(super) are_left_out: bool,
}

/// Rows left out, each for one reason.
#[derive(Debug, Default)]
pub(crate) struct Excluded {
    other_kinds: Option<Bits>,
    /// By check, without the rows of those before.
    flagged: Vec<(&'static str, Bits)>,
}

impl Excluded {
    /// Leaves out what these checks flagged.
    pub(super) fn new(
        other_kinds: Option<Bits>,
        quality: Option<&Quality>,
        checks: &[&'static str],
    ) -> Self {
        let mut flagged: Vec<(&'static str, Bits)> = Vec::new();
        for &name in checks {
            if let Some(mut bits) = quality.and_then(|q| q.bits(name)).cloned() {
                flagged.iter().for_each(|(_, before)| bits.subtract(before));
                flagged.push((name, bits));
            }
        }
        Self {
            other_kinds,
            flagged,
        }
    }

    /// The checks, in the order of their codes.
    pub(crate) fn flags(&self) -> Vec<&'static str> {
        self.flagged.iter().map(|(name, _)| *name).collect()
    }

    /// Whether a row is left out.
    pub(crate) fn contains(&self, row: usize) -> bool {
        self.sets().any(|(_, bits)| bits.get(row))
    }

    /// Settles the status of rows from `first` on that nothing earlier has settled.
    pub(super) fn apply(&self, first: usize, status: &mut [u8]) {
        for (code, bits) in self.sets() {
            if bits.any_in(first..first + status.len()) {
                for (i, status) in status.iter_mut().enumerate() {
                    if *status <= USED && bits.get(first + i) {
                        *status = code;
                    }
                }
            }
        }
    }

    fn sets(&self) -> impl Iterator<Item = (u8, &Bits)> {
        let kinds = self
            .other_kinds
            .iter()
            .map(|bits| (Reason::OtherKind as u8, bits));
        let flags = self.flagged.iter().enumerate();
        kinds.chain(flags.map(|(i, (_, bits))| (Reason::Flagged as u8 + i as u8, bits)))
    }
}

/// The rows of customers of other kinds. A row without a kind is of the kind of no name: it is kept unless only some kinds are.
pub(super) fn other_kinds(bound: &Bound, kinds: &Kinds, ctx: &Context) -> Result<Bits> {
    const PIECE: usize = 131_072;
    let name = bound.roles.customer_kind.as_deref().unwrap_or_default();
    let position = bound.table.position(name, "customer_kind")?;
    let column = ValueColumn::new(&bound.table.column(position))?;
    let n_rows = bound.table.n_rows();
    let words = map_ordered(
        ctx,
        "read kinds",
        pieces(n_rows, PIECE).collect(),
        |rows: std::ops::Range<usize>| {
            let mut words = vec![0u64; rows.len().div_ceil(64)];
            let mut last: (Option<Value<'_>>, bool) = (None, false);
            for at in bound.table.segments(rows.clone()) {
                for (i, row) in at.range.clone().enumerate() {
                    let value = column.value(at.chunk, row);
                    if last.0.as_ref() != Some(&value) {
                        let is_named = matches!(&value, Value::Bytes(b) if kinds.names.iter().any(|k| k.as_bytes() == *b));
                        last = (Some(value), is_named == kinds.are_left_out);
                    }
                    let place = at.first_row + i - rows.start;
                    words[place / 64] |= u64::from(last.1) << (place % 64);
                }
            }
            Ok(words)
        },
    )?;
    Ok(Bits::from_words(words.concat(), n_rows))
}

/// The checks of these names, each once, in the order given.
pub(super) fn known(names: &[&str]) -> Result<Vec<&'static str>> {
    let mut known: Vec<&'static str> = Vec::new();
    for name in names {
        let name = crate::quality::name_of_check(name, "Transactions", "without")?;
        if !known.contains(&name) {
            known.push(name);
        }
    }
    if known.len() > MAX_FLAGS {
        let rule = format!("must be at most {MAX_FLAGS} checks");
        return Err(Error::parameter(
            "Transactions",
            "without",
            rule,
            known.len(),
        ));
    }
    Ok(known)
}
