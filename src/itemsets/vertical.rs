//! The baskets of each item.

use super::database::Database;

/// Where an item stands in a basket.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    at: u32,
    pub(super) row: u32,
}

/// For each item where it stands.
#[derive(Debug)]
pub(super) struct Vertical<'a> {
    database: &'a Database,
    starts: Vec<usize>,
    places: Vec<Place>,
}

impl<'a> Vertical<'a> {
    pub(super) fn new(database: &'a Database) -> Self {
        let mut starts = vec![0; database.n_items() + 2];
        for &item in &database.items {
            starts[item as usize + 2] += 1;
        }
        for i in 2..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut places = vec![Place::default(); database.items.len()];
        let mut from = 0;
        for (row, &end) in database.ends.iter().enumerate() {
            for at in from..end {
                let next = &mut starts[database.items[at] as usize + 1];
                // A database has less than 2^32 items in all.
                places[*next] = Place {
                    at: at as u32,
                    row: row as u32,
                };
                *next += 1;
            }
            from = end;
        }
        Self {
            database,
            starts,
            places,
        }
    }

    pub(super) fn places(&self, item: u32) -> &[Place] {
        &self.places[self.starts[item as usize]..self.starts[item as usize + 1]]
    }

    /// The items that come after the place in its basket.
    #[inline(always)]
    pub(super) fn after(&self, place: Place) -> &[u32] {
        &self.database.items[place.at as usize + 1..self.database.ends[place.row as usize]]
    }

    #[inline(always)]
    pub(super) fn weight(&self, place: Place) -> u32 {
        let weights = &self.database.weights;
        weights.get(place.row as usize).copied().unwrap_or(1)
    }
}

/// How often items come after an item; between items all is zero.
#[derive(Debug, Default)]
pub(super) struct Counts {
    counts: Vec<u32>,
    frequent: Vec<u32>,
}

impl Counts {
    /// The items, ascending, that come after `item` often enough, with the weight of the baskets that have both. Ancestors are left out.
    pub(super) fn frequent_after(
        &mut self,
        vertical: &Vertical<'_>,
        item: u32,
        minimum: u32,
        found: &mut Vec<(u32, u32)>,
    ) {
        let database = vertical.database;
        self.counts.resize(database.n_items(), 0);
        self.frequent.resize(database.n_items() + 1, 0);
        let mut n = 0;
        for &place in vertical.places(item) {
            let weight = vertical.weight(place);
            for &other in vertical.after(place) {
                let before = self.counts[other as usize];
                self.counts[other as usize] = before + weight;
                // Written always, kept if it reaches the minimum now: that cannot be foreseen.
                self.frequent[n] = other;
                n += usize::from((before < minimum) & (before + weight >= minimum));
            }
        }
        self.frequent[..n].sort_unstable();
        found.clear();
        let kept = self.frequent[..n].iter().copied();
        let kept = kept.filter(|&other| !database.is_related(item, other));
        found.extend(kept.map(|other| (other, self.counts[other as usize])));
        for &place in vertical.places(item) {
            for &other in vertical.after(place) {
                self.counts[other as usize] = 0;
            }
        }
    }
}
