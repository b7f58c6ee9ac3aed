//! Missing numbers in k-means: refused, or filled in the fit and after it alike.

use patronomy::cluster::kmeans::{KMeansModel, KMeansParams};
use patronomy::matrix::Missing;
use patronomy::saved::Saved;
use patronomy::{Context, Error, Matrix};

#[test]
fn a_model_fills_new_rows_as_those_of_its_fit() {
    let nan = f64::NAN;
    let values = [0.0, 1.0, 8.0, nan, 11.0];
    let whole = [0.0, 1.0, 8.0, 5.0, 11.0];
    let matrix = Matrix::from_rows(&values[..], 1).unwrap();
    let ctx = Context::new();
    let params = KMeansParams::new(2);
    let refused = params.fit(&matrix, None, &ctx);
    assert!(matches!(refused, Err(Error::BadValues { .. })));
    let filled = params.clone().missing(Missing::Mean);
    let filled = filled.fit(&matrix, None, &ctx).unwrap();
    let expected = Matrix::from_rows(&whole[..], 1).unwrap();
    let expected = params.fit(&expected, None, &ctx).unwrap();
    assert_eq!(filled.labels, expected.labels);
    assert_eq!(filled.model.centers, expected.model.centers);
    assert_eq!(filled.model.fill, Some(vec![5.0]));
    let said = ["column `0`: 1 missing value(s) filled with its mean"];
    assert_eq!(filled.model.notices, said);
    let model = KMeansModel::from_json(&filled.model.to_json().unwrap()).unwrap();
    assert_eq!(model, filled.model);
    let new = [nan, 5.0];
    let new = Matrix::from_rows(&new[..], 1).unwrap();
    let labels = model.predict(&new, &ctx).unwrap();
    assert_eq!(labels[0], labels[1]);
    let distances = model.transform(&new, &ctx).unwrap();
    assert_eq!(distances[..2], distances[2..]);
    assert!(model.score(&new, None, &ctx).unwrap().is_finite());
    let none = expected.model.predict(&new, &ctx);
    assert!(matches!(none, Err(Error::BadValues { .. })));
    // A median is no mean.
    let median = params
        .missing(Missing::Median)
        .fit(&matrix, None, &ctx)
        .unwrap();
    assert_eq!(median.model.fill, Some(vec![4.5]));
    let empty = [nan, nan];
    let empty = Matrix::from_rows(&empty[..], 1).unwrap();
    let refused = KMeansParams::new(1)
        .missing(Missing::Mean)
        .fit(&empty, None, &ctx);
    assert!(refused.unwrap_err().to_string().contains("all of them"));
}
