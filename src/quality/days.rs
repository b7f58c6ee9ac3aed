//! Sudden holes in time: days without rows where rows were to be expected.

use super::scan::Piece;

/// Rows of each day, from the first day with rows to the last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Days {
    pub(super) first: i32,
    pub(super) n_rows: Vec<u64>,
}

/// Days from one to another, both inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hole {
    pub(super) from: i32,
    pub(super) to: i32,
    /// Rows that such days have elsewhere.
    pub(super) n_expected: u64,
}

impl Days {
    pub(super) fn new(pieces: &[Piece]) -> Self {
        let days = || pieces.iter().flat_map(|p| p.days.iter());
        let Some((first, last)) = days().map(|d| d.0).min().zip(days().map(|d| d.0).max()) else {
            return Self::default();
        };
        let mut n_rows = vec![0; (last - first) as usize + 1];
        for &(day, n) in days() {
            n_rows[(day - first) as usize] += u64::from(n);
        }
        Self { first, n_rows }
    }

    /// Runs of days with less than a twentieth of what their weekday has in the weeks around, where that is enough rows together for chance to
    /// be no reason. A day on which its weekday mostly has none is no hole.
    pub(super) fn holes(&self) -> Vec<Hole> {
        /// A dozen orders of five lines: what comes in orders is missing by chance as whole orders.
        const MIN_EXPECTED: u64 = 60;
        let mut holes: Vec<Hole> = Vec::new();
        // Before the first day and after the last nothing is known to be missing.
        for i in 1..self.n_rows.len().saturating_sub(1) {
            let expected = self.expected(i);
            if self.n_rows[i] * 20 >= expected {
                continue;
            }
            let day = self.first + i as i32;
            match holes.last_mut() {
                Some(last) if self.is_closed_between(last.to, day) => {
                    last.to = day;
                    last.n_expected += expected;
                }
                _ => holes.push(Hole {
                    from: day,
                    to: day,
                    n_expected: expected,
                }),
            }
        }
        holes.retain(|h| h.n_expected >= MIN_EXPECTED);
        holes
    }

    /// Whether all days between these two are without rows too.
    fn is_closed_between(&self, from: i32, to: i32) -> bool {
        let range = (from - self.first + 1) as usize..(to - self.first) as usize;
        self.n_rows[range].iter().all(|&n| n == 0)
    }

    /// What the same weekday has in the eight weeks before or in the eight weeks after, whichever is less: a shop that grows has no holes.
    fn expected(&self, day: usize) -> u64 {
        let before = (1..=8).filter_map(|w| day.checked_sub(7 * w));
        let after = (1..=8).map(|w| day + 7 * w);
        self.median(before).min(self.median(after))
    }

    /// The lower median of these days; none of fewer than two.
    fn median(&self, days: impl Iterator<Item = usize>) -> u64 {
        let mut n_rows: Vec<u64> = days.filter_map(|d| self.n_rows.get(d)).copied().collect();
        if n_rows.len() < 2 {
            return 0;
        }
        n_rows.sort_unstable();
        n_rows[(n_rows.len() - 1) / 2]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(n_rows: Vec<u64>) -> Days {
        Days { first: 100, n_rows }
    }

    #[test]
    fn a_hole_is_found_once_and_whole() {
        let mut n_rows = vec![50; 90];
        n_rows[40..47].fill(0);
        n_rows[47] = 2;
        let holes = days(n_rows).holes();
        assert_eq!(
            holes,
            [Hole {
                from: 140,
                to: 147,
                n_expected: 400
            }]
        );
    }

    #[test]
    fn closed_weekdays_and_thin_days_are_no_holes() {
        let weekly: Vec<u64> = (0..90).map(|d| if d % 7 == 3 { 0 } else { 500 }).collect();
        assert_eq!(days(weekly).holes(), []);
        let thin: Vec<u64> = (0..90).map(|d| d % 2 * 10).collect();
        assert_eq!(days(thin).holes(), []);
        assert_eq!(days(vec![]).holes(), []);
        assert_eq!(days(vec![900]).holes(), []);
    }

    #[test]
    fn a_hole_goes_through_closed_days() {
        let mut n_rows: Vec<u64> = (0..90).map(|d| if d % 7 == 3 { 0 } else { 500 }).collect();
        n_rows[43..48].fill(0);
        let holes = days(n_rows).holes();
        assert_eq!(holes.len(), 1);
        assert_eq!((holes[0].from, holes[0].to), (143, 147));
    }
}
