//! How far a distribution has moved.

/// The population stability index of two lists of counts over the same groups: the sum of (q - p) ln(q / p) over their shares p and q, which is Jeffreys' divergence. By
/// custom (Siddiqi 2006) below .1 is stable, above .25 shifted. Half a count is added to each group, so that an empty one has no infinite weight; none if either list
/// counts nothing.
pub(crate) fn stability_index(before: &[u64], after: &[u64]) -> Option<f64> {
    let total = |counts: &[u64]| counts.iter().sum::<u64>();
    if total(before) == 0 || total(after) == 0 {
        return None;
    }
    let shares = |counts: &[u64]| -> Vec<f64> {
        let all = total(counts) as f64 + counts.len() as f64 / 2.0;
        counts.iter().map(|&n| (n as f64 + 0.5) / all).collect()
    };
    let (p, q) = (shares(before), shares(after));
    Some(p.iter().zip(&q).map(|(p, q)| (q - p) * (q / p).ln()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_shares_have_not_moved_and_others_have() {
        assert_eq!(stability_index(&[10, 30], &[10, 30]), Some(0.0));
        // (.3 - .5) ln(.3 / .5) + (.7 - .5) ln(.7 / .5), of so many that half a count is nothing.
        let index = stability_index(&[5_000_000, 5_000_000], &[3_000_000, 7_000_000]).unwrap();
        let expected = -0.2 * 0.6_f64.ln() + 0.2 * 1.4_f64.ln();
        assert!((index - expected).abs() < 1e-6);
        assert!(stability_index(&[0, 5], &[5, 0]).unwrap().is_finite());
        assert_eq!(stability_index(&[0, 0], &[1, 0]), None);
    }
}
