//! Classes of customers: five segments of private ones, and those who buy for resale.

use rand::RngCore;
use rand::seq::SliceRandom;

use super::alias::Alias;
use super::catalog::Catalog;
use super::params::ShopParams;
use super::strength::Strength;
use crate::random::stream;

/// Segments of private customers.
pub(super) const N_SEGMENTS: usize = 5;
/// The class after the segments: wholesale buyers.
pub(super) const WHOLESALE: usize = N_SEGMENTS;
/// Weeks of a year, the last of one or two days.
pub(super) const N_WEEKS: usize = 53;

/// Shape and scale (in days) of the gamma distribution of drop-out rates: the mean life is 500 days, the middle one 239.
pub(super) const DROPOUT_SHAPE: f64 = 2.5;
pub(super) const DROPOUT_DAYS: f64 = 750.0;

const SHARES: [f64; N_SEGMENTS] = [0.30, 0.25, 0.20, 0.15, 0.10];
/// Rates beside the middle segment's, at full spread.
const RATES: [f64; N_SEGMENTS] = [1.0, 1.7, 0.55, 1.2, 0.7];
/// Middle basket sizes at full spread, around that of all.
const SIZES: [f64; N_SEGMENTS] = [3.0, 1.8, 6.0, 4.0, 2.4];
const MIDDLE_SIZE: f64 = 3.0;
/// How strongly dear items attract, at full spread.
const TASTES: [f64; N_SEGMENTS] = [-0.6, 0.0, -0.2, 0.4, 0.9];
const BASE_RESPONSES: [f64; N_SEGMENTS] = [0.10, 0.14, 0.06, 0.12, 0.08];
/// Effects of the campaign at full scale; one segment is put off by it.
const UPLIFTS: [f64; N_SEGMENTS] = [0.05, 0.35, 0.0, 0.18, -0.06];

/// Distinct items that are drawn for an order at most.
const LARGEST_BASKET: usize = 60;
const LARGEST_QUANTITY: usize = 12;
/// Wholesale buyers take dozens.
const DOZEN: i32 = 12;
const MOST_DOZENS: usize = 20;

/// A distribution over a few whole numbers, its probabilities known.
#[derive(Debug, Clone)]
pub(super) struct Pmf {
    pub(super) values: Vec<i32>,
    pub(super) probabilities: Vec<f64>,
    alias: Alias,
}

impl Pmf {
    fn new(values: Vec<i32>, weights: Vec<f64>) -> Self {
        let total: f64 = weights.iter().sum();
        Self {
            alias: Alias::new(&weights),
            probabilities: weights.into_iter().map(|w| w / total).collect(),
            values,
        }
    }

    /// Log-normal at the whole numbers `1..=most`: heavy in its tail, which is cut off at `most`.
    fn log_normal(middle: f64, sigma: f64, most: usize) -> Self {
        let weight = |k: usize| {
            let z = ((k as f64).ln() - middle.ln()) / sigma;
            (-0.5 * z * z).exp() / k as f64
        };
        Self::new(
            (1..=most as i32).collect(),
            (1..=most).map(weight).collect(),
        )
    }

    /// Zipf over `1..=most`, in steps of `unit`.
    fn zipf(exponent: f64, most: usize, unit: i32) -> Self {
        Self::new(
            (1..=most as i32).map(|k| k * unit).collect(),
            (1..=most).map(|k| (k as f64).powf(-exponent)).collect(),
        )
    }

    /// Each value `v` more likely by `v` to the exponent.
    fn tilted(&self, exponent: f64) -> Self {
        let pairs = self.values.iter().zip(&self.probabilities);
        let weights = pairs.map(|(&v, p)| p * f64::from(v).powf(exponent));
        Self::new(self.values.clone(), weights.collect())
    }

    pub(super) fn draw(&self, rng: &mut impl RngCore) -> i32 {
        self.values[self.alias.draw(rng)]
    }

    pub(super) fn mean(&self) -> f64 {
        let pairs = self.values.iter().zip(&self.probabilities);
        pairs.map(|(&v, p)| f64::from(v) * p).sum()
    }
}

/// One class: all that its customers have in common.
#[derive(Debug, Clone)]
pub(super) struct Class {
    pub(super) share: f64,
    /// Mean of the customers' rates, in orders a day; they are gamma-distributed with the strength's shape.
    pub(super) rate: f64,
    pub(super) sizes: Pmf,
    pub(super) quantities: Pmf,
    /// Quantities of those who deviate.
    pub(super) tilted: Pmf,
    /// Whether a category is one of its own.
    pub(super) is_favourite: Vec<bool>,
    /// Probability of each category in each week of the year.
    pub(super) categories: Vec<Vec<f64>>,
    category_draws: Vec<Alias>,
    /// Probability of each item within its category, before its trend.
    pub(super) items: Vec<f64>,
    item_draws: Vec<Alias>,
    pub(super) response: f64,
    pub(super) uplift: f64,
}

impl Class {
    pub(super) fn draw_category(&self, week: usize, rng: &mut impl RngCore) -> usize {
        self.category_draws[week].draw(rng)
    }

    /// An item of the category, before its trend; counted from the category's first.
    pub(super) fn draw_item(&self, category: usize, rng: &mut impl RngCore) -> usize {
        self.item_draws[category].draw(rng)
    }
}

/// All classes, the segments first.
pub(super) fn classes(params: &ShopParams, strength: &Strength, catalog: &Catalog) -> Vec<Class> {
    let mut favourites: Vec<usize> = (0..catalog.categories.len()).collect();
    favourites.shuffle(&mut stream(params.seed, "shop tastes", 0));
    (0..=N_SEGMENTS)
        .map(|k| {
            // Dealt out like cards: each category is one segment's own.
            let own = |c: usize| {
                favourites
                    .iter()
                    .position(|&f| f == c)
                    .map(|i| i % N_SEGMENTS)
            };
            let is_favourite: Vec<bool> =
                (0..favourites.len()).map(|c| own(c) == Some(k)).collect();
            if k == WHOLESALE {
                wholesale(params, strength, catalog, is_favourite)
            } else {
                segment(k, params, strength, catalog, is_favourite)
            }
        })
        .collect()
}

fn segment(
    k: usize,
    params: &ShopParams,
    strength: &Strength,
    catalog: &Catalog,
    is_favourite: Vec<bool>,
) -> Class {
    let spread = strength.spread;
    let quantities = Pmf::zipf(2.2, LARGEST_QUANTITY, 1);
    let middle = MIDDLE_SIZE * (SIZES[k] / MIDDLE_SIZE).powf(spread);
    Class {
        share: SHARES[k] * (1.0 - params.wholesale_share),
        rate: RATES[k].powf(spread) / strength.gap_days,
        sizes: Pmf::log_normal(middle, 0.75, LARGEST_BASKET),
        tilted: quantities.tilted(strength.tilt),
        quantities,
        response: BASE_RESPONSES[k],
        uplift: UPLIFTS[k] * strength.uplift,
        ..tastes(
            catalog,
            is_favourite,
            strength.preference,
            TASTES[k] * spread,
        )
    }
}

fn wholesale(
    params: &ShopParams,
    strength: &Strength,
    catalog: &Catalog,
    is_favourite: Vec<bool>,
) -> Class {
    let quantities = Pmf::zipf(1.2, MOST_DOZENS, DOZEN);
    Class {
        share: params.wholesale_share,
        rate: 1.5 / strength.gap_days,
        sizes: Pmf::log_normal(10.0, 0.75, LARGEST_BASKET),
        tilted: quantities.clone(),
        quantities,
        ..tastes(catalog, is_favourite, 0.0, 0.0)
    }
}

/// What a class likes, week by week; its other traits are to be filled in.
fn tastes(catalog: &Catalog, is_favourite: Vec<bool>, preference: f64, dear: f64) -> Class {
    let one = Pmf::new(vec![1], vec![1.0]);
    let week = |w: usize| -> Vec<f64> {
        let own = catalog.categories.iter().zip(&is_favourite);
        let weight =
            own.map(|(c, &f)| c.popularity * c.season(w) * if f { preference.exp() } else { 1.0 });
        shares(weight.collect())
    };
    let categories: Vec<Vec<f64>> = (0..N_WEEKS).map(week).collect();
    let weight =
        |i: &super::catalog::Item| i.popularity * (f64::from(i.base_cents) / 800.0).powf(dear);
    let ranges = catalog.categories.iter().map(|c| c.items.clone());
    let items: Vec<Vec<f64>> = ranges
        .map(|r| shares(catalog.items[r].iter().map(weight).collect()))
        .collect();
    Class {
        share: 0.0,
        rate: 0.0,
        sizes: one.clone(),
        quantities: one.clone(),
        tilted: one,
        is_favourite,
        category_draws: categories.iter().map(|w| Alias::new(w)).collect(),
        categories,
        item_draws: items.iter().map(|w| Alias::new(w)).collect(),
        items: items.concat(),
        response: 0.0,
        uplift: 0.0,
    }
}

fn shares(weights: Vec<f64>) -> Vec<f64> {
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|w| w / total).collect()
}
