//! Item sets, in columns.

use std::sync::Arc;

use arrow_array::types::UInt32Type;
use arrow_array::{
    Array, ArrayRef, DictionaryArray, Float64Array, Int64Array, ListArray, RecordBatch, UInt32Array,
};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Schema};

use super::database::Database;
use super::params::ItemsetParams;
use super::sink::{Lists, Sink, Tree};
use crate::baskets::Baskets;
use crate::error::{Error, Result};

/// Sets as the miners leave them, part after part in order.
#[derive(Debug)]
pub(super) enum Found {
    Trees(Vec<Tree>),
    Lists(Vec<Lists>),
}

impl Tree {
    /// Calls with the items and the support of each set.
    pub(super) fn for_each(&self, mut each: impl FnMut(&[u32], u32)) {
        let mut items = Vec::new();
        for ((&depth, &item), &support) in self.depths.iter().zip(&self.items).zip(&self.supports) {
            items.truncate(depth as usize);
            items.push(item);
            each(&items, support);
        }
    }
}

impl Found {
    fn for_each(&self, mut each: impl FnMut(&[u32], u32)) {
        match self {
            Self::Trees(trees) => trees.iter().for_each(|tree| tree.for_each(&mut each)),
            Self::Lists(parts) => {
                for part in parts {
                    (0..part.supports.len()).for_each(|i| each(part.get(i), part.supports[i]));
                }
            }
        }
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Trees(trees) => trees.iter().map(Sink::n_sets).sum(),
            Self::Lists(parts) => parts.iter().map(Sink::n_sets).sum(),
        }
    }

    /// Those sets that are wanted.
    pub(super) fn only(self, is_wanted: impl Fn(&[u32]) -> bool) -> Self {
        let mut is_all = true;
        self.for_each(|items, _| is_all &= is_wanted(items));
        if is_all {
            return self;
        }
        let mut kept = Lists::default();
        self.for_each(|items, support| {
            if is_wanted(items) {
                kept.list(items, support);
            }
        });
        Self::Lists(vec![kept])
    }
}

/// Item sets with their support counts.
///
/// In a fixed order, whatever found them: items count from the rarest to the most frequent (of equal supports, by their numbers), each set has its
/// items in that order, and sets are sorted by their items. So the sets that share their rarest items stand together.
#[derive(Debug, Clone)]
pub struct Itemsets {
    found: Arc<Found>,
    /// Of each code the item's number.
    codes: Vec<u32>,
    /// Items that each set has beside.
    given: Vec<u32>,
    /// The support of those items alone, where that is a set too.
    given_support: Option<u32>,
    n_sets: u64,
    baskets: Baskets,
    min_support_count: u32,
    params: ItemsetParams,
}

impl Itemsets {
    pub(super) fn new(
        params: &ItemsetParams,
        baskets: &Baskets,
        database: &Database,
        found: Found,
        given_support: Option<u32>,
        min_support_count: u32,
    ) -> Self {
        let is_projected = params.target != super::Target::Generators;
        Self {
            n_sets: found.len() + u64::from(given_support.is_some()),
            found: Arc::new(found),
            codes: database.codes.clone(),
            given: if is_projected {
                params.required.clone()
            } else {
                Vec::new()
            },
            given_support,
            baskets: baskets.clone(),
            min_support_count,
            params: params.clone(),
        }
    }

    /// How many sets there are.
    #[must_use]
    pub fn n_itemsets(&self) -> u64 {
        self.n_sets
    }

    /// The baskets they were mined from.
    #[must_use]
    pub fn baskets(&self) -> &Baskets {
        &self.baskets
    }

    /// The parameters they were mined with.
    #[must_use]
    pub fn params(&self) -> &ItemsetParams {
        &self.params
    }

    /// The smallest support, as a number of baskets: of `top_k` sets that of the last.
    #[must_use]
    pub fn min_support_count(&self) -> u32 {
        self.min_support_count
    }

    /// Calls with the numbers of the items of each set, and its support count.
    pub fn for_each(&self, mut each: impl FnMut(&[u32], u32)) {
        let mut numbers = self.given.clone();
        if let Some(support) = self.given_support {
            each(&numbers, support);
        }
        let n = numbers.len();
        self.found.for_each(|items, support| {
            numbers.truncate(n);
            numbers.extend(items.iter().map(|&code| self.codes[code as usize]));
            each(&numbers, support);
        });
    }

    /// The sets as record batches of at most a million sets: `itemset` (lists of items; text as dictionaries), `support_count`, `support` (a
    /// fraction of the baskets), `length`.
    ///
    /// # Errors
    /// Never, but for labels that Arrow cannot take.
    pub fn batches(&self) -> Result<Vec<RecordBatch>> {
        const SETS: usize = 1 << 20;
        let mut batches = Vec::new();
        let mut columns = Columns::default();
        let mut failed = None;
        self.for_each(|items, support| {
            columns.push(items, support);
            if columns.supports.len() == SETS || columns.items.len() >= 1 << 28 {
                match std::mem::take(&mut columns).batch(self) {
                    Ok(batch) => batches.push(batch),
                    Err(error) => failed = failed.take().or(Some(error)),
                }
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        if !columns.supports.is_empty() || batches.is_empty() {
            batches.push(columns.batch(self)?);
        }
        Ok(batches)
    }
}

#[derive(Default)]
struct Columns {
    ends: Vec<i32>,
    items: Vec<u32>,
    supports: Vec<i64>,
}

impl Columns {
    fn push(&mut self, items: &[u32], support: u32) {
        if self.ends.is_empty() {
            self.ends.push(0);
        }
        self.items.extend_from_slice(items);
        self.ends.push(self.items.len() as i32);
        self.supports.push(support.into());
    }

    fn batch(mut self, itemsets: &Itemsets) -> Result<RecordBatch> {
        if self.ends.is_empty() {
            self.ends.push(0);
        }
        let total = f64::from(itemsets.baskets.total_weight());
        let support: Float64Array = self.supports.iter().map(|&n| n as f64 / total).collect();
        let length: UInt32Array = self.ends.windows(2).map(|w| (w[1] - w[0]) as u32).collect();
        let values = labelled(itemsets.baskets.labels(), self.items)?;
        let field = Arc::new(Field::new_list_field(values.data_type().clone(), true));
        let ends = OffsetBuffer::new(ScalarBuffer::from(self.ends));
        let columns: Vec<(&str, ArrayRef)> = vec![
            (
                "itemset",
                Arc::new(ListArray::new(field, ends, values, None)),
            ),
            ("support_count", Arc::new(Int64Array::from(self.supports))),
            ("support", Arc::new(support)),
            ("length", Arc::new(length)),
        ];
        let fields: Vec<Field> = columns
            .iter()
            .map(|(name, column)| Field::new(*name, column.data_type().clone(), false))
            .collect();
        let columns = columns.into_iter().map(|c| c.1).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(cannot)
    }
}

fn cannot(error: impl std::fmt::Display) -> Error {
    Error::BadValues {
        column: "itemset".into(),
        count: 1,
        first_row: None,
        value: error.to_string(),
        rule: "cannot be written".into(),
        remedy: "give labels of another type".into(),
    }
}

/// The labels of these items: text by dictionary, other types as they are.
fn labelled(labels: &ArrayRef, numbers: Vec<u32>) -> Result<ArrayRef> {
    let numbers = UInt32Array::from(numbers);
    match labels.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            let codes = DictionaryArray::<UInt32Type>::try_new(numbers, Arc::clone(labels));
            Ok(Arc::new(codes.map_err(cannot)?))
        }
        _ => arrow_select::take::take(labels, &numbers, None).map_err(cannot),
    }
}
