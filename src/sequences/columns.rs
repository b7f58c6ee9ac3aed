//! Sequences as columns, all of them batch by batch or the strongest.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, UInt32Array};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::SchemaRef;

use super::result::{Cursor, Sequence, Sequences};
use crate::error::Result;
use crate::itemsets::columns::{Strongest, batch_of, labelled, lists, named};

/// Sequences of a batch, where nothing else is said.
const SEQUENCES: usize = 1 << 20;
/// Items of a batch at most: places in lists have 31 bits.
const ITEMS: usize = 1 << 28;

impl Sequences {
    /// The sequences as record batches of at most a million: `sequence` (lists of elements, which are lists of items; text as dictionaries),
    /// `support_count`, `support` (a fraction of the customers), `length` (elements), `n_items`.
    ///
    /// # Errors
    /// Never, but for labels that Arrow cannot take.
    pub fn batches(&self) -> Result<Vec<RecordBatch>> {
        self.batches_of(SEQUENCES).collect()
    }

    /// The same, of so many sequences each, and one at a time: what is not asked for takes no memory. At least one batch, if an empty one.
    #[must_use]
    pub fn batches_of(&self, n: usize) -> Batches {
        Batches {
            sequences: self.clone(),
            n: n.clamp(1, SEQUENCES),
            cursor: Cursor::default(),
            is_begun: false,
        }
    }

    /// Names and types of the columns.
    ///
    /// # Errors
    /// As [`batches`](Self::batches).
    pub fn schema(&self) -> Result<SchemaRef> {
        Ok(Columns::default().batch(self, false)?.schema())
    }

    /// The sequences with the highest supports, of so many elements or more; of equal supports those with more items first. Columns as in
    /// [`batches`](Self::batches), and `names` where the baskets know what people call the items. Cost: one pass.
    ///
    /// # Errors
    /// As [`batches`](Self::batches).
    pub fn strongest(&self, n: usize, min_len: usize) -> Result<RecordBatch> {
        let mut best = Strongest::new(n);
        self.for_each(|sequence, support| {
            if sequence.len() >= min_len {
                best.offer(support, sequence.items().len(), || sequence.to_parts());
            }
        });
        let mut columns = Columns::default();
        for (support, (items, starts)) in best.into_sorted() {
            columns.push(Sequence::of_parts(&items, &starts), support);
        }
        columns.batch(self, true)
    }
}

/// Record batches of sequences, made when they are asked for: [`Sequences::batches_of`].
#[derive(Debug)]
pub struct Batches {
    sequences: Sequences,
    n: usize,
    cursor: Cursor,
    is_begun: bool,
}

impl Iterator for Batches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut columns = Columns::default();
        while columns.supports.len() < self.n && columns.items.len() < ITEMS {
            let Some(support) = self.sequences.next_in(&mut self.cursor) else {
                break;
            };
            columns.push(self.cursor.sequence(), support);
        }
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        (is_first || !columns.supports.is_empty()).then(|| columns.batch(&self.sequences, false))
    }
}

struct Columns {
    /// Of each sequence where its elements end, of each element where its items do.
    ends: Vec<i32>,
    element_ends: Vec<i32>,
    items: Vec<u32>,
    n_items: Vec<u32>,
    supports: Vec<i64>,
}

impl Default for Columns {
    fn default() -> Self {
        Self {
            ends: vec![0],
            element_ends: vec![0],
            items: Vec::new(),
            n_items: Vec::new(),
            supports: Vec::new(),
        }
    }
}

impl Columns {
    fn push(&mut self, sequence: Sequence<'_>, support: u32) {
        for element in sequence.elements() {
            self.items.extend_from_slice(element);
            self.element_ends.push(self.items.len() as i32);
        }
        self.ends.push(self.element_ends.len() as i32 - 1);
        self.n_items.push(sequence.items().len() as u32);
        self.supports.push(support.into());
    }

    fn batch(self, sequences: &Sequences, with_names: bool) -> Result<RecordBatch> {
        let baskets = sequences.histories().baskets();
        let total = sequences.histories().len() as f64;
        let support: Float64Array = self.supports.iter().map(|&n| n as f64 / total).collect();
        let length: UInt32Array = self.ends.windows(2).map(|w| (w[1] - w[0]) as u32).collect();
        let numbers = UInt32Array::from(self.items);
        let names = baskets.names().filter(|_| with_names);
        let names = names.map(|names| named(names, &numbers)).transpose()?;
        let ends = OffsetBuffer::new(ScalarBuffer::from(self.ends));
        let element_ends = OffsetBuffer::new(ScalarBuffer::from(self.element_ends));
        let nested = |values| lists(&ends, lists(&element_ends, values));
        let sequence = nested(labelled(baskets.labels(), numbers)?);
        let mut columns: Vec<(&str, ArrayRef)> = vec![("sequence", sequence)];
        columns.extend(names.map(|names| ("names", nested(names))));
        columns.push(("support_count", Arc::new(Int64Array::from(self.supports))));
        columns.push(("support", Arc::new(support)));
        columns.push(("length", Arc::new(length)));
        columns.push(("n_items", Arc::new(UInt32Array::from(self.n_items))));
        batch_of(columns)
    }
}
