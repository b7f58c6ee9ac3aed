//! Rules chosen and sorted by what is known of them.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, NullArray};

use super::chance::significance::Chance;
use super::make::generate::Rule;
use super::measures::Measure;
use super::result::Rules;
use crate::error::{Error, Result, nearest};
use crate::itemsets::columns::batch_of;
use crate::parallel::{Context, map_ordered, pieces};
use crate::stats::tails::poisson_lower_limit;
use crate::table::expression::{Expression, Names};
use crate::table::{Segment, Table};

/// What can be named beside measures: counts and lengths, as integers.
const WHOLE: [&str; 6] = [
    "support_count",
    "antecedent_count",
    "consequent_count",
    "antecedent_length",
    "consequent_length",
    "length",
];
/// What needs the parts of antecedents.
const OF_PARTS: [&str; 3] = ["improvement", "boost", "lift_increase"];
/// What only rules that were tested have.
const OF_TESTS: [&str; 4] = ["expected_count", "least_lift", "p_value", "p_adjusted"];
/// How often a lift is less than the least one, at most.
const LEVEL: f64 = 0.001;

impl Rules {
    /// The values of anything that rules are known by: a measure; `support_count`, `antecedent_count`, `consequent_count`, `antecedent_length`,
    /// `consequent_length`, `length`; `improvement`, `boost` or `lift_increase` over the parts of the antecedent; and where rules were tested
    /// `expected_count`, `least_lift`, `p_value` and `p_adjusted`.
    ///
    /// The least lift is what `support_count / expected_count` is at least, with a confidence of 99.9 % for one rule: the lower limit of a Poisson mean (Garwood
    /// 1936) over the expectation. Sorted by it, rules come by how strong they are for sure; p-values put much bought items with weak ties first.
    ///
    /// # Errors
    /// [`Error::Parameter`] for another name, with the most similar one; [`Error::Cancelled`].
    pub fn values(&self, name: &str, ctx: &Context) -> Result<Vec<f64>> {
        if let Some(whole) = self.whole(name) {
            return Ok(whole.into_iter().map(|n| n as f64).collect());
        }
        if OF_PARTS.contains(&name) {
            let of_parts = self.confidence_of_parts(ctx)?;
            let confidence = self.measure(Measure::Confidence, ctx)?;
            let pairs = confidence.into_iter().zip(of_parts);
            let is_difference = name == "improvement";
            return Ok(pairs
                .map(|(own, best)| {
                    if is_difference {
                        own - best
                    } else {
                        own / best
                    }
                })
                .collect());
        }
        if let (true, Some(tests)) = (OF_TESTS.contains(&name), &self.tests) {
            return Ok(match name {
                "expected_count" => tests.chances.iter().map(|c| c.expected).collect(),
                "least_lift" => {
                    let pairs = self.list.iter().zip(&tests.chances);
                    let least = |(rule, chance): (&Rule, &Chance)| {
                        let n_xy = self.shared.tree.support(rule.xy);
                        poisson_lower_limit(n_xy, LEVEL) / chance.expected
                    };
                    pairs.map(least).collect()
                }
                "p_value" => tests.chances.iter().map(|c| c.p_value).collect(),
                _ => tests.adjusted.clone(),
            });
        }
        let measure = Measure::parse(name).map_err(|_| self.unknown(name))?;
        self.measure(measure, ctx)
    }

    fn unknown(&self, name: &str) -> Error {
        let of_tests = if self.tests.is_some() {
            &OF_TESTS[..]
        } else {
            &[]
        };
        let mut known: Vec<&str> = Measure::ALL.iter().map(|m| m.name()).collect();
        known.extend(WHOLE.iter().chain(&OF_PARTS).chain(of_tests));
        let similar =
            nearest(name, &known).map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
        let rule = if OF_TESTS.contains(&name) && self.tests.is_none() {
            "is known of rules that were tested: mine with a `test`".to_owned()
        } else {
            format!("must be an interest measure, or a count or length of rules{similar}")
        };
        Error::parameter("Rules", "by", rule, name)
    }

    fn whole(&self, name: &str) -> Option<Vec<i64>> {
        let tree = &self.shared.tree;
        let of = |value: &dyn Fn(&Rule) -> i64| Some(self.list.iter().map(value).collect());
        let support = |set: u32| i64::from(tree.support(set));
        let length = |set: u32| tree.length(set) as i64;
        match name {
            "support_count" => of(&|r| support(r.xy)),
            "antecedent_count" => of(&|r| support(r.x)),
            "consequent_count" => of(&|r| support(r.y)),
            "antecedent_length" => of(&|r| length(r.x)),
            "consequent_length" => of(&|r| length(r.y)),
            "length" => of(&|r| length(r.xy)),
            _ => None,
        }
    }

    /// The rules for which a condition holds, written as SQL writes it over the names of [`values`](Self::values): `lift > 2 AND p_adjusted <= .05`.
    ///
    /// ```
    /// use patronomy::{Context, baskets::Baskets, rules::RuleParams, simulate::Shop};
    /// let ctx = Context::new();
    /// let baskets = Baskets::from_transactions(&Shop::new(200, 365, 1).transactions()?, &ctx)?;
    /// let rules = RuleParams::new().min_support(0.01).min_confidence(0.1).fit(&baskets, &ctx)?;
    /// let strong = rules.filter("lift > 2 AND length = 2", &ctx)?;
    /// assert!(strong.len() <= rules.len());
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] says what is not understood; [`Error::ColumnNotFound`] names what is not known; [`Error::Cancelled`].
    pub fn filter(&self, expression: &str, ctx: &Context) -> Result<Self> {
        let parsed = Expression::parse("Rules.filter", expression)?;
        let table = self.named_in(expression, ctx)?;
        let predicate = parsed.bind(&names_of(&table))?;
        let parts = by_segment(&table, "filter rules", ctx, |segment| {
            let holds = predicate.holds(segment)?;
            let places = holds.set_indices().map(|i| segment.first_row + i);
            Ok(places.collect::<Vec<usize>>())
        })?;
        drop(table);
        self.take(&parts.concat())
    }

    /// A column for everything that rules are known by; with values where an expression names it.
    fn named_in(&self, expression: &str, ctx: &Context) -> Result<Table> {
        let words: Vec<&str> = expression
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .collect();
        let of_tests = if self.tests.is_some() {
            &OF_TESTS[..]
        } else {
            &[]
        };
        let known = Measure::ALL.iter().map(|m| m.name());
        let known = known
            .chain(WHOLE)
            .chain(OF_PARTS)
            .chain(of_tests.iter().copied());
        let mut columns: Vec<(&str, ArrayRef)> = Vec::new();
        for name in known {
            // Names that are not used need no values, but the error about one that is unknown lists them all.
            let is_used = words.contains(&name);
            let column: ArrayRef = match self.whole(name) {
                Some(whole) if is_used => Arc::new(Int64Array::from(whole)),
                _ if is_used => Arc::new(Float64Array::from(self.values(name, ctx)?)),
                _ => Arc::new(NullArray::new(self.len())),
            };
            columns.push((name, column));
        }
        Ok(Table::from_batch(batch_of(columns)?))
    }

    /// The rules sorted by what [`values`](Self::values) gives for a name, or by a number made of such names (`lift * support`); the highest first, or the lowest.
    ///
    /// # Errors
    /// As [`values`](Self::values), and [`filter`](Self::filter).
    pub fn sort_by(&self, by: &str, is_descending: bool, ctx: &Context) -> Result<Self> {
        let is_name = by.chars().all(|c| c.is_alphanumeric() || c == '_');
        let mut values = if is_name {
            self.values(by, ctx)?
        } else {
            self.computed(by, ctx)?
        };
        if !is_descending {
            values.iter_mut().for_each(|v| *v = -*v);
        }
        self.sorted(&values, ctx)
    }

    fn computed(&self, expression: &str, ctx: &Context) -> Result<Vec<f64>> {
        let parsed = Expression::parse("Rules.sort_by", expression)?;
        let table = self.named_in(expression, ctx)?;
        let formula = parsed.bind_number(&names_of(&table))?;
        let parts = by_segment(&table, "rules", ctx, |segment| formula.values(segment))?;
        Ok(parts.concat())
    }
}

/// What a job makes of some rows at a time, in their order: what an expression computes on the way stays small.
fn by_segment<T: Send>(
    table: &Table,
    stage: &'static str,
    ctx: &Context,
    job: impl Fn(&Segment) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    const ROWS: usize = 65_536;
    let cut = pieces(table.n_rows(), ROWS);
    let segments: Vec<Segment> = cut.flat_map(|rows| table.segments(rows)).collect();
    map_ordered(ctx, stage, segments, |segment| job(&segment))
}

fn names_of(table: &Table) -> Names<'_> {
    Names {
        table,
        roles: Vec::new(),
        time: None,
    }
}
