//! Rules as columns.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, UInt32Array};
use arrow_buffer::OffsetBuffer;
use arrow_schema::SchemaRef;

use super::make::generate::Rule;
use super::measures::Counts;
use super::result::{Rules, Shared};
use super::sets::tree::ROOT;
use crate::error::Result;
use crate::itemsets::columns::{batch_of, labelled, lists, named};
use crate::parallel::{Context, filled, map_ordered, pieces};

/// Rules of a batch, where nothing else is said.
const RULES: usize = 1 << 20;

impl Rules {
    /// The rules as record batches of at most a million: `antecedent`, `consequent` (lists of items, text as dictionaries), `support_count`,
    /// `antecedent_count`, `consequent_count`, `support`, `confidence`, `lift`; the measures asked for; and where rules were tested `expected_count`,
    /// `p_value` and `p_adjusted`.
    ///
    /// # Errors
    /// Never, but for labels that Arrow cannot take.
    pub fn batches(&self) -> Result<Vec<RecordBatch>> {
        self.batches_of(RULES).collect()
    }

    /// The same, of so many rules each, and one at a time. At least one batch, if an empty one.
    pub fn batches_of(&self, n: usize) -> impl Iterator<Item = Result<RecordBatch>> + Send + use<> {
        let rules = self.clone();
        let ranges = pieces(self.len().max(1), n.clamp(1, RULES));
        ranges.map(move |range| rules.batch(range.start..range.end.min(rules.len()), false))
    }

    /// Names and types of the columns.
    ///
    /// # Errors
    /// As [`batches`](Self::batches).
    pub fn schema(&self) -> Result<SchemaRef> {
        Ok(self.batch(0..0, false)?.schema())
    }

    /// The first rules, with columns `antecedent_names` and `consequent_names` where the items have names.
    ///
    /// # Errors
    /// As [`batches`](Self::batches).
    pub fn head(&self, n: usize) -> Result<RecordBatch> {
        self.batch(0..n.min(self.len()), true)
    }

    pub(super) fn batch(&self, range: Range<usize>, with_names: bool) -> Result<RecordBatch> {
        let rules = &self.list[range.clone()];
        let ctx = Context::new();
        let sides = Sides::new(&self.shared, rules, &ctx)?;
        let [x_ends, y_ends] = sides.ends;
        let [x_items, y_items] = sides.items.map(UInt32Array::from);
        let names = self.names().filter(|_| with_names);
        let named = |items: &UInt32Array| names.map(|names| named(names, items)).transpose();
        let (x_names, y_names) = (named(&x_items)?, named(&y_items)?);
        let (x, y) = (
            labelled(self.labels(), x_items)?,
            labelled(self.labels(), y_items)?,
        );
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            ("antecedent", lists(&x_ends, x)),
            ("consequent", lists(&y_ends, y)),
        ];
        columns.extend(x_names.map(|names| ("antecedent_names", lists(&x_ends, names))));
        columns.extend(y_names.map(|names| ("consequent_names", lists(&y_ends, names))));
        let counts = filled(&ctx, "rules", rules.len(), |at| {
            self.shared.counts(rules[at])
        })?;
        let whole = |of: fn(&Counts) -> u32| -> ArrayRef {
            let values = counts.iter().map(|c| i64::from(of(c)));
            Arc::new(Int64Array::from_iter_values(values))
        };
        columns.push(("support_count", whole(|c| c.n_xy)));
        columns.push(("antecedent_count", whole(|c| c.n_x)));
        columns.push(("consequent_count", whole(|c| c.n_y)));
        for measure in self.shown() {
            let mut values = vec![0.0; rules.len()];
            measure.fill(counts.iter().copied(), &mut values);
            columns.push((measure.name(), Arc::new(Float64Array::from(values))));
        }
        if let Some(tests) = &self.tests {
            let chances = &tests.chances[range.clone()];
            let adjusted = tests.adjusted[range].to_vec();
            let expected = chances.iter().map(|c| c.expected);
            let p_values = chances.iter().map(|c| c.p_value);
            columns.push(("expected_count", floats(expected)));
            columns.push(("p_value", floats(p_values)));
            columns.push(("p_adjusted", Arc::new(Float64Array::from(adjusted))));
        }
        batch_of(columns)
    }
}

/// The items of antecedents and consequents, one rule after the other, and where each ends.
struct Sides {
    items: [Vec<u32>; 2],
    ends: [OffsetBuffer<i32>; 2],
}

impl Sides {
    fn new(shared: &Shared, rules: &[Rule], ctx: &Context) -> Result<Self> {
        const PIECE: usize = 1 << 16;
        let ranges = pieces(rules.len(), PIECE).collect();
        let parts = map_ordered(ctx, "rules", ranges, |range| {
            Ok(Piece::new(shared, &rules[range]))
        })?;
        let all = |of: fn(&Piece) -> &Vec<u32>| {
            let mut all = Vec::with_capacity(parts.iter().map(|p| of(p).len()).sum());
            parts.iter().for_each(|p| all.extend_from_slice(of(p)));
            all
        };
        let ends = [all(|p| &p.lengths[0]), all(|p| &p.lengths[1])];
        let items = [all(|p| &p.items[0]), all(|p| &p.items[1])];
        let ends = ends.map(|l| OffsetBuffer::from_lengths(l.into_iter().map(|l| l as usize)));
        Ok(Self { items, ends })
    }
}

/// The sides of some rules.
struct Piece {
    items: [Vec<u32>; 2],
    lengths: [Vec<u32>; 2],
}

impl Piece {
    /// Rules of one set stand together: its items are looked up once, and an antecedent is what the consequent leaves.
    fn new(shared: &Shared, rules: &[Rule]) -> Self {
        let tree = &shared.tree;
        let new = || [Vec::new(), Vec::with_capacity(rules.len())];
        let ([x_items, x_lengths], [y_items, y_lengths]) = (&mut new(), &mut new());
        let (mut set, mut items, mut y) = (ROOT, Vec::new(), Vec::new());
        for rule in rules {
            if rule.xy != set {
                set = rule.xy;
                tree.items_into(set, &mut items);
            }
            tree.items_into(rule.y, &mut y);
            let mut left = &y[..];
            for &code in &items {
                let item = shared.codes[code as usize];
                if left.first() == Some(&code) {
                    left = &left[1..];
                    y_items.push(item);
                } else {
                    x_items.push(item);
                }
            }
            y_lengths.push(y.len() as u32);
            x_lengths.push((items.len() - y.len()) as u32);
        }
        Self {
            items: [std::mem::take(x_items), std::mem::take(y_items)],
            lengths: [std::mem::take(x_lengths), std::mem::take(y_lengths)],
        }
    }
}

fn floats(values: impl Iterator<Item = f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(values))
}
