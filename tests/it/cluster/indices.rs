//! Indices, held to their formulas written out.

use patronomy::cluster::indices::{indices, silhouette};
use patronomy::{Context, Matrix};
use proptest::collection::vec;
use proptest::prelude::*;

fn apart(a: &[f64], b: &[f64]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(x, y)| (x - y) * (x - y))
        .sum::<f64>()
        .sqrt()
}

fn mean(rows: &[&[f64]]) -> Vec<f64> {
    let d = rows[0].len();
    (0..d)
        .map(|j| rows.iter().map(|r| r[j]).sum::<f64>() / rows.len() as f64)
        .collect()
}

fn close(a: Option<f64>, b: f64) -> bool {
    a.is_some_and(|a| (a - b).abs() <= 1e-9 * (1.0 + b.abs()))
}

proptest! {
    #[test]
    fn they_are_their_formulas(
        values in vec(-100.0..100.0_f64, 60..200),
        d in 1_usize..4,
        k in 2_usize..5,
    ) {
        let rows: Vec<&[f64]> = values.chunks_exact(d).collect();
        let (n, flat) = (rows.len(), rows.concat());
        let labels: Vec<i32> = (0..n).map(|i| (i % k) as i32).collect();
        let groups: Vec<Vec<&[f64]>> = (0..k).map(|g| rows.iter().copied().skip(g).step_by(k).collect()).collect();
        let centers: Vec<Vec<f64>> = groups.iter().map(|g| mean(g)).collect();
        let matrix = Matrix::from_rows(&flat[..], d).unwrap();
        let found = indices(&matrix, &centers.concat(), &labels, &Context::new()).unwrap();

        let within: f64 = groups.iter().zip(&centers).flat_map(|(g, c)| g.iter().map(move |r| apart(r, c).powi(2))).sum();
        prop_assert!(close(Some(found.inertia), within));
        let all = mean(&rows);
        let between: f64 = groups.iter().zip(&centers).map(|(g, c)| g.len() as f64 * apart(c, &all).powi(2)).sum();
        let expected = between / (k - 1) as f64 / (within / (n - k) as f64);
        prop_assert!(close(found.calinski_harabasz, expected));
        let spread: Vec<f64> = groups.iter().zip(&centers).map(|(g, c)| g.iter().map(|r| apart(r, c)).sum::<f64>() / g.len() as f64).collect();
        let worst = |i: usize| (0..k).filter(|&j| j != i).map(|j| (spread[i] + spread[j]) / apart(&centers[i], &centers[j])).fold(0.0, f64::max);
        prop_assert!(close(found.davies_bouldin, (0..k).map(worst).sum::<f64>() / k as f64));
        let simple = |i: usize| {
            let own = apart(rows[i], &centers[i % k]);
            let next = (0..k).filter(|&g| g != i % k).map(|g| apart(rows[i], &centers[g])).fold(f64::INFINITY, f64::min);
            (next - own) / own.max(next)
        };
        prop_assert!(close(found.simplified_silhouette, (0..n).map(simple).sum::<f64>() / n as f64));

        let whole = |i: usize| {
            let to = |g: usize| {
                let others = groups[g].iter().map(|r| apart(rows[i], r)).sum::<f64>();
                others / (groups[g].len() - usize::from(g == i % k)) as f64
            };
            let (own, next) = (to(i % k), (0..k).filter(|&g| g != i % k).map(to).fold(f64::INFINITY, f64::min));
            (next - own) / own.max(next)
        };
        let found = silhouette(&matrix, &labels, k, n, 0, &Context::new()).unwrap().unwrap();
        prop_assert!(close(Some(found.mean), (0..n).map(whole).sum::<f64>() / n as f64));
        prop_assert!(found.standard_error == 0.0 && found.n_rows == n);
    }
}

#[test]
fn a_sample_says_how_sure_it_is() {
    let values: Vec<f64> = (0..4_000)
        .map(|i| f64::from(i % 2) * 5.0 + f64::from(i * 7_919 % 1_000) / 500.0)
        .collect();
    let labels: Vec<i32> = (0..4_000).map(|i| i % 2).collect();
    let matrix = Matrix::from_rows(&values[..], 1).unwrap();
    let ctx = Context::new();
    let of = |sample| {
        silhouette(&matrix, &labels, 2, sample, 1, &ctx)
            .unwrap()
            .unwrap()
    };
    let (all, some) = (of(4_000), of(500));
    assert_eq!(some.n_rows, 500);
    assert!(some.standard_error > 0.0 && (some.mean - all.mean).abs() < 4.0 * some.standard_error);
}

#[test]
fn what_is_not_defined_is_none_and_bad_labels_are_named() {
    let values = [1.0_f64, 1.0, 3.0];
    let matrix = Matrix::from_rows(&values[..], 1).unwrap();
    let ctx = Context::new();
    let one = indices(&matrix, &[5.0 / 3.0], &[0, 0, 0], &ctx).unwrap();
    assert_eq!(
        (
            one.simplified_silhouette,
            one.calinski_harabasz,
            one.davies_bouldin
        ),
        (None, None, None)
    );
    assert_eq!(
        silhouette(&matrix, &[0, 0, 0], 2, 10, 0, &ctx).unwrap(),
        None
    );
    // Two centres in one place, and a group without rows.
    let twice = indices(&matrix, &[1.0, 1.0, 3.0, 9.0], &[0, 1, 2], &ctx).unwrap();
    assert_eq!(
        (twice.davies_bouldin, twice.calinski_harabasz),
        (None, None)
    );
    let alone = silhouette(&matrix, &[0, 0, 1], 2, 10, 0, &ctx)
        .unwrap()
        .unwrap();
    assert!((alone.mean - 2.0 / 3.0).abs() < 1e-12);
    for (labels, said) in [
        (
            &[0, 0][..],
            "`labels` of `indices` must be one for each of 3 rows; got 2",
        ),
        (
            &[0, 0, 2],
            "`labels` of `indices` must be from 0 to below 2; got 2",
        ),
        (
            &[0, -1, 1],
            "`labels` of `indices` must be from 0 to below 2; got -1",
        ),
    ] {
        assert_eq!(
            indices(&matrix, &[1.0, 3.0], labels, &ctx)
                .unwrap_err()
                .to_string(),
            said
        );
    }
    assert!(indices(&matrix, &[], &[0, 0, 0], &ctx).is_err());
    assert!(silhouette(&matrix, &[0, 0, 1], 2, 1, 0, &ctx).is_err());
}
