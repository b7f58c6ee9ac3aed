//! Rows that need no look: those whose second centre is farther beyond the first than all centres have moved since.
//!
//! One bound for each row (Hamerly 2010, "Making k-means even faster"), and that as the difference of his two, in whole units of 16 bits: what is left of
//! it when the row was last looked at, less what its own centre and the farthest mover of the others have moved. As the centres come to rest the unit
//! becomes finer. A bound is only ever too low, so the labels are those of a look at every row.

use super::assign::{Centres, Data, Scratch};
use crate::kernels::distance::BLOCK;
use crate::kernels::distance::nearest::Nearest;
use crate::kernels::distance::slack;
use crate::matrix::frame::square;

/// Units that the farthest mover moves at least, and most: below the unit becomes finer, above all begins anew.
const LEAST: f64 = 16.0;
const MOST: f64 = 4_096.0;
/// The share of rows that still move, one in so many, at which bounds begin: before, few rows could be left out.
const ONE_IN: usize = 8;

/// Blocks of rows that tell whether bounds pay.
const SAMPLE: usize = 16;

/// When there are bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Rule {
    /// Where a sample of the rows tells that they save more than they cost. What they are never changes a label.
    #[default]
    WherePays,
    #[cfg(test)]
    Always,
    #[cfg(test)]
    Never,
}

/// What an iteration has moved, and among how many.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) n_moved: usize,
    pub(super) n_columns: usize,
    pub(super) n_clusters: usize,
    /// Rows were given to centres that are not their nearest.
    pub(super) is_repaired: bool,
}

/// What is left of each row's bound, and what an iteration takes of it.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    left: Vec<u16>,
    /// In the unit of the frame.
    unit: f64,
    spent: Vec<u32>,
    finer: u32,
    pub(super) rule: Rule,
}

/// What one iteration does with bounds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spending<'a> {
    spent: &'a [u32],
    finer: u32,
    per_unit: f32,
}

impl Bounds {
    /// The bounds of the rows, where there are any, and what is done with them.
    pub(super) fn split(&mut self) -> (&mut [u16], Spending<'_>) {
        let spending = Spending {
            spent: &self.spent,
            finer: self.finer,
            per_unit: (1.0 / self.next_unit()) as f32,
        };
        (&mut self.left, spending)
    }

    fn next_unit(&self) -> f64 {
        self.unit / f64::from(1_u32 << self.finer)
    }

    /// Takes down how far centres have moved, and decides whether the next iteration has bounds.
    pub(super) fn moved(&mut self, data: &Data<'_>, now: &Centres<'_>, next: &[f64], step: Step) {
        let moves = now.exact.chunks_exact(step.n_columns);
        let moves = moves.zip(next.chunks_exact(step.n_columns));
        let moves: Vec<f64> = moves
            .map(|(a, b)| square(a, b, data.frame.scale).sqrt())
            .collect();
        let spent = spent(&moves);
        let most = spent.iter().copied().fold(0.0, f64::max);
        let fresh = (most / (2.0 * LEAST)).max(f64::MIN_POSITIVE);
        if !self
            .rule
            .holds(data, now, &units(&spent, fresh), fresh, step)
        {
            self.left.clear();
            return;
        }
        self.unit = self.next_unit();
        self.finer = 0;
        if self.left.is_empty() || step.is_repaired || most > MOST * self.unit {
            self.left.clear();
            self.left.resize(data.matrix.n_rows(), 0);
            self.unit = fresh;
        } else if most > 0.0 {
            let times = LEAST * self.unit / most;
            self.finer = (times.log2().ceil().max(0.0) as u32).min(8);
        }
        self.spent = units(&spent, self.unit);
    }
}

/// So many units, rounded up.
fn units(spent: &[f64], unit: f64) -> Vec<u32> {
    slack::padded(spent.iter().map(|s| (s / unit).ceil() as u32).collect())
}

impl Rule {
    fn holds(
        self,
        data: &Data<'_>,
        now: &Centres<'_>,
        spent: &[u32],
        unit: f64,
        step: Step,
    ) -> bool {
        match self {
            #[cfg(test)]
            Self::Always => true,
            #[cfg(test)]
            Self::Never => false,
            Self::WherePays => {
                step.n_moved.saturating_mul(ONE_IN) <= data.matrix.n_rows()
                    && data.matrix.n_rows() >= SAMPLE * BLOCK * 4
                    && pays(share_due(data, now, spent, unit), step)
            }
        }
    }
}

/// Whether it costs less to look at that share of the rows, here and there, and at the bounds of all, than at all rows. In nanoseconds for a row, measured
/// on one core of a common server; only their ratios count.
fn pays(share: f64, step: Step) -> bool {
    let (k, d) = (
        step.n_clusters.next_multiple_of(4) as f64,
        step.n_columns as f64,
    );
    let look = 3.5 + 0.018 * k * d;
    let gather = 8.0 + 0.1 * d;
    let check = 1.5;
    // A bound that is some iterations old ends sooner than a fresh one.
    check + 1.25 * share * (look + gather) < 0.8 * look
}

/// Of some rows the share that would be due if all bounds were fresh.
fn share_due(data: &Data<'_>, now: &Centres<'_>, spent: &[u32], unit: f64) -> f64 {
    let apart = data.matrix.n_rows() / BLOCK / SAMPLE * BLOCK;
    let mut scratch = Scratch::default();
    let mut left = [0; BLOCK];
    let mut n_due = 0;
    for first in (0..SAMPLE).map(|i| i * apart) {
        now.label(data, first..first + BLOCK, &mut scratch, |_, found, _| {
            slack::gaps(
                found,
                Nearest::margin(data.matrix.n_columns()),
                (1.0 / unit) as f32,
                &mut left,
            );
            let due = found.label.iter().zip(&left);
            n_due += due
                .filter(|(c, left)| u32::from(**left) <= spent[**c as usize])
                .count();
        });
    }
    n_due as f64 / (SAMPLE * BLOCK) as f64
}

/// What a row of each centre loses: the way of that centre, and the longest of the others, both rounded up.
fn spent(moves: &[f64]) -> Vec<f64> {
    let (mut first, mut second, mut at) = (0.0, 0.0, 0);
    for (c, &way) in moves.iter().enumerate() {
        if way > first {
            (first, second, at) = (way, first, c);
        } else if way > second {
            second = way;
        }
    }
    let other = |c: usize| if c == at { second } else { first };
    let moves = moves.iter().enumerate();
    moves
        .map(|(c, way)| (way + other(c)) * (1.0 + 1e-9))
        .collect()
}

impl Spending<'_> {
    /// Takes what was spent from the bounds of some rows, and hands out those that are due for a look.
    pub(super) fn take(&self, left: &mut [u16], labels: &[i32], due: &mut Vec<u32>) {
        due.clear();
        let blocks = left.chunks_mut(BLOCK).zip(labels.chunks(BLOCK));
        for (first, (left, labels)) in (0..).step_by(BLOCK).zip(blocks) {
            let mut points = slack::spend(left, labels, self.spent, self.finer);
            while points != 0 {
                due.push(first + points.trailing_zeros());
                points &= points - 1;
            }
        }
    }

    /// The bounds of rows that were looked at.
    pub(super) fn renew(&self, found: &Nearest, d: usize, left: &mut [u16]) {
        slack::gaps(found, Nearest::margin(d), self.per_unit, left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;
    use crate::matrix::frame::Frame;
    use crate::parallel::Context;

    #[test]
    fn a_row_loses_what_its_centre_and_the_farthest_other_moved() {
        let near = |found: Vec<f64>, expected: &[f64]| {
            assert_eq!(found.len(), expected.len());
            for (f, e) in found.iter().zip(expected) {
                assert!(f >= e && f - e < 1e-8, "{f} {e}");
            }
        };
        near(spent(&[1.0, 3.0, 2.0]), &[4.0, 5.0, 5.0]);
        near(spent(&[3.0, 3.0]), &[6.0, 6.0]);
        near(spent(&[2.0]), &[2.0]);
        near(spent(&[0.0, 0.0]), &[0.0, 0.0]);
    }

    #[test]
    fn the_unit_follows_the_moves() {
        let values = [0.0_f64; 80];
        let matrix = Matrix::from_rows(&values[..], 1).unwrap();
        let frame = Frame::of(&matrix.moments(&Context::new()).unwrap());
        let data = Data {
            matrix: &matrix,
            frame: &frame,
            weights: None,
        };
        let start = [0.0, 0.0];
        let now = Centres::new(&start, &frame);
        let step = Step {
            n_moved: 3,
            n_columns: 1,
            n_clusters: 2,
            is_repaired: false,
        };
        let mut bounds = Bounds::default();
        bounds.moved(&data, &now, &[1.0, 0.5], step);
        assert!(bounds.left.is_empty(), "few rows are not worth bounds");
        bounds.rule = Rule::Always;
        bounds.moved(&data, &now, &[1.0, 0.5], step);
        assert_eq!((bounds.left.len(), bounds.finer), (80, 0));
        assert_eq!(bounds.spent[..2], [32, 32]);
        // Rows that were looked at have so many units left; centres move an eighth as far.
        bounds.left.fill(100);
        bounds.moved(&data, &now, &[0.125, 0.0], step);
        assert_eq!((bounds.spent[0], bounds.spent[1]), (3, 3));
        assert_eq!(bounds.finer, 3);
        // A jump begins anew.
        let jump = 5_000.0 * bounds.next_unit();
        bounds.moved(&data, &now, &[jump, 0.0], step);
        assert_eq!(bounds.left, [0; 80]);
        let repaired = Step {
            is_repaired: true,
            ..step
        };
        bounds.left.fill(100);
        bounds.moved(&data, &now, &[0.0, 0.0], repaired);
        assert_eq!(bounds.left, [0; 80]);
    }

    #[test]
    fn bounds_pay_where_centres_are_many_and_few_rows_are_due() {
        let step = |n_clusters, n_columns| Step {
            n_moved: 0,
            n_columns,
            n_clusters,
            is_repaired: false,
        };
        assert!(pays(0.1, step(20, 3)));
        assert!(!pays(0.5, step(8, 3)));
        assert!(pays(0.4, step(100, 20)));
        assert!(!pays(0.9, step(100, 20)));
    }
}
