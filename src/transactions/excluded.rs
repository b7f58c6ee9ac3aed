//! Rows that a view leaves out by choice: those that checks flagged, and customers of other kinds.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::counts::{MAX_FLAGS, Reason, USED};
use crate::error::{Error, Result};
use crate::parallel::{Context, map_ordered, pieces};
use crate::quality::{self, Bits, CustomCheck, Quality};
use crate::table::bound::Bound;
use crate::table::values::{Value, ValueColumn};

/// Which kinds of customers a view looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kinds {
    pub(super) names: BTreeSet<String>,
    /// Whether these are the ones left out, not the ones kept.
    pub(super) are_left_out: bool,
}

/// A check whose rows are left out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LeftOut {
    pub(super) name: Arc<str>,
    /// The check itself where it is of the user's own.
    pub(super) own: Option<Arc<CustomCheck>>,
}

/// Rows left out, each for one reason.
#[derive(Debug, Default)]
pub(crate) struct Excluded {
    other_kinds: Option<Bits>,
    /// By check, without the rows of those before.
    flagged: Vec<(Arc<str>, Bits)>,
}

impl Excluded {
    /// Leaves out what these checks flagged.
    pub(super) fn new(
        other_kinds: Option<Bits>,
        quality: Option<&Quality>,
        checks: &[LeftOut],
    ) -> Self {
        let mut flagged: Vec<(Arc<str>, Bits)> = Vec::new();
        for check in checks {
            if let Some(mut bits) = quality.and_then(|q| q.bits(&check.name)).cloned() {
                flagged.iter().for_each(|(_, before)| bits.subtract(before));
                flagged.push((Arc::clone(&check.name), bits));
            }
        }
        Self {
            other_kinds,
            flagged,
        }
    }

    /// The checks, in the order of their codes.
    pub(crate) fn flags(&self) -> Vec<&str> {
        self.flagged.iter().map(|(name, _)| &**name).collect()
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

/// The checks left out so far and those of these names, each once, in the order given.
pub(super) fn known(
    before: &[LeftOut],
    names: &[&str],
    own: &[CustomCheck],
) -> Result<Vec<LeftOut>> {
    const OWNER: &str = "Transactions";
    quality::validate_checks(own, OWNER)?;
    if !own.is_empty() && !own.iter().any(|c| names.contains(&c.name.as_str())) {
        let rule = "must be named among the checks whose rows are left out";
        return Err(Error::parameter(OWNER, "checks", rule, &own[0].name));
    }
    let mut known = before.to_vec();
    for &name in names {
        let there = known.iter().find(|c| &*c.name == name);
        let found = own.iter().find(|c| c.name == name);
        match (there, found) {
            (None, None) => {
                let own = own.iter().map(|c| c.name.as_str());
                quality::known_name(name, own, OWNER, "without")?;
            }
            (Some(there), Some(found)) if there.own.as_deref() != Some(found) => {
                let rule = "must have other names than those left out already";
                return Err(Error::parameter(OWNER, "checks", rule, name));
            }
            (Some(_), _) => continue,
            (None, Some(_)) => {}
        }
        known.push(LeftOut {
            name: name.into(),
            own: found.cloned().map(Arc::new),
        });
    }
    if known.len() > MAX_FLAGS {
        let rule = format!("must be at most {MAX_FLAGS} checks");
        return Err(Error::parameter(OWNER, "without", rule, known.len()));
    }
    Ok(known)
}
