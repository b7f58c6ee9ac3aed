//! Many tests at once: p-values adjusted so that what remains can be trusted together.

/// p-values adjusted for the chance of any false finding (Holm 1979, with weights).
///
/// Each test has a weight; the weights of all tests that could have been made, those without a p-value here included, add up to one.
pub(crate) fn holm(p_values: &[f64], weights: &[f64]) -> Vec<f64> {
    let order = by_ratio(p_values, weights);
    let mut adjusted = vec![1.0; p_values.len()];
    let (mut worst, mut left) = (0.0_f64, 1.0_f64);
    for i in order {
        worst = worst
            .max(p_values[i] / weights[i] * left.max(weights[i]))
            .min(1.0);
        adjusted[i] = worst;
        left -= weights[i];
    }
    adjusted
}

/// p-values adjusted for the share of false findings among the findings (Benjamini and Hochberg 1995; weights: Genovese, Roeder and Wasserman 2006).
/// Weights as in [`holm`].
pub(crate) fn benjamini_hochberg(p_values: &[f64], weights: &[f64]) -> Vec<f64> {
    let order = by_ratio(p_values, weights);
    let mut adjusted = vec![1.0; p_values.len()];
    let mut least = 1.0_f64;
    for (rank, i) in order.into_iter().enumerate().rev() {
        least = least.min(p_values[i] / weights[i] / (rank + 1) as f64);
        adjusted[i] = least;
    }
    adjusted
}

fn by_ratio(p_values: &[f64], weights: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (p_values[a] / weights[a], p_values[b] / weights[b]);
        a.total_cmp(&b)
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: &[f64], b: &[f64]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12)
    }

    /// Worked by hand: sorted .005 .01 .03 .04; Holm multiplies by 4, 3, 2, 1 and keeps the maximum so far; Benjamini-Hochberg by 4/1, 4/2, 4/3, 4/4 and keeps
    /// the minimum from the end.
    #[test]
    fn equal_weights_are_the_textbook_forms() {
        let p = [0.01, 0.04, 0.03, 0.005];
        let w = [0.25; 4];
        assert!(near(&holm(&p, &w), &[0.03, 0.06, 0.06, 0.02]));
        assert!(near(&benjamini_hochberg(&p, &w), &[0.02, 0.04, 0.04, 0.02]));
    }

    #[test]
    fn tests_that_were_not_made_count_too() {
        let w = [0.01; 2];
        assert!(near(&holm(&[0.001, 0.002], &w), &[0.1, 0.198]));
        assert!(near(&benjamini_hochberg(&[0.001, 0.002], &w), &[0.1, 0.1]));
    }

    #[test]
    fn a_larger_weight_asks_less() {
        let adjusted = holm(&[0.01, 0.01], &[0.5, 0.001]);
        assert!(adjusted[0] < adjusted[1]);
        assert!(near(&adjusted, &[0.02, 1.0]));
    }

    #[test]
    fn none_is_none() {
        assert!(holm(&[], &[]).is_empty() && benjamini_hochberg(&[], &[]).is_empty());
    }
}
