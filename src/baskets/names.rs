//! What items are called: of the names that its purchases have, the most frequent.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::{ArrayRef, LargeStringArray, StringArray};

use crate::error::Result;
use crate::kernels::lines::BLOCK;
use crate::parallel::{Context, map_ordered, pieces, sorted};
use crate::table::bound::Bound;
use crate::table::codes::{NONE, piece_rows};
use crate::table::ids::is_blank;
use crate::table::values::{Value, ValueColumn, folded};
use crate::table::{Segment, Table, strings};

/// A name of an item, by its hash: two names of one item share one with a probability of 2^-64.
#[derive(Debug, Clone, Copy)]
struct Pair {
    item: u32,
    hash: u64,
    /// A row that has it.
    row: u64,
    n_rows: u64,
}

/// The most frequent name of each item; none where role `item_name` is not bound. Null and blank names are none.
pub(super) fn names(
    bound: &Bound,
    items: &[u32],
    n_items: usize,
    ctx: &Context,
) -> Result<Option<ArrayRef>> {
    let Some(name) = bound.roles.item_name.as_deref() else {
        return Ok(None);
    };
    let table = &bound.table;
    let column = table.column(table.position(name, "item_name")?);
    let column = ValueColumn::new(&strings::as_text(&column, "item_name")?)?;
    let piece = piece_rows(table.n_rows());
    let parts: Vec<_> = items.chunks(piece).enumerate().collect();
    let found = map_ordered(ctx, "count names", parts, |(i, items)| {
        let mut counter = Counter::default();
        let mut hashes = Vec::with_capacity(BLOCK);
        let first = i * piece;
        for at in table.segments(first..first + items.len()) {
            for rows in pieces(at.range.len(), BLOCK) {
                let row = at.first_row + rows.start;
                let items = &items[row - first..row - first + rows.len()];
                if items.iter().all(|&item| item == NONE) {
                    continue;
                }
                let range = at.range.start + rows.start..at.range.start + rows.end;
                let block = Segment {
                    chunk: at.chunk,
                    range,
                    first_row: row,
                };
                hashes.clear();
                column.hashes(&block, &mut hashes);
                for ((&item, &hash), row) in items.iter().zip(&hashes).zip(row as u64..) {
                    if item != NONE {
                        counter.count(item, hash, row);
                    }
                }
            }
        }
        Ok(counter.found)
    })?;
    let found = sorted(ctx, "count names", found.concat(), |p| {
        (p.item, p.hash, p.row)
    })?;
    let source = Source { table, column };
    Ok(Some(source.most_frequent(&found, n_items)))
}

struct Source<'a> {
    table: &'a Table,
    column: ValueColumn,
}

impl Source<'_> {
    fn most_frequent(&self, found: &[Pair], n_items: usize) -> ArrayRef {
        let mut names: Vec<Option<&str>> = vec![None; n_items];
        for of_item in found.chunk_by(|a, b| a.item == b.item) {
            let mut best: Option<(u64, &str)> = None;
            for pairs in of_item.chunk_by(|a, b| a.hash == b.hash) {
                let n_rows: u64 = pairs.iter().map(|p| p.n_rows).sum();
                let Some(name) = self.text(pairs[0].row) else {
                    continue;
                };
                let is_better = best.is_none_or(|(n, text)| match n_rows.cmp(&n) {
                    Ordering::Greater => true,
                    Ordering::Equal => name < text,
                    Ordering::Less => false,
                });
                if is_better {
                    best = Some((n_rows, name));
                }
            }
            names[of_item[0].item as usize] = best.map(|(_, name)| name);
        }
        let n_bytes: usize = names.iter().flatten().map(|n| n.len()).sum();
        if i32::try_from(n_bytes).is_ok() {
            Arc::new(StringArray::from(names))
        } else {
            Arc::new(LargeStringArray::from(names))
        }
    }

    /// The text in a row, where it is a name.
    fn text(&self, row: u64) -> Option<&str> {
        let (chunk, row) = self.table.place(row as usize);
        match self.column.value(chunk, row) {
            Value::Bytes(text) if !is_blank(text) => std::str::from_utf8(text).ok(),
            _ => None,
        }
    }
}

/// Counts pairs: an open-addressed index into the list of them.
#[derive(Default)]
struct Counter {
    found: Vec<Pair>,
    slots: Vec<u32>,
}

impl Counter {
    fn count(&mut self, item: u32, hash: u64, row: u64) {
        if 2 * (self.found.len() + 1) > self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut slot = slot_of(item, hash) & mask;
        loop {
            let place = self.slots[slot];
            if place == NONE {
                self.slots[slot] = self.found.len() as u32;
                self.found.push(Pair {
                    item,
                    hash,
                    row,
                    n_rows: 1,
                });
                return;
            }
            let pair = &mut self.found[place as usize];
            if pair.item == item && pair.hash == hash {
                pair.n_rows += 1;
                return;
            }
            slot = (slot + 1) & mask;
        }
    }

    #[cold]
    fn grow(&mut self) {
        let n = (4 * self.slots.len()).max(1024);
        self.slots = vec![NONE; n];
        for (place, pair) in self.found.iter().enumerate() {
            let mut slot = slot_of(pair.item, pair.hash) & (n - 1);
            while self.slots[slot] != NONE {
                slot = (slot + 1) & (n - 1);
            }
            self.slots[slot] = place as u32;
        }
    }
}

fn slot_of(item: u32, hash: u64) -> usize {
    folded(u64::from(item).rotate_left(29) ^ hash) as usize
}
