//! Histories as the miner wants them: items numbered anew without those that are too rare, everything in flat lists.

use std::ops::Range;

use super::extend::Occurrence;
use super::histories::Histories;
use crate::error::{Error, Result};

/// A number that no item has.
const NONE: u32 = u32::MAX;

/// Elements of customers, one after the other in order of time.
#[derive(Debug, Default)]
pub(super) struct Database {
    pub(super) items: Vec<u32>,
    /// Of each element.
    pub(super) ends: Vec<u32>,
    pub(super) times: Vec<i64>,
    /// Of each element its customer; of each customer where the elements end.
    pub(super) owners: Vec<u32>,
    pub(super) customer_ends: Vec<u32>,
}

impl Database {
    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.ends.clear();
        self.times.clear();
        self.owners.clear();
        self.customer_ends.clear();
    }

    /// Where the items of an element are.
    pub(super) fn places(&self, element: usize) -> Range<usize> {
        let from = element.checked_sub(1).map_or(0, |e| self.ends[e]);
        from as usize..self.ends[element] as usize
    }

    /// Ends an element of the customer after the last that was ended; its items are those after the last element's.
    pub(super) fn end_element(&mut self, time: i64) {
        self.ends.push(self.items.len() as u32);
        self.times.push(time);
        self.owners.push(self.customer_ends.len() as u32);
    }

    pub(super) fn end_customer(&mut self) {
        self.customer_ends.push(self.ends.len() as u32);
    }

    /// The elements from a customer's first occurrence on, as far as the window of the last one reaches, and the places of their items.
    pub(super) fn reach(&self, own: &[Occurrence], window: i64) -> (Range<usize>, Range<usize>) {
        let first = own[0].element as usize;
        let end = self.customer_ends[self.owners[first] as usize] as usize;
        // Starts ascend: the last one reaches farthest.
        let start = own[own.len() - 1].start;
        let is_reached = |time: &i64| time.saturating_sub(start) <= window;
        let end = first + self.times[first..end].partition_point(is_reached);
        let last = self.places(end - 1);
        (first..end, self.places(first).start..last.end)
    }

    /// Writes that part of a customer's history as another customer, with the items that are kept, and the occurrences in it.
    pub(super) fn write(
        &self,
        own: &[Occurrence],
        window: i64,
        is_kept: impl Fn(u32) -> bool,
        database: &mut Self,
        list: &mut Vec<Occurrence>,
    ) {
        let mut ends_here = own.iter().peekable();
        for element in self.reach(own, window).0 {
            let before = database.items.len();
            let here = ends_here.next_if(|o| o.element as usize == element);
            let places = self.places(element);
            let next = here.map_or(places.start, |o| o.next as usize);
            let kept = |places: Range<usize>| {
                let items = self.items[places].iter().copied();
                items.filter(|&item| is_kept(item))
            };
            database.items.extend(kept(places.start..next));
            if let Some(from) = here {
                list.push(Occurrence {
                    element: database.ends.len() as u32,
                    next: database.items.len() as u32,
                    start: from.start,
                });
            }
            database.items.extend(kept(next..places.end));
            if here.is_some() || database.items.len() > before {
                database.end_element(self.times[element]);
            }
        }
        database.end_customer();
    }
}

/// Histories coded for one job.
#[derive(Debug)]
pub(super) struct Coded {
    pub(super) database: Database,
    /// The item that each code stands for: codes ascend with them.
    pub(super) codes: Vec<u32>,
    /// For each code those that are never in an element with it, because one is an ancestor of the other; none without a taxonomy.
    related: Vec<Vec<u32>>,
    /// The element and the place of each item, by code.
    occurrences: Vec<(u32, u32)>,
    occurrence_ends: Vec<usize>,
    supports: Vec<u32>,
}

impl Coded {
    /// Customers without a required item are left away: no sequence that is wanted is in their histories.
    pub(super) fn new(
        histories: &Histories,
        minimum: u32,
        required: &[u32],
        forbidden: &[u32],
    ) -> Result<Self> {
        let is_used = customers_with(histories, required);
        let counts = support_counts(histories, &is_used);
        let is_coded =
            |item: &u32| counts[*item as usize] >= minimum.max(1) && !forbidden.contains(item);
        let codes: Vec<u32> = (0..counts.len() as u32).filter(is_coded).collect();
        // A bit of a code says more where sequences are kept, and two of each are told apart where they grow.
        if codes.len() >= 1 << 30 {
            let rule = "must be fewer than 2^30 items with enough support";
            return Err(Error::parameter("Histories", "items", rule, codes.len()));
        }
        let mut code_of = vec![NONE; counts.len()];
        for (code, &item) in (0..).zip(&codes) {
            code_of[item as usize] = code;
        }
        let database = coded(histories, &is_used, &code_of);
        let (occurrences, occurrence_ends) = by_code(&database, codes.len());
        Ok(Self {
            related: related(histories, &codes, &code_of),
            supports: codes.iter().map(|&i| counts[i as usize]).collect(),
            database,
            codes,
            occurrences,
            occurrence_ends,
        })
    }

    pub(super) fn n_items(&self) -> usize {
        self.codes.len()
    }

    pub(super) fn support(&self, code: u32) -> u32 {
        self.supports[code as usize]
    }

    /// Writes where the sequence of this item alone ends.
    pub(super) fn list(&self, code: u32, list: &mut Vec<Occurrence>) {
        let ends = &self.occurrence_ends;
        let from = code.checked_sub(1).map_or(0, |c| ends[c as usize]);
        let own = &self.occurrences[from..ends[code as usize]];
        list.clear();
        list.extend(own.iter().map(|&(element, place)| Occurrence {
            element,
            next: place + 1,
            start: self.database.times[element as usize],
        }));
    }

    /// Whether an item may not be in an element with these.
    pub(super) fn is_related(&self, code: u32, element: &[u32]) -> bool {
        let related = self.related.get(code as usize);
        related.is_some_and(|related| element.iter().any(|c| related.contains(c)))
    }
}

fn customers_with(histories: &Histories, required: &[u32]) -> Vec<bool> {
    let mut has_all = vec![true; histories.len()];
    for item in required {
        let mut has = vec![false; has_all.len()];
        histories.each_element(|customer, _, items| {
            has[customer as usize] |= items.binary_search(item).is_ok();
        });
        has_all
            .iter_mut()
            .zip(has)
            .for_each(|(all, has)| *all &= has);
    }
    has_all
}

/// For each item how many of the used customers have it.
fn support_counts(histories: &Histories, is_used: &[bool]) -> Vec<u32> {
    let mut counts = vec![0; histories.baskets().n_items()];
    let mut last = vec![NONE; counts.len()];
    histories.each_element(|customer, _, items| {
        if is_used[customer as usize] {
            for &item in items {
                let last = &mut last[item as usize];
                counts[item as usize] += u32::from(*last != customer);
                *last = customer;
            }
        }
    });
    counts
}

fn coded(histories: &Histories, is_used: &[bool], code_of: &[u32]) -> Database {
    let mut database = Database::default();
    let mut last = NONE;
    histories.each_element(|customer, time, items| {
        if !is_used[customer as usize] {
            return;
        }
        let from = database.items.len();
        let codes = items.iter().map(|&item| code_of[item as usize]);
        database.items.extend(codes.filter(|&code| code != NONE));
        if database.items.len() > from {
            if last != customer && last != NONE {
                database.end_customer();
            }
            last = customer;
            database.end_element(time);
        }
    });
    database.end_customer();
    database
}

/// For each code the elements that have it, and its places there.
fn by_code(database: &Database, n_items: usize) -> (Vec<(u32, u32)>, Vec<usize>) {
    let mut next = vec![0usize; n_items + 1];
    for &code in &database.items {
        next[code as usize + 1] += 1;
    }
    for code in 0..n_items {
        next[code + 1] += next[code];
    }
    let mut occurrences = vec![(0, 0); database.items.len()];
    for element in 0..database.ends.len() {
        for place in database.places(element) {
            let at = &mut next[database.items[place] as usize];
            occurrences[*at] = (element as u32, place as u32);
            *at += 1;
        }
    }
    next.pop();
    (occurrences, next)
}

/// For each code those of its ancestors and descendants.
fn related(histories: &Histories, codes: &[u32], code_of: &[u32]) -> Vec<Vec<u32>> {
    let baskets = histories.baskets();
    if !baskets.has_taxonomy() {
        return Vec::new();
    }
    let mut related = vec![Vec::new(); codes.len()];
    for (code, &item) in (0..).zip(codes) {
        for &ancestor in baskets.ancestors(item).unwrap_or(&[]) {
            let ancestor = code_of[ancestor as usize];
            if ancestor != NONE {
                related[code as usize].push(ancestor);
                related[ancestor as usize].push(code);
            }
        }
    }
    related
}
