//! What the shop sells: a tree of items with prices, seasons and trends.

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::names::{CATEGORIES, DEPARTMENTS, item_name, word};
use super::params::{Language, ShopParams};
use crate::random::stream;

/// Days between the days at which a price may change.
const PRICE_STEP_DAYS: usize = 90;
/// A price stays within these factors of its base, so that all prices of an item lie within a factor of 2.
const PRICE_RANGE: (f64, f64) = (0.8, 1.45);
/// Of so many items one rises, and one falls.
const ONE_TREND_IN: usize = 20;
/// Exponent of the popularity within a category.
const POPULARITY: f64 = 0.7;

/// Where an item's attraction goes over the shop's days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trend {
    Flat,
    Rising,
    Falling,
}

impl Trend {
    /// What is left of the attraction at the share `x` of the days, where `low` is the least there is.
    pub(super) fn factor(self, low: f64, x: f64) -> f64 {
        match self {
            Self::Flat => 1.0,
            Self::Rising => low + (1.0 - low) * x,
            Self::Falling => 1.0 - (1.0 - low) * x,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::Rising => "rising",
            Self::Falling => "falling",
        }
    }
}

/// One item.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) category: usize,
    /// Attraction within its category, before segment and trend.
    pub(super) popularity: f64,
    pub(super) base_cents: u32,
    pub(super) trend: Trend,
}

/// One category: a share of the whole, with a season.
#[derive(Debug, Clone)]
pub(super) struct Category {
    pub(super) name: &'static str,
    pub(super) department: &'static str,
    /// The items `items.start..items.end` are its.
    pub(super) items: std::ops::Range<usize>,
    /// Attraction before segment and season.
    pub(super) popularity: f64,
    /// Strength of the season: 0 to below 1.
    pub(super) amplitude: f64,
    /// Day of the year on which it is strongest.
    pub(super) peak_day: f64,
    /// Share of the price that goods cost.
    pub(super) cost_share: f64,
}

impl Category {
    /// The season's factor in a week of the year.
    pub(super) fn season(&self, week: usize) -> f64 {
        let day = week as f64 * 7.0 + 3.5;
        1.0 + self.amplitude * (std::f64::consts::TAU * (day - self.peak_day) / 365.25).cos()
    }
}

/// All that is on sale.
#[derive(Debug, Clone)]
pub(super) struct Catalog {
    pub(super) items: Vec<Item>,
    pub(super) categories: Vec<Category>,
    /// Prices in cents: those of an item stand together, one for each step.
    prices: Vec<u32>,
    n_steps: usize,
}

impl Catalog {
    pub(super) fn draw(params: &ShopParams) -> Self {
        let categories = categories(params);
        let mut items = items(params, &categories);
        plant_trends(&mut items, params.seed);
        let n_steps = params.n_days as usize / PRICE_STEP_DAYS + 2;
        let mut rng = stream(params.seed, "shop price changes", 0);
        let prices = items
            .iter()
            .flat_map(|item| price_path(item.base_cents, n_steps, &mut rng))
            .collect();
        Self {
            items,
            categories,
            prices,
            n_steps,
        }
    }

    /// The list price on a day; items change theirs on days of their own.
    pub(super) fn cents(&self, item: usize, day: usize) -> u32 {
        let step = (day + item * 37 % PRICE_STEP_DAYS) / PRICE_STEP_DAYS;
        self.prices[item * self.n_steps + step.min(self.n_steps - 1)]
    }
}

fn categories(params: &ShopParams) -> Vec<Category> {
    let mut rng = stream(params.seed, "shop categories", 0);
    let n = CATEGORIES.len().min(params.n_items);
    let tree_language = match params.language {
        Language::Mixed => Language::English,
        own => own,
    };
    let make = |c: usize| {
        let normal: f64 = StandardNormal.sample(&mut rng);
        Category {
            name: word(CATEGORIES[c].name, tree_language, c),
            department: word(DEPARTMENTS[c / 4], tree_language, c),
            items: c * params.n_items / n..(c + 1) * params.n_items / n,
            popularity: (0.3 * normal).exp(),
            amplitude: rng.gen_range(0.0..0.6),
            peak_day: rng.gen_range(0.0..365.25),
            cost_share: rng.gen_range(0.4..0.7),
        }
    };
    (0..n).map(make).collect()
}

fn items(params: &ShopParams, categories: &[Category]) -> Vec<Item> {
    let mut rng = stream(params.seed, "shop items", 0);
    let mut items = Vec::with_capacity(params.n_items);
    for (c, category) in categories.iter().enumerate() {
        // Which names are popular is chance; the numbers on the shelf say nothing of it.
        let mut ranks: Vec<usize> = (0..category.items.len()).collect();
        ranks.shuffle(&mut rng);
        for (place, rank) in ranks.into_iter().enumerate() {
            let number = items.len();
            let normal: f64 = StandardNormal.sample(&mut rng);
            items.push(Item {
                code: format!("{}{number:05}", ["K", "G", "H", "S", "T"][c / 4]),
                name: item_name(c, place, params.language, number),
                category: c,
                popularity: (rank as f64 + 2.0).powf(-POPULARITY),
                base_cents: (800.0 * (0.7 * normal).exp()).clamp(80.0, 10_000.0).round() as u32,
                trend: Trend::Flat,
            });
        }
    }
    items
}

/// Rising and falling items, one in twenty each, at random places.
fn plant_trends(items: &mut [Item], seed: u64) {
    let n = items.len() / ONE_TREND_IN;
    let mut places: Vec<usize> = (0..items.len()).collect();
    places.shuffle(&mut stream(seed, "shop trends", 0));
    for (i, &place) in places[..2 * n].iter().enumerate() {
        items[place].trend = [Trend::Rising, Trend::Falling][i % 2];
    }
}

/// A price for each step: it stays in two of three, else it is a new one around the base.
fn price_path(base: u32, n_steps: usize, rng: &mut ChaCha8Rng) -> Vec<u32> {
    let mut now = base;
    let step = |_| {
        if rng.gen_bool(1.0 / 3.0) {
            let factor = rng.gen_range(PRICE_RANGE.0..PRICE_RANGE.1);
            now = (f64::from(base) * factor).round() as u32;
        }
        now
    };
    (0..n_steps).map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog(n_items: usize) -> Catalog {
        let params = ShopParams::new().n_items(n_items).n_days(2000);
        Catalog::draw(&params)
    }

    #[test]
    fn every_item_has_a_place_and_a_code_of_its_own() {
        for n in [1, 3, 19, 20, 240, 1001] {
            let catalog = catalog(n);
            assert_eq!(catalog.items.len(), n);
            let covered: usize = catalog.categories.iter().map(|c| c.items.len()).sum();
            assert_eq!(covered, n);
            assert!(catalog.categories.iter().all(|c| !c.items.is_empty()));
            let codes: std::collections::BTreeSet<_> =
                catalog.items.iter().map(|i| &i.code).collect();
            assert_eq!(codes.len(), n);
        }
    }

    #[test]
    fn prices_change_within_a_factor_of_two() {
        let catalog = catalog(240);
        let mut n_changed = 0;
        for item in 0..240 {
            let prices: Vec<u32> = (0..2000).map(|d| catalog.cents(item, d)).collect();
            let (low, high) = (prices.iter().min().unwrap(), prices.iter().max().unwrap());
            assert!(*low >= 1 && f64::from(*high) < 2.0 * f64::from(*low));
            n_changed += usize::from(low != high);
        }
        assert!(n_changed > 200);
    }

    #[test]
    fn as_many_items_rise_as_fall() {
        let catalog = catalog(240);
        let count = |t| catalog.items.iter().filter(|i| i.trend == t).count();
        assert_eq!((count(Trend::Rising), count(Trend::Falling)), (12, 12));
    }
}
