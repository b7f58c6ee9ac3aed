//! Models of segments and clusters as files: those of version 1 load for ever, damaged ones are refused or harmless.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use patronomy::cluster::kmeans::KMeansModel;
use patronomy::saved::Saved;
use patronomy::segment::job::{Action, SegmentModel};
use patronomy::simulate::Shop;
use patronomy::{Context, ErrorKind, Matrix};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

/// The customers that the file of version 1 was fitted on.
fn customers(model: &SegmentModel) -> patronomy::features::Features {
    let tx = Shop::new(300, 400, 20_240_101).transactions().unwrap();
    model.recipe.apply(&tx, &Context::new()).unwrap()
}

#[test]
fn segments_of_version_1_assign_as_they_did() {
    let model = SegmentModel::load(&golden("segments-v1.json")).unwrap();
    let names: Vec<&str> = model.segments.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["regulars", "segment 1", "segment 2"]);
    assert!(model.segments[2].is_rejected && model.segments[2].centers == [2, 3]);
    let last = model.judgements.last().unwrap();
    assert_eq!((last.by.as_str(), last.why.as_str()), ("Bob", "too few"));
    assert_eq!(last.action, Some(Action::Reject { segment: 2 }));
    let found = Arc::new(model.clone())
        .assign(&customers(&model), &Context::new())
        .unwrap();
    assert_eq!(found.sizes(), [122, 76, 0]);
    assert_eq!(found.labels().iter().filter(|&&l| l < 0).count(), 102);
}

#[test]
fn clusters_of_version_1_predict_as_they_did() {
    let model = KMeansModel::load(&golden("kmeans-v1.json")).unwrap();
    let rows = [8.0, 8.0, 0.0, f64::NAN];
    let matrix = Matrix::from_rows(&rows[..], 2).unwrap();
    assert_eq!(model.predict(&matrix, &Context::new()).unwrap(), [1, 0]);
    assert_eq!(model.sizes, [50, 30]);
}

#[test]
fn a_damaged_file_is_refused_or_harmless() {
    let text = std::fs::read(golden("segments-v1.json")).unwrap();
    for end in (0..text.trim_ascii_end().len()).step_by(211) {
        let Ok(cut) = std::str::from_utf8(&text[..end]) else {
            continue;
        };
        let e = SegmentModel::from_json(cut).unwrap_err();
        assert_eq!(
            e.kind(),
            ErrorKind::SavedFormat,
            "cut off at byte {end}: {e}"
        );
    }
    let whole = SegmentModel::load(&golden("segments-v1.json")).unwrap();
    let features = customers(&whole);
    let (mut n_refused, mut n_used) = (0, 0);
    for at in (0..text.len()).step_by(37) {
        let mut other = text.clone();
        other[at] ^= 1 << (at % 7);
        let read = std::str::from_utf8(&other).map(SegmentModel::from_json);
        let Ok(Ok(model)) = read else {
            n_refused += 1;
            continue;
        };
        // What was accepted must be usable, or be refused for a stated reason.
        n_used += usize::from(Arc::new(model).assign(&features, &Context::new()).is_ok());
    }
    assert!(
        n_refused > 100 && n_used > 10,
        "{n_refused} refused, {n_used} used"
    );
}
