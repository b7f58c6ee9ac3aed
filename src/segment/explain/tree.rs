//! A classification tree of a few levels (Breiman et al. 1984): at each the threshold that lowers Gini's impurity most.

use crate::error::Result;
use crate::parallel::Context;

/// Rows of several columns, each with a class.
pub(super) struct Data<'a> {
    pub(super) columns: &'a [Vec<f64>],
    pub(super) labels: &'a [i32],
    pub(super) n_classes: usize,
}

/// A tree, or what is below one of its thresholds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    Leaf(usize),
    Split {
        column: usize,
        /// Rows below it go left.
        threshold: f64,
        left: Box<Tree>,
        right: Box<Tree>,
    },
}

impl Tree {
    /// Grows a tree on these rows. All sums are of whole numbers, so neither the order of the rows nor that of the classes shows.
    pub(super) fn grow(
        data: &Data<'_>,
        rows: Vec<usize>,
        depth: usize,
        min_rows: usize,
        ctx: &Context,
    ) -> Result<Self> {
        ctx.cancel.poll()?;
        let counts = data.counts(&rows);
        let most = (0..counts.len()).max_by_key(|&c| (counts[c], std::cmp::Reverse(c)));
        let leaf = Self::Leaf(most.unwrap_or(0));
        let is_pure = counts.iter().filter(|&&n| n > 0).count() < 2;
        if depth == 0 || is_pure {
            return Ok(leaf);
        }
        let Some((column, threshold)) = data.best(&rows, &counts, min_rows, ctx)? else {
            return Ok(leaf);
        };
        let is_left = |&i: &usize| data.columns[column][i] < threshold;
        let (left, right) = rows.into_iter().partition(is_left);
        let left = Self::grow(data, left, depth - 1, min_rows, ctx)?;
        let right = Self::grow(data, right, depth - 1, min_rows, ctx)?;
        // A threshold with one answer on both sides says nothing.
        if left == right && matches!(left, Self::Leaf(_)) {
            return Ok(left);
        }
        Ok(Self::Split {
            column,
            threshold,
            left: Box::new(left),
            right: Box::new(right),
        })
    }

    /// The leaf that a row comes to: its number from the left, and its class.
    pub(super) fn leaf_of(&self, columns: &[Vec<f64>], row: usize) -> (usize, usize) {
        match self {
            Self::Leaf(class) => (0, *class),
            Self::Split {
                column,
                threshold,
                left,
                right,
            } => {
                if columns[*column][row] < *threshold {
                    left.leaf_of(columns, row)
                } else {
                    let (leaf, class) = right.leaf_of(columns, row);
                    (leaf + left.n_leaves(), class)
                }
            }
        }
    }

    pub(super) fn n_leaves(&self) -> usize {
        match self {
            Self::Leaf(_) => 1,
            Self::Split { left, right, .. } => left.n_leaves() + right.n_leaves(),
        }
    }
}

impl Data<'_> {
    fn counts(&self, rows: &[usize]) -> Vec<u64> {
        let mut counts = vec![0; self.n_classes];
        rows.iter()
            .for_each(|&i| counts[self.labels[i] as usize] += 1);
        counts
    }

    /// The column and threshold that leave the purest parts, each of at least `min_rows`; the first of equals.
    fn best(
        &self,
        rows: &[usize],
        counts: &[u64],
        min_rows: usize,
        ctx: &Context,
    ) -> Result<Option<(usize, f64)>> {
        let purity = |counts: &[u64], n: usize| {
            counts.iter().map(|&c| (c * c) as f64).sum::<f64>() / n as f64
        };
        let mut best = None;
        let mut most = purity(counts, rows.len()) * (1.0 + 1e-9);
        for (j, column) in self.columns.iter().enumerate() {
            ctx.cancel.poll()?;
            let mut order = rows.to_vec();
            order.sort_unstable_by(|&a, &b| column[a].total_cmp(&column[b]).then(a.cmp(&b)));
            let (mut left, mut right) = (vec![0; counts.len()], counts.to_vec());
            for (n_left, pair) in (1..).zip(order.windows(2)) {
                let class = self.labels[pair[0]] as usize;
                left[class] += 1;
                right[class] -= 1;
                let (low, high) = (column[pair[0]], column[pair[1]]);
                let n_right = order.len() - n_left;
                if low < high && n_left >= min_rows && n_right >= min_rows {
                    let found = purity(&left, n_left) + purity(&right, n_right);
                    if found > most {
                        most = found;
                        best = Some((j, between(low, high)));
                    }
                }
            }
        }
        Ok(best)
    }
}

/// A number above `low` and at most `high`, near their middle, with as few digits as do.
fn between(low: f64, high: f64) -> f64 {
    let middle = f64::midpoint(low, high);
    let short = (0..17).map(|digits| format!("{middle:.digits$e}"));
    let mut short = short.filter_map(|text| text.parse().ok());
    short.find(|&x: &f64| low < x && x <= high).unwrap_or(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_have_as_few_digits_as_do() {
        for (low, high, expected) in [
            (1.17, 1.29, 1.2),
            (3.0, 4.0, 4.0),
            (0.0, 1e-9, 5e-10),
            (881.2, 881.9, 881.5),
            (-3.0, -2.0, -2.0),
            (7.0, 7.0_f64.next_up(), 7.0_f64.next_up()),
        ] {
            assert_eq!(between(low, high), expected);
        }
    }

    #[test]
    fn two_thresholds_tell_three_classes_apart() {
        let columns = vec![vec![1.0; 9], (0..9).map(f64::from).collect()];
        let labels = [0, 0, 0, 1, 1, 1, 2, 2, 2];
        let data = Data {
            columns: &columns,
            labels: &labels,
            n_classes: 3,
        };
        let tree = Tree::grow(&data, (0..9).collect(), 3, 1, &Context::new()).unwrap();
        assert_eq!(tree.n_leaves(), 3);
        for (i, &label) in labels.iter().enumerate() {
            assert_eq!(tree.leaf_of(&columns, i), (label as usize, label as usize));
        }
        let backwards = Tree::grow(&data, (0..9).rev().collect(), 3, 1, &Context::new()).unwrap();
        assert_eq!(tree, backwards);
        let coarse = Tree::grow(&data, (0..9).collect(), 3, 5, &Context::new()).unwrap();
        assert_eq!(coarse, Tree::Leaf(0));
    }
}
