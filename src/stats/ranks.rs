//! Values compared by their ranks.

use std::cmp::Ordering;

use super::tails::normal_two_sided;

/// What ranks say of a group beside the others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RankSum {
    /// The chance that a value drawn from the group is above one drawn from the others, ties counted half: 0 to 1, .5 where nothing differs (Mann and Whitney 1947).
    pub(crate) superiority: f64,
    /// The two-sided p-value by the normal approximation, corrected for ties and continuity; 1 where all values are one.
    pub(crate) p_value: f64,
}

/// For each group its values beside those of all others. `order` sorts the values ascending; rows without a group have a negative label and are not looked at.
/// None for groups without a row, or with all of them.
pub(crate) fn rank_sums(
    values: &[f64],
    order: &[usize],
    labels: &[i32],
    n_groups: usize,
) -> Vec<Option<RankSum>> {
    let mut sums = vec![0.0; n_groups];
    let mut sizes = vec![0_u64; n_groups];
    let (mut before, mut ties) = (0.0, 0.0);
    let kept: Vec<usize> = order.iter().copied().filter(|&i| labels[i] >= 0).collect();
    for tied in kept.chunk_by(|&a, &b| values[a].total_cmp(&values[b]).is_eq()) {
        let t = tied.len() as f64;
        let rank = before + f64::midpoint(1.0, t);
        for &i in tied {
            sums[labels[i] as usize] += rank;
            sizes[labels[i] as usize] += 1;
        }
        before += t;
        ties += t * t * t - t;
    }
    let n = before;
    let groups = sums.into_iter().zip(sizes);
    groups
        .map(|(sum, size)| {
            let (own, others) = (size as f64, n - size as f64);
            if own < 1.0 || others < 1.0 {
                return None;
            }
            let u = sum - own * (own + 1.0) / 2.0;
            let variance = own * others / 12.0 * (n + 1.0 - ties / (n * (n - 1.0)));
            let off = ((u - own * others / 2.0).abs() - 0.5).max(0.0);
            Some(RankSum {
                superiority: u / (own * others),
                p_value: if variance > 0.0 {
                    normal_two_sided(off / variance.sqrt())
                } else {
                    1.0
                },
            })
        })
        .collect()
}

/// The ranks of values from 1 on; equal ones share their mean rank.
fn midranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0.0;
    for tied in order.chunk_by(|&a, &b| values[a].partial_cmp(&values[b]) == Some(Ordering::Equal))
    {
        let t = tied.len() as f64;
        tied.iter()
            .for_each(|&i| ranks[i] = before + f64::midpoint(1.0, t));
        before += t;
    }
    ranks
}

/// Spearman's rank correlation of two lists of one length, -1 to 1; none where one of them does not vary.
pub(crate) fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    let (a, b) = (midranks(a), midranks(b));
    // Sums of deviations from the middle rank: halves, exact.
    let middle = f64::midpoint(1.0, a.len() as f64);
    let product = |x: &[f64], y: &[f64]| -> f64 {
        x.iter()
            .zip(y)
            .map(|(x, y)| (x - middle) * (y - middle))
            .sum()
    };
    let found = product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt();
    found.is_finite().then_some(found.clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_that_tie_share_their_mean() {
        assert_eq!(
            midranks(&[3.0, 1.0, 3.0, -0.0, 0.0]),
            [4.5, 3.0, 4.5, 1.5, 1.5]
        );
        assert_eq!(spearman(&[1.0, 2.0, 9.0], &[5.0, 7.0, 8.0]), Some(1.0));
        assert_eq!(spearman(&[1.0, 2.0], &[5.0, 5.0]), None);
        // scipy.stats.spearmanr([1, 2, 2, 4], [4, 3, 1, 2]) of scipy 1.15.
        let found = spearman(&[1.0, 2.0, 2.0, 4.0], &[4.0, 3.0, 1.0, 2.0]);
        assert!((found.unwrap() - -0.632_455_532_033_675_9).abs() < 1e-15);
    }

    fn sums(values: &[f64], labels: &[i32]) -> Vec<Option<RankSum>> {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        rank_sums(values, &order, labels, 2)
    }

    /// scipy 1.17: `mannwhitneyu([1, 2, 2, 7, 9], [2, 3, 4, 8, 11, 12], method="asymptotic")` gives U = 8 and p = 0.231045.
    #[test]
    fn ranks_are_those_of_mann_and_whitney() {
        let values = [1.0, 2.0, 2.0, 7.0, 9.0, 2.0, 3.0, 4.0, 8.0, 11.0, 12.0];
        let labels = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1];
        let found = sums(&values, &labels);
        let (a, b) = (found[0].unwrap(), found[1].unwrap());
        assert!((a.superiority - U / 30.0).abs() < 1e-12);
        assert!((a.superiority + b.superiority - 1.0).abs() < 1e-12);
        assert!((a.p_value - P).abs() < 1e-6 && (b.p_value - P).abs() < 1e-6);
    }

    const U: f64 = 8.0;
    const P: f64 = 0.231_045_488;

    #[test]
    fn one_value_or_one_group_tells_nothing() {
        assert_eq!(sums(&[3.0; 4], &[0, 0, 1, 1])[0].unwrap().p_value, 1.0);
        assert_eq!(sums(&[1.0, 2.0], &[0, 0]), [None, None]);
        assert_eq!(
            sums(&[1.0, 2.0, 3.0], &[0, -1, 1])[0].unwrap().superiority,
            0.0
        );
    }
}
