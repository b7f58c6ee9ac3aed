//! k-prototypes against a plain restatement, with categories that a fit had not, and every edge.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use patronomy::cluster::prototypes::{
    Categories, PrototypesFit, PrototypesModel, PrototypesParams,
};
use patronomy::saved::Saved;
use patronomy::{Cancel, Context, Error, Matrix, Table};
use proptest::collection::vec;
use proptest::prelude::*;

use super::kmeans::clouds;
use crate::tables::with_threads;

fn letters(codes: &[u8]) -> Vec<String> {
    codes
        .iter()
        .map(|c| char::from(b'a' + c).to_string())
        .collect()
}

proptest! {
    #[test]
    fn labels_means_and_modes_are_those_of_the_definition(
        numbers in vec(-5.0..5.0_f64, 12..90),
        codes in vec(0_u8..4, 90),
        d in 1_usize..3,
        k in 1_usize..5,
        gamma in 0.0..9.0_f64,
        seed: u64,
    ) {
        let n = numbers.len() / d;
        prop_assume!(k <= n);
        let numbers = &numbers[..n * d];
        let (one, two) = (letters(&codes[..n]), letters(&codes[90 - n..]));
        let columns = [Categories::of("one", &one).unwrap(), Categories::of("two", &two).unwrap()];
        let matrix = Matrix::from_rows(numbers, d).unwrap();
        let ctx = Context::new();
        let params = PrototypesParams::new(k).gamma(gamma).seed(seed);
        let PrototypesFit { model, labels, .. } = params.fit(&matrix, &columns, &ctx).unwrap();
        prop_assert_eq!(&model.predict(&matrix, &columns, &ctx).unwrap().labels, &labels);
        let modes = model.modes();
        let apart = |i: usize, c: usize| -> f64 {
            let (row, mean) = (&numbers[i * d..][..d], &model.means[c * d..][..d]);
            let squares: f64 = row.iter().zip(mean).map(|(x, m)| (x - m) * (x - m)).sum();
            squares + gamma * f64::from(u8::from(one[i] != modes[c][0]) + u8::from(two[i] != modes[c][1]))
        };
        let own = |i: usize| apart(i, labels[i] as usize);
        for i in 0..n {
            prop_assert!((0..k).all(|c| own(i) <= apart(i, c) + 1e-9));
        }
        let inertia: f64 = (0..n).map(own).sum();
        prop_assert!((inertia - model.inertia).abs() <= 1e-9 * (1.0 + inertia));
        prop_assume!(model.converged);
        for (c, mode) in modes.iter().enumerate() {
            let rows: Vec<usize> = (0..n).filter(|&i| labels[i] as usize == c).collect();
            prop_assert_eq!(rows.len() as u64, model.sizes[c]);
            if rows.is_empty() {
                continue;
            }
            for j in 0..d {
                let mean = rows.iter().map(|&i| numbers[i * d + j]).sum::<f64>() / rows.len() as f64;
                prop_assert!((mean - model.means[c * d + j]).abs() < 1e-9);
            }
            let count = |value: &String| rows.iter().filter(|&&i| one[i] == *value).count();
            prop_assert!(one.iter().all(|value| count(value) <= count(&mode[0])));
        }
    }
}

#[test]
fn gamma_is_half_the_mean_standard_deviation() {
    let values = [0.0, 10.0, 2.0, 10.0];
    let matrix = Matrix::from_rows(&values[..], 2).unwrap();
    let column = Categories::of("x", &["a", "b"]).unwrap();
    let fitted = PrototypesParams::new(1)
        .fit(&matrix, &[column], &Context::new())
        .unwrap();
    assert_eq!(fitted.model.gamma, 0.25);
    // No categories: k-means.
    let plain = PrototypesParams::new(1)
        .fit(&matrix, &[], &Context::new())
        .unwrap();
    assert_eq!(plain.model.means, [1.0, 10.0]);
}

#[test]
fn a_category_that_the_fit_had_not_differs_from_all() {
    let values = [0.0_f64, 0.0, 1.0, 1.0];
    let matrix = Matrix::from_rows(&values[..], 1).unwrap();
    let column = Categories::of("channel", &["shop", "shop", "web", "web"]).unwrap();
    let ctx = Context::new();
    let model = PrototypesParams::new(2)
        .gamma(100.0)
        .fit(&matrix, &[column], &ctx)
        .unwrap()
        .model;
    let near_web = Matrix::from_rows(&[0.9, 0.9, 0.9][..], 1).unwrap();
    let new = Categories::of("channel", &["shop", "phone", "fax"]).unwrap();
    let found = model.predict(&near_web, &[new], &ctx).unwrap();
    let of = |mode: &str| model.modes().iter().position(|m| m[0] == mode).unwrap() as i32;
    // The numbers decide where no category speaks.
    assert_eq!(found.labels, [of("shop"), of("web"), of("web")]);
    assert_eq!(
        found.notices,
        ["column `channel`: 2 row(s) have a category that the fit had not"]
    );
    let other = Categories::of("store", &["a", "a", "a"]).unwrap();
    let refused = model
        .predict(&near_web, &[other], &ctx)
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("they are `store`, the model was fitted with `channel`"),
        "{refused}"
    );
    let again = PrototypesModel::from_json(&model.to_json().unwrap()).unwrap();
    assert_eq!(again, model);
}

#[test]
fn columns_of_a_table_are_categories() {
    let columns: [(&str, ArrayRef); 2] = [
        ("floor", Arc::new(Int64Array::from(vec![10, 9, 10]))),
        (
            "city",
            Arc::new(StringArray::from(vec![
                Some("Ulm"),
                Some("Bonn"),
                Some("Ulm"),
            ])),
        ),
    ];
    let table = Table::from_batch(RecordBatch::try_from_iter(columns).unwrap());
    let ctx = Context::new();
    let found = Categories::of_table(&table, &ctx).unwrap();
    assert_eq!(
        found[0],
        Categories::of("floor", &["10", "9", "10"]).unwrap()
    );
    assert_eq!(
        found[1],
        Categories::of("city", &["Ulm", "Bonn", "Ulm"]).unwrap()
    );
    let holes: ArrayRef = Arc::new(StringArray::from(vec![Some("Ulm"), None]));
    let table = Table::from_batch(RecordBatch::try_from_iter([("city", holes)]).unwrap());
    let refused = Categories::of_table(&table, &ctx).unwrap_err().to_string();
    assert!(
        refused.contains("column `city`: 1 value(s) are missing, first at row 1"),
        "{refused}"
    );
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let values = [1.0_f64, 2.0];
    let matrix = Matrix::from_rows(&values[..], 1).unwrap();
    let ctx = Context::new();
    let short = Categories::of("x", &["a"]).unwrap();
    let said = |params: PrototypesParams, columns: &[Categories]| {
        params.fit(&matrix, columns, &ctx).unwrap_err().to_string()
    };
    assert!(said(PrototypesParams::new(0), &[]).starts_with("`n_clusters` of `PrototypesParams`"));
    assert!(
        said(PrototypesParams::new(3), &[])
            .contains("must be at most 2, the number of rows; got 3")
    );
    assert!(said(PrototypesParams::new(1).gamma(f64::NAN), &[]).starts_with("`gamma`"));
    assert!(said(PrototypesParams::new(1).gamma(-1.0), &[]).starts_with("`gamma`"));
    assert!(said(PrototypesParams::new(1).n_init(0), &[]).starts_with("`n_init`"));
    assert!(
        said(PrototypesParams::new(1), &[short])
            .contains("`categories` of `x` must be one for each of 2 rows; got 1")
    );
    let alike = Matrix::from_rows(&[1.0, 1.0, 1.0][..], 1).unwrap();
    let column = Categories::of("x", &["a", "a", "b"]).unwrap();
    let fitted = PrototypesParams::new(3)
        .gamma(1.0)
        .fit(&alike, &[column], &ctx)
        .unwrap();
    assert!(fitted.model.notices[0].starts_with("1 of 3 clusters have no row"));
}

#[test]
fn threads_change_nothing_and_a_cancel_ends_it() {
    let (n, d) = (20_000, 2);
    let values = clouds(n, d);
    let matrix = Matrix::from_rows(&values[..], d).unwrap();
    let codes: Vec<u8> = (0..n).map(|i| (i * 7 % 5) as u8).collect();
    let column = [Categories::of("x", &letters(&codes)).unwrap()];
    let params = PrototypesParams::new(4).n_init(2);
    let run = || params.fit(&matrix, &column, &Context::new()).unwrap();
    let one = with_threads(1, run);
    for threads in [2, 7] {
        assert_eq!(with_threads(threads, run), one);
    }
    for at in [1, 12] {
        let ctx = Context {
            cancel: Cancel::at_poll(at),
            ..Context::new()
        };
        assert!(matches!(
            params.fit(&matrix, &column, &ctx),
            Err(Error::Cancelled)
        ));
    }
}
