//! k-means: labels against brute force, the way of the inertia, and every edge.

use patronomy::cluster::kmeans::{Init, KMeansFit, KMeansModel, KMeansParams};
use patronomy::matrix::{Columns, Numbers};
use patronomy::saved::Saved;
use patronomy::{Cancel, Context, Error, Matrix, Table};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::tables::with_threads;

fn fit(params: &KMeansParams, matrix: &Matrix<'_>) -> KMeansFit {
    params.fit(matrix, None, &Context::new()).unwrap()
}

/// Squared distance by the textbook.
fn apart(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum()
}

fn row(matrix: &Matrix<'_>, i: usize) -> Vec<f64> {
    (0..matrix.n_columns()).map(|j| matrix.get(i, j)).collect()
}

/// Each row is at the nearest centre, the first of equally near ones; the inertia is the sum of what lies between.
fn check(matrix: &Matrix<'_>, model: &KMeansModel, labels: &[i32]) {
    let mut inertia = 0.0;
    for (i, &label) in labels.iter().enumerate() {
        let row = row(matrix, i);
        let off: Vec<f64> = model
            .centers
            .chunks(row.len())
            .map(|c| apart(&row, c))
            .collect();
        let own = off[label as usize];
        let size: f64 = row.iter().map(|x| x * x).sum();
        for (c, &other) in off.iter().enumerate() {
            // Two ways to add the same squares differ by some units in the last place.
            let slack = 1e-14 * (own + other) + f64::MIN_POSITIVE * size;
            assert!(
                own <= other + slack,
                "row {i}: {own} to {label}, {other} to {c}"
            );
            if c < label as usize && own == 0.0 {
                assert!(other > 0.0, "row {i} is at {c} as well as at {label}");
            }
        }
        inertia += own;
    }
    assert!(
        (inertia - model.inertia).abs() <= 1e-9 * inertia,
        "{inertia} {}",
        model.inertia
    );
}

/// Numbers of several kinds: clouds, a grid full of ties, columns of very different sizes, a far point.
fn drawn() -> impl Strategy<Value = (Vec<f64>, usize)> {
    let sizes = (1_usize..24, 1_usize..180);
    sizes.prop_flat_map(|(d, n)| {
        let cloud = vec(-1.0..1.0_f64, n * d).prop_map(|x| x);
        let grid = vec(0_i32..4, n * d).prop_map(|x| x.into_iter().map(f64::from).collect());
        let uneven = vec(-1.0..1.0_f64, n * d).prop_map(move |x| {
            x.iter()
                .enumerate()
                .map(|(i, x)| 1e6 + x * 10_f64.powi((i % d) as i32 % 7 - 3))
                .collect()
        });
        let far = vec(0.0..1.0_f64, n * d).prop_map(|mut x: Vec<f64>| {
            x[0] = 1e7;
            x
        });
        (prop_oneof![cloud, grid, uneven, far], Just(d))
    })
}

proptest! {
    #[test]
    fn labels_are_those_of_brute_force((values, d) in drawn(), k in 1_usize..12, seed: u64) {
        let n = values.len() / d;
        let params = KMeansParams::new(k.min(n)).seed(seed).max_iter(1 + seed as u32 % 7);
        let narrow: Vec<f32> = values.iter().map(|&x| x as f32).collect();
        for matrix in [Matrix::from_rows(&values[..], d).unwrap(), Matrix::from_rows(&narrow[..], d).unwrap()] {
            let fitted = fit(&params, &matrix);
            check(&matrix, &fitted.model, &fitted.labels);
            prop_assert_eq!(fitted.model.predict(&matrix, &Context::new()).unwrap(), fitted.labels);
        }
    }

    #[test]
    fn the_inertia_never_rises((values, d) in drawn(), k in 1_usize..9, seed: u64) {
        let matrix = Matrix::from_rows(&values[..], d).unwrap();
        let params = KMeansParams::new(k.min(matrix.n_rows())).seed(seed).tol(0.0);
        let mut before = f64::INFINITY;
        for n_iter in 1..12 {
            let model = fit(&params.clone().max_iter(n_iter), &matrix).model;
            prop_assert!(model.inertia <= before * (1.0 + 1e-9) + 1e-18, "{} after {}", model.inertia, before);
            before = model.inertia;
        }
    }

    #[test]
    fn rows_and_columns_are_the_same_numbers((values, d) in drawn(), k in 1_usize..9, seed: u64) {
        let matrix = Matrix::from_rows(&values[..], d).unwrap();
        let columns: Vec<Vec<f64>> = (0..d).map(|j| values.iter().skip(j).step_by(d).copied().collect()).collect();
        let by_column = Matrix::from_columns(columns.iter().map(|c| Numbers::F64(c)).collect()).unwrap();
        let start: Vec<f64> = values[..k.min(matrix.n_rows()) * d].to_vec();
        let params = KMeansParams::new(k.min(matrix.n_rows())).seed(seed).init(Init::Centers(start)).tol(0.0);
        prop_assert_eq!(fit(&params, &matrix).labels, fit(&params, &by_column).labels);
    }

    /// With the centres given the order of the rows is of no matter.
    #[test]
    fn rows_in_another_order_have_the_same_labels((values, d) in drawn(), k in 1_usize..6, by in 1_usize..50) {
        let n = values.len() / d;
        let k = k.min(n);
        let turned: Vec<f64> = (0..n).flat_map(|i| values[(i + by) % n * d..][..d].to_vec()).collect();
        // Of two equal centres one is empty, and gets a row by its number.
        let start: Vec<&[f64]> = values.chunks(d).take(k).collect();
        prop_assume!(start.iter().enumerate().all(|(i, a)| !start[..i].contains(a)));
        let params = KMeansParams::new(k).init(Init::Centers(start.concat())).max_iter(1);
        let one = fit(&params, &Matrix::from_rows(&values[..], d).unwrap());
        let other = fit(&params, &Matrix::from_rows(&turned[..], d).unwrap());
        let scale = values.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        for (a, b) in one.model.centers.iter().zip(&other.model.centers) {
            prop_assert!((a - b).abs() <= 1e-9 * scale);
        }
    }
}

/// Clouds around some points, more than one chunk of them.
pub(super) fn clouds(n: usize, d: usize) -> Vec<f32> {
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    (0..n * d)
        .map(|i| ((i / d * 7919) % 13) as f32 * 0.7 + next() + next())
        .collect()
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let (n, d) = (70_000, 5);
    let values = clouds(n, d);
    let matrix = Matrix::from_rows(&values[..], d).unwrap();
    let weights: Vec<f64> = (0..n).map(|i| f64::from((i % 5) as u32) * 0.1).collect();
    for params in [
        KMeansParams::new(9).seed(3),
        KMeansParams::new(30).init(Init::Random).n_init(2),
        KMeansParams::new(40).init(Init::Parallel),
    ] {
        for weights in [None, Some(&weights[..])] {
            let run = || params.fit(&matrix, weights, &Context::new()).unwrap();
            let one = with_threads(1, run);
            assert!(one.model.n_iter > 2);
            for threads in [2, 7] {
                assert_eq!(with_threads(threads, run), one);
            }
        }
    }
}

#[test]
fn labels_are_exact_where_there_are_many_rows() {
    let (n, d) = (40_000, 3);
    let values = clouds(n, d);
    let matrix = Matrix::from_rows(&values[..], d).unwrap();
    let fitted = fit(&KMeansParams::new(25), &matrix);
    check(&matrix, &fitted.model, &fitted.labels);
    assert_eq!(fitted.model.sizes.iter().sum::<u64>(), n as u64);
}

#[test]
fn each_start_finds_clouds_that_lie_apart() {
    let (n, d, k) = (20_000, 4, 12);
    let mut values = clouds(n, d);
    for (i, row) in values.chunks_mut(d).enumerate() {
        row.iter_mut().for_each(|x| *x = *x * 0.01 + (i % k) as f32);
    }
    let matrix = Matrix::from_rows(&values[..], d).unwrap();
    for init in [Init::PlusPlus, Init::Parallel] {
        for seed in 0..5 {
            let model = fit(&KMeansParams::new(k).init(init.clone()).seed(seed), &matrix).model;
            assert!(
                model
                    .sizes
                    .iter()
                    .all(|&size| size.abs_diff((n / k) as u64) <= 1),
                "{init:?} {seed}"
            );
        }
    }
}

#[test]
fn any_start_takes_few_different_rows() {
    let values = [1.0_f64, 1.0, 1.0, 2.0, 2.0, 3.0];
    let matrix = Matrix::from_rows(&values[..], 1).unwrap();
    for init in [Init::PlusPlus, Init::Parallel, Init::Random] {
        for k in 1..=6 {
            let weights = [1.0, 0.0, 2.0, 1.0, 0.5, 0.0];
            for weights in [None, Some(&weights[..])] {
                let params = KMeansParams::new(k).init(init.clone());
                let fitted = params.fit(&matrix, weights, &Context::new()).unwrap();
                let mut model = fitted.model;
                model.inertia = -model.score(&matrix, None, &Context::new()).unwrap();
                check(&matrix, &model, &fitted.labels);
            }
        }
    }
}

#[test]
fn a_weight_is_as_many_rows() {
    let values = [0.0, 1.0, 5.0, 6.0, 20.0];
    let weights = [1.0, 3.0, 2.0, 0.0, 1.0];
    let repeated = [0.0, 1.0, 1.0, 1.0, 5.0, 5.0, 20.0];
    let params = KMeansParams::new(2).init(Init::Centers(vec![0.0, 10.0]));
    let matrix = Matrix::from_rows(&values[..], 1).unwrap();
    let weighted = params
        .fit(&matrix, Some(&weights), &Context::new())
        .unwrap();
    let plain = fit(&params, &Matrix::from_rows(&repeated[..], 1).unwrap());
    assert_eq!(weighted.model.centers, plain.model.centers);
    assert_eq!(weighted.model.inertia, plain.model.inertia);
    let score = weighted
        .model
        .score(&matrix, Some(&weights), &Context::new());
    assert_eq!(score.unwrap(), -plain.model.inertia);
}

#[test]
fn an_empty_cluster_gets_the_farthest_row() {
    // The third centre is nearest to no row.
    let values = [0.0, 1.0, 2.0, 9.0];
    let matrix = Matrix::from_rows(&values[..], 1).unwrap();
    let params = KMeansParams::new(2).init(Init::Centers(vec![0.0, 1e6]));
    let fitted = fit(&params, &matrix);
    assert_eq!(fitted.labels, [0, 0, 0, 1]);
    assert_eq!(fitted.model.centers, [1.0, 9.0]);
    assert!(fitted.model.notices.is_empty());
}

#[test]
fn fewer_different_rows_than_clusters_are_said() {
    let values = [3.0_f64; 12];
    let matrix = Matrix::from_rows(&values[..], 2).unwrap();
    let fitted = fit(&KMeansParams::new(4), &matrix);
    assert_eq!(fitted.labels, [0; 6]);
    assert_eq!(fitted.model.inertia, 0.0);
    assert!(fitted.model.notices[0].starts_with("3 of 4 clusters have no row"));
}

#[test]
fn one_row_and_as_many_clusters_as_rows() {
    let one = [5.0_f64, 7.0];
    let matrix = Matrix::from_rows(&one[..], 2).unwrap();
    assert_eq!(fit(&KMeansParams::new(1), &matrix).model.centers, one);
    let values = [1.0_f64, 4.0, 2.0, 8.0, 16.0];
    let matrix = Matrix::from_rows(&values[..], 1).unwrap();
    let mut labels = fit(&KMeansParams::new(5), &matrix).labels;
    labels.sort_unstable();
    assert_eq!(labels, [0, 1, 2, 3, 4]);
}

#[test]
fn numbers_of_any_size_are_taken() {
    for size in [1e140, 1e-140, 1e300_f64.powf(0.49), 1e-300] {
        let values = [0.0, 1.0, 2.0, 10.0, 11.0, 12.0].map(|x| x * size);
        let matrix = Matrix::from_rows(&values[..], 1).unwrap();
        let fitted = fit(&KMeansParams::new(2).seed(1), &matrix);
        let halves = fitted.labels[0] != fitted.labels[5];
        assert!(
            halves && fitted.labels[..3] == [fitted.labels[0]; 3],
            "{size:e}"
        );
    }
    // The squares of these are no numbers of 32 bits.
    let values = [0.0_f32, 1e30, 3e38, 2.9e38];
    let fitted = fit(
        &KMeansParams::new(2),
        &Matrix::from_rows(&values[..], 1).unwrap(),
    );
    assert_eq!(fitted.labels[2], fitted.labels[3]);
    assert_ne!(fitted.labels[0], fitted.labels[3]);
}

fn refused(result: Result<KMeansFit, Error>, said: &str) {
    let error = result.unwrap_err().to_string();
    assert!(error.contains(said), "{error}");
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let values = [1.0_f64, 2.0, 3.0, 4.0];
    let matrix = Matrix::from_rows(&values[..], 2).unwrap();
    let ctx = Context::new();
    let of = |params: KMeansParams, weights: Option<&[f64]>| params.fit(&matrix, weights, &ctx);
    refused(
        of(KMeansParams::new(0), None),
        "`n_clusters` of `KMeansParams` must be at least 1; got 0",
    );
    refused(
        of(KMeansParams::new(3), None),
        "must be at most 2, the number of rows; got 3",
    );
    let start = Init::Centers(vec![1.0; 3]);
    refused(
        of(KMeansParams::new(2).init(start), None),
        "must be 2 centres of 2 numbers, 4 in all; got 3",
    );
    for (weights, said) in [
        (&[1.0][..], "must be one for each of 2 rows; got 1"),
        (&[1.0, -1.0], "must be numbers from 0 to 1e100; got -1"),
        (&[1.0, f64::NAN], "must be numbers from 0 to 1e100; got NaN"),
        (&[0.0, 0.0], "must not all be zero"),
    ] {
        refused(of(KMeansParams::new(1), Some(weights)), said);
    }
    let bad = [1.0, 2.0, f64::NAN, 4.0];
    let bad = Matrix::from_rows(&bad[..], 2)
        .unwrap()
        .with_names(vec!["spent".into(), "orders".into()]);
    refused(
        KMeansParams::new(1).fit(&bad.unwrap(), None, &ctx),
        "column `spent`: 1 value(s) are missing",
    );
    let none = Matrix::from_rows(&values[..0], 2).unwrap();
    refused(
        KMeansParams::new(1).fit(&none, None, &ctx),
        "must be at most 0, the number of rows",
    );
}

#[test]
fn a_model_knows_its_columns() {
    let values = [1.0_f64, 2.0, 3.0, 4.0];
    let names = |a: &str, b: &str| {
        let matrix = Matrix::from_rows(&values[..], 2).unwrap();
        matrix.with_names(vec![a.into(), b.into()]).unwrap()
    };
    let model = fit(&KMeansParams::new(1), &names("spent", "orders")).model;
    let ctx = Context::new();
    let error = model.predict(&names("orders", "spent"), &ctx).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("column `orders` where the model was fitted with `spent`")
    );
    let error = model
        .predict(&Matrix::from_rows(&values[..], 1).unwrap(), &ctx)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("it has 1 columns, the model was fitted with 2")
    );
    let distances = model.transform(&names("spent", "orders"), &ctx).unwrap();
    assert_eq!(distances, [2_f64.sqrt(), 2_f64.sqrt()]);
    let again = KMeansModel::from_json(&model.to_json().unwrap()).unwrap();
    assert_eq!(again, model);
    let broken = model
        .to_json()
        .unwrap()
        .replace("\"n_features\": 2", "\"n_features\": 3");
    assert!(KMeansModel::from_json(&broken).is_err());
}

#[test]
fn a_fit_stops_where_it_is_told_to() {
    let values = clouds(70_000, 2);
    let matrix = Matrix::from_rows(&values[..], 2).unwrap();
    let params = KMeansParams::new(6).max_iter(4);
    let polls = {
        let ctx = Context::new();
        params.fit(&matrix, None, &ctx).unwrap();
        ctx.cancel.polls()
    };
    // Five chunks: the check, six centres drawn, four iterations, labels and inertia.
    assert!(polls > 5 * 12, "{polls} polls");
    for at in [1, 10, 40, polls] {
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

#[test]
fn columns_of_a_table_are_checked() {
    use arrow_array::{Float64Array, Int32Array, RecordBatch, StringArray};
    use std::sync::Arc;
    let table = |column: arrow_array::ArrayRef| {
        Table::from_batch(RecordBatch::try_from_iter([("x", column)]).unwrap())
    };
    let numbers = Columns::new(&table(Arc::new(Int32Array::from(vec![1, 2, 9])))).unwrap();
    let fitted = fit(&KMeansParams::new(2), &numbers.matrix().unwrap());
    assert_eq!(fitted.model.feature_names, ["x"]);
    assert_eq!(fitted.labels[0], fitted.labels[1]);
    let nulls = table(Arc::new(Float64Array::from(vec![Some(1.0), None, None])));
    let said = Columns::new(&nulls).unwrap_err().to_string();
    assert!(
        said.contains("column `x`: 2 value(s) are missing, first at row 1: `null`"),
        "{said}"
    );
    let text = Columns::new(&table(Arc::new(StringArray::from(vec!["a"])))).unwrap_err();
    assert!(
        text.to_string()
            .contains("column `x` for role `feature` has type Utf8; expected numbers")
    );
}
