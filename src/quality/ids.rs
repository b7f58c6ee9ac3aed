//! What is odd about the ids of customers and transactions.

use std::collections::BTreeMap;

use super::checks::Check;
use super::columns::Columns;
use super::text::{self, BLANK, BROKEN, CONTROL, FULL_WIDTH, UNTRIMMED};
use crate::kernels::lines::BLOCK;
use crate::table::Segment;
use crate::table::ids::IdReader;
use crate::table::values::{Value, ValueColumn};

/// Ids, as their column gives them.
#[derive(Debug)]
pub(super) enum Ids {
    /// With the key of zero.
    Integers(IdReader<u64>, u64),
    Texts(ValueColumn),
}

/// Missing integers, and those that number nobody: all below `first`.
pub(super) fn integers(
    reader: &IdReader<u64>,
    first: u64,
    at: &Segment,
    flags: &mut [u64],
    keys: &mut Vec<u64>,
    checks: [Check; 2],
) {
    let rows: [u32; BLOCK] = std::array::from_fn(|i| i as u32);
    keys.clear();
    let fits = reader.read(at, &rows[..at.range.len()], keys, |i| {
        flags[i] |= checks[0].bit();
    });
    debug_assert!(fits, "integers have one form");
    for (flags, &key) in flags.iter_mut().zip(&*keys) {
        *flags |= u64::from(key < first && *flags & checks[0].bit() == 0) << checks[1] as u8;
    }
}

/// Missing and malformed texts; consecutive rows with one text are looked at once.
pub(super) fn texts(
    column: &ValueColumn,
    at: &Segment,
    flags: &mut [u64],
    known: &[bool],
    [missing, malformed]: [Check; 2],
    forms: &mut BTreeMap<u64, u64>,
    cancels: impl Fn(&[u8]) -> bool,
) {
    let (mut last, mut last_flags, mut last_form, mut n_alike): (Option<Value<'_>>, u64, u64, u64) =
        (None, 0, 0, 0);
    for ((flags, &known), row) in flags.iter_mut().zip(known).zip(at.range.clone()) {
        let value = column.value(at.chunk, row);
        if last.as_ref() != Some(&value) {
            note_form(forms, last_form, n_alike);
            n_alike = 0;
            (last_flags, last_form) = match &value {
                Value::Bytes(bytes) => {
                    let marks = text::marks_of(bytes);
                    let mut flags = text_flags(marks);
                    if marks & BLANK != 0 {
                        (missing.bit(), 0)
                    } else {
                        let is_odd = marks & CONTROL != 0 || text::is_stand_in(bytes);
                        flags |= u64::from(is_odd) << malformed as u8;
                        flags |= u64::from(cancels(bytes)) << Check::Cancellation as u8;
                        (flags, text::form_of(bytes.trim_ascii()))
                    }
                }
                _ => (missing.bit(), 0),
            };
            last = Some(value);
        }
        *flags |= last_flags;
        n_alike += u64::from(known);
    }
    note_form(forms, last_form, n_alike);
}

/// Nothing has form 0: what is missing has none.
fn note_form(forms: &mut BTreeMap<u64, u64>, form: u64, n: u64) {
    if form != 0 && n > 0 {
        *forms.entry(form).or_default() += n;
    }
}

/// What marks of a text say of its row, whichever column it stands in.
pub(super) fn text_flags(marks: u8) -> u64 {
    let flag =
        |mark: u8, check: Check| u64::from(marks & mark != 0 && marks & BLANK == 0) << check as u8;
    flag(UNTRIMMED, Check::UntrimmedText)
        | flag(FULL_WIDTH, Check::FullWidthText)
        | flag(BROKEN, Check::BrokenEncoding)
}

/// What the item and its name say of a row by themselves.
pub(super) fn item_flags(columns: &Columns<'_>, chunk: usize, row: usize) -> u64 {
    let columns = [
        (columns.item.as_ref(), Check::ItemMissing),
        (columns.item_name.as_ref(), Check::ItemNameMissing),
    ];
    let of_column = |(column, missing): (Option<&ValueColumn>, Check)| {
        let marks = match column.map(|c| c.value(chunk, row)) {
            Some(Value::Bytes(bytes)) => text::marks_of(bytes),
            Some(Value::Null) => BLANK,
            _ => 0,
        };
        text_flags(marks) | u64::from(marks & BLANK != 0) << missing as u8
    };
    columns
        .into_iter()
        .map(of_column)
        .fold(0, |all, flags| all | flags)
}
