//! Expectation and maximisation (Dempster, Laird and Rubin 1977).

use super::counts::Counts;
use super::model::LatentClasses;
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
const LEAST_GAIN: f64 = 1e-7;
/// So many purchases and baskets as all customers make are added to each class: what a class has never bought it may still buy.
const PRIOR: f64 = 5.0;
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
    let start = Start {
        places: &places,
        counts: &counts,
        seed: params.seed,
    };
    let fit = |k: usize| -> Result<LatentClasses> {
        let mut found = start.classes(k.min(counts.len()), ctx)?;
        found.items.clone_from(&space.items);
        Ok(found)
    };
    if let Some(k) = params.n_classes {
        return fit(k);
    }
    let mut best: Option<LatentClasses> = None;
    let mut criteria = Vec::new();
    for k in 1..=MOST.min(counts.len()) {
        let found = fit(k)?;
        let free = k * (counts.n_columns() - 2) + k - 1;
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
    counts: &'a Counts,
    seed: u64,
}

impl Start<'_> {
    fn classes(&self, k: usize, ctx: &Context) -> Result<LatentClasses> {
        let counts = self.counts;
        let labels = self.groups(k, ctx)?;
        let other = (1.0 - SURE) / k as f64;
        let mut sums = Sums::new(counts.n_columns(), k);
        for (row, &label) in labels.iter().enumerate() {
            let mut chances = vec![other; k];
            chances[label as usize] += SURE;
            sums.add(counts, row, &chances);
        }
        let all = Sums::of_all(counts);
        let mut classes = sums.classes(&all, counts);
        for _ in 0..MOST_PASSES {
            let before = classes.log_likelihood;
            let (sums, likelihood) = pass(&classes, counts, ctx)?;
            classes = sums.classes(&all, counts);
            classes.log_likelihood = likelihood;
            if (likelihood - before).abs() <= LEAST_GAIN * likelihood.abs() {
                break;
            }
        }
        classes.log_likelihood = pass(&classes, counts, ctx)?.1;
        Ok(classes)
    }

    /// Groups among the coordinates, in which customers count by their purchases: who bought more is placed more surely.
    fn groups(&self, k: usize, ctx: &Context) -> Result<Vec<i32>> {
        let columns = self.places.iter().map(|c| Numbers::F64(c)).collect();
        let weights: Vec<f64> = (0..self.counts.len())
            .map(|row| self.counts.purchases(row))
            .collect();
        let params = KMeansParams::new(k).n_init(10).seed(self.seed);
        Ok(params
            .fit(&Matrix::from_columns(columns)?, Some(&weights), ctx)?
            .labels)
    }
}

/// What the classes are expected to have: customers, and counts of each column.
struct Sums {
    customers: Vec<f64>,
    counts: Vec<f64>,
}

impl Sums {
    fn new(n_columns: usize, k: usize) -> Self {
        Self {
            customers: vec![0.0; k],
            counts: vec![0.0; n_columns * k],
        }
    }

    fn of_all(counts: &Counts) -> Self {
        let mut all = Self::new(counts.n_columns(), 1);
        (0..counts.len()).for_each(|row| all.add(counts, row, &[1.0]));
        all
    }

    fn add(&mut self, counts: &Counts, row: usize, chances: &[f64]) {
        let k = chances.len();
        self.customers
            .iter_mut()
            .zip(chances)
            .for_each(|(to, p)| *to += p);
        for (column, n) in counts.row(row) {
            let own = &mut self.counts[column * k..][..k];
            own.iter_mut().zip(chances).for_each(|(to, p)| *to += n * p);
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
            log_likelihood: f64::NEG_INFINITY,
            criteria: Vec::new(),
        }
    }
}

/// What customers are expected to add to each class, and the logarithm of their likelihood.
fn pass(classes: &LatentClasses, counts: &Counts, ctx: &Context) -> Result<(Sums, f64)> {
    let k = classes.n_classes();
    let parts = map_ordered(ctx, "latent classes", counts.chunks(), |rows| {
        let mut sums = Sums::new(counts.n_columns(), k);
        let mut chances = vec![0.0; k];
        let mut likelihood = 0.0;
        for row in rows {
            likelihood += classes.chances(counts, row, &mut chances);
            sums.add(counts, row, &chances);
        }
        Ok((sums, likelihood))
    })?;
    let mut all = Sums::new(counts.n_columns(), k);
    let mut likelihood = 0.0;
    for (part, own) in parts {
        likelihood += own;
        all.customers
            .iter_mut()
            .zip(part.customers)
            .for_each(|(to, x)| *to += x);
        all.counts
            .iter_mut()
            .zip(part.counts)
            .for_each(|(to, x)| *to += x);
    }
    Ok((all, likelihood))
}
