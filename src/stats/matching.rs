//! Which of two lists belong together: the assignment of the greatest total.

/// For each row the column that it is matched with, so that the total is greatest; none for rows beyond the columns. Of totals that tie any one is found, always the
/// same.
///
/// The Hungarian method by shortest augmenting paths (Kuhn 1955; Jonker and Volgenant 1987). Cost: the cube of the longer side.
pub(crate) fn greatest(totals: &[f64], n_columns: usize) -> Vec<Option<usize>> {
    let n_rows = totals.len().checked_div(n_columns).unwrap_or(0);
    let n = n_rows.max(n_columns);
    // A square of costs: what is not there costs as much as what is worth nothing.
    let cost = |i: usize, j: usize| match (i < n_rows, j < n_columns) {
        (true, true) => -totals[i * n_columns + j],
        _ => 0.0,
    };
    let (mut u, mut v) = (vec![0.0; n + 1], vec![0.0; n + 1]);
    // Of each column the row that has it, counted from 1; column 0 is where a path begins.
    let mut row_of = vec![0; n + 1];
    for i in 1..=n {
        row_of[0] = i;
        let mut slack = vec![f64::INFINITY; n + 1];
        let mut before = vec![0; n + 1];
        let mut is_used = vec![false; n + 1];
        let mut at = 0;
        while row_of[at] != 0 {
            is_used[at] = true;
            let row = row_of[at];
            let (mut least, mut next) = (f64::INFINITY, 0);
            for j in (1..=n).filter(|&j| !is_used[j]) {
                let reduced = cost(row - 1, j - 1) - u[row] - v[j];
                if reduced < slack[j] {
                    slack[j] = reduced;
                    before[j] = at;
                }
                if slack[j] < least {
                    least = slack[j];
                    next = j;
                }
            }
            for j in 0..=n {
                if is_used[j] {
                    u[row_of[j]] += least;
                    v[j] -= least;
                } else {
                    slack[j] -= least;
                }
            }
            at = next;
        }
        while at != 0 {
            row_of[at] = row_of[before[at]];
            at = before[at];
        }
    }
    let mut columns = vec![None; n_rows];
    for (j, &row) in row_of[1..=n_columns].iter().enumerate() {
        if let Some(column) = columns.get_mut(row - 1) {
            *column = Some(j);
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn total(totals: &[f64], m: usize, of: &[Option<usize>]) -> f64 {
        let pairs = of.iter().enumerate();
        pairs
            .filter_map(|(i, j)| j.map(|j| totals[i * m + j]))
            .sum()
    }

    /// The greatest total by trying all.
    fn tried(totals: &[f64], n: usize, m: usize, row: usize, used: u32) -> f64 {
        if row == n {
            return 0.0;
        }
        let skipped = tried(totals, n, m, row + 1, used);
        let taken = (0..m)
            .filter(|j| used & (1 << j) == 0)
            .map(|j| totals[row * m + j] + tried(totals, n, m, row + 1, used | (1 << j)));
        taken.fold(skipped, f64::max)
    }

    proptest! {
        #[test]
        fn the_total_is_the_greatest((n, m, drawn) in (1_usize..6, 1_usize..6)
            .prop_flat_map(|(n, m)| (Just(n), Just(m), prop::collection::vec(0_u8..9, n * m)))) {
            let totals: Vec<f64> = drawn.into_iter().map(f64::from).collect();
            let found = greatest(&totals, m);
            let mut columns: Vec<usize> = found.iter().flatten().copied().collect();
            prop_assert_eq!(columns.len(), n.min(m));
            columns.sort_unstable();
            columns.dedup();
            prop_assert_eq!(columns.len(), n.min(m));
            prop_assert!((total(&totals, m, &found) - tried(&totals, n, m, 0, 0)).abs() < 1e-9);
        }
    }

    #[test]
    fn nothing_is_matched_with_nothing() {
        assert!(greatest(&[], 0).is_empty() && greatest(&[], 3).is_empty());
    }
}
