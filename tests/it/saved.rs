//! Saved models: an old file loads for ever, a damaged one is refused and never worse.

use std::path::{Path, PathBuf};

use patronomy::rfm::{RfmModel, RfmParams, SegmentMap};
use patronomy::saved::Saved;
use patronomy::{Context, ErrorKind, Moment, Transactions};

use crate::first_shop::FirstShop;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/rfm-v1.json")
}

fn shop() -> Transactions {
    FirstShop::new(300, 400, 20_240_101).transactions()
}

fn fitted() -> RfmModel {
    let (past, _) = shop().split(Moment::parse("2024-10-01").unwrap()).unwrap();
    let params = RfmParams::new()
        .segments(SegmentMap::rf_grid())
        .breadth(true);
    params.fit(&past, &Context::new()).unwrap().model().clone()
}

/// Wrote the golden file of this version. It is kept as it is: a later version gets a file of its own.
#[test]
#[ignore = "writes the golden file of a new version, once"]
fn write_the_golden_file() {
    assert!(!golden().exists(), "a golden file is never written again");
    fitted().save(&golden()).unwrap();
}

#[test]
fn the_golden_file_of_version_1_loads_and_scores() {
    let model = RfmModel::load(&golden()).unwrap();
    assert_eq!(model.reference, "2024-09-30");
    assert_eq!(model.breaks.n_bins(), [5; 3]);
    assert_eq!(model.params.segments, Some(SegmentMap::rf_grid()));
    // A model learnt today from the same shop is the same, down to the hash of its data.
    assert_eq!(model, fitted());
    let (_, later) = shop().split(Moment::parse("2024-10-01").unwrap()).unwrap();
    let rfm = model.score(&later, &Context::new()).unwrap();
    assert!(rfm.batch().num_rows() > 50);
    assert_eq!(rfm.model().breaks, model.breaks);
    assert_eq!(rfm.n_unassigned(), 0);
}

/// A model from a damaged text is either refused for its format, or one that passes its own check.
fn survives(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else {
        return false;
    };
    match RfmModel::from_json(text) {
        Ok(model) => {
            assert!(model.validate().is_ok());
            // What was accepted must be usable: scored with, or refused for a stated reason.
            if let Err(e) = model.score(&shop(), &Context::new()) {
                assert_eq!(e.kind(), ErrorKind::Parameter, "{e}");
            }
            true
        }
        Err(e) => {
            assert_eq!(e.kind(), ErrorKind::SavedFormat, "{e}");
            false
        }
    }
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let text = std::fs::read(golden()).unwrap();
    assert!(survives(&text));
    let end = text.trim_ascii_end().len();
    for n in 0..end {
        assert!(!survives(&text[..n]), "cut off at byte {n}");
    }
}

#[test]
fn a_flipped_bit_is_refused_or_harmless() {
    let mut text = std::fs::read(golden()).unwrap();
    let mut n_refused = 0;
    let n_tried = text.len();
    for at in 0..n_tried {
        let bit = 1 << (at % 7);
        text[at] ^= bit;
        // Scoring is dear here: only the first acceptances of each hundred bytes are scored with.
        let accepted = std::str::from_utf8(&text).is_ok_and(|t| match RfmModel::from_json(t) {
            Ok(model) => model.validate().is_ok(),
            Err(e) => {
                assert_eq!(e.kind(), ErrorKind::SavedFormat, "{e}");
                false
            }
        });
        n_refused += usize::from(!accepted);
        if accepted && at % 20 == 0 {
            survives(&text);
        }
        text[at] ^= bit;
    }
    assert!(n_refused > n_tried / 3, "{n_refused} of {n_tried}");
}

#[test]
fn a_file_that_is_no_text_is_refused_as_a_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    for bytes in [&b"PAR1\xff\xfe\x00"[..], b"", b"{}", b"[1, 2]", b"null"] {
        std::fs::write(&path, bytes).unwrap();
        let e = RfmModel::load(&path).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::SavedFormat, "{bytes:?}: {e}");
        assert!(e.to_string().contains("model.json"), "{e}");
    }
}

#[test]
fn a_version_of_the_future_says_what_to_do() {
    let text = std::fs::read_to_string(golden()).unwrap();
    let later = text.replacen("\"version\": 1", "\"version\": 99", 1);
    assert_ne!(text, later);
    let e = RfmModel::from_json(&later).unwrap_err();
    for part in ["version 99", "update the library"] {
        assert!(e.to_string().contains(part), "{e}");
    }
}

#[test]
fn nesting_and_awkward_numbers_come_back_bit_for_bit() {
    use patronomy::rfm::{Convention, Nesting};
    for convention in [
        Convention::Together,
        Convention::QcutDrop,
        Convention::LeftClosed,
    ] {
        let params = RfmParams::new()
            .convention(convention)
            .nesting(Nesting::Nested)
            .reference(Moment::parse("2024-11-05T12:30:00.000001").unwrap())
            .weights([0.1, 1.0 / 3.0, f64::MIN_POSITIVE]);
        let model = params
            .fit(&shop(), &Context::new())
            .unwrap()
            .model()
            .clone();
        let back = RfmModel::from_json(&model.to_json().unwrap());
        assert_eq!(back.unwrap(), model, "{convention:?}");
    }
}
