//! Segments described.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Float64Array, Int32Array, RecordBatch, StringArray, UInt32Array, UInt64Array,
};

use super::attributes::{Attribute, Attributes};
use super::traits::{Basis, Trait, of_names, of_numbers};
use super::words::{sentence, told};
use crate::error::{Error, Result};
use crate::features::Kind;
use crate::parallel::{Context, map_ordered};
use crate::segment::job::{Segments, to_batch};
use crate::stats::multiple::benjamini_hochberg;
use crate::table::plain::Plain;

/// Categories with more values are taken for identifiers and left out.
const MOST_LEVELS: usize = 200;

/// Parameters of a profile; [`fit`](Self::fit) makes it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ProfileParams {
    /// The share of false ones among the differences in other columns that are told: in (0, 1).
    pub fdr: f64,
    /// Customers who stand for a segment: those nearest to its centre.
    pub n_representatives: usize,
}

impl Default for ProfileParams {
    fn default() -> Self {
        Self {
            fdr: 0.05,
            n_representatives: 3,
        }
    }
}

/// What is special in each segment.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Profile {
    /// All comparisons, segment by segment.
    pub traits: Vec<Trait>,
    /// For each segment its largest ones in words.
    pub words: Vec<String>,
    /// For each segment the places of the customers who stand for it.
    pub representatives: Vec<Vec<usize>>,
    /// What the user should know.
    pub notices: Vec<String>,
    segments: Segments,
}

impl ProfileParams {
    /// Compares each segment with the customers of all others: in the columns that it was found in by effect alone, in attributes with tests. Customers of rejected
    /// segments are left out.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a parameter outside its rule; [`Error::FeatureMismatch`] for identifiers that cannot be written as text; [`Error::Cancelled`].
    pub fn fit(
        &self,
        segments: &Segments,
        attributes: Option<&Attributes>,
        ctx: &Context,
    ) -> Result<Profile> {
        if !(self.fdr > 0.0 && self.fdr < 1.0) {
            return Err(Error::parameter(
                "ProfileParams",
                "fdr",
                "must be in (0, 1)",
                self.fdr,
            ));
        }
        let labels = segments.labels();
        let n = segments.model().segments.len();
        let features = segments.features();
        let used: Vec<usize> = (0..features.names().len()).collect();
        let used = map_ordered(ctx, "compare segments", used, |j| {
            let (name, column) = (&features.names()[j], &features.columns()[j]);
            Ok(of_numbers(name, column, labels, n, Basis::Used))
        })?;
        let mut notices = Vec::new();
        let others = match attributes {
            Some(attributes) => others(attributes, segments, &mut notices)?,
            None => Vec::new(),
        };
        let tested = map_ordered(ctx, "test attributes", others, |other| {
            Ok(match &other.values {
                Plain::Numbers(values) => of_numbers(&other.name, values, labels, n, Basis::Other),
                Plain::Names(codes, names) => {
                    of_names(&other.name, codes, names, labels, n, Basis::Other)
                }
            })
        })?;
        let mut traits: Vec<Trait> = used.into_iter().chain(tested).flatten().collect();
        adjust(&mut traits);
        traits.sort_by_key(|t| t.segment);
        let kinds = &features.recipe().kinds;
        let is_named = |column: &str| {
            let at = features.names().iter().position(|name| name == column);
            at.is_none_or(|at| kinds[at] == Kind::Measure)
        };
        let words = (0..n).map(|s| sentence(&told(&traits, s, self.fdr, is_named)));
        Ok(Profile {
            words: words.collect(),
            representatives: segments.nearest(self.n_representatives),
            traits,
            notices,
            segments: segments.clone(),
        })
    }
}

/// The attributes that can be compared, and what is said of the others.
fn others(
    attributes: &Attributes,
    segments: &Segments,
    notices: &mut Vec<String>,
) -> Result<Vec<Attribute>> {
    let features = segments.features();
    let (mut found, n_without) = attributes.of(features.customers())?;
    if n_without > 0 {
        notices.push(format!(
            "{n_without} customers have no row in the attributes"
        ));
    }
    found.retain(|a| {
        let is_used = features.names().contains(&a.name);
        if is_used {
            let why = "segments were found in it, and a test would be circular";
            notices.push(format!("attribute `{}` is left out: {why}", a.name));
        }
        let n_levels = match &a.values {
            Plain::Names(_, names) => names.len(),
            Plain::Numbers(_) => 0,
        };
        if n_levels > MOST_LEVELS {
            let why = format!("more than {MOST_LEVELS} values are taken for identifiers");
            notices.push(format!("attribute `{}` is left out: {why}", a.name));
        }
        !is_used && n_levels <= MOST_LEVELS
    });
    Ok(found)
}

fn adjust(traits: &mut [Trait]) {
    let p_values: Vec<f64> = traits.iter().filter_map(|t| t.p_value).collect();
    let weights = vec![1.0 / p_values.len().max(1) as f64; p_values.len()];
    let adjusted = benjamini_hochberg(&p_values, &weights);
    let tested = traits.iter_mut().filter(|t| t.p_value.is_some());
    tested
        .zip(adjusted)
        .for_each(|(t, p)| t.p_adjusted = Some(p));
}

impl Profile {
    /// All comparisons as a table: `segment`, `segment_name`, `column`, `level` (null of numbers), `basis`, `value`, `elsewhere`, `superiority`, `p_value`, `p_adjusted`.
    ///
    /// # Errors
    /// None that are known.
    pub fn batch(&self) -> Result<RecordBatch> {
        let own = &self.segments.model().segments;
        let traits = || self.traits.iter();
        let floats = |f: fn(&Trait) -> Option<f64>| -> ArrayRef {
            Arc::new(traits().map(f).collect::<Float64Array>())
        };
        let basis = |t: &Trait| match t.basis {
            Basis::Used => "used",
            Basis::Other => "other",
        };
        to_batch(vec![
            (
                "segment",
                Arc::new(Int32Array::from_iter_values(
                    traits().map(|t| own[t.segment].id),
                )),
            ),
            (
                "segment_name",
                Arc::new(StringArray::from_iter_values(
                    traits().map(|t| &own[t.segment].name),
                )),
            ),
            (
                "column",
                Arc::new(StringArray::from_iter_values(traits().map(|t| &t.column))),
            ),
            (
                "level",
                Arc::new(
                    traits()
                        .map(|t| t.level.as_deref())
                        .collect::<StringArray>(),
                ),
            ),
            (
                "basis",
                Arc::new(StringArray::from_iter_values(traits().map(basis))),
            ),
            ("value", floats(|t| Some(t.value))),
            ("elsewhere", floats(|t| Some(t.elsewhere))),
            ("superiority", floats(|t| Some(t.superiority))),
            ("p_value", floats(|t| t.p_value)),
            ("p_adjusted", floats(|t| t.p_adjusted)),
        ])
    }

    /// Segment by segment: `segment`, `segment_name`, `n_customers`, `traits` in words.
    ///
    /// # Errors
    /// None that are known.
    pub fn summary(&self) -> Result<RecordBatch> {
        let own = &self.segments.model().segments;
        to_batch(vec![
            (
                "segment",
                Arc::new(Int32Array::from_iter_values(own.iter().map(|s| s.id))),
            ),
            (
                "segment_name",
                Arc::new(StringArray::from_iter_values(own.iter().map(|s| &s.name))),
            ),
            (
                "n_customers",
                Arc::new(UInt64Array::from(self.segments.sizes())),
            ),
            (
                "traits",
                Arc::new(StringArray::from_iter_values(&self.words)),
            ),
        ])
    }

    /// Customers who stand for their segments: `segment`, `segment_name`, `rank` from 1, `customer`, and the features.
    ///
    /// # Errors
    /// None that are known.
    pub fn representatives(&self) -> Result<RecordBatch> {
        let own = &self.segments.model().segments;
        let all = || {
            self.representatives
                .iter()
                .zip(own)
                .flat_map(|(r, s)| (1..).zip(r).map(move |(rank, &at)| (s, rank, at)))
        };
        let places: Vec<usize> = all().map(|(.., at)| at).collect();
        let chosen = self.segments.features().chosen(&places)?;
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            (
                "segment",
                Arc::new(Int32Array::from_iter_values(all().map(|(s, ..)| s.id))),
            ),
            (
                "segment_name",
                Arc::new(all().map(|(s, ..)| Some(&s.name)).collect::<StringArray>()),
            ),
            (
                "rank",
                Arc::new(UInt32Array::from_iter_values(
                    all().map(|(_, rank, _)| rank),
                )),
            ),
            ("customer", chosen.customers().clone()),
        ];
        for (name, column) in chosen.names().iter().zip(chosen.columns()) {
            columns.push((name, Arc::new(Float64Array::from(column.clone()))));
        }
        to_batch(columns)
    }
}
