//! Clusters of limited size: the limits are kept, at a cost that no exchange of rows lowers.

use patronomy::cluster::kmeans::{Init, KMeansFit, KMeansParams};
use patronomy::{Cancel, Context, Error, Matrix};
use proptest::collection::vec;
use proptest::prelude::*;

use super::kmeans::clouds;
use crate::tables::with_threads;

fn fit(params: &KMeansParams, values: &[f64], d: usize) -> KMeansFit {
    let matrix = Matrix::from_rows(values, d).unwrap();
    params.fit(&matrix, None, &Context::new()).unwrap()
}

proptest! {
    #[test]
    fn sizes_are_kept_and_no_exchange_is_cheaper(
        values in vec(-9.0..9.0_f64, 8..120),
        d in 1_usize..4,
        k in 1_usize..6,
        share in 0.0..1.0_f64,
        seed: u64,
    ) {
        let n = values.len() / d;
        prop_assume!(k <= n);
        let values = &values[..n * d];
        let least = 1.max((share * (n / k) as f64) as usize);
        let most = n.div_ceil(k) + ((1.0 - share) * 4.0) as usize;
        let params = KMeansParams::new(k).seed(seed).min_size(least).max_size(most).tol(0.0);
        let fitted = fit(&params, values, d);
        let sizes = fitted.model.sizes.iter();
        prop_assert!(sizes.clone().all(|&s| (least as u64..=most as u64).contains(&s)), "{:?}", sizes);

        let cost = |row: usize, c: usize| -> f64 {
            let (row, centre) = (&values[row * d..][..d], &fitted.model.centers[c * d..][..d]);
            row.iter().zip(centre).map(|(x, y)| (x - y) * (x - y)).sum()
        };
        let own = |row: usize| cost(row, fitted.labels[row] as usize);
        let total: f64 = (0..n).map(own).sum();
        prop_assert!((total - fitted.model.inertia).abs() <= 1e-9 * (1.0 + total));
        // Costs are whole numbers of 2^-40 of the largest.
        let slack = 1e-9 * (1.0 + total);
        for a in 0..n {
            let la = fitted.labels[a] as usize;
            for c in 0..k {
                let has_room = fitted.model.sizes[la] > least as u64 && fitted.model.sizes[c] < most as u64;
                prop_assert!(!has_room || own(a) <= cost(a, c) + slack);
            }
            for b in 0..a {
                let lb = fitted.labels[b] as usize;
                prop_assert!(own(a) + own(b) <= cost(a, lb) + cost(b, la) + slack);
            }
        }
    }
}

#[test]
fn groups_of_equal_size() {
    let values = [0.0, 1.0, 2.0, 3.0, 100.0, 101.0];
    let start = Init::Centers(vec![1.0, 100.0]);
    let free = KMeansParams::new(2).init(start);
    assert_eq!(fit(&free, &values, 1).model.sizes, [4, 2]);
    let even = fit(&free.clone().min_size(3), &values, 1);
    assert_eq!(even.labels, [0, 0, 0, 1, 1, 1]);
    assert_eq!(even.model.centers, [1.0, 68.0]);
    assert!(even.model.converged && even.model.notices.is_empty());
    // New rows go to the nearest centre, whatever the sizes.
    let matrix = Matrix::from_rows(&values[..], 1).unwrap();
    let labels = even.model.predict(&matrix, &Context::new()).unwrap();
    assert_eq!(labels, [0, 0, 0, 0, 1, 1]);
    // Limits that are kept anyway change nothing.
    let wide = fit(&free.clone().min_size(1).max_size(6), &values, 1);
    let plain = fit(&free, &values, 1);
    assert_eq!(
        (wide.labels, wide.model.centers),
        (plain.labels, plain.model.centers)
    );
    // Rows that are all alike fill the clusters as the limits ask.
    let alike = fit(&KMeansParams::new(3).max_size(2), &[5.0; 6], 1);
    assert_eq!(alike.model.sizes, [2, 2, 2]);
}

#[test]
fn limits_that_no_assignment_keeps_are_refused() {
    let values = [1.0_f64, 2.0, 3.0, 4.0, 5.0];
    let matrix = Matrix::from_rows(&values[..], 1).unwrap();
    let ctx = Context::new();
    for (params, said) in [
        (
            KMeansParams::new(2).min_size(3),
            "`min_size` of `KMeansParams` must be at most 2: 2 clusters share 5 rows; got 3",
        ),
        (
            KMeansParams::new(2).max_size(2),
            "`max_size` of `KMeansParams` must be at least 3: 2 clusters share 5 rows; got 2",
        ),
        (
            KMeansParams::new(2).min_size(0),
            "`min_size` of `KMeansParams` must be at least 1; got 0",
        ),
        (
            KMeansParams::new(2).min_size(2).max_size(1),
            "must be at least 2, the `min_size`; got 1",
        ),
    ] {
        let refused = params.fit(&matrix, None, &ctx).unwrap_err().to_string();
        assert!(refused.contains(said), "{refused}");
    }
    let many = vec![0.0_f32; 1_000_001];
    let many = Matrix::from_rows(&many[..], 1).unwrap();
    let refused = KMeansParams::new(10)
        .max_size(200_000)
        .fit(&many, None, &ctx)
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("must make at most 10000000 pairs"),
        "{refused}"
    );
}

#[test]
fn threads_change_nothing_and_a_cancel_ends_it() {
    let (n, d) = (3_000, 2);
    let values: Vec<f64> = clouds(n, d).into_iter().map(f64::from).collect();
    let params = KMeansParams::new(7).min_size(400).max_size(450).max_iter(3);
    let one = with_threads(1, || fit(&params, &values, d));
    for threads in [2, 7] {
        assert_eq!(with_threads(threads, || fit(&params, &values, d)), one);
    }
    let matrix = Matrix::from_rows(&values[..], d).unwrap();
    let ctx = Context::new();
    params.fit(&matrix, None, &ctx).unwrap();
    for at in [1, ctx.cancel.polls() / 2, ctx.cancel.polls()] {
        let ctx = Context {
            cancel: Cancel::at_poll(at),
            ..Context::new()
        };
        assert!(matches!(
            params.fit(&matrix, None, &ctx),
            Err(Error::Cancelled)
        ));
    }
}
