//! Rules put to use: what a basket, or a customer, is missing.

mod found;
mod params;
mod shelf;

use crate::baskets::Baskets;
use crate::error::{Error, Result};
use crate::parallel::{Context, map_ordered, pieces};
use crate::rules::result::Rules;
use crate::rules::sets::counting::Coded;
use crate::rules::sets::matcher::{Marks, Matcher};

pub use found::Recommendations;
pub use params::{Combine, RecommendParams, Repeat};

const OWNER: &str = "RecommendParams";
/// Baskets of a piece.
const PIECE: usize = 4_096;

/// An item that a rule speaks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recommendation {
    /// The item's number.
    pub item: u32,
    /// The value of the measure that rules are ranked by, of the strongest rule or of all together, times the item's margin.
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

/// What rules say for an item, so far.
#[derive(Debug, Clone, Copy)]
struct Said {
    total: f64,
    strongest: f64,
    /// The strongest rule.
    rule: u32,
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
            code_of: crate::rules::fit::code_of(&shared.codes, n_items),
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
            said: vec![None; self.rules.shared.codes.len()],
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
    /// Of each code what rules say so far; only those in `met` have any.
    said: Vec<Option<Said>>,
    met: Vec<u32>,
    found: Vec<Recommendation>,
}

impl Said {
    fn add(&mut self, candidate: &Candidate) {
        self.total += candidate.score;
        // Of equal scores the rule that comes first.
        let order = candidate.score.total_cmp(&self.strongest);
        if order.then(self.rule.cmp(&candidate.rule)).is_gt() {
            self.strongest = candidate.score;
            self.rule = candidate.rule;
        }
    }
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
        let (said, met) = (&mut self.said, &mut self.met);
        met.clear();
        matcher.visit(codes, 0..u32::MAX, &mut self.marks, |at| {
            let range = compiled.starts[at as usize]..compiled.starts[at as usize + 1];
            for candidate in &compiled.candidates[range.start as usize..range.end as usize] {
                match &mut said[candidate.code as usize] {
                    Some(said) => said.add(candidate),
                    none => {
                        met.push(candidate.code);
                        *none = Some(Said {
                            total: candidate.score,
                            strongest: candidate.score,
                            rule: candidate.rule,
                        });
                    }
                }
            }
        });
        self.found.clear();
        for &code in &*met {
            let Some(Said {
                total,
                strongest,
                rule,
            }) = said[code as usize].take()
            else {
                continue;
            };
            let score = match compiled.params.combine {
                Combine::Strongest => strongest,
                Combine::Sum => total,
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
