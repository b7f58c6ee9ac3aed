//! Rules of two periods beside each other.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_select::concat::concat;

use super::evaluate::mark_sides;
use crate::baskets::Baskets;
use crate::error::{Error, Result};
use crate::itemsets::columns::batch_of;
use crate::parallel::{Context, filled};
use crate::rules::make::generate::Rule;
use crate::rules::measures::{Counts, Measure};
use crate::rules::params::{RuleParams, Test};
use crate::rules::result::Rules;
use crate::stats::multiple::holm;
use crate::stats::tails::Hypergeometric;

const OWNER: &str = "Rules.changes";

/// A rule in both periods.
struct Change {
    status: &'static str,
    before: Counts,
    after: Counts,
    weight: f64,
}

impl Rules {
    /// How rules change from one period to another: rules are mined in each with the parameters of these, a rule of either is counted in both.
    ///
    /// The minimum support is the share of baskets that these rules were mined with; items are matched by their labels. No test of a period's rules is made, but
    /// how likely a confidence that has not changed looks as different is Fisher's exact test of the baskets with the antecedent, two-sided by doubling the
    /// smaller tail; it is adjusted by Holm for all rules that could have been found in either period. Baskets of a customer count as independent.
    ///
    /// One row for each rule, those of the later period first, in its order: `antecedent`, `consequent`, and these with `_names` where there are some; `status`
    /// (`kept`, `new`, `gone`: in which period the rule is within the limits of the parameters); for each period, as `before_` and `after_`, `support_count`,
    /// `antecedent_count`, `confidence` and `lift`; `confidence_change`, `p_value`, `p_adjusted`. Where the antecedent is in no basket of a period, its
    /// confidence is NaN and the p-value 1.
    ///
    /// # Errors
    /// As [`RuleParams::fit`]; [`Error::Parameter`] too if the items of a period are of another type than those of the rules.
    pub fn changes(&self, before: &Baskets, after: &Baskets, ctx: &Context) -> Result<RecordBatch> {
        let (params_before, params_after) = (self.params_for(before)?, self.params_for(after)?);
        let earlier = params_before.fit(before, ctx)?;
        let later = params_after.fit(after, ctx)?;
        let of_before = params_before.weights(&earlier, before)?;
        let of_after = params_after.weights(&later, after)?;
        let places = places_in(&earlier, &later, ctx)?;
        let of_later = later.counts_in(before, ctx)?;
        let of_earlier = earlier.counts_in(after, ctx)?;
        let mut is_kept = vec![false; earlier.len()];
        let mut changes = Vec::with_capacity(earlier.len() + later.len());
        for (rule, counts) in of_later.into_iter().enumerate() {
            let place = places[rule];
            let mut weight = of_after[rule];
            if let Some(place) = place {
                is_kept[place] = true;
                weight += of_before[place];
            }
            changes.push(Change {
                status: if place.is_some() { "kept" } else { "new" },
                before: counts,
                after: later.counts(rule),
                weight: weight / 2.0,
            });
        }
        let gone: Vec<usize> = (0..earlier.len()).filter(|&r| !is_kept[r]).collect();
        changes.extend(gone.iter().map(|&rule| Change {
            status: "gone",
            before: earlier.counts(rule),
            after: of_earlier[rule],
            weight: of_before[rule] / 2.0,
        }));
        let tables = [&later, &earlier.take(&gone)?].map(|rules| rules.batch(0..rules.len(), true));
        let [later, gone] = tables;
        let p_values = filled(ctx, "rules compared", changes.len(), |i| {
            changes[i].p_value()
        })?;
        ctx.progress.finish();
        batch(&changes, p_values, &later?, &gone?)
    }

    /// The parameters of these rules for other baskets, whose items have other numbers; items that these do not know are in none of them.
    fn params_for(&self, baskets: &Baskets) -> Result<RuleParams> {
        let params = self.params();
        let numbers = baskets.known_numbers(self.labels(), "rules")?;
        let of = |items: &Vec<u32>| -> Vec<u32> {
            let known = |&item: &u32| numbers.get(item as usize).copied().flatten();
            items.iter().filter_map(known).collect()
        };
        let share = f64::from(self.min_support_count()) / f64::from(self.n_baskets());
        Ok(RuleParams {
            min_support: Some(share).filter(|s| *s > 0.0 && *s <= 1.0),
            min_support_count: None,
            antecedents: params.antecedents.as_ref().map(of),
            consequents: params.consequents.as_ref().map(of),
            forbidden: of(&params.forbidden),
            test: Test::None,
            alpha: None,
            ..params.clone()
        })
    }

    /// The rules' counts in other baskets.
    fn counts_in(&self, baskets: &Baskets, ctx: &Context) -> Result<Vec<Counts>> {
        let (coded, _) = self.coded(baskets)?;
        let mut is_wanted = vec![false; self.shared.tree.len()];
        mark_sides(&self.list, &mut is_wanted);
        let tree = self.counted(&is_wanted, &coded, baskets.total_weight(), ctx)?;
        Ok(self.list.iter().map(|&rule| tree.counts(rule)).collect())
    }
}

impl RuleParams {
    /// Of each rule its weight among all that could have been found.
    fn weights(&self, rules: &Rules, baskets: &Baskets) -> Result<Vec<f64>> {
        let shared = &rules.shared;
        let family = self.family(&self.sides(&shared.codes, baskets)?, baskets);
        let weight = |rule: &Rule| {
            let tree = &shared.tree;
            family.directed_weight(tree.length(rule.x), tree.length(rule.y))
        };
        Ok(rules.list.iter().map(weight).collect())
    }
}

/// Of each later rule its place among the earlier ones, if it is one of them.
fn places_in(earlier: &Rules, later: &Rules, ctx: &Context) -> Result<Vec<Option<usize>>> {
    const RULES: usize = 4_096;
    // Baskets without any have the items of the earlier rules.
    let none = Baskets::from_numbers(Vec::new(), Vec::new(), earlier.labels().clone())?;
    let numbers = none.known_numbers(later.labels(), "later")?;
    let sorted = |mut items: Vec<u32>| {
        items.sort_unstable();
        items
    };
    let poll = |rule: usize| {
        let is_due = rule.is_multiple_of(RULES);
        if is_due { ctx.cancel.poll() } else { Ok(()) }
    };
    let mut places = HashMap::with_capacity(earlier.len());
    for rule in 0..earlier.len() {
        poll(rule)?;
        let sides = (earlier.antecedent(rule), earlier.consequent(rule));
        places.insert((sorted(sides.0), sorted(sides.1)), rule);
    }
    let known = |items: Vec<u32>| -> Option<Vec<u32>> {
        let items: Option<Vec<u32>> = items.iter().map(|&i| numbers[i as usize]).collect();
        items.map(sorted)
    };
    let place = |rule: usize| {
        poll(rule)?;
        let sides = known(later.antecedent(rule)).zip(known(later.consequent(rule)));
        Ok(sides.and_then(|sides| places.get(&sides).copied()))
    };
    (0..later.len()).map(place).collect()
}

impl Change {
    /// How likely confidences that are one look as different.
    fn p_value(&self) -> f64 {
        let (a, b) = (self.before, self.after);
        let [n, n_xy] = [a.n_x + b.n_x, a.n_xy + b.n_xy].map(f64::from);
        if a.n_x == 0 || b.n_x == 0 {
            return 1.0;
        }
        let up = Hypergeometric::new(n, b.n_x.into(), n_xy).upper(b.n_xy.into());
        let down = Hypergeometric::new(n, a.n_x.into(), n_xy).upper(a.n_xy.into());
        (2.0 * up.min(down)).min(1.0)
    }
}

fn batch(
    changes: &[Change],
    p_values: Vec<f64>,
    later: &RecordBatch,
    gone: &RecordBatch,
) -> Result<RecordBatch> {
    let mut columns: Vec<(&str, ArrayRef)> = Vec::new();
    for name in [
        "antecedent",
        "consequent",
        "antecedent_names",
        "consequent_names",
    ] {
        let parts = (later.column_by_name(name), gone.column_by_name(name));
        if let (Some(later), Some(gone)) = parts {
            let both = concat(&[later.as_ref(), gone.as_ref()])
                .map_err(|e| Error::parameter(OWNER, "items", "cannot be written", e))?;
            columns.push((name, both));
        }
    }
    let real = |of: &dyn Fn(&Change) -> f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(changes.iter().map(of)))
    };
    let whole = |of: &dyn Fn(&Change) -> u32| -> ArrayRef {
        let values = changes.iter().map(|c| i64::from(of(c)));
        Arc::new(Int64Array::from_iter_values(values))
    };
    let statuses = changes.iter().map(|c| c.status);
    columns.push(("status", Arc::new(StringArray::from_iter_values(statuses))));
    let confidence = |c: Counts| Measure::Confidence.of(c);
    columns.push(("before_support_count", whole(&|c| c.before.n_xy)));
    columns.push(("before_antecedent_count", whole(&|c| c.before.n_x)));
    columns.push(("before_confidence", real(&|c| confidence(c.before))));
    columns.push(("before_lift", real(&|c| Measure::Lift.of(c.before))));
    columns.push(("after_support_count", whole(&|c| c.after.n_xy)));
    columns.push(("after_antecedent_count", whole(&|c| c.after.n_x)));
    columns.push(("after_confidence", real(&|c| confidence(c.after))));
    columns.push(("after_lift", real(&|c| Measure::Lift.of(c.after))));
    let change = |c: &Change| confidence(c.after) - confidence(c.before);
    columns.push(("confidence_change", real(&change)));
    let weights: Vec<f64> = changes.iter().map(|c| c.weight).collect();
    let adjusted = holm(&p_values, &weights);
    columns.push(("p_value", Arc::new(Float64Array::from(p_values))));
    columns.push(("p_adjusted", Arc::new(Float64Array::from(adjusted))));
    batch_of(columns)
}
