//! Rules on later baskets: what survives.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch};
use arrow_schema::{Field, Schema};

use crate::baskets::Baskets;
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::rules::chance::significance::{Tester, needed};
use crate::rules::chance::sizes::SizeClasses;
use crate::rules::make::generate::Rule;
use crate::rules::measures::{Counts, Measure};
use crate::rules::params::{Correction, Test};
use crate::rules::result::{Rules, Tests};
use crate::rules::sets::counting::{ClassCounts, Coded};
use crate::rules::sets::index::SetIndex;
use crate::rules::sets::tree::{ROOT, SetTree};

/// Rules and what became of them in other baskets.
#[derive(Debug, Clone)]
pub struct Evaluation {
    rules: Rules,
    later: Vec<Counts>,
    tests: Arc<Tests>,
    alpha: f64,
    n_unknown_items: usize,
}

impl Rules {
    /// The same rules in baskets that they were not mined from: their counts there, and a test of each, adjusted by Holm for as many tests as there are
    /// rules. A rule holds if its adjusted p-value is at most `alpha`.
    ///
    /// Items are matched by their labels; those that the other baskets do not know are in none of them. The test is that of the rules, and the size-conditional
    /// one where they were not tested. Cost: a walk of each basket through the sets of the rules.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `alpha` is not in (0, 1), or if labels are of another type; [`Error::Budget`]; [`Error::Cancelled`].
    pub fn evaluate(&self, later: &Baskets, alpha: f64, ctx: &Context) -> Result<Evaluation> {
        if !(alpha > 0.0 && alpha < 1.0) {
            return Err(Error::parameter(
                "Rules.evaluate",
                "alpha",
                "must be in (0, 1)",
                alpha,
            ));
        }
        let shared = &*self.shared;
        let (coded, n_unknown_items) = self.coded(later)?;
        let index = SetIndex::new(&shared.tree, shared.codes.len());
        let mut is_wanted = needed(&shared.tree, &index, &self.list);
        mark_sides(&self.list, &mut is_wanted);
        let tree = self.counted(&is_wanted, &coded, later.total_weight(), ctx)?;
        let test = match self.params().test {
            Test::None => Test::SizeConditional,
            test => test,
        };
        let sizes = if test == Test::SizeConditional {
            let classes = SizeClasses::new(later);
            let is_needed = needed(&tree, &index, &self.list);
            let counts = ClassCounts::new(
                &tree,
                &is_needed,
                &coded,
                &classes.of_basket,
                classes.len(),
                ctx,
            )?;
            Some((classes, counts))
        } else {
            None
        };
        let tester = Tester {
            tree: &tree,
            index: &index,
            sizes: sizes.as_ref().map(|(classes, counts)| (classes, counts)),
        };
        let chances = tester.chances(&self.list, ctx)?;
        let n = self.len() as f64;
        let evaluation = Evaluation {
            rules: self.clone(),
            later: self.list.iter().map(|&rule| tree.counts(rule)).collect(),
            tests: Arc::new(Tests::new(chances, Correction::Holm, |_| 1.0 / n)),
            alpha,
            n_unknown_items,
        };
        ctx.progress.finish();
        Ok(evaluation)
    }

    /// Other baskets in the codes of the rules, and how many of the rules' items they do not know.
    pub(in crate::rules) fn coded(&self, baskets: &Baskets) -> Result<(Coded, usize)> {
        let shared = &*self.shared;
        let numbers = baskets.known_numbers(&shared.labels, "rules")?;
        let mut code_of = vec![None; baskets.n_items()];
        let mut n_unknown = 0;
        for (code, &item) in shared.codes.iter().enumerate() {
            match numbers[item as usize] {
                Some(number) => code_of[number as usize] = Some(code as u32),
                None => n_unknown += 1,
            }
        }
        Ok((Coded::new(baskets, &code_of, shared.codes.len()), n_unknown))
    }

    /// The tree of the rules with the supports of other baskets, `total` in all, of the sets that are wanted.
    pub(in crate::rules) fn counted(
        &self,
        is_wanted: &[bool],
        baskets: &Coded,
        total: u32,
        ctx: &Context,
    ) -> Result<SetTree> {
        let tree = &self.shared.tree;
        let mut supports = ClassCounts::new(tree, is_wanted, baskets, &[], 1, ctx)?.totals();
        supports[ROOT as usize] = total;
        Ok(tree.with_supports(supports))
    }
}

/// Marks the sets on the sides of rules, and both together.
pub(in crate::rules) fn mark_sides(rules: &[Rule], is_wanted: &mut [bool]) {
    for set in rules.iter().flat_map(|r| [r.x, r.y, r.xy]) {
        is_wanted[set as usize] = true;
    }
}

impl Evaluation {
    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Their counts in the later baskets, by rule.
    #[must_use]
    pub fn later(&self) -> &[Counts] {
        &self.later
    }

    /// Whether a rule holds there.
    ///
    /// # Panics
    /// If there are not so many rules.
    #[must_use]
    pub fn holds(&self, rule: usize) -> bool {
        self.tests.adjusted[rule] <= self.alpha
    }

    /// How many rules hold.
    #[must_use]
    pub fn n_holding(&self) -> usize {
        (0..self.later.len()).filter(|&r| self.holds(r)).count()
    }

    /// How many items of the rules' baskets the later ones do not know.
    #[must_use]
    pub fn n_unknown_items(&self) -> usize {
        self.n_unknown_items
    }

    /// The rules that hold.
    #[must_use]
    pub fn holding(&self) -> Rules {
        let places: Vec<usize> = (0..self.later.len()).filter(|&r| self.holds(r)).collect();
        self.rules
            .take(&places)
            .unwrap_or_else(|_| unreachable!("places are the rules' own"))
    }

    /// One row a rule: `antecedent`, `consequent`; `support`, `confidence` and `lift` as mined, the same as `later_*` with the counts
    /// `later_support_count`, `later_antecedent_count` and `later_consequent_count`; `later_expected_count`, `later_p_value`, `later_p_adjusted`; `holds`.
    /// `with_names` adds the items' names, where there are some.
    ///
    /// # Errors
    /// Never, but for labels that Arrow cannot take.
    pub fn batch(&self, with_names: bool) -> Result<RecordBatch> {
        let plain = self.rules.with_measures(&[]).untested();
        let mined = plain.batch(0..plain.len(), with_names)?;
        let n_shown = mined.num_columns();
        let mut columns: Vec<(String, ArrayRef)> = Vec::with_capacity(n_shown + 10);
        for (field, column) in mined.schema().fields().iter().zip(mined.columns()) {
            if !field.name().ends_with("_count") {
                columns.push((field.name().clone(), column.clone()));
            }
        }
        let count = |of: fn(&Counts) -> u32| -> ArrayRef {
            let counts = self.later.iter().map(|c| i64::from(of(c)));
            Arc::new(Int64Array::from_iter_values(counts))
        };
        let measure = |measure: Measure| -> ArrayRef {
            Arc::new(Float64Array::from_iter_values(
                self.later.iter().map(|&c| measure.of(c)),
            ))
        };
        let chances = &self.tests.chances;
        let floats = |values: Vec<f64>| -> ArrayRef { Arc::new(Float64Array::from(values)) };
        let holds = (0..self.later.len()).map(|r| Some(self.holds(r)));
        let later: [(&str, ArrayRef); 10] = [
            ("later_support_count", count(|c| c.n_xy)),
            ("later_antecedent_count", count(|c| c.n_x)),
            ("later_consequent_count", count(|c| c.n_y)),
            ("later_support", measure(Measure::Support)),
            ("later_confidence", measure(Measure::Confidence)),
            ("later_lift", measure(Measure::Lift)),
            (
                "later_expected_count",
                floats(chances.iter().map(|c| c.expected).collect()),
            ),
            (
                "later_p_value",
                floats(chances.iter().map(|c| c.p_value).collect()),
            ),
            ("later_p_adjusted", floats(self.tests.adjusted.clone())),
            ("holds", Arc::new(holds.collect::<BooleanArray>())),
        ];
        columns.extend(later.map(|(name, column)| (name.to_owned(), column)));
        let fields: Vec<Field> = columns
            .iter()
            .map(|(name, column)| Field::new(name, column.data_type().clone(), false))
            .collect();
        let columns = columns.into_iter().map(|c| c.1).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
            .map_err(|e| Error::parameter("Evaluation", "columns", "cannot be written", e))
    }
}
