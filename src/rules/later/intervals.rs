//! How sure confidence and lift are, where customers come again.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};

use super::evaluate::mark_sides;
use crate::baskets::Baskets;
use crate::error::{Error, Result};
use crate::itemsets::columns::batch_of;
use crate::parallel::{Context, map_ordered, pieces};
use crate::rules::make::generate::Rule;
use crate::rules::measures::{Counts, Measure};
use crate::rules::result::Rules;
use crate::rules::sets::counting::Coded;
use crate::rules::sets::matcher::{Marks, Matcher};
use crate::rules::sets::tree::{ROOT, SetTree};
use crate::stats::tails::normal_within;

const OWNER: &str = "Rules.intervals";
/// Pieces of the customers: each has sums of its own.
const PIECES: usize = 8;

impl Rules {
    /// Intervals of confidence and lift in these baskets, for which the baskets of a customer are no independent evidence: each customer is one
    /// observation (linearised ratios, Cochran 1977, Sampling Techniques, sections 6.3 and 9A.7). Without customers each basket is one.
    ///
    /// Confidence: Wilson's interval (1927) with the effective number of baskets that the variance between customers stands for (Korn and Graubard 1998), at most the customers
    /// where all of them agree. Lift: by its logarithm. Rules were chosen because they looked strong: the intervals are those of a rule that was not
    /// chosen by these baskets, so ask for them in later ones. Taxonomies and weights are kept; baskets without a customer stand for themselves.
    ///
    /// One row for each rule: `rule` (its place), `support_count`, `antecedent_count`, `support_customers` and `antecedent_customers` (different customers with
    /// both sides, and with the antecedent), `confidence`, `confidence_low`, `confidence_high`, `lift`, `lift_low`, `lift_high`; NaN where the antecedent
    /// or the consequent is in no basket, the lift's bounds 0 and infinite where fewer than two customers have both.
    ///
    /// Cost: two walks of each basket through the sets of the rules, and the rules of each antecedent met. Memory: up to 320 bytes for each rule.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `level` is not in (0, 1), or if labels are of another type; [`Error::Budget`]; [`Error::Cancelled`].
    pub fn intervals(&self, baskets: &Baskets, level: f64, ctx: &Context) -> Result<RecordBatch> {
        if !(level > 0.0 && level < 1.0) {
            let rule = "must be in (0, 1)";
            return Err(Error::parameter(OWNER, "level", rule, level));
        }
        let n_bytes = (self.len() * PIECES * size_of::<Sums>()) as u64;
        let remedy = "keep fewer rules: `filter`, `significant`";
        ctx.budget
            .check("intervals of the rules", n_bytes, remedy)?;
        let (coded, _) = self.coded(baskets)?;
        let counted = Counted::new(self, &coded, baskets.total_weight(), ctx)?;
        let customers = Customers::new(baskets, ctx)?;
        let sums = counted.sums(&coded, &customers, ctx)?;
        ctx.progress.finish();
        batch(&self.list, &counted, &sums, customers.len(), level)
    }
}

/// The baskets of each customer.
struct Customers {
    baskets: Vec<u32>,
    ends: Vec<usize>,
}

impl Customers {
    fn new(baskets: &Baskets, ctx: &Context) -> Result<Self> {
        let places = baskets.histories(ctx)?.map(|(places, _)| places);
        let places = places.unwrap_or_default();
        let mut customers = Self {
            baskets: Vec::with_capacity(baskets.len()),
            ends: Vec::new(),
        };
        let mut is_known = vec![false; baskets.len()];
        for history in places.chunk_by(|a, b| a.0 == b.0) {
            for &(_, basket) in history {
                is_known[basket as usize] = true;
                customers.baskets.push(basket);
            }
            customers.ends.push(customers.baskets.len());
        }
        for (basket, _) in (0_u32..).zip(&is_known).filter(|(_, known)| !**known) {
            customers.baskets.push(basket);
            customers.ends.push(customers.baskets.len());
        }
        Ok(customers)
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn of(&self, customer: usize) -> &[u32] {
        let from = customer.checked_sub(1).map_or(0, |c| self.ends[c]);
        &self.baskets[from..self.ends[customer]]
    }
}

/// What customers add up to, by rule.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    n_x: u32,
    n_xy: u32,
    /// Squares of how far a customer is from the confidence, times the customer's baskets with the antecedent.
    confidence: f64,
    /// Squares of what a customer adds to the logarithm of the lift, less those of customers without the antecedent.
    lift: f64,
}

/// What a customer without an antecedent adds to the logarithm of the lift, by set that is a consequent: sums of squares.
#[derive(Debug, Clone, Copy, Default)]
struct Margin {
    squares: f64,
    products: f64,
}

/// The sets of the rules, counted.
struct Counted<'a> {
    rules: &'a [Rule],
    tree: SetTree,
    matcher: Matcher,
    /// Of each set of the tree its place in the matcher.
    places: Vec<u32>,
    /// By place in the matcher: rules with that antecedent are `by_antecedent[starts[place]..starts[place + 1]]`.
    starts: Vec<usize>,
    by_antecedent: Vec<u32>,
}

impl<'a> Counted<'a> {
    fn new(rules: &'a Rules, coded: &Coded, total: u32, ctx: &Context) -> Result<Self> {
        let (tree, list) = (&rules.shared.tree, &rules.list[..]);
        let mut is_wanted = vec![false; tree.len()];
        mark_sides(list, &mut is_wanted);
        let counted = rules.counted(&is_wanted, coded, total, ctx)?;
        let matcher = Matcher::new(tree, &is_wanted, rules.shared.codes.len());
        let mut places = vec![0; tree.len()];
        (0..matcher.len() as u32).for_each(|at| places[matcher.set(at) as usize] = at);
        let mut starts = vec![0; matcher.len() + 1];
        let antecedents = || list.iter().map(|r| places[r.x as usize] as usize);
        antecedents().for_each(|place| starts[place + 1] += 1);
        (0..matcher.len()).for_each(|at| starts[at + 1] += starts[at]);
        let (mut next, mut by_antecedent) = (starts.clone(), vec![0; list.len()]);
        for (rule, place) in (0_u32..).zip(antecedents()) {
            by_antecedent[next[place]] = rule;
            next[place] += 1;
        }
        Ok(Self {
            rules: list,
            tree: counted,
            matcher,
            places,
            starts,
            by_antecedent,
        })
    }

    fn sums(&self, coded: &Coded, customers: &Customers, ctx: &Context) -> Result<Vec<Sums>> {
        let n = customers.len();
        let ranges = pieces(n, n.div_ceil(PIECES).max(1)).collect();
        let parts = map_ordered(ctx, "customers", ranges, |range| {
            let mut piece = Piece::new(self, coded);
            for customer in range {
                piece.add(customers.of(customer), ctx)?;
            }
            Ok((piece.sums, piece.margins, piece.squares))
        })?;
        let mut sums = vec![Sums::default(); self.rules.len()];
        let mut margins = vec![Margin::default(); self.matcher.len()];
        let mut squares = 0.0;
        for (part, of_sets, of_all) in parts {
            for (sum, part) in sums.iter_mut().zip(part) {
                sum.n_x += part.n_x;
                sum.n_xy += part.n_xy;
                sum.confidence += part.confidence;
                sum.lift += part.lift;
            }
            for (margin, part) in margins.iter_mut().zip(of_sets) {
                margin.squares += part.squares;
                margin.products += part.products;
            }
            squares += of_all;
        }
        // Σ (n_c / n - y_c / n_y)² over all customers, whether they have the antecedent or not.
        let n = f64::from(self.tree.support(ROOT));
        for (sum, rule) in sums.iter_mut().zip(self.rules) {
            let margin = margins[self.places[rule.y as usize] as usize];
            let n_y = f64::from(self.tree.support(rule.y));
            sum.lift += squares / (n * n) - 2.0 * margin.products / (n * n_y)
                + margin.squares / (n_y * n_y);
        }
        Ok(sums)
    }
}

/// Some customers, one after the other.
struct Piece<'a> {
    counted: &'a Counted<'a>,
    coded: &'a Coded,
    marks: Marks,
    /// Of the customer at hand: how many baskets have each set, and the sets that one has.
    with: Vec<u32>,
    met: Vec<u32>,
    sums: Vec<Sums>,
    margins: Vec<Margin>,
    squares: f64,
    /// Baskets that were looked at.
    n_baskets: usize,
}

impl<'a> Piece<'a> {
    fn new(counted: &'a Counted<'a>, coded: &'a Coded) -> Self {
        let n_sets = counted.matcher.len();
        Self {
            counted,
            coded,
            marks: Marks::default(),
            with: vec![0; n_sets],
            met: Vec::new(),
            sums: vec![Sums::default(); counted.rules.len()],
            margins: vec![Margin::default(); n_sets],
            squares: 0.0,
            n_baskets: 0,
        }
    }

    /// Adds a customer. Polls by baskets: one customer may have any number.
    fn add(&mut self, baskets: &[u32], ctx: &Context) -> Result<()> {
        const BASKETS: usize = 4_096;
        let n_codes = self.coded.n_codes() as u32;
        let mut n = 0;
        for &basket in baskets {
            if self.n_baskets.is_multiple_of(BASKETS) {
                ctx.cancel.poll()?;
            }
            self.n_baskets += 1;
            let weight = self.coded.weight(basket as usize);
            n += weight;
            let (with, met) = (&mut self.with, &mut self.met);
            let items = self.coded.get(basket as usize);
            let matcher = &self.counted.matcher;
            matcher.visit(items, 0..n_codes, &mut self.marks, |at| {
                if with[at as usize] == 0 {
                    met.push(at);
                }
                with[at as usize] += weight;
            });
        }
        let n = f64::from(n);
        self.squares += n * n;
        for at in 0..self.met.len() {
            self.of_set(self.met[at] as usize, n);
        }
        for at in self.met.drain(..) {
            self.with[at as usize] = 0;
        }
        Ok(())
    }

    fn of_set(&mut self, place: usize, n: f64) {
        let counted = self.counted;
        let x = f64::from(self.with[place]);
        self.margins[place].squares += x * x;
        self.margins[place].products += x * n;
        for &rule in &counted.by_antecedent[counted.starts[place]..counted.starts[place + 1]] {
            let Rule { y, xy, .. } = counted.rules[rule as usize];
            let [y, xy] =
                [y, xy].map(|set| f64::from(self.with[counted.places[set as usize] as usize]));
            let all = counted.tree.counts(counted.rules[rule as usize]);
            let [n_all, n_x, n_y, n_xy] = [all.n, all.n_x, all.n_y, all.n_xy].map(f64::from);
            let own = xy / n_xy.max(1.0) - x / n_x;
            let other = n / n_all - y / n_y;
            let sum = &mut self.sums[rule as usize];
            sum.n_x += 1;
            sum.n_xy += u32::from(xy > 0.0);
            sum.confidence += (xy - n_xy / n_x * x).powi(2);
            sum.lift += own * (own + 2.0 * other);
        }
    }
}

/// Wilson's interval.
fn wilson(p: f64, n: f64, z: f64) -> [f64; 2] {
    let z2 = z * z / n;
    let middle = (p + z2 / 2.0) / (1.0 + z2);
    let half = z / (1.0 + z2) * (p * (1.0 - p) / n + z2 / (4.0 * n)).sqrt();
    [(middle - half).max(0.0), (middle + half).min(1.0)]
}

/// The interval of a confidence.
fn of_confidence(counts: Counts, sums: Sums, correction: f64, z: f64) -> [f64; 2] {
    let (n_x, p) = (f64::from(counts.n_x), Measure::Confidence.of(counts));
    if p.is_nan() {
        return [f64::NAN; 2];
    }
    let variance = correction * sums.confidence / (n_x * n_x);
    let effective = if variance > 0.0 {
        (p * (1.0 - p) / variance).min(n_x)
    } else {
        f64::from(sums.n_x)
    };
    wilson(p, effective, z)
}

/// The interval of a lift.
fn of_lift(counts: Counts, sums: Sums, correction: f64, z: f64) -> [f64; 2] {
    let lift = Measure::Lift.of(counts);
    if lift.is_nan() {
        return [f64::NAN; 2];
    }
    // One customer tells nothing of what others do.
    if sums.n_xy < 2 {
        return [0.0, f64::INFINITY];
    }
    let spread = z * (correction * sums.lift).max(0.0).sqrt();
    [lift * (-spread).exp(), lift * spread.exp()]
}

fn batch(
    rules: &[Rule],
    counted: &Counted<'_>,
    sums: &[Sums],
    n_customers: usize,
    level: f64,
) -> Result<RecordBatch> {
    let z = normal_within(level);
    let correction = n_customers as f64 / (n_customers as f64 - 1.0).max(1.0);
    let counts: Vec<Counts> = rules.iter().map(|&r| counted.tree.counts(r)).collect();
    let each = || counts.iter().copied().zip(sums.iter().copied());
    let confidence: Vec<[f64; 2]> = each()
        .map(|(c, s)| of_confidence(c, s, correction, z))
        .collect();
    let lift: Vec<[f64; 2]> = each().map(|(c, s)| of_lift(c, s, correction, z)).collect();
    let whole = |of: &dyn Fn(Counts, Sums) -> u32| -> ArrayRef {
        let values = each().map(|(c, s)| i64::from(of(c, s)));
        Arc::new(Int64Array::from_iter_values(values))
    };
    let measure = |measure: Measure| -> ArrayRef {
        let values = counts.iter().map(|&c| measure.of(c));
        Arc::new(Float64Array::from_iter_values(values))
    };
    let bound = |of: &[[f64; 2]], side: usize| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(of.iter().map(|b| b[side])))
    };
    let places = Int64Array::from_iter_values(0..rules.len() as i64);
    batch_of(vec![
        ("rule", Arc::new(places)),
        ("support_count", whole(&|c, _| c.n_xy)),
        ("antecedent_count", whole(&|c, _| c.n_x)),
        ("support_customers", whole(&|_, s| s.n_xy)),
        ("antecedent_customers", whole(&|_, s| s.n_x)),
        ("confidence", measure(Measure::Confidence)),
        ("confidence_low", bound(&confidence, 0)),
        ("confidence_high", bound(&confidence, 1)),
        ("lift", measure(Measure::Lift)),
        ("lift_low", bound(&lift, 0)),
        ("lift_high", bound(&lift, 1)),
    ])
}
