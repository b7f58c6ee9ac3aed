//! Rules put to use: what a basket, or a customer, is missing.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, UInt32Array};
use arrow_select::take::take;
use serde::{Deserialize, Serialize};

use super::counting::Coded;
use super::matcher::{Marks, Matcher};
use super::measures::Measure;
use super::result::Rules;
use crate::baskets::Baskets;
use crate::error::{Error, Result};
use crate::itemsets::columns::{batch_of, labelled, named};
use crate::parallel::{Context, map_ordered, pieces};

const OWNER: &str = "RecommendParams";
/// Baskets of a piece.
const PIECE: usize = 4_096;

/// Whether what was bought before is recommended again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Repeat {
    /// No: only what is missing.
    #[default]
    Exclude,
    /// Yes, beside the rest.
    Include,
}

/// How rules are applied.
///
/// ```
/// use patronomy::rules::RecommendParams;
/// assert!(RecommendParams::new().k(3).validate().is_ok());
/// assert!(RecommendParams::new().k(0).validate().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RecommendParams {
    /// At most so many items for each basket; all where it is not given.
    pub k: Option<usize>,
    /// Whether what is there already is recommended again.
    pub repeat: Repeat,
    /// What rules are ranked by: of the rules for one item the highest counts. Rules with a NaN are left out.
    pub rank_by: Measure,
    /// Numbers of items of the rules that are never recommended.
    pub excluded: Vec<u32>,
    /// Places of baskets and numbers of items that they refuse.
    pub refused: Vec<(u32, u32)>,
    /// What each item of the rules is worth, by number: scores are multiplied by it, and items worth nothing or less are left out.
    pub margins: Option<Vec<f64>>,
}

impl Default for RecommendParams {
    fn default() -> Self {
        Self {
            k: Some(5),
            repeat: Repeat::default(),
            rank_by: Measure::Confidence,
            excluded: Vec::new(),
            refused: Vec::new(),
            margins: None,
        }
    }
}

impl RecommendParams {
    /// The five missing items with the highest confidences.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many items each basket gets.
    #[must_use]
    pub const fn k(mut self, k: usize) -> Self {
        self.k = Some(k);
        self
    }

    /// Asks for every item that some rule speaks for.
    #[must_use]
    pub const fn all(mut self) -> Self {
        self.k = None;
        self
    }

    /// Sets whether what is there already is recommended again.
    #[must_use]
    pub const fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    /// Sets what rules are ranked by.
    #[must_use]
    pub const fn rank_by(mut self, measure: Measure) -> Self {
        self.rank_by = measure;
        self
    }

    /// Sets items that are never recommended.
    #[must_use]
    pub fn excluded(mut self, items: Vec<u32>) -> Self {
        self.excluded = items;
        self
    }

    /// Sets what baskets refuse.
    #[must_use]
    pub fn refused(mut self, refused: Vec<(u32, u32)>) -> Self {
        self.refused = refused;
        self
    }

    /// Sets what items are worth.
    #[must_use]
    pub fn margins(mut self, margins: Vec<f64>) -> Self {
        self.margins = Some(margins);
        self
    }

    /// Whether the values are ones that can be worked with.
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that breaks its rule.
    pub fn validate(&self) -> Result<()> {
        if self.k == Some(0) {
            return Err(Error::parameter(OWNER, "k", "must be 1 or more", 0));
        }
        let margins = self.margins.iter().flatten();
        if let Some(margin) = margins.copied().find(|m| !m.is_finite()) {
            return Err(Error::parameter(
                OWNER,
                "margins",
                "must be finite numbers",
                margin,
            ));
        }
        Ok(())
    }
}

/// An item that a rule speaks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recommendation {
    /// The item's number.
    pub item: u32,
    /// The value of the measure that rules are ranked by, times the item's margin.
    pub score: f64,
    /// The place of the rule, the strongest of those that hold for the basket.
    pub rule: u32,
}

/// Rules made ready to be applied to one basket after the other.
///
/// Antecedents are a tree of sets, rarest items first: a basket walks down its own branches only, so that most rules are never looked at.
///
/// ```
/// use std::sync::Arc;
/// use arrow_array::StringArray;
/// use patronomy::{Context, baskets::Baskets, rules::{CompiledRules, RecommendParams, RuleParams}};
///
/// let labels = Arc::new(StringArray::from(vec!["bread", "butter", "milk"]));
/// let baskets = Baskets::from_numbers(vec![2, 5, 7, 8], vec![0, 1, 0, 1, 2, 0, 1, 2], labels)?;
/// let rules = RuleParams::new().min_support(0.5).fit(&baskets, &Context::new())?;
/// let compiled = CompiledRules::new(&rules, &RecommendParams::new(), &Context::new())?;
/// let mut recommender = compiled.recommender();
/// assert_eq!(recommender.recommend(&[0])[0].item, 1);
/// assert!(recommender.recommend(&[0, 1]).is_empty());
/// # Ok::<(), patronomy::Error>(())
/// ```
#[derive(Debug)]
pub struct CompiledRules {
    rules: Rules,
    params: RecommendParams,
    matcher: Matcher,
    code_of: Vec<Option<u32>>,
    /// Of each set of the matcher, where its candidates are.
    starts: Vec<u32>,
    candidates: Vec<Candidate>,
    is_excluded: Vec<bool>,
}

/// An item of a rule's consequent.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    code: u32,
    rule: u32,
    score: f64,
}

impl CompiledRules {
    /// Compiles rules. Cost: a pass over them, and a sort by antecedent.
    ///
    /// # Errors
    /// [`Error::Parameter`] where a value breaks its rule, or is not of an item; [`Error::Cancelled`].
    pub fn new(rules: &Rules, params: &RecommendParams, ctx: &Context) -> Result<Self> {
        params.validate()?;
        let (shared, n_items) = (&*rules.shared, rules.labels().len());
        let unknown = |name: &str, item: u32| {
            let rule = format!("must be numbers of the {n_items} items");
            Err(Error::parameter(OWNER, name, rule, item))
        };
        let mut is_excluded = vec![false; n_items];
        for &item in &params.excluded {
            match is_excluded.get_mut(item as usize) {
                Some(mark) => *mark = true,
                None => return unknown("excluded", item),
            }
        }
        if let Some(&(_, item)) = params.refused.iter().find(|r| r.1 as usize >= n_items) {
            return unknown("refused", item);
        }
        if let Some(margins) = params.margins.as_ref().filter(|m| m.len() != n_items) {
            let rule = format!("must be {n_items}, one for each item");
            return Err(Error::parameter(OWNER, "margins", rule, margins.len()));
        }
        let mut is_wanted = vec![false; shared.tree.len()];
        rules
            .list
            .iter()
            .for_each(|r| is_wanted[r.x as usize] = true);
        let matcher = Matcher::new(&shared.tree, &is_wanted, shared.codes.len());
        let mut compiled = Self {
            code_of: super::fit::code_of(&shared.codes, n_items),
            starts: vec![0; matcher.len() + 1],
            candidates: Vec::new(),
            rules: rules.clone(),
            params: params.clone(),
            matcher,
            is_excluded,
        };
        compiled.fill(ctx)?;
        Ok(compiled)
    }

    /// Lists the candidates of each antecedent.
    fn fill(&mut self, ctx: &Context) -> Result<()> {
        let shared = &*self.rules.shared;
        let scores = self.rules.measure(self.params.rank_by, ctx)?;
        let mut place_of = vec![u32::MAX; shared.tree.len()];
        for at in 0..self.matcher.len() as u32 {
            place_of[self.matcher.set(at) as usize] = at;
        }
        let mut all: Vec<(u32, Candidate)> = Vec::with_capacity(self.rules.len());
        for (place, rule) in self.rules.list.iter().enumerate() {
            for code in shared.tree.items_of(rule.y) {
                let item = shared.codes[code as usize] as usize;
                let margin = self.params.margins.as_ref().map_or(1.0, |m| m[item]);
                let score = scores[place] * margin;
                if !self.is_excluded[item] && margin > 0.0 && !score.is_nan() {
                    let rule_place = place as u32;
                    let candidate = Candidate {
                        code,
                        rule: rule_place,
                        score,
                    };
                    all.push((place_of[rule.x as usize], candidate));
                }
            }
        }
        ctx.cancel.poll()?;
        all.sort_by_key(|(at, candidate)| (*at, candidate.rule));
        for (at, _) in &all {
            self.starts[*at as usize + 1] += 1;
        }
        for at in 1..self.starts.len() {
            self.starts[at] += self.starts[at - 1];
        }
        self.candidates = all.into_iter().map(|c| c.1).collect();
        Ok(())
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What answers for one basket after the other; each thread needs its own.
    #[must_use]
    pub fn recommender(&self) -> Recommender<'_> {
        Recommender {
            compiled: self,
            marks: Marks::default(),
            codes: Vec::new(),
            best: vec![None; self.rules.shared.codes.len()],
            met: Vec::new(),
            found: Vec::new(),
        }
    }
}

/// Answers for one basket after the other: [`CompiledRules::recommender`].
#[derive(Debug)]
pub struct Recommender<'a> {
    compiled: &'a CompiledRules,
    marks: Marks,
    codes: Vec<u32>,
    /// Of each code the best rule so far; only those in `met` have one.
    best: Vec<Option<(f64, u32)>>,
    met: Vec<u32>,
    found: Vec<Recommendation>,
}

impl Recommender<'_> {
    /// What rules say about a basket, the highest score first, then the first rule. Items are numbers of the rules' items, in any order; others are not
    /// looked at.
    pub fn recommend(&mut self, items: &[u32]) -> &[Recommendation] {
        let code_of = &self.compiled.code_of;
        let known = |&item: &u32| code_of.get(item as usize).copied().flatten();
        let mut codes = std::mem::take(&mut self.codes);
        codes.clear();
        codes.extend(items.iter().filter_map(known));
        codes.sort_unstable();
        codes.dedup();
        self.of_codes(&codes, &[]);
        self.codes = codes;
        &self.found
    }

    /// The same of codes, which ascend; `refused` are items that the basket refuses.
    fn of_codes(&mut self, codes: &[u32], refused: &[(u32, u32)]) {
        let compiled = self.compiled;
        let matcher = &compiled.matcher;
        let (best, met) = (&mut self.best, &mut self.met);
        met.clear();
        matcher.visit(codes, 0..u32::MAX, &mut self.marks, |at| {
            let range = compiled.starts[at as usize]..compiled.starts[at as usize + 1];
            for candidate in &compiled.candidates[range.start as usize..range.end as usize] {
                let slot = &mut best[candidate.code as usize];
                match slot {
                    None => {
                        met.push(candidate.code);
                        *slot = Some((candidate.score, candidate.rule));
                    }
                    Some((score, rule)) => {
                        // Of equal scores the rule that comes first.
                        let order = candidate.score.total_cmp(score);
                        if order.then((*rule).cmp(&candidate.rule)).is_gt() {
                            *slot = Some((candidate.score, candidate.rule));
                        }
                    }
                }
            }
        });
        self.found.clear();
        for &code in &*met {
            let Some((score, rule)) = best[code as usize].take() else {
                continue;
            };
            let item = compiled.rules.shared.codes[code as usize];
            let is_there =
                compiled.params.repeat == Repeat::Exclude && codes.binary_search(&code).is_ok();
            if !is_there && !refused.iter().any(|r| r.1 == item) {
                self.found.push(Recommendation { item, score, rule });
            }
        }
        let order = |a: &Recommendation, b: &Recommendation| {
            let by_score = b.score.total_cmp(&a.score);
            by_score.then(a.rule.cmp(&b.rule)).then(a.item.cmp(&b.item))
        };
        if let Some(k) = compiled.params.k.filter(|&k| k < self.found.len()) {
            self.found.select_nth_unstable_by(k, order);
            self.found.truncate(k);
        }
        self.found.sort_unstable_by(order);
    }
}

/// What rules recommend for many baskets.
#[derive(Debug, Clone)]
pub struct Recommendations {
    rules: Rules,
    baskets: Baskets,
    n_baskets: usize,
    /// Of each row the basket, the rank from 1, and what is recommended.
    rows: Vec<(u32, u32, Recommendation)>,
}

impl CompiledRules {
    /// What the rules say about each basket, in the order of the baskets, then by rank. Items are matched by their labels.
    ///
    /// For customers give [`Baskets::by_customer`].
    ///
    /// # Errors
    /// [`Error::Parameter`] if labels are of another type, or a refused basket is none; [`Error::Cancelled`].
    pub fn recommend(&self, baskets: &Baskets, ctx: &Context) -> Result<Recommendations> {
        let mut refused = self.params.refused.clone();
        refused.sort_unstable();
        if let Some(&(basket, _)) = refused.last().filter(|r| r.0 as usize >= baskets.len()) {
            let rule = format!("must be places of the {} baskets", baskets.len());
            return Err(Error::parameter(OWNER, "refused", rule, basket));
        }
        let (coded, _): (Coded, usize) = self.rules.coded(baskets)?;
        let ranges = pieces(coded.len(), PIECE).collect();
        let parts = map_ordered(ctx, "recommendations", ranges, |range| {
            let mut recommender = self.recommender();
            let mut rows = Vec::new();
            for basket in range {
                let basket_number = basket as u32;
                let from = refused.partition_point(|r| r.0 < basket_number);
                let to = refused.partition_point(|r| r.0 <= basket_number);
                recommender.of_codes(coded.get(basket), &refused[from..to]);
                let ranked = recommender.found.iter().zip(1..);
                rows.extend(ranked.map(|(&found, rank)| (basket_number, rank, found)));
            }
            Ok(rows)
        })?;
        ctx.progress.finish();
        Ok(Recommendations {
            rules: self.rules.clone(),
            baskets: baskets.clone(),
            n_baskets: coded.len(),
            rows: parts.concat(),
        })
    }
}

impl Recommendations {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The baskets looked at.
    #[must_use]
    pub fn n_baskets(&self) -> usize {
        self.n_baskets
    }

    /// Each recommendation: the basket, its rank from 1, item, score and rule.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32, Recommendation)> {
        self.rows.iter().copied()
    }

    /// The same, the highest score of all first; of equal ones in the order of the baskets.
    #[must_use]
    pub fn strongest_first(mut self) -> Self {
        self.rows.sort_by(|a, b| b.2.score.total_cmp(&a.2.score));
        self
    }

    /// One row each: `name` of the column of baskets (their ids, else their places), `rank`, `item`, `item_name` where items have names, `score`, and the
    /// reason: `rule` (its place), `antecedent`, `support_count` (baskets with both sides), `antecedent_count`, `confidence`, `lift`.
    ///
    /// # Errors
    /// Never, but for labels that Arrow cannot take.
    pub fn batch(&self, name: &str) -> Result<RecordBatch> {
        let baskets = UInt32Array::from_iter_values(self.rows.iter().map(|r| r.0));
        let ids: ArrayRef = match self.baskets.ids() {
            Some(ids) => take(ids, &baskets, None)
                .map_err(|e| Error::parameter("Recommendations", "ids", "cannot be taken", e))?,
            None => Arc::new(baskets),
        };
        let places: Vec<usize> = self.rows.iter().map(|r| r.2.rule as usize).collect();
        let reasons = self.rules.take(&places)?.with_measures(&[]).untested();
        let reasons = reasons.batch(0..places.len(), false)?;
        let items = UInt32Array::from_iter_values(self.rows.iter().map(|r| r.2.item));
        let rules = UInt32Array::from_iter_values(self.rows.iter().map(|r| r.2.rule));
        let ranks = UInt32Array::from_iter_values(self.rows.iter().map(|r| r.1));
        let scores = Float64Array::from_iter_values(self.rows.iter().map(|r| r.2.score));
        let names = self
            .rules
            .names()
            .map(|names| named(names, &items))
            .transpose()?;
        let item = labelled(self.rules.labels(), items)?;
        let mut columns: Vec<(&str, ArrayRef)> =
            vec![(name, ids), ("rank", Arc::new(ranks)), ("item", item)];
        columns.extend(names.map(|names| ("item_name", names)));
        columns.push(("score", Arc::new(scores)));
        columns.push(("rule", Arc::new(rules)));
        for reason in [
            "antecedent",
            "support_count",
            "antecedent_count",
            "confidence",
            "lift",
        ] {
            if let Some(column) = reasons.column_by_name(reason) {
                columns.push((reason, column.clone()));
            }
        }
        batch_of(columns)
    }
}
