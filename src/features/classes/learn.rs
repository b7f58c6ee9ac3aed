//! Expectation and maximisation (Dempster, Laird and Rubin 1977).

use std::cell::Cell;

use super::activity::{self, Activity};
use super::counts::Counts;
use super::model::LatentClasses;
use super::season::Weekly;
use super::tastes::Tastes;
use crate::cluster::kmeans::KMeansParams;
use crate::error::Result;
use crate::features::basket::{self, numbers};
use crate::features::{FeatureParams, Orders};
use crate::matrix::{Matrix, Numbers};
use crate::parallel::{Context, map_ordered};

/// Most classes that are tried where their number is not given.
const MOST: usize = 10;
const MOST_PASSES: usize = 500;
/// A pass that raises the likelihood by less than this share of it is the last.
const LEAST_GAIN: f64 = 1e-9;
/// So many purchases and baskets as all customers make are added to each class: what a class has never bought it may still buy.
const PRIOR: f64 = 5.0;
/// So often what is expected of likings is learnt anew.
const TASTE_ROUNDS: usize = 3;
/// How sure a start is of its classes.
const SURE: f64 = 0.8;

/// Finds the classes: so many as are asked for, or as Bayes' information criterion (Schwarz 1978) is least for, of 1 to 10. A start takes the groups that k-means finds
/// among the coordinates of baskets.
pub(in crate::features) fn learn(
    params: &FeatureParams,
    orders: &Orders,
    notices: &mut Vec<String>,
    ctx: &Context,
) -> Result<LatentClasses> {
    let space = basket::learn(params, orders, notices, ctx)?;
    let places = space.place(orders, &mut Vec::new(), ctx)?;
    let numbers = numbers(&space.items, orders.baskets.labels())?;
    let counts = Counts::new(orders, &numbers, space.items.len(), ctx)?;
    let weekly = if params.season {
        Weekly::new(orders, &numbers, &counts, notices, ctx)?
    } else {
        None
    };
    let start = Start {
        places: &places,
        seed: params.seed,
        problem: Problem {
            counts: &counts,
            all: Sums::of_all(&counts),
            weekly: weekly.as_ref(),
            log_prices: log_prices(orders, &numbers, space.items.len()),
            cuts: activity::cuts(&counts),
        },
    };
    let n_unfinished = Cell::new(0);
    let fit = |k: usize| -> Result<LatentClasses> {
        let (mut found, is_finished) = start.classes(k.min(counts.len()), ctx)?;
        n_unfinished.set(n_unfinished.get() + usize::from(!is_finished));
        found.items.clone_from(&space.items);
        Ok(found)
    };
    let found = chosen(params.n_classes, &counts, fit);
    if n_unfinished.get() > 0 {
        notices.push(format!(
            "latent classes were still moving after {MOST_PASSES} passes, {} time(s)",
            n_unfinished.get()
        ));
    }
    found
}

/// The classes of a number, or of the best one.
fn chosen(
    n_classes: Option<usize>,
    counts: &Counts,
    fit: impl Fn(usize) -> Result<LatentClasses>,
) -> Result<LatentClasses> {
    if let Some(k) = n_classes {
        return fit(k);
    }
    let mut best: Option<LatentClasses> = None;
    let mut criteria = Vec::new();
    for k in 1..=MOST.min(counts.len()) {
        let found = fit(k)?;
        let n_groups = found.activity.as_ref().map_or(1, |a| a.cuts.len() + 1);
        let free = k * (counts.n_columns() - 2) + n_groups * (k - 1);
        let criterion = free as f64 * (counts.len() as f64).ln() - 2.0 * found.log_likelihood;
        if criteria.iter().all(|&c| criterion < c) {
            best = Some(found);
        }
        criteria.push(criterion);
        // Two in a row that are worse: more classes only cost more.
        let least = criteria.iter().copied().fold(f64::INFINITY, f64::min);
        if criteria.iter().rev().take(2).all(|&c| c > least) {
            break;
        }
    }
    let mut best = match best {
        Some(best) => best,
        None => fit(1)?,
    };
    best.criteria = criteria;
    Ok(best)
}

struct Start<'a> {
    places: &'a [Vec<f64>],
    seed: u64,
    problem: Problem<'a>,
}

/// What classes are learnt from.
struct Problem<'a> {
    counts: &'a Counts,
    all: Sums,
    weekly: Option<&'a Weekly>,
    /// The logarithm of each item's price over the mean one, where prices are known.
    log_prices: Option<Vec<f64>>,
    /// Where groups of customers by their baskets part.
    cuts: Vec<u32>,
}

impl Start<'_> {
    /// The classes, and whether they had come to rest. First as if there were no season and all customers were alike in how much they buy: that start is near the end.
    fn classes(&self, k: usize, ctx: &Context) -> Result<(LatentClasses, bool)> {
        let problem = &self.problem;
        let labels = self.groups(k, ctx)?;
        let other = (1.0 - SURE) / k as f64;
        let mut sums = problem.sums(k);
        for (row, &label) in labels.iter().enumerate() {
            let mut chances = vec![other; k];
            chances[label as usize] += SURE;
            problem.add(&mut sums, row, &chances);
        }
        let plain = sums.classes(&problem.all, problem.counts);
        let (plain, is_first_at_rest) = problem.settle(plain, ctx, |sums, _| {
            Ok(sums.classes(&problem.all, problem.counts))
        })?;
        let (mut found, mut is_at_rest) = (plain, is_first_at_rest);
        // One after the other: from a start that is far off, passes lead elsewhere.
        let stages = if problem.weekly.is_some() {
            &[false, true][..]
        } else {
            &[true]
        };
        for &has_activity in stages {
            let (next, is_now) = problem.settle(found, ctx, |sums, before| {
                problem.refined(sums, before, has_activity, None, ctx)
            })?;
            (found, is_at_rest) = (next, is_at_rest && is_now);
        }
        let (Some(weekly), Some(log_prices)) = (problem.weekly, &problem.log_prices) else {
            return Ok((found, is_at_rest));
        };
        for _ in 0..TASTE_ROUNDS {
            let (sums, _) = problem.pass(&found, ctx)?;
            let of_items = &sums.counts[..problem.counts.n_items * k];
            let asked = (log_prices.as_slice(), self.seed);
            let season = found.season.as_ref();
            let Some(tastes) = weekly.tastes(of_items, &sums.weeks, season, asked, ctx)? else {
                break;
            };
            (found, is_at_rest) = problem.settle(found, ctx, |sums, before| {
                problem.refined(sums, before, true, Some(&tastes), ctx)
            })?;
        }
        Ok((found, is_at_rest))
    }

    /// Groups among the coordinates, in which customers count by their purchases: who bought more is placed more surely.
    fn groups(&self, k: usize, ctx: &Context) -> Result<Vec<i32>> {
        let columns = self.places.iter().map(|c| Numbers::F64(c)).collect();
        let weights: Vec<f64> = (0..self.problem.counts.len())
            .map(|row| self.problem.counts.purchases(row))
            .collect();
        let params = KMeansParams::new(k).n_init(10).seed(self.seed);
        Ok(params
            .fit(&Matrix::from_columns(columns)?, Some(&weights), ctx)?
            .labels)
    }
}

impl Problem<'_> {
    /// Passes until the likelihood rises no more; whether that was before the last that is made.
    fn settle(
        &self,
        mut classes: LatentClasses,
        ctx: &Context,
        next: impl Fn(&Sums, &LatentClasses) -> Result<LatentClasses>,
    ) -> Result<(LatentClasses, bool)> {
        let mut is_at_rest = false;
        let mut before = f64::NEG_INFINITY;
        for _ in 0..MOST_PASSES {
            let (sums, likelihood) = self.pass(&classes, ctx)?;
            classes = next(&sums, &classes)?;
            is_at_rest = (likelihood - before).abs() <= LEAST_GAIN * likelihood.abs();
            before = likelihood;
            if is_at_rest {
                break;
            }
        }
        classes.log_likelihood = self.pass(&classes, ctx)?.1;
        Ok((classes, is_at_rest))
    }

    /// The classes that would most likely have these sums, with a season where there is one, and with shares by baskets.
    fn refined(
        &self,
        sums: &Sums,
        before: &LatentClasses,
        has_activity: bool,
        tastes: Option<&Tastes>,
        ctx: &Context,
    ) -> Result<LatentClasses> {
        let k = sums.customers.len();
        let mut classes = sums.classes(&self.all, self.counts);
        if has_activity {
            classes.activity = Some(Activity::of(&self.cuts, &sums.groups, k));
        }
        if let Some(weekly) = self.weekly {
            let of_items = &sums.counts[..self.counts.n_items * k];
            let (likings, season) =
                weekly.likings(of_items, &sums.weeks, before.season.as_ref(), tastes, ctx)?;
            classes.log_chances[..likings.len()].copy_from_slice(&likings);
            classes.season = Some(season);
        }
        Ok(classes)
    }

    fn sums(&self, k: usize) -> Sums {
        let n_weeks = self.weekly.map_or(0, |w| w.n_weeks);
        Sums {
            weeks: vec![0.0; n_weeks * k],
            groups: vec![0.0; (self.cuts.len() + 1) * k],
            ..Sums::new(self.counts.n_columns(), k)
        }
    }

    fn add(&self, sums: &mut Sums, row: usize, chances: &[f64]) {
        let k = chances.len();
        sums.add(self.counts, row, chances);
        let group = activity::group_of(&self.cuts, self.counts.n_baskets(row));
        add(&mut sums.groups[group * k..][..k], 1.0, chances);
        if let Some(weekly) = self.weekly {
            for &(week, n) in self.counts.weeks(row) {
                let at = (week - weekly.first_week) as usize;
                add(&mut sums.weeks[at * k..][..k], n, chances);
            }
        }
    }

    /// What customers are expected to add to each class, and the logarithm of their likelihood.
    fn pass(&self, classes: &LatentClasses, ctx: &Context) -> Result<(Sums, f64)> {
        let k = classes.n_classes();
        let parts = map_ordered(ctx, "latent classes", self.counts.chunks(), |rows| {
            let mut sums = self.sums(k);
            let mut chances = vec![0.0; k];
            let mut likelihood = 0.0;
            for row in rows {
                likelihood += classes.chances(self.counts, row, &mut chances);
                self.add(&mut sums, row, &chances);
            }
            Ok((sums, likelihood))
        })?;
        let mut all = self.sums(k);
        let mut likelihood = 0.0;
        for (part, own) in parts {
            likelihood += own;
            all.merge(&part);
        }
        Ok((all, likelihood))
    }
}

/// For each item that has a number the logarithm of its price over the mean one; 0 where it has none.
fn log_prices(orders: &Orders, number: &[Option<usize>], n_items: usize) -> Option<Vec<f64>> {
    let known = orders.log_prices.as_ref()?;
    let mut own = vec![f64::NAN; n_items];
    for (&at, &price) in number.iter().zip(known) {
        if let Some(at) = at {
            own[at] = price;
        }
    }
    let is_known = |x: &&f64| x.is_finite();
    let n = own.iter().filter(is_known).count();
    let mean = own.iter().filter(is_known).sum::<f64>() / n as f64;
    own.iter_mut()
        .for_each(|x| *x = if x.is_finite() { *x - mean } else { 0.0 });
    (n > 0).then_some(own)
}

/// Adds so many times the chances.
fn add(to: &mut [f64], n: f64, chances: &[f64]) {
    to.iter_mut().zip(chances).for_each(|(to, p)| *to += n * p);
}

/// What the classes are expected to have: customers, counts of each column, purchases in each week, customers in each group by baskets.
struct Sums {
    customers: Vec<f64>,
    counts: Vec<f64>,
    weeks: Vec<f64>,
    groups: Vec<f64>,
}

impl Sums {
    fn new(n_columns: usize, k: usize) -> Self {
        Self {
            customers: vec![0.0; k],
            counts: vec![0.0; n_columns * k],
            weeks: Vec::new(),
            groups: Vec::new(),
        }
    }

    fn merge(&mut self, other: &Self) {
        let lists = [
            (&mut self.customers, &other.customers),
            (&mut self.counts, &other.counts),
            (&mut self.weeks, &other.weeks),
            (&mut self.groups, &other.groups),
        ];
        for (to, from) in lists {
            to.iter_mut().zip(from).for_each(|(to, x)| *to += x);
        }
    }

    fn of_all(counts: &Counts) -> Self {
        let mut all = Self::new(counts.n_columns(), 1);
        (0..counts.len()).for_each(|row| all.add(counts, row, &[1.0]));
        all
    }

    fn add(&mut self, counts: &Counts, row: usize, chances: &[f64]) {
        let k = chances.len();
        add(&mut self.customers, 1.0, chances);
        for (column, n) in counts.row(row) {
            add(&mut self.counts[column * k..][..k], n, chances);
        }
    }

    /// The classes that would most likely have these sums, with what is added to each.
    fn classes(&self, all: &Self, counts: &Counts) -> LatentClasses {
        let k = self.customers.len();
        let n: f64 = self.customers.iter().sum::<f64>() + k as f64;
        let mut log_chances = self.counts.clone();
        let blocks = [0..counts.n_items, counts.n_items..counts.n_columns()];
        for block in blocks {
            let width = block.len() as f64;
            let total: f64 = all.counts[block.clone()].iter().sum::<f64>() + width;
            for column in block.clone() {
                let base = PRIOR * (all.counts[column] + 1.0) / total;
                log_chances[column * k..][..k]
                    .iter_mut()
                    .for_each(|x| *x += base);
            }
            for class in 0..k {
                let sum: f64 = block
                    .clone()
                    .map(|column| log_chances[column * k + class])
                    .sum();
                for column in block.clone() {
                    let x = &mut log_chances[column * k + class];
                    *x = (*x / sum).ln();
                }
            }
        }
        LatentClasses {
            items: Vec::new(),
            log_shares: self
                .customers
                .iter()
                .map(|c| ((c + 1.0) / n).ln())
                .collect(),
            log_chances,
            season: None,
            activity: None,
            log_likelihood: f64::NEG_INFINITY,
            criteria: Vec::new(),
        }
    }
}
