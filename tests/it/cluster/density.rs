//! DBSCAN and OPTICS against a plain restatement; mixtures against what was drawn; and every edge.

use patronomy::cluster::density::{DBSCAN_ROWS, DbscanParams, OPTICS_ROWS, OpticsParams};
use patronomy::cluster::mixture::{MIXTURE_ROWS, MixtureModel, MixtureParams};
use patronomy::saved::Saved;
use patronomy::{Context, Error, Matrix};
use proptest::collection::vec;
use proptest::prelude::*;

use super::kmeans::clouds;

/// The clusters by their definition: from each core not yet taken, all that cores lead to.
fn by_definition(values: &[f64], d: usize, eps: f64, least: usize) -> Vec<i32> {
    let rows: Vec<&[f64]> = values.chunks(d).collect();
    let apart = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f64>();
    let near = |i: usize| -> Vec<usize> {
        (0..rows.len())
            .filter(|&j| apart(rows[i], rows[j]) <= eps * eps)
            .collect()
    };
    let mut labels = vec![-1; rows.len()];
    let mut n = 0;
    for i in 0..rows.len() {
        if labels[i] >= 0 || near(i).len() < least {
            continue;
        }
        let mut open = vec![i];
        while let Some(j) = open.pop() {
            if labels[j] >= 0 {
                continue;
            }
            labels[j] = n;
            let near = near(j);
            if near.len() >= least {
                open.extend(near);
            }
        }
        n += 1;
    }
    labels
}

proptest! {
    #[test]
    fn clusters_are_those_of_the_definition(grid in vec(0_i32..12, 2..240), d in 1_usize..4, least in 2_usize..6, eps in 1_u32..3) {
        let n = grid.len() / d;
        prop_assume!(n > 0);
        let values: Vec<f64> = grid[..n * d].iter().map(|&x| f64::from(x)).collect();
        let matrix = Matrix::from_rows(&values[..], d).unwrap();
        let eps = f64::from(eps);
        let params = DbscanParams::new(eps).min_samples(least);
        let found = params.fit(&matrix, &Context::new()).unwrap();
        prop_assert_eq!(&found.labels, &by_definition(&values, d, eps, least));
        let most = found.labels.iter().max().copied().unwrap();
        prop_assert_eq!(found.n_clusters as i32, most + 1);

        // OPTICS leaves out no core, and takes in none that DBSCAN leaves out.
        let optics = OpticsParams::new(eps).min_samples(least).fit(&matrix, &Context::new()).unwrap();
        let mut order = optics.ordering.clone();
        order.sort_unstable();
        prop_assert!(order.into_iter().eq(0..n));
        for i in 0..n {
            let is_core = optics.core_distances[i] <= eps;
            prop_assert!(!is_core || optics.found.labels[i] >= 0);
            prop_assert!(found.labels[i] >= 0 || optics.found.labels[i] < 0);
            for j in 0..i {
                if is_core && optics.core_distances[j] <= eps {
                    let together = optics.found.labels[i] == optics.found.labels[j];
                    prop_assert_eq!(together, found.labels[i] == found.labels[j]);
                }
            }
        }
    }
}

#[test]
fn what_has_no_density_is_refused_or_noise() {
    let values = [1.0_f64, 2.0, 3.0, 4.0];
    let matrix = Matrix::from_rows(&values[..], 1).unwrap();
    let ctx = Context::new();
    let said = |params: DbscanParams| params.fit(&matrix, &ctx).unwrap_err().to_string();
    for eps in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-200] {
        let message = said(DbscanParams::new(eps));
        assert!(
            message.starts_with("`eps` of `DbscanParams` must be a distance"),
            "{message}"
        );
    }
    assert!(said(DbscanParams::new(1.0).min_samples(1)).contains("must be at least 2"));
    let none = Matrix::from_rows(&values[..0], 1).unwrap();
    let refused = DbscanParams::new(1.0)
        .fit(&none, &ctx)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("must be from 1 to 50000"), "{refused}");
    let bad = [1.0, f64::NAN];
    let bad = Matrix::from_rows(&bad[..], 1).unwrap();
    assert!(matches!(
        DbscanParams::new(1.0).fit(&bad, &ctx),
        Err(Error::BadValues { .. })
    ));
    assert!(matches!(
        OpticsParams::new(1.0).fit(&bad, &ctx),
        Err(Error::BadValues { .. })
    ));
    for (n, most) in [(DBSCAN_ROWS + 1, "50000"), (OPTICS_ROWS + 1, "10000")] {
        let many = vec![0.0_f32; n];
        let many = Matrix::from_rows(&many[..], 1).unwrap();
        let refused = OpticsParams::new(1.0).fit(&many, &ctx).map(|_| ());
        let refused = if most == "50000" {
            DbscanParams::new(1.0).fit(&many, &ctx).map(|_| ())
        } else {
            refused
        };
        assert!(refused.unwrap_err().to_string().contains(most));
    }
    // One row, rows that are all alike, and rows that are all alone.
    let one = Matrix::from_rows(&values[..1], 1).unwrap();
    let alone = DbscanParams::new(1.0).fit(&one, &ctx).unwrap();
    assert_eq!(alone.labels, [-1]);
    assert!(alone.notices[0].starts_with("all rows are noise"));
    assert_eq!(
        OpticsParams::new(1.0).fit(&one, &ctx).unwrap().found.labels,
        [-1]
    );
    let alike = [7.0_f64; 300];
    let alike = Matrix::from_rows(&alike[..], 3).unwrap();
    assert_eq!(
        DbscanParams::new(1.0).fit(&alike, &ctx).unwrap().labels,
        [0; 100]
    );
    assert_eq!(
        OpticsParams::new(1.0)
            .fit(&alike, &ctx)
            .unwrap()
            .found
            .labels,
        [0; 100]
    );
}

#[test]
fn clouds_of_a_mixture_are_found() {
    let (n, d) = (3_000, 2);
    let mut values: Vec<f64> = clouds(n, d).into_iter().map(f64::from).collect();
    for (i, row) in values.chunks_mut(d).enumerate() {
        row.iter_mut()
            .for_each(|x| *x = *x % 2.0 + [0.0, 0.0, 9.0][i % 3]);
    }
    let matrix = Matrix::from_rows(&values[..], d).unwrap();
    let ctx = Context::new();
    let model = MixtureParams::new(2).n_init(2).fit(&matrix, &ctx).unwrap();
    let labels = model.predict(&matrix, &ctx).unwrap();
    assert!((0..n).all(|i| (labels[i] == labels[2]) == (i % 3 == 2)));
    let far = labels[2] as usize;
    assert!((model.weights[far] - 1.0 / 3.0).abs() < 1e-3);
    let shares = model.predict_proba(&matrix, &ctx).unwrap();
    assert!(shares.chunks(2).all(|s| (s[0] + s[1] - 1.0).abs() < 1e-12));
    let scores = model.score_samples(&matrix, &ctx).unwrap();
    let mean = scores.iter().sum::<f64>() / n as f64;
    assert!((mean - model.log_likelihood).abs() < 1e-12);
    assert_eq!(model.n_parameters(), 2 * 3 + 2 * 2 + 1);
    // What is far from all has a label too.
    let beyond = [1e9_f64, 1e9];
    let beyond = Matrix::from_rows(&beyond[..], 2).unwrap();
    assert!(model.score_samples(&beyond, &ctx).unwrap()[0].is_finite());
    assert_eq!(
        MixtureModel::from_json(&model.to_json().unwrap()).unwrap(),
        model
    );
    let broken = model
        .to_json()
        .unwrap()
        .replace("\"weights\": [", "\"weights\": [2.0, ");
    assert!(MixtureModel::from_json(&broken).is_err());
}

#[test]
fn what_is_no_mixture_is_refused_with_a_remedy() {
    let values = [1.0_f64, 1.0, 1.0, 1.0, 1.0, 1.0];
    let matrix = Matrix::from_rows(&values[..], 1).unwrap();
    let ctx = Context::new();
    let said = |params: MixtureParams| params.fit(&matrix, &ctx).unwrap_err().to_string();
    assert!(said(MixtureParams::new(0)).starts_with("`n_components` of `MixtureParams`"));
    assert!(said(MixtureParams::new(7)).contains("must be at most 6, the number of rows; got 7"));
    assert!(said(MixtureParams::new(2)).contains("must leave rows for every cloud"));
    assert!(said(MixtureParams::new(1).reg_covar(0.0)).contains("from becoming flat"));
    assert!(said(MixtureParams::new(1).tol(0.0)).starts_with("`tol`"));
    assert!(said(MixtureParams::new(1).tol(f64::NAN)).starts_with("`tol`"));
    let spread: Vec<f64> = (0..500).map(|i| f64::from(i * 7_919 % 1_000)).collect();
    let spread = Matrix::from_rows(&spread[..], 1).unwrap();
    let refused = MixtureParams::new(3)
        .max_iter(1)
        .fit(&spread, &ctx)
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("`max_iter` of `MixtureParams` must be enough")
    );
    let many = vec![0.0_f32; MIXTURE_ROWS + 1];
    let many = Matrix::from_rows(&many[..], 1).unwrap();
    let refused = MixtureParams::new(1)
        .fit(&many, &ctx)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("must be at most 200000"), "{refused}");
    // A constant column, and a single row, are clouds.
    let flat: Vec<f64> = (0..40).flat_map(|i| [f64::from(i), 5.0]).collect();
    let flat = Matrix::from_rows(&flat[..], 2).unwrap();
    assert!(MixtureParams::new(1).fit(&flat, &ctx).is_ok());
    let one = Matrix::from_rows(&values[..1], 1).unwrap();
    assert_eq!(MixtureParams::new(1).fit(&one, &ctx).unwrap().means, [1.0]);
}

#[test]
fn k_means_is_one_of_linfas_estimators() {
    use linfa::DatasetBase;
    use linfa::traits::{Fit, Predict, Transformer};
    use ndarray::{Array2, ShapeBuilder, s};
    use patronomy::cluster::kmeans::KMeansParams;
    let (n, d) = (500, 3);
    let values = clouds(n, d);
    let matrix = Matrix::from_rows(&values[..], d).unwrap();
    let params = KMeansParams::new(5).seed(1);
    let plain = params.fit(&matrix, None, &Context::new()).unwrap();
    let rows = Array2::from_shape_vec((n, d), values.clone()).unwrap();
    let mut by_column = Array2::zeros((n, d).f());
    by_column.assign(&rows);
    let mut wide = Array2::zeros((2 * n, d));
    wide.slice_mut(s![..;2, ..]).assign(&rows);
    for array in [rows.view(), by_column.view(), wide.slice(s![..;2, ..])] {
        let model = Fit::fit(&params, &DatasetBase::from(array)).unwrap();
        assert!((model.inertia / plain.model.inertia - 1.0).abs() < 1e-9);
        let labels = Predict::predict(&model, &array);
        assert!(
            labels
                .iter()
                .zip(&plain.labels)
                .all(|(a, b)| *a as i32 == *b)
        );
        assert_eq!(Transformer::transform(&model, &array).dim(), (n, 5));
    }
    let weights = ndarray::Array1::from_iter((0..n).map(|i| (i % 3) as f32));
    let weighted: Vec<f64> = weights.iter().map(|&w| f64::from(w)).collect();
    let dataset = DatasetBase::from(rows.view()).with_weights(weights);
    let found = Fit::fit(&params, &dataset).unwrap();
    let expected = params
        .fit(&matrix, Some(&weighted), &Context::new())
        .unwrap();
    assert_eq!(found, expected.model);
    let bad = DatasetBase::from(Array2::<f64>::from_elem((9, 2), f64::NAN));
    assert!(matches!(
        Fit::fit(&params, &bad),
        Err(Error::BadValues { .. })
    ));
}
