//! Shelf pairs: items that should stand next to each other.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, UInt32Array};

use crate::error::Result;
use crate::itemsets::columns::{batch_of, labelled, named};
use crate::rules::measures::{Counts, Measure};
use crate::rules::result::Rules;

/// A pair of items, by its rule with the higher confidence.
struct Pair {
    rule: usize,
    counts: Counts,
    expected: f64,
}

impl Pair {
    /// Baskets with both beyond what chance explains.
    fn extra(&self) -> f64 {
        f64::from(self.counts.n_xy) - self.expected
    }
}

impl Rules {
    /// The pairs of single items with most baskets beyond chance, `k` at most; a pair is there if one of the rules between its items is.
    ///
    /// One row for each, by `extra_count` descending: `item` and `with_item` (the rule from the first to the second has the higher confidence),
    /// `item_name` and `with_item_name` where items have names, `support_count`, `item_count`, `with_item_count`, `expected_count` (by the
    /// test, or by the items' frequencies where rules were not tested), `extra_count`, `confidence`, `lift`, `p_adjusted` where rules were tested, and
    /// `rule`, its place.
    ///
    /// # Errors
    /// Never, but for labels that Arrow cannot take.
    pub fn shelf_pairs(&self, k: usize) -> Result<RecordBatch> {
        let mut pairs: HashMap<(u32, u32), Pair> = HashMap::new();
        let tree = &self.shared.tree;
        for (place, rule) in self.list.iter().enumerate() {
            if tree.length(rule.xy) != 2 {
                continue;
            }
            let (x, y) = (tree.item(rule.x), tree.item(rule.y));
            let pair = self.pair(place);
            let best = pairs.entry((x.min(y), x.max(y)));
            let best = best.or_insert_with(|| self.pair(place));
            if pair.counts.n_x < best.counts.n_x {
                *best = pair;
            }
        }
        let mut pairs: Vec<Pair> = pairs.into_values().filter(|p| p.extra() > 0.0).collect();
        pairs.sort_unstable_by(|a, b| {
            let by_extra: Ordering = b.extra().total_cmp(&a.extra());
            by_extra.then(a.rule.cmp(&b.rule))
        });
        pairs.truncate(k);
        self.pairs_batch(&pairs)
    }

    fn pair(&self, rule: usize) -> Pair {
        let counts = self.counts(rule);
        let by_margins = f64::from(counts.n_x) / f64::from(counts.n) * f64::from(counts.n_y);
        let tested = self.tests.as_ref().map(|t| t.chances[rule].expected);
        Pair {
            rule,
            counts,
            expected: tested.unwrap_or(by_margins),
        }
    }

    fn pairs_batch(&self, pairs: &[Pair]) -> Result<RecordBatch> {
        let shared = &self.shared;
        let side = |set: fn(&crate::rules::make::generate::Rule) -> u32| {
            let items = pairs.iter().map(|p| {
                let code = shared.tree.item(set(&self.list[p.rule]));
                shared.codes[code as usize]
            });
            UInt32Array::from_iter_values(items)
        };
        let (left, right) = (side(|r| r.x), side(|r| r.y));
        let name = |items| self.names().map(|names| named(names, items)).transpose();
        let names = (name(&left)?, name(&right)?);
        let whole = |of: fn(&Counts) -> u32| -> ArrayRef {
            let values = pairs.iter().map(|p| i64::from(of(&p.counts)));
            Arc::new(Int64Array::from_iter_values(values))
        };
        let real = |of: &dyn Fn(&Pair) -> f64| -> ArrayRef {
            Arc::new(Float64Array::from_iter_values(pairs.iter().map(of)))
        };
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            ("item", labelled(self.labels(), left)?),
            ("with_item", labelled(self.labels(), right)?),
        ];
        columns.extend(names.0.map(|names| ("item_name", names)));
        columns.extend(names.1.map(|names| ("with_item_name", names)));
        columns.push(("support_count", whole(|c| c.n_xy)));
        columns.push(("item_count", whole(|c| c.n_x)));
        columns.push(("with_item_count", whole(|c| c.n_y)));
        columns.push(("expected_count", real(&|p| p.expected)));
        columns.push(("extra_count", real(&Pair::extra)));
        columns.push(("confidence", real(&|p| Measure::Confidence.of(p.counts))));
        columns.push(("lift", real(&|p| Measure::Lift.of(p.counts))));
        if let Some(tests) = &self.tests {
            columns.push(("p_adjusted", real(&|p| tests.adjusted[p.rule])));
        }
        let places = pairs.iter().map(|p| p.rule as i64);
        columns.push(("rule", Arc::new(Int64Array::from_iter_values(places))));
        batch_of(columns)
    }
}
