//! The whole mechanism: all that is fixed before the first customer comes.

use chrono::{Datelike, NaiveDate};

use super::catalog::{Catalog, Trend};
use super::class::{Class, classes};
use super::params::ShopParams;
use super::planted::Rules;
use super::strength::Strength;

/// Customers come within this share of the days.
pub(super) const ARRIVALS: f64 = 0.7;
/// At this share of the days the letters of the campaign go out.
const CAMPAIGN: f64 = 0.5;
/// From this share of the days on, those who deviate do.
const DEVIATION: f64 = 0.6;
/// Forecasts are made at this share of the days.
const CUT: f64 = 0.75;
const LONGEST_HORIZON: f64 = 90.0;
/// Days within which a letter is answered.
pub(super) const ANSWER_DAYS: f64 = 14.0;

/// Catalog, classes, rules and the days on which something happens.
#[derive(Debug, Clone)]
pub(super) struct Mechanism {
    pub(super) params: ShopParams,
    pub(super) strength: Strength,
    pub(super) catalog: Catalog,
    pub(super) classes: Vec<Class>,
    pub(super) rules: Rules,
    /// Week of the year of each day.
    weeks: Vec<u8>,
    /// Of each class and category: the share of its rising and of its falling items.
    trending: Vec<Vec<(f64, f64)>>,
}

impl Mechanism {
    /// The mechanism of valid parameters.
    pub(super) fn new(params: &ShopParams) -> Self {
        let strength = Strength::of(params.difficulty);
        let catalog = Catalog::draw(params);
        let classes = classes(params, &strength, &catalog);
        let share = |class: &Class, category: usize, trend: Trend| -> f64 {
            let range = catalog.categories[category].items.clone();
            let wanted = range.filter(|&i| catalog.items[i].trend == trend);
            wanted.map(|i| class.items[i]).sum()
        };
        let pair = |class: &Class, c| {
            (
                share(class, c, Trend::Rising),
                share(class, c, Trend::Falling),
            )
        };
        let of_class = |class: &Class| {
            (0..catalog.categories.len())
                .map(|c| pair(class, c))
                .collect()
        };
        Self {
            rules: Rules::draw(params.seed, &strength, &catalog),
            weeks: weeks(params),
            trending: classes.iter().map(of_class).collect(),
            params: params.clone(),
            strength,
            catalog,
            classes,
        }
    }

    pub(super) fn n_days(&self) -> f64 {
        f64::from(self.params.n_days)
    }

    pub(super) fn campaign_day(&self) -> f64 {
        (self.n_days() * CAMPAIGN).floor()
    }

    pub(super) fn deviation_day(&self) -> f64 {
        (self.n_days() * DEVIATION).floor()
    }

    pub(super) fn cut_day(&self) -> f64 {
        (self.n_days() * CUT).floor()
    }

    /// Days after the cut that a forecast is about.
    pub(super) fn horizon_days(&self) -> f64 {
        (self.n_days() - self.cut_day()).min(LONGEST_HORIZON)
    }

    pub(super) fn week(&self, day: f64) -> usize {
        usize::from(self.weeks[(day as usize).min(self.weeks.len() - 1)])
    }

    /// What is left of an item's attraction on a day.
    pub(super) fn trend_factor(&self, item: usize, day: f64) -> f64 {
        let trend = self.catalog.items[item].trend;
        trend.factor(self.strength.trend, day / self.n_days())
    }

    /// What is left of a category's on a day, to one class.
    fn category_factor(&self, class: usize, category: usize, day: f64) -> f64 {
        let (rising, falling) = self.trending[class][category];
        let (low, x) = (self.strength.trend, day / self.n_days());
        1.0 - (1.0 - low) * (rising * (1.0 - x) + falling * x)
    }

    pub(super) fn category_probability(&self, class: usize, category: usize, day: f64) -> f64 {
        self.classes[class].categories[self.week(day)][category]
    }

    /// The probability that a class, drawing an item on a day, draws this one.
    pub(super) fn item_probability(&self, class: usize, item: usize, day: f64) -> f64 {
        let category = self.catalog.items[item].category;
        self.category_probability(class, category, day)
            * self.classes[class].items[item]
            * self.trend_factor(item, day)
            / self.category_factor(class, category, day)
    }
}

fn weeks(params: &ShopParams) -> Vec<u8> {
    let opening = params.opening_day();
    let week = |day: i64| {
        let date = NaiveDate::from_epoch_days((opening + day) as i32);
        date.map_or(0, |d| (d.ordinal0() / 7) as u8)
    };
    (0..i64::from(params.n_days)).map(week).collect()
}
