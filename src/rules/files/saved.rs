//! Rules in a file.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int64Array, StringArray};
use arrow_cast::display::array_value_to_string;
use arrow_schema::DataType;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::rules::chance::significance::Chance;
use crate::rules::make::generate::Rule;
use crate::rules::measures::Counts;
use crate::rules::params::RuleParams;
use crate::rules::result::{Rules, Shared, Tests};
use crate::rules::sets::index::SetIndex;
use crate::rules::sets::matcher::Marks;
use crate::rules::sets::tree::{ROOT, SetTree, TreeBuilder};
use crate::saved::Saved;
use crate::table::labels::integers;

/// Parts of rules that are looked at to write a file.
const MOST_PARTS: u64 = 32_000_000;
/// Numbers that a file may hold, or it would be too large to be read again.
const MOST_NUMBERS: usize = 3_000_000;
/// Items of a set in a file: more would have more parts than that.
const LONGEST: u32 = 32;

/// Rules with all that they and their tests need, in a form that can be saved: [`Rules::to_file`].
///
/// Of the item sets it has the parts of the rules alone. Labels are text or integers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesFile {
    labels: Labels,
    names: Option<Vec<Option<String>>>,
    n_baskets: u32,
    min_support_count: u32,
    n_candidates: f64,
    params: RuleParams,
    sets: Sets,
    /// Of each rule the antecedent, the consequent, and both, as places of sets; 0 is the empty one.
    rules: Vec<[u32; 3]>,
    tests: Option<TestsFile>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Labels {
    Text(Vec<Option<String>>),
    Integers(Vec<i64>),
}

/// Each set has the items of its parent, which stands before it, and one more: a place in the labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sets {
    /// The items that sets have, from the rarest: what `last` counts in.
    items: Vec<u32>,
    parents: Vec<u32>,
    last: Vec<u32>,
    support_counts: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TestsFile {
    expected_counts: Vec<f64>,
    p_values: Vec<f64>,
    p_adjusted: Vec<f64>,
}

impl Rules {
    /// The rules in a form that can be saved.
    ///
    /// ```
    /// use patronomy::{Context, baskets::Baskets, rules::RuleParams, simulate::Shop};
    /// use patronomy::saved::Saved;
    /// let ctx = Context::new();
    /// let baskets = Baskets::from_transactions(&Shop::new(200, 365, 1).transactions()?, &ctx)?;
    /// let rules = RuleParams::new().min_support(0.01).fit(&baskets, &ctx)?;
    /// let text = rules.to_file()?.to_json()?;
    /// let again = patronomy::rules::RulesFile::from_json(&text)?.rules()?;
    /// assert_eq!(again.batches()?, rules.batches()?);
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Budget`] if the rules have more than some millions of parts; [`Error::SavedFormat`] if labels are neither text nor integers.
    pub fn to_file(&self) -> Result<RulesFile> {
        let shared = &*self.shared;
        let lengths = self.list.iter().map(|r| shared.tree.length(r.xy).min(63));
        let n_sets: u64 = lengths.fold(0, |sum, k| sum.saturating_add(1 << k));
        let too_many = |needed: u64, limit: u64| Error::Budget {
            job: format!("saving {} rules", self.len()),
            needed_bytes: needed.saturating_mul(16),
            limit_bytes: limit * 16,
            remedy: "save the rules that count: filter them, or limit their lengths".into(),
        };
        if n_sets > MOST_PARTS {
            return Err(too_many(n_sets, MOST_PARTS));
        }
        let (tree, rules) = self.own_sets();
        let n_numbers = 3 * tree.len() + 6 * rules.len();
        if n_numbers > MOST_NUMBERS {
            return Err(too_many(n_numbers as u64, MOST_NUMBERS as u64));
        }
        let sets = 1..tree.len() as u32;
        Ok(RulesFile {
            labels: labels_of(&shared.labels)?,
            names: shared.names.as_ref().map(texts).transpose()?,
            n_baskets: self.n_baskets(),
            min_support_count: shared.min_support_count,
            n_candidates: shared.n_candidates,
            params: shared.params.clone(),
            sets: Sets {
                items: shared.codes.clone(),
                parents: sets.clone().map(|s| tree.parent(s)).collect(),
                last: sets.clone().map(|s| tree.item(s)).collect(),
                support_counts: sets.map(|s| tree.support(s)).collect(),
            },
            rules: rules.iter().map(|r| [r.x, r.y, r.xy]).collect(),
            tests: self.tests.as_ref().map(|tests| TestsFile {
                expected_counts: tests.chances.iter().map(|c| c.expected).collect(),
                p_values: tests.chances.iter().map(|c| c.p_value).collect(),
                p_adjusted: tests.adjusted.clone(),
            }),
        })
    }

    /// The parts of the rules as a tree of their own, and the rules in it.
    fn own_sets(&self) -> (SetTree, Vec<Rule>) {
        let tree = &self.shared.tree;
        let index = SetIndex::new(tree, self.shared.codes.len());
        let mut builder = TreeBuilder::new(self.n_baskets());
        let (mut items, mut part, mut marks) = (Vec::new(), Vec::new(), Marks::default());
        for rule in &*self.list {
            tree.items_into(rule.xy, &mut items);
            for bits in 1..1_u64 << items.len() {
                part.clear();
                part.extend(
                    (0..items.len())
                        .filter(|i| bits >> i & 1 == 1)
                        .map(|i| items[i]),
                );
                let own = builder.place(&part);
                let support = match &self.shared.generators {
                    Some(generators) => generators.support(&part, &mut marks),
                    None => tree.support(index.find(index.key_of(&part))),
                };
                builder.set_support(own, support);
            }
        }
        let mut place = |set: u32| builder.place(&tree.items_of(set));
        let rules = self.list.iter().map(|r| Rule {
            x: place(r.x),
            y: place(r.y),
            xy: place(r.xy),
        });
        let rules = rules.collect();
        (builder.finish(), rules)
    }
}

impl RulesFile {
    /// The rules.
    ///
    /// # Errors
    /// [`Error::SavedFormat`] if no job could have made them.
    pub fn rules(&self) -> Result<Rules> {
        self.check()?;
        let mut tree = SetTree::new(self.n_baskets);
        let sets = self.sets.parents.iter().zip(&self.sets.last);
        for ((&parent, &last), &support) in sets.zip(&self.sets.support_counts) {
            tree.add(parent, last, support);
        }
        let rules = self.rules.iter().map(|&[x, y, xy]| Rule { x, y, xy });
        let tests = self.tests.as_ref().map(|tests| {
            let chances = tests.p_values.iter().zip(&tests.expected_counts);
            Arc::new(Tests {
                chances: chances
                    .map(|(&p_value, &expected)| Chance { p_value, expected })
                    .collect(),
                adjusted: tests.p_adjusted.clone(),
            })
        });
        let labels: ArrayRef = match &self.labels {
            Labels::Text(labels) => Arc::new(StringArray::from_iter(labels)),
            Labels::Integers(labels) => Arc::new(Int64Array::from(labels.clone())),
        };
        let names = self
            .names
            .as_ref()
            .map(|names| -> ArrayRef { Arc::new(StringArray::from_iter(names)) });
        Ok(Rules {
            shared: Arc::new(Shared {
                tree,
                codes: self.sets.items.clone(),
                labels,
                names,
                params: self.params.clone(),
                min_support_count: self.min_support_count,
                n_candidates: self.n_candidates,
                generators: None,
            }),
            list: Arc::new(rules.collect()),
            tests,
            measures: Vec::new(),
        })
    }

    fn n_labels(&self) -> usize {
        match &self.labels {
            Labels::Text(labels) => labels.len(),
            Labels::Integers(labels) => labels.len(),
        }
    }

    /// Whether sets are a tree in which each is rarer than its parts, and rules are made of them.
    fn check_sets(&self) -> std::result::Result<(), String> {
        let sets = &self.sets;
        let n = sets.parents.len();
        if sets.last.len() != n || sets.support_counts.len() != n {
            return Err("its sets have columns of different lengths".into());
        }
        let mut is_item = vec![false; self.n_labels()];
        for &item in &sets.items {
            match is_item.get_mut(item as usize) {
                Some(mark) if !*mark => *mark = true,
                _ => {
                    return Err(format!(
                        "item {item} of its sets has no label, or comes twice"
                    ));
                }
            }
        }
        let mut met = std::collections::HashSet::with_capacity(n);
        let mut lengths = vec![0_u32];
        for (i, (&parent, &last)) in sets.parents.iter().zip(&sets.last).enumerate() {
            let before = (parent as usize).checked_sub(1);
            let stands = parent as usize <= i;
            let ascends = before.is_none_or(|b| stands && sets.last[b] < last);
            let known = (last as usize) < sets.items.len();
            let rarer = before.map_or(self.n_baskets, |b| {
                if stands { sets.support_counts[b] } else { 0 }
            });
            lengths.push(if stands {
                lengths[parent as usize] + 1
            } else {
                0
            });
            if lengths[i + 1] > LONGEST {
                return Err(format!("set {} has more than {LONGEST} items", i + 1));
            }
            if !(stands
                && ascends
                && known
                && sets.support_counts[i] <= rarer
                && met.insert((parent, last)))
            {
                return Err(format!("set {} does not follow from its parent", i + 1));
            }
        }
        Ok(())
    }

    fn check_rules(&self, tree: &SetTree) -> std::result::Result<(), String> {
        let n_sets = tree.len() as u32;
        let places: std::collections::HashMap<Vec<u32>, u32> =
            (1..n_sets).map(|s| (tree.items_of(s), s)).collect();
        for (i, &[x, y, xy]) in self.rules.iter().enumerate() {
            let is_known = [x, y, xy].iter().all(|&s| s != ROOT && s < n_sets);
            let mut both = if is_known {
                [tree.items_of(x), tree.items_of(y)].concat()
            } else {
                Vec::new()
            };
            both.sort_unstable();
            if !is_known || both != tree.items_of(xy) {
                return Err(format!("rule {i} is not made of its sets"));
            }
            let [n, n_x, n_y, n_xy] = [ROOT, x, y, xy].map(|set| tree.support(set));
            Counts::new(n, n_x, n_y, n_xy).map_err(|e| format!("rule {i}: {e}"))?;
        }
        // Tests and improvements look up every part of a rule.
        let is_whole = (1..n_sets).all(|set| {
            let items = tree.items_of(set);
            (0..items.len()).all(|left| {
                let part: Vec<u32> = items
                    .iter()
                    .enumerate()
                    .filter(|(j, _)| *j != left)
                    .map(|(_, &c)| c)
                    .collect();
                part.is_empty()
                    || places
                        .get(&part)
                        .is_some_and(|&p| tree.support(p) >= tree.support(set))
            })
        });
        if is_whole {
            Ok(())
        } else {
            Err("some set lacks a part, or is more frequent than one".into())
        }
    }
}

impl Saved for RulesFile {
    const KIND: &'static str = "rules";

    fn check(&self) -> Result<()> {
        let wrong = |why: String| Error::SavedFormat {
            what: "rules".into(),
            why,
        };
        self.params.validate()?;
        self.check_sets().map_err(wrong)?;
        let mut tree = SetTree::new(self.n_baskets);
        let sets = self.sets.parents.iter().zip(&self.sets.last);
        for ((&parent, &last), &support) in sets.zip(&self.sets.support_counts) {
            tree.add(parent, last, support);
        }
        self.check_rules(&tree).map_err(wrong)?;
        if self
            .names
            .as_ref()
            .is_some_and(|names| names.len() != self.n_labels())
        {
            return Err(wrong("it has not one name for each label".into()));
        }
        if !(self.n_candidates.is_finite() && self.n_candidates >= 0.0) {
            return Err(wrong("its number of candidates is none".into()));
        }
        let Some(tests) = &self.tests else {
            return Ok(());
        };
        let columns = [&tests.expected_counts, &tests.p_values, &tests.p_adjusted];
        let is_chance = |p: &f64| (0.0..=1.0).contains(p);
        let are_sane = columns.iter().all(|c| c.len() == self.rules.len())
            && tests
                .expected_counts
                .iter()
                .all(|e| e.is_finite() && *e >= 0.0)
            && tests
                .p_values
                .iter()
                .chain(&tests.p_adjusted)
                .all(is_chance);
        if are_sane {
            Ok(())
        } else {
            Err(wrong("its tests do not fit its rules".into()))
        }
    }
}

fn labels_of(labels: &ArrayRef) -> Result<Labels> {
    if labels.data_type().is_integer() {
        let wide = arrow_cast::cast(labels, &DataType::Int64).map_err(cannot)?;
        if let Some(integers) = integers(&wide) {
            return Ok(Labels::Integers(integers.to_vec()));
        }
    }
    texts(labels).map(Labels::Text)
}

fn texts(labels: &ArrayRef) -> Result<Vec<Option<String>>> {
    let is_text = matches!(
        labels.data_type(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    );
    if !is_text {
        return Err(cannot(format!("labels of type {}", labels.data_type())));
    }
    let text = |i: usize| {
        let text = labels.is_valid(i).then(|| array_value_to_string(labels, i));
        text.transpose().map_err(cannot)
    };
    (0..labels.len()).map(text).collect()
}

fn cannot(why: impl std::fmt::Display) -> Error {
    Error::SavedFormat {
        what: "the rules".into(),
        why: format!("{why}: only text and integers can be labels in a file"),
    }
}
