//! What a customer's segment buys and the customer does not: the third way to cross-sell, beside rules and neighbours.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int32Array, RecordBatch, StringArray, UInt64Array};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::features::{FeatureRecipe, FeatureSet, Orders};
use crate::parallel::{Context, map_ordered, pieces};
use crate::segment::job::{Segments, to_batch};
use crate::stats::multiple::benjamini_hochberg;
use crate::stats::tails::Hypergeometric;
use crate::transactions::Transactions;

const OWNER: &str = "ClassGapParams";

/// Parameters of the class gap; [`fit`](Self::fit) finds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ClassGapParams {
    /// Most items for each customer.
    pub n_items: usize,
    /// An item counts as bought by a segment from this share of its customers on: in (0, 1].
    pub min_share: f64,
    /// The share of false ones among the items that are held to be a segment's: in (0, 1].
    pub fdr: f64,
}

impl Default for ClassGapParams {
    fn default() -> Self {
        Self {
            n_items: 5,
            min_share: 0.1,
            fdr: 0.05,
        }
    }
}

/// An item that a segment buys more than others do.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SegmentItem {
    /// The place of the segment.
    pub segment: usize,
    /// The number of the item.
    pub item: u32,
    /// Customers of the segment who bought it.
    pub n_buyers: u64,
    /// Their share of the segment.
    pub share: f64,
    /// The share of buyers among all other customers.
    pub share_elsewhere: f64,
    /// The p-value, adjusted; none where the segments were found in what customers buy.
    pub p_adjusted: Option<f64>,
}

/// What each customer might be missing.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ClassGap {
    /// The items of each segment, the most bought first.
    pub items: Vec<SegmentItem>,
    /// Customer and item: places among the customers, and in `items`.
    pub gaps: Vec<(usize, usize)>,
    /// What the user should know.
    pub notices: Vec<String>,
    segments: Segments,
    labels: ArrayRef,
    names: Option<ArrayRef>,
}

impl ClassGapParams {
    /// For each customer the items that most of the segment's customers bought and this one did not. An item is a segment's if at least `min_share` of its customers bought it,
    /// more than elsewhere, and more than chance makes: by Fisher's exact test, adjusted for all pairs of segment and item (Benjamini and Hochberg 1995). Where the segments were
    /// found in baskets (all features but recency, frequency and money) there is no test: they differ in these by construction.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a parameter outside its rule; a missing role; [`Error::Budget`], [`Error::Cancelled`].
    pub fn fit(&self, segments: &Segments, tx: &Transactions, ctx: &Context) -> Result<ClassGap> {
        self.validate()?;
        let customers = segments.features().customers();
        let orders = Orders::new(tx, Some(customers), ctx)?;
        let is_circular = is_circular(&segments.model().recipe);
        let ranges = pieces(orders.len(), 1 << 12).collect();
        let bought = map_ordered(
            ctx,
            "what customers bought",
            ranges,
            |range: std::ops::Range<usize>| {
                let items = |c| {
                    orders
                        .items(c)
                        .into_iter()
                        .map(|(item, _)| item)
                        .collect::<Vec<u32>>()
                };
                Ok(range.map(items).collect::<Vec<_>>())
            },
        )?;
        let bought: Vec<Vec<u32>> = bought.into_iter().flatten().collect();
        let items = self.items(segments, &bought, orders.baskets.n_items(), is_circular);
        let gaps = self.gaps(segments.labels(), &bought, &items);
        let n_without = bought.iter().filter(|items| items.is_empty()).count();
        if n_without == bought.len() && n_without > 0 {
            return Err(Error::FeatureMismatch {
                what: "the transactions".into(),
                why: "no customer of the segments has a basket in them; are identifiers written alike?".into(),
            });
        }
        let mut notices = Vec::new();
        if is_circular {
            notices.push("the segments were found in baskets: that they differ in items is no evidence, and is not tested".into());
        } else {
            notices.push("segments whose customers buy often buy more of everything: compare `lift` between items".into());
        }
        if n_without > 0 {
            notices.push(format!(
                "{n_without} customers have no basket in these transactions"
            ));
        }
        ctx.progress.finish();
        Ok(ClassGap {
            items,
            gaps,
            notices,
            segments: segments.clone(),
            labels: orders.baskets.labels().clone(),
            names: orders.baskets.names().cloned(),
        })
    }

    fn validate(&self) -> Result<()> {
        let is_share = |x: f64| x > 0.0 && x <= 1.0;
        for (name, x) in [("min_share", self.min_share), ("fdr", self.fdr)] {
            if !is_share(x) {
                return Err(Error::parameter(OWNER, name, "must be in (0, 1]", x));
            }
        }
        match self.n_items {
            0 => Err(Error::parameter(OWNER, "n_items", "must be at least 1", 0)),
            _ => Ok(()),
        }
    }

    /// The items of each segment.
    fn items(
        &self,
        segments: &Segments,
        bought: &[Vec<u32>],
        n_items: usize,
        is_circular: bool,
    ) -> Vec<SegmentItem> {
        let sizes = segments.sizes();
        let n = sizes.len();
        let mut counts = vec![0_u64; n_items * n];
        for (items, &label) in bought.iter().zip(segments.labels()) {
            if label >= 0 {
                let of = |&item: &u32| item as usize * n + label as usize;
                items.iter().for_each(|item| counts[of(item)] += 1);
            }
        }
        let all: u64 = sizes.iter().sum();
        let mut found = Vec::new();
        let mut p_values = Vec::new();
        for (item, counts) in (0..).zip(counts.chunks_exact(n)) {
            let buyers: u64 = counts.iter().sum();
            for (segment, (&k, &size)) in counts.iter().zip(&sizes).enumerate() {
                if buyers == 0 || size == 0 || size == all {
                    continue;
                }
                let chance = || Hypergeometric::new(all as f64, size as f64, buyers as f64);
                p_values.push(if is_circular {
                    1.0
                } else {
                    chance().upper(k as f64)
                });
                found.push(SegmentItem {
                    segment,
                    item,
                    n_buyers: k,
                    share: k as f64 / size as f64,
                    share_elsewhere: (buyers - k) as f64 / (all - size) as f64,
                    p_adjusted: None,
                });
            }
        }
        if !is_circular {
            let weights = vec![1.0 / p_values.len().max(1) as f64; p_values.len()];
            let adjusted = benjamini_hochberg(&p_values, &weights);
            found
                .iter_mut()
                .zip(adjusted)
                .for_each(|(i, p)| i.p_adjusted = Some(p));
        }
        let is_own = |i: &SegmentItem| {
            i.share >= self.min_share
                && i.share > i.share_elsewhere
                && i.p_adjusted.is_none_or(|p| p <= self.fdr)
        };
        found.retain(is_own);
        found.sort_by(|a, b| a.segment.cmp(&b.segment).then(b.share.total_cmp(&a.share)));
        found
    }

    fn gaps(
        &self,
        labels: &[i32],
        bought: &[Vec<u32>],
        items: &[SegmentItem],
    ) -> Vec<(usize, usize)> {
        let mut gaps = Vec::new();
        for (customer, (own, &label)) in bought.iter().zip(labels).enumerate() {
            let Ok(segment) = usize::try_from(label) else {
                continue;
            };
            let from = items.partition_point(|i| i.segment < segment);
            let of_segment = (from..items.len()).take_while(|&i| items[i].segment == segment);
            let missing = of_segment.filter(|&i| own.binary_search(&items[i].item).is_err());
            gaps.extend(missing.take(self.n_items).map(|i| (customer, i)));
        }
        gaps
    }
}

/// Whether segments were found in what customers buy, or in how many items.
fn is_circular(recipe: &FeatureRecipe) -> bool {
    let sets = recipe.params.as_ref().map_or(&[][..], |p| &p.sets);
    sets.iter().any(|s| *s != FeatureSet::Rfm)
}

impl ClassGap {
    /// What customers might be missing: `customer`, and as [`items`](Self::segment_items).
    ///
    /// # Errors
    /// None that are known.
    pub fn batch(&self) -> Result<RecordBatch> {
        let places: Vec<usize> = self.gaps.iter().map(|g| g.0).collect();
        let customers = self.segments.features().chosen(&places)?;
        let mut columns = vec![("customer", customers.customers().clone())];
        let items: Vec<usize> = self.gaps.iter().map(|g| g.1).collect();
        columns.extend(self.columns(&items)?);
        to_batch(columns)
    }

    /// What is a segment's own: `segment`, `segment_name`, `item`, `item_name` where names are known, `n_buyers`, `share` of the segment, `share_elsewhere`, `lift` of the one
    /// over the other (null where nobody else buys it), `p_adjusted`.
    ///
    /// # Errors
    /// None that are known.
    pub fn segment_items(&self) -> Result<RecordBatch> {
        to_batch(self.columns(&(0..self.items.len()).collect::<Vec<_>>())?)
    }

    fn columns(&self, items: &[usize]) -> Result<Vec<(&'static str, ArrayRef)>> {
        let own = &self.segments.model().segments;
        let all = || items.iter().map(|&i| &self.items[i]);
        let numbers = arrow_array::UInt32Array::from_iter_values(all().map(|i| i.item));
        let taken = |values: &ArrayRef| {
            arrow_select::take::take(values, &numbers, None)
                .map_err(|e| Error::parameter(OWNER, "items", "cannot be taken", e))
        };
        let floats = |f: fn(&SegmentItem) -> Option<f64>| -> ArrayRef {
            Arc::new(all().map(f).collect::<Float64Array>())
        };
        let lift = |i: &SegmentItem| (i.share_elsewhere > 0.0).then(|| i.share / i.share_elsewhere);
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            (
                "segment",
                Arc::new(Int32Array::from_iter_values(
                    all().map(|i| own[i.segment].id),
                )),
            ),
            (
                "segment_name",
                Arc::new(StringArray::from_iter_values(
                    all().map(|i| &own[i.segment].name),
                )),
            ),
            ("item", taken(&self.labels)?),
        ];
        if let Some(names) = &self.names {
            columns.push(("item_name", taken(names)?));
        }
        columns.extend([
            (
                "n_buyers",
                Arc::new(UInt64Array::from_iter_values(all().map(|i| i.n_buyers))) as ArrayRef,
            ),
            ("share", floats(|i| Some(i.share))),
            ("share_elsewhere", floats(|i| Some(i.share_elsewhere))),
            ("lift", floats(lift)),
            ("p_adjusted", floats(|i| i.p_adjusted)),
        ]);
        Ok(columns)
    }
}
