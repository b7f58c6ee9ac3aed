//! Mini-batch k-means: its arithmetic by hand, how near it comes to k-means, going on, and every edge.

use patronomy::cluster::kmeans::{Init, KMeansParams};
use patronomy::cluster::mini_batch::{MiniBatchFit, MiniBatchModel, MiniBatchParams};
use patronomy::saved::Saved;
use patronomy::{Cancel, Context, Error, Matrix};

use super::kmeans::clouds;
use crate::tables::with_threads;

fn go_on(model: &MiniBatchModel, values: &[f64]) -> MiniBatchFit {
    let matrix = Matrix::from_rows(values, model.n_features).unwrap();
    MiniBatchParams::partial_fit(model, &matrix, None, &Context::new()).unwrap()
}

fn start(params: &MiniBatchParams, values: &[f64], d: usize) -> MiniBatchFit {
    let matrix = Matrix::from_rows(values, d).unwrap();
    params.start(&matrix, None, &Context::new()).unwrap()
}

#[test]
fn a_centre_is_the_mean_of_what_it_has_met() {
    let params = MiniBatchParams::new(2).init(Init::Centers(vec![1.0, 8.0]));
    let first = start(&params, &[0.0, 2.0, 4.0, 9.0], 1);
    // Where a centre begins is forgotten with its first row.
    assert_eq!(first.model.centers, [2.0, 9.0]);
    assert_eq!(first.model.counts, [3.0, 1.0]);
    assert_eq!((first.model.n_steps, first.model.n_iter), (1, 1));
    assert_eq!(first.labels, [0, 0, 0, 1]);
    assert_eq!(
        (first.model.inertia, &first.model.sizes[..]),
        (8.0, &[3, 1][..])
    );
    let second = go_on(&first.model, &[5.0, 10.0, 11.0]);
    assert_eq!(second.model.centers, [2.75, 10.0]);
    assert_eq!(second.model.counts, [4.0, 3.0]);
    assert_eq!(second.labels, [0, 1, 1]);
    // A row of weight two is two rows.
    let batch = Matrix::from_rows(&[5.0, 10.5][..], 1).unwrap();
    let ctx = Context::new();
    let heavy = MiniBatchParams::partial_fit(&first.model, &batch, Some(&[1.0, 2.0]), &ctx);
    assert_eq!(heavy.unwrap().model.centers, second.model.centers);
}

#[test]
fn it_comes_near_to_k_means() {
    let (n, d, k) = (60_000, 4, 13);
    let values = clouds(n, d);
    let matrix = Matrix::from_rows(&values[..], d).unwrap();
    let ctx = Context::new();
    let full = |seed| KMeansParams::new(k).seed(seed).fit(&matrix, None, &ctx);
    let best = (0..3).map(|seed| full(seed).unwrap().model.inertia);
    let best = best.fold(f64::INFINITY, f64::min);
    for init in [Init::PlusPlus, Init::Random, Init::Parallel] {
        let params = MiniBatchParams::new(k).init(init.clone()).n_init(3);
        let fitted = params.fit(&matrix, None, &ctx).unwrap();
        let model = fitted.model;
        assert!(
            model.inertia < 1.1 * best,
            "{init:?} {} {best}",
            model.inertia
        );
        assert_eq!(model.predict(&matrix, &ctx).unwrap(), fitted.labels);
        assert_eq!(model.sizes.iter().sum::<u64>(), n as u64);
        assert_eq!(model.n_iter, (model.n_steps * 1_024).div_ceil(n as u64));
        let unlabelled = params
            .compute_labels(false)
            .fit(&matrix, None, &ctx)
            .unwrap();
        assert_eq!(unlabelled.model.centers, model.centers);
        assert!(unlabelled.labels.is_empty() && unlabelled.model.sizes.is_empty());
        assert!((unlabelled.model.inertia / model.inertia - 1.0).abs() < 0.2);
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let (n, d) = (70_000, 5);
    let values = clouds(n, d);
    let matrix = Matrix::from_rows(&values[..], d).unwrap();
    let weights: Vec<f64> = (0..n).map(|i| f64::from((i % 5) as u32) * 0.1).collect();
    let params = MiniBatchParams::new(9).batch_size(5_000).seed(3);
    for weights in [None, Some(&weights[..])] {
        let run = || {
            let ctx = Context::new();
            let fitted = params.fit(&matrix, weights, &ctx).unwrap();
            let on = MiniBatchParams::partial_fit(&fitted.model, &matrix, weights, &ctx);
            (fitted, on.unwrap())
        };
        let one = with_threads(1, run);
        assert!(one.0.model.n_steps > 2);
        for threads in [2, 7] {
            assert_eq!(with_threads(threads, run), one);
        }
    }
}

#[test]
fn a_model_that_was_saved_goes_on_as_if_it_had_not_been() {
    let values: Vec<f64> = clouds(3_000, 2).into_iter().map(f64::from).collect();
    let params = MiniBatchParams::new(30).seed(5).reassignment_ratio(0.5);
    let mut model = start(&params, &values[..600], 2).model;
    let mut read = model.clone();
    for batch in values[600..].chunks(400) {
        model = go_on(&model, batch).model;
        read = MiniBatchModel::from_json(&read.to_json().unwrap()).unwrap();
        read = go_on(&read, batch).model;
        assert_eq!(read, model);
    }
    assert_eq!(model.n_steps, 15);
    let broken = model
        .to_json()
        .unwrap()
        .replace("\"counts\": [", "\"counts\": [-1.0, ");
    assert!(MiniBatchModel::from_json(&broken).is_err());
}

#[test]
fn a_centre_that_meets_no_row_is_put_on_one() {
    let values: Vec<f64> = (0..20).map(f64::from).collect();
    let params = MiniBatchParams::new(3).init(Init::Centers(vec![1.0, 2.0, 1e6]));
    let fitted = start(&params, &values, 1);
    let moved = fitted.model.centers[2];
    assert!(values.contains(&moved), "{moved}");
    // It is taken to have met as many rows as the least of the others.
    let least = fitted.model.counts[0].min(fitted.model.counts[1]);
    assert_eq!(fitted.model.counts[2], least);
    let stays = start(&params.reassignment_ratio(0.0), &values, 1).model;
    assert_eq!((stays.centers[2], stays.counts[2]), (1e6, 0.0));
}

#[test]
fn few_rows_and_equal_rows_are_taken() {
    let values = [3.0_f64; 12];
    let matrix = Matrix::from_rows(&values[..], 2).unwrap();
    let ctx = Context::new();
    for k in [1, 4, 6] {
        let fitted = MiniBatchParams::new(k).fit(&matrix, None, &ctx).unwrap();
        assert_eq!(
            (fitted.model.inertia, &fitted.labels[..]),
            (0.0, &[0; 6][..])
        );
    }
    // No rows teach nothing, and have no labels.
    let fitted = MiniBatchParams::new(2).start(&matrix, None, &ctx).unwrap();
    let none = Matrix::from_rows(&values[..0], 2).unwrap();
    let same = MiniBatchParams::partial_fit(&fitted.model, &none, None, &ctx).unwrap();
    assert_eq!(
        (same.model.counts, same.labels),
        (fitted.model.counts, vec![])
    );
}

#[test]
fn what_cannot_be_learnt_from_is_refused() {
    let values = [1.0_f64, 2.0, 3.0, 4.0];
    let matrix = Matrix::from_rows(&values[..], 2).unwrap();
    let ctx = Context::new();
    let said = |result: Result<MiniBatchFit, Error>| result.unwrap_err().to_string();
    let params = MiniBatchParams::new(3);
    let too_many = "`n_clusters` of `MiniBatchParams` must be at most 2, the number of rows; got 3";
    assert_eq!(said(params.fit(&matrix, None, &ctx)), too_many);
    assert_eq!(said(params.start(&matrix, None, &ctx)), too_many);
    let params = MiniBatchParams::new(1);
    let weights = [1.0, -1.0];
    let refused = said(params.fit(&matrix, Some(&weights), &ctx));
    assert!(refused.contains("from 0 to 1e100; got -1"), "{refused}");
    let model = params.start(&matrix, None, &ctx).unwrap().model;
    let narrow = Matrix::from_rows(&values[..], 1).unwrap();
    let refused = said(MiniBatchParams::partial_fit(&model, &narrow, None, &ctx));
    assert!(refused.contains("it has 1 columns, the model was fitted with 2"));
    let bad = [1.0, f64::NAN];
    let bad = Matrix::from_rows(&bad[..], 2).unwrap();
    let refused = said(MiniBatchParams::partial_fit(&model, &bad, None, &ctx));
    assert!(
        refused.contains("column `1`: 1 value(s) are missing"),
        "{refused}"
    );
}

#[test]
fn a_fit_stops_where_it_is_told_to() {
    let values = clouds(30_000, 2);
    let matrix = Matrix::from_rows(&values[..], 2).unwrap();
    let params = MiniBatchParams::new(6);
    let ctx = Context::new();
    params.fit(&matrix, None, &ctx).unwrap();
    let polls = ctx.cancel.polls();
    assert!(polls > 30, "{polls} polls");
    for at in [1, 20, polls] {
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
