//! How well predictions match the truth: one number each, none where the truth leaves nothing to find.

use crate::stats::agreement;

/// Positions from the highest score to the lowest, equal scores in order of position.
fn descending(scores: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    order
}

/// Ranks from 1, equal values sharing their mean.
fn ranks(values: &[f64]) -> Vec<f64> {
    let order = descending(values);
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for tied in order.chunk_by(|&a, &b| values[a].total_cmp(&values[b]).is_eq()) {
        let rank = values.len() as f64 - before as f64 - (tied.len() as f64 - 1.0) / 2.0;
        tied.iter().for_each(|&i| ranks[i] = rank);
        before += tied.len();
    }
    ranks
}

/// The area under the ROC curve: the probability that a positive (truth 1) scores higher than a negative (truth 0).
pub(super) fn roc_auc(truth: &[f64], scores: &[f64]) -> Option<f64> {
    let n_positive = truth.iter().filter(|&&t| t > 0.5).count() as f64;
    let n_negative = truth.len() as f64 - n_positive;
    let sum: f64 = ranks(scores)
        .iter()
        .zip(truth)
        .filter(|(_, t)| **t > 0.5)
        .map(|(r, _)| r)
        .sum();
    let won = sum - n_positive * (n_positive + 1.0) / 2.0;
    (n_positive > 0.0 && n_negative > 0.0).then(|| won / (n_positive * n_negative))
}

/// Average precision: the mean, over the positives, of the precision down to their score. Equal scores stand together.
pub(super) fn average_precision(truth: &[f64], scores: &[f64]) -> Option<f64> {
    let order = descending(scores);
    let (mut seen, mut found, mut sum) = (0.0, 0.0, 0.0);
    for tied in order.chunk_by(|&a, &b| scores[a].total_cmp(&scores[b]).is_eq()) {
        let positive = tied.iter().filter(|&&i| truth[i] > 0.5).count() as f64;
        seen += tied.len() as f64;
        found += positive;
        sum += positive * found / seen;
    }
    (found > 0.0).then(|| sum / found)
}

/// Spearman's rank correlation, equal values sharing their rank.
pub(super) fn spearman(truth: &[f64], scores: &[f64]) -> Option<f64> {
    let (a, b) = (ranks(truth), ranks(scores));
    let mean = f64::midpoint(truth.len() as f64, 1.0);
    let product = |x: &[f64], y: &[f64]| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - mean) * (y - mean)).sum()
    };
    let scale = (product(&a, &a) * product(&b, &b)).sqrt();
    (scale > 0.0).then(|| product(&a, &b) / scale)
}

/// The adjusted Rand index of two partitions given as labels (Hubert & Arabie 1985).
pub(super) fn adjusted_rand(truth: &[f64], labels: &[f64]) -> Option<f64> {
    let ((a, n_a), (b, n_b)) = (groups(truth), groups(labels));
    agreement::adjusted_rand(&agreement::contingency(&a, &b, n_a, n_b), n_b.max(1))
}

/// For each value its place among the distinct ones, and how many these are.
fn groups(values: &[f64]) -> (Vec<i32>, usize) {
    let mut distinct: Vec<u64> = values.iter().map(|x| x.to_bits()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let place = |x: &f64| distinct.partition_point(|&d| d < x.to_bits()) as i32;
    (values.iter().map(place).collect(), distinct.len())
}

/// The area between the curve of the uplift gathered down a ranking and that of a random one, as a share of what the best ranking
/// gathers: Qini's coefficient with the true uplift of each customer in place of its noisy estimate.
pub(super) fn qini(uplift: &[f64], scores: &[f64]) -> Option<f64> {
    let area = |order: &[usize]| -> f64 {
        let n = order.len() as f64;
        let weighted = order.iter().enumerate();
        weighted
            .map(|(at, &i)| uplift[i] * ((n - 1.0) / 2.0 - at as f64))
            .sum()
    };
    let best = area(&descending(uplift));
    (best > 0.0).then(|| area(&descending(scores)) / best)
}

/// How many of the items named are the hidden ones.
#[allow(clippy::float_cmp, reason = "positions of items, whole numbers")]
pub(super) fn hit_rate(hidden: &[f64], named: &[f64]) -> Option<f64> {
    let hits = hidden.iter().zip(named).filter(|(h, n)| h == n).count();
    (!hidden.is_empty()).then(|| hits as f64 / hidden.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUTH: [f64; 5] = [1.0, 0.0, 1.0, 0.0, 0.0];

    #[test]
    fn small_cases_by_hand() {
        // Of the six pairs of a positive and a negative, five and a half are in order.
        assert_eq!(roc_auc(&TRUTH, &[5.0, 3.0, 3.0, 1.0, 0.0]), Some(5.5 / 6.0));
        // Precision 1 at the first positive; at the second, two of three, for it is tied.
        let ap = average_precision(&TRUTH, &[5.0, 3.0, 3.0, 1.0, 0.0]).unwrap();
        assert!((ap - f64::midpoint(1.0, 2.0 / 3.0)).abs() < 1e-12);
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[10.0, 20.0, 15.0]), Some(0.5));
        // Three pairs together in the truth, two in the labels, one in both: (1 - 0.6) / (2.5 - 0.6) of ten.
        let ari = adjusted_rand(&[0.0, 0.0, 0.0, 1.0, 2.0], &[0.0, 0.0, 1.0, 1.0, 2.0]).unwrap();
        assert!((ari - 0.4 / 1.9).abs() < 1e-12);
        assert_eq!(hit_rate(&[1.0, 2.0], &[1.0, 3.0]), Some(0.5));
    }

    #[test]
    fn the_best_ranking_is_1_and_the_worst_minus_1() {
        let uplift = [0.3, -0.1, 0.0, 0.2];
        let turned: Vec<f64> = uplift.iter().map(|u| -u).collect();
        assert_eq!(qini(&uplift, &uplift), Some(1.0));
        assert!((qini(&uplift, &turned).unwrap() + 1.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_to_find_has_no_score() {
        assert_eq!(roc_auc(&[1.0, 1.0], &[0.0, 1.0]), None);
        assert_eq!(average_precision(&[0.0], &[1.0]), None);
        assert_eq!(spearman(&[1.0, 1.0], &[0.0, 1.0]), None);
        assert_eq!(adjusted_rand(&[0.0], &[0.0]), None);
        assert_eq!(qini(&[], &[]), None);
        assert_eq!(hit_rate(&[], &[]), None);
    }
}
