//! In what a segment differs from all others, and how sure that is.

use crate::segment::job::median;
use crate::stats::ranks::rank_sums;
use crate::stats::tails::Hypergeometric;

/// Values of a category that fewer customers have are not looked at.
pub(super) const FEWEST: u64 = 5;

/// What a comparison rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Basis {
    /// A column that the segments were found in: they differ in it by construction, so there is no test.
    Used,
    /// A column that they were not found in.
    Other,
}

/// One way in which a segment differs from the customers elsewhere.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct Trait {
    /// The place of the segment.
    pub segment: usize,
    /// The column.
    pub column: String,
    /// The value of a category; none of numbers.
    pub level: Option<String>,
    /// What it rests on.
    pub basis: Basis,
    /// The median here, or the share of customers with the level.
    pub value: f64,
    /// The same elsewhere.
    pub elsewhere: f64,
    /// The chance that a customer from here has more than one from elsewhere, ties counted half: 0 to 1, .5 where nothing differs.
    pub superiority: f64,
    /// The p-value of that difference if segments were dealt by chance; none of used columns.
    pub p_value: Option<f64>,
    /// The same, adjusted for all such tests of the profile (Benjamini and Hochberg 1995).
    pub p_adjusted: Option<f64>,
}

/// A number column, segment by segment. Customers whose value is NaN are left out.
pub(super) fn of_numbers(
    column: &str,
    values: &[f64],
    labels: &[i32],
    n_segments: usize,
    basis: Basis,
) -> Vec<Trait> {
    let labels: Vec<i32> = labels
        .iter()
        .zip(values)
        .map(|(&l, x)| if x.is_nan() { -1 } else { l })
        .collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let sums = rank_sums(values, &order, &labels, n_segments);
    let found = sums.into_iter().enumerate().filter_map(|(segment, sum)| {
        let sum = sum?;
        let side = |here: bool| {
            let rows = labels
                .iter()
                .zip(values)
                .filter(|(l, _)| **l >= 0 && (**l == segment as i32) == here);
            median(&mut rows.map(|(_, &x)| x).collect::<Vec<f64>>())
        };
        Some(Trait {
            segment,
            column: column.into(),
            level: None,
            basis,
            value: side(true)?,
            elsewhere: side(false)?,
            superiority: sum.superiority,
            p_value: (basis == Basis::Other).then_some(sum.p_value),
            p_adjusted: None,
        })
    });
    found.collect()
}

/// A column of names, level by level and segment by segment. Customers without a name are left out.
pub(super) fn of_names(
    column: &str,
    codes: &[i32],
    names: &[String],
    labels: &[i32],
    n_segments: usize,
    basis: Basis,
) -> Vec<Trait> {
    let mut counts = vec![0_u64; names.len() * n_segments];
    let mut sizes = vec![0_u64; n_segments];
    for (&code, &label) in codes.iter().zip(labels) {
        if code >= 0 && label >= 0 {
            counts[code as usize * n_segments + label as usize] += 1;
            sizes[label as usize] += 1;
        }
    }
    let of_levels = counts.chunks_exact(n_segments).zip(names);
    let found = of_levels.flat_map(|(counts, name)| of_level(column, name, counts, &sizes, basis));
    found.collect()
}

/// One level: so many of each segment's customers have it.
pub(super) fn of_level(
    column: &str,
    level: &str,
    counts: &[u64],
    sizes: &[u64],
    basis: Basis,
) -> Vec<Trait> {
    let (all, n) = (sizes.iter().sum::<u64>(), counts.iter().sum::<u64>());
    if n < FEWEST {
        return Vec::new();
    }
    let pairs = counts.iter().zip(sizes).enumerate();
    let found = pairs.filter(|(_, (_, size))| **size > 0 && **size < all);
    let found = found.map(|(segment, (&k, &size))| {
        let value = k as f64 / size as f64;
        let elsewhere = (n - k) as f64 / (all - size) as f64;
        Trait {
            segment,
            column: column.into(),
            level: Some(level.into()),
            basis,
            value,
            elsewhere,
            superiority: 0.5 + (value - elsewhere) / 2.0,
            p_value: (basis == Basis::Other).then(|| two_sided(k, size, n, all)),
            p_adjusted: None,
        }
    });
    found.collect()
}

/// Twice the smaller tail of Fisher's exact test.
fn two_sided(k: u64, size: u64, n: u64, all: u64) -> f64 {
    let chance = Hypergeometric::new(all as f64, size as f64, n as f64);
    let (k, one) = (k as f64, 1.0);
    let least = chance.upper(k).min(chance.below(k + one));
    (2.0 * least).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked by hand: 3 of 4 here, 2 of 6 elsewhere; P(N >= 3) = (C(5,3) C(5,1) + C(5,4)) / C(10,4) = 55 / 210.
    #[test]
    fn a_level_is_fishers_table() {
        let found = of_level("country", "DE", &[3, 2], &[4, 6], Basis::Other);
        let first = &found[0];
        assert!((first.value - 0.75).abs() < 1e-12 && (first.elsewhere - 1.0 / 3.0).abs() < 1e-12);
        assert!((first.p_value.unwrap() - 110.0 / 210.0).abs() < 1e-12);
        assert!((first.superiority - (0.5 + (0.75 - 1.0 / 3.0) / 2.0)).abs() < 1e-12);
        assert!(of_level("country", "XX", &[3, 1], &[4, 6], Basis::Other).is_empty());
    }

    #[test]
    fn a_number_column_is_compared_by_rank_and_used_ones_are_not_tested() {
        let (values, labels) = ([1.0, 2.0, 3.0, f64::NAN, 9.0], [0, 0, 1, 1, 1]);
        let found = of_numbers("spent", &values, &labels, 2, Basis::Used);
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].value, found[0].elsewhere, found[0].superiority),
            (1.5, 6.0, 0.0)
        );
        assert!(found.iter().all(|t| t.p_value.is_none()));
        assert!(
            of_numbers("spent", &values, &labels, 2, Basis::Other)[0]
                .p_value
                .is_some()
        );
    }
}
