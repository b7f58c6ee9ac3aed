//! Rules that were found.

use std::sync::Arc;

use arrow_array::ArrayRef;

use super::chance::significance::Chance;
use super::make::basis::Generators;
use super::make::generate::{Rule, best_part};
use super::measures::{Counts, Measure};
use super::params::{Correction, RuleParams};
use super::sets::index::SetIndex;
use super::sets::matcher::Marks;
use super::sets::tree::{ROOT, SetTree};
use crate::baskets::Baskets;
use crate::error::{Error, Result};
use crate::parallel::{Context, fill, sorted};
use crate::stats::multiple::{benjamini_hochberg, holm};

/// Association rules: with the items of the antecedent, those of the consequent are bought too.
///
/// In a fixed order, that of the item sets of both sides together, then of consequents. Clones share what they know of the sets.
#[derive(Debug, Clone)]
pub struct Rules {
    pub(super) shared: Arc<Shared>,
    pub(super) list: Arc<Vec<Rule>>,
    pub(super) tests: Option<Arc<Tests>>,
    /// Shown beside support, confidence and lift.
    pub(super) measures: Vec<Measure>,
}

/// What all parts of a result have in common.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) tree: SetTree,
    /// Of each code the item's number.
    pub(super) codes: Vec<u32>,
    pub(super) labels: ArrayRef,
    pub(super) names: Option<ArrayRef>,
    pub(super) params: RuleParams,
    pub(super) min_support_count: u32,
    /// How many rules could have been found.
    pub(super) n_candidates: f64,
    /// What knows the supports of sets that the tree has not; none where it has all parts of the rules.
    pub(super) generators: Option<Generators>,
}

/// What tests say, by rule.
#[derive(Debug)]
pub(super) struct Tests {
    pub(super) chances: Vec<Chance>,
    pub(super) adjusted: Vec<f64>,
}

impl Tests {
    /// `weight` is that of a rule among all that could have been found.
    pub(super) fn new(
        chances: Vec<Chance>,
        correction: Correction,
        weight: impl FnMut(usize) -> f64,
    ) -> Self {
        let p_values: Vec<f64> = chances.iter().map(|c| c.p_value).collect();
        let weights: Vec<f64> = (0..p_values.len()).map(weight).collect();
        let adjusted = match correction {
            Correction::Holm => holm(&p_values, &weights),
            Correction::BenjaminiHochberg => benjamini_hochberg(&p_values, &weights),
            Correction::None => p_values,
        };
        Self { chances, adjusted }
    }
}

impl Rules {
    /// How many rules there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The parameters they were mined with.
    #[must_use]
    pub fn params(&self) -> &RuleParams {
        &self.shared.params
    }

    /// The baskets they were mined from, by weight.
    #[must_use]
    pub fn n_baskets(&self) -> u32 {
        self.shared.tree.support(ROOT)
    }

    /// The smallest support of both sides together, as a number of baskets.
    #[must_use]
    pub fn min_support_count(&self) -> u32 {
        self.shared.min_support_count
    }

    /// How many rules could have been found, whatever the baskets held: what p-values are adjusted for.
    #[must_use]
    pub fn n_candidates(&self) -> f64 {
        self.shared.n_candidates
    }

    /// What each item is called.
    #[must_use]
    pub fn labels(&self) -> &ArrayRef {
        &self.shared.labels
    }

    /// What each item is called by people; none where the source has no names.
    #[must_use]
    pub fn names(&self) -> Option<&ArrayRef> {
        self.shared.names.as_ref()
    }

    /// Whether rules were tested, so that there are p-values.
    #[must_use]
    pub fn is_tested(&self) -> bool {
        self.tests.is_some()
    }

    /// The numbers of items, by their labels; `what` the labels are for is named where one is unknown.
    ///
    /// # Errors
    /// As [`Baskets::numbers`].
    pub fn numbers(&self, labels: &ArrayRef, what: &str) -> Result<Vec<u32>> {
        // Baskets without any have the same items.
        let none = Baskets::from_numbers(Vec::new(), Vec::new(), self.labels().clone())?;
        none.numbers(labels, what)
    }

    /// The numbers of the items of a rule's antecedent; places in [`labels`](Self::labels).
    ///
    /// # Panics
    /// If there are not so many rules.
    #[must_use]
    pub fn antecedent(&self, rule: usize) -> Vec<u32> {
        self.items(self.list[rule].x)
    }

    /// The numbers of the items of a rule's consequent.
    ///
    /// # Panics
    /// If there are not so many rules.
    #[must_use]
    pub fn consequent(&self, rule: usize) -> Vec<u32> {
        self.items(self.list[rule].y)
    }

    fn items(&self, set: u32) -> Vec<u32> {
        let codes = self.shared.tree.items_of(set);
        codes
            .iter()
            .map(|&c| self.shared.codes[c as usize])
            .collect()
    }

    /// The counts of a rule.
    ///
    /// # Panics
    /// If there are not so many rules.
    #[must_use]
    pub fn counts(&self, rule: usize) -> Counts {
        self.shared.counts(self.list[rule])
    }

    /// How likely chance makes a rule as strong, before and after the adjustment for all that could have been found; none if rules were not tested.
    ///
    /// # Panics
    /// If there are not so many rules.
    #[must_use]
    pub fn p_value(&self, rule: usize) -> Option<(f64, f64)> {
        let tests = self.tests.as_ref()?;
        Some((tests.chances[rule].p_value, tests.adjusted[rule]))
    }

    /// The values of a measure, by rule. Cost: a pass over the rules.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub fn measure(&self, measure: Measure, ctx: &Context) -> Result<Vec<f64>> {
        let mut values = vec![0.0; self.len()];
        let (shared, rules) = (&*self.shared, &*self.list);
        fill(ctx, "measure", &mut values, |from, piece| {
            let rules = &rules[from..from + piece.len()];
            measure.fill(rules.iter().map(|&r| shared.counts(r)), piece);
        })?;
        Ok(values)
    }

    /// The highest confidence of each rule's proper parts for the same consequent; without any item left it is the consequent's support. Improvement
    /// is the confidence less this (Bayardo, Agrawal and Gunopulos 1999), boost is the confidence over it (Balcazar 2013), and so is the lift increase.
    ///
    /// Cost: two look-ups for each part, of which an antecedent of k items has 2^k - 1.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub fn confidence_of_parts(&self, ctx: &Context) -> Result<Vec<f64>> {
        let tree = &self.shared.tree;
        let index = SetIndex::new(tree, self.shared.codes.len());
        let mut values = vec![0.0; self.len()];
        fill(ctx, "parts", &mut values, |from, piece| {
            let (mut items, mut keys, mut marks) = (Vec::new(), Vec::new(), Marks::default());
            for (at, value) in piece.iter_mut().enumerate() {
                let rule = self.list[from + at];
                if let Some(generators) = &self.shared.generators {
                    let [x, y] = [rule.x, rule.y].map(|side| tree.items_of(side));
                    let (n_xy, n_x) = generators.best_part(&x, &y, &mut marks);
                    *value = n_xy as f64 / n_x as f64;
                    continue;
                }
                tree.items_into(rule.y, &mut items);
                let y_key = index.key_of(&items);
                tree.items_into(rule.x, &mut items);
                keys.clear();
                keys.extend(items.iter().map(|&i| index.key(i)));
                let (n_xy, n_x) = best_part(tree, &index, &keys, y_key);
                *value = n_xy as f64 / n_x as f64;
            }
        })?;
        Ok(values)
    }

    /// The same rules with these measures among their columns.
    #[must_use]
    pub fn with_measures(&self, measures: &[Measure]) -> Self {
        Self {
            measures: measures.to_vec(),
            ..self.clone()
        }
    }

    /// The same rules without what tests say.
    pub(super) fn untested(self) -> Self {
        Self {
            tests: None,
            ..self
        }
    }

    /// The measures that are columns: support, confidence and lift, and those asked for.
    pub(super) fn shown(&self) -> Vec<Measure> {
        let mut shown = vec![Measure::Support, Measure::Confidence, Measure::Lift];
        for &measure in &self.measures {
            if !shown.contains(&measure) {
                shown.push(measure);
            }
        }
        shown
    }

    /// The rules of these places, in this order.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that there is not.
    pub fn take(&self, places: &[usize]) -> Result<Self> {
        if let Some(place) = places.iter().find(|&&p| p >= self.len()) {
            let rule = format!("must be places of the {} rules", self.len());
            return Err(Error::parameter("Rules", "places", rule, place));
        }
        Ok(self.gathered(places.iter().copied()))
    }

    /// The rules whose adjusted p-value is at most `alpha`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if it is not in (0, 1], or if rules were not tested.
    pub fn significant(&self, alpha: f64) -> Result<Self> {
        if !(alpha > 0.0 && alpha <= 1.0) {
            return Err(Error::parameter(
                "Rules",
                "alpha",
                "must be in (0, 1]",
                alpha,
            ));
        }
        let Some(tests) = &self.tests else {
            let rule = "needs p-values: mine with a `test`";
            return Err(Error::parameter("Rules", "alpha", rule, alpha));
        };
        let adjusted = tests.adjusted.iter().enumerate();
        let places: Vec<usize> = adjusted
            .filter(|(_, p)| **p <= alpha)
            .map(|p| p.0)
            .collect();
        self.take(&places)
    }

    /// The rules sorted by values, one for each, the highest first; equal ones keep their order, NaN comes last.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is not one value for each rule.
    pub fn sorted_by(&self, values: &[f64]) -> Result<Self> {
        self.sorted(values, &Context::new())
    }

    /// The same, and it can be stopped.
    pub(super) fn sorted(&self, values: &[f64], ctx: &Context) -> Result<Self> {
        if values.len() != self.len() {
            let rule = format!("must be {}, one for each rule", self.len());
            return Err(Error::parameter("Rules", "values", rule, values.len()));
        }
        // Bits that ascend where values descend: NaN last, and both zeros alike.
        let rank = |value: f64| {
            let bits = (-value + 0.0).to_bits();
            match bits >> 63 {
                _ if value.is_nan() => u64::MAX,
                1 => !bits,
                _ => bits | 1 << 63,
            }
        };
        let ranks: Vec<(u64, usize)> = values.iter().map(|&v| rank(v)).zip(0..).collect();
        let ranks = sorted(ctx, "sort rules", ranks, |&rank| rank)?;
        Ok(self.gathered(ranks.iter().map(|rank| rank.1)))
    }

    /// The rules of these places.
    fn gathered(&self, places: impl Iterator<Item = usize> + Clone) -> Self {
        let tests = self.tests.as_ref().map(|tests| {
            Arc::new(Tests {
                chances: places.clone().map(|p| tests.chances[p]).collect(),
                adjusted: places.clone().map(|p| tests.adjusted[p]).collect(),
            })
        });
        Self {
            shared: Arc::clone(&self.shared),
            list: Arc::new(places.map(|p| self.list[p]).collect()),
            tests,
            measures: self.measures.clone(),
        }
    }
}

impl Shared {
    #[inline(always)]
    pub(super) fn counts(&self, rule: Rule) -> Counts {
        self.tree.counts(rule)
    }
}
