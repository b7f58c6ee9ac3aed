//! How much two groupings of the same rows agree.

/// How many rows are in group `i` of one grouping and `j` of another, row by row. Rows with a negative label in either are in no group.
pub(crate) fn contingency(a: &[i32], b: &[i32], n_a: usize, n_b: usize) -> Vec<u64> {
    let mut counts = vec![0; n_a * n_b];
    for (&a, &b) in a.iter().zip(b) {
        if a >= 0 && b >= 0 {
            counts[a as usize * n_b + b as usize] += 1;
        }
    }
    counts
}

/// The adjusted Rand index of a contingency table with `n_b` columns (Hubert and Arabie 1985): 1 for the same groups, 0 on average for groups dealt by chance. None
/// where chance itself agrees wholly: with fewer than two rows, or where both groupings are one group, or rows alone.
pub(crate) fn adjusted_rand(counts: &[u64], n_b: usize) -> Option<f64> {
    let pairs = |n: u64| n as f64 * (n as f64 - 1.0) / 2.0;
    let both: f64 = counts.iter().map(|&n| pairs(n)).sum();
    let rows = counts.chunks_exact(n_b).map(|row| row.iter().sum::<u64>());
    let of_a: f64 = rows.map(pairs).sum();
    let column = |j: usize| counts.iter().skip(j).step_by(n_b).sum::<u64>();
    let of_b: f64 = (0..n_b).map(|j| pairs(column(j))).sum();
    let all = pairs(counts.iter().sum());
    let expected = of_a * of_b / all;
    let most = f64::midpoint(of_a, of_b);
    (most > expected).then(|| (both - expected) / (most - expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked by hand: pairs together in both 0 of 10, in one 3, in the other 1 + 1.
    #[test]
    fn agreement_is_that_of_the_definition() {
        let (a, b) = ([0, 0, 0, 1, 2], [0, 0, 1, 1, 2]);
        let index = adjusted_rand(&contingency(&a, &b, 3, 3), 3).unwrap();
        assert!((index - 0.4 / 1.9).abs() < 1e-12);
        let renamed = [2, 2, 2, 0, 1];
        assert_eq!(
            adjusted_rand(&contingency(&a, &renamed, 3, 3), 3),
            Some(1.0)
        );
        assert_eq!(adjusted_rand(&contingency(&[0, 0], &[0, 0], 1, 1), 1), None);
        assert_eq!(adjusted_rand(&[0; 4], 2), None);
    }

    #[test]
    fn rows_in_no_group_are_not_counted() {
        assert_eq!(contingency(&[0, -1, 1], &[1, 0, -1], 2, 2), [0, 1, 0, 0]);
    }
}
