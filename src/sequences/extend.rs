//! Where a sequence ends, and what may come next there.

use super::database::Database;

/// A place where a sequence can end: all its elements are found, the last of them here, within the limits of time.
///
/// Of all ways to end here the one with the latest start is kept: it leaves most of the window, and what comes next asks for nothing else.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Occurrence {
    pub(super) element: u32,
    /// The place just after its last item.
    pub(super) next: u32,
    /// The time of the first element.
    pub(super) start: i64,
}

/// Limits of time, in microseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) window: i64,
    /// 1 at least: the next element is later.
    pub(super) min_gap: i64,
    pub(super) max_gap: i64,
}

/// How a sequence may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ways {
    /// By an item of its last element.
    pub(super) within: bool,
    /// By an element after it.
    pub(super) after: bool,
}

impl Ways {
    pub(super) const fn any(self) -> bool {
        self.within || self.after
    }
}

/// The occurrences of one customer after the other.
pub(super) fn by_customer<'a>(
    database: &'a Database,
    list: &'a [Occurrence],
) -> impl Iterator<Item = &'a [Occurrence]> {
    let owner = |o: &Occurrence| database.owners[o.element as usize];
    list.chunk_by(move |a, b| owner(a) == owner(b))
}

/// Calls with all that may come next, customer by customer in the order of the list: `step` is the item where it goes to the last element, and
/// `n_items` more where it begins a new one. The list stands in order of the elements, and so do the calls for each step.
#[inline(always)]
pub(super) fn each_extension(
    database: &Database,
    list: &[Occurrence],
    times: &Times,
    ways: Ways,
    n_items: u32,
    mut visit: impl FnMut(u32, u32, Occurrence),
) {
    for own in by_customer(database, list) {
        let owner = database.owners[own[0].element as usize];
        if ways.within {
            for from in own {
                let end = database.ends[from.element as usize];
                let items = &database.items[from.next as usize..end as usize];
                for (next, &item) in (from.next + 1..).zip(items) {
                    visit(item, owner, Occurrence { next, ..*from });
                }
            }
        }
        if ways.after {
            each_after(database, own, times, |element, start| {
                let places = database.places(element as usize);
                let first = places.start as u32 + 1;
                for (next, &item) in (first..).zip(&database.items[places]) {
                    let next = Occurrence {
                        element,
                        next,
                        start,
                    };
                    visit(n_items + item, owner, next);
                }
            });
        }
    }
}

/// Calls with each element that may follow one of a customer's occurrences, and with the latest start.
///
/// Of the occurrences that are far enough back the latest serves best: the gap is the smallest, and the start the latest, because starts ascend with
/// the ends. They do for a single item, and here they go on ascending. So two fingers that only move forward find all.
#[inline(always)]
fn each_after(
    database: &Database,
    own: &[Occurrence],
    times: &Times,
    mut visit: impl FnMut(u32, i64),
) {
    let time_of = |element: u32| database.times[element as usize];
    let owner = database.owners[own[0].element as usize];
    let end = database.customer_ends[owner as usize];
    let mut n_back = 0;
    let mut element = own[0].element + 1;
    while element < end {
        let time = time_of(element);
        while own
            .get(n_back)
            .is_some_and(|o| time.saturating_sub(time_of(o.element)) >= times.min_gap)
        {
            n_back += 1;
        }
        let reached = n_back.checked_sub(1).map(|back| own[back]).filter(|from| {
            time.saturating_sub(time_of(from.element)) <= times.max_gap
                && time.saturating_sub(from.start) <= times.window
        });
        if let Some(from) = reached {
            visit(element, from.start);
            element += 1;
            continue;
        }
        // Too near to the first, or too far from the last: only the next occurrence can help.
        let Some(next) = own.get(n_back) else { return };
        element = element.max(next.element) + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One customer with an item at each of these times.
    fn database(times: &[i64]) -> Database {
        let mut database = Database::default();
        for &time in times {
            database.items.push(0);
            database.end_element(time);
        }
        database.end_customer();
        database
    }

    #[test]
    fn gaps_and_window_hold_at_their_ends() {
        let database = database(&[0, 1, 4, 5, 9, 20]);
        let own: Vec<Occurrence> = [0, 1, 3]
            .map(|element| Occurrence {
                element,
                next: element + 1,
                start: database.times[element as usize],
            })
            .into();
        let found = |min_gap, max_gap, window| {
            let mut found = Vec::new();
            let times = Times {
                window,
                min_gap,
                max_gap,
            };
            each_after(&database, &own, &times, |e, start| found.push((e, start)));
            found
        };
        let all = i64::MAX;
        assert_eq!(found(1, all, all), [(1, 0), (2, 1), (3, 1), (4, 5), (5, 5)]);
        assert_eq!(found(1, 3, all), [(1, 0), (2, 1)]);
        assert_eq!(found(4, 4, all), [(2, 0), (3, 1), (4, 5)]);
        assert_eq!(found(5, 7, all), [(3, 0)]);
        assert_eq!(found(1, all, 4), [(1, 0), (2, 1), (3, 1), (4, 5)]);
        assert_eq!(found(16, all, all), [(5, 1)]);
        assert_eq!(found(15, all, 14), []);
    }
}
