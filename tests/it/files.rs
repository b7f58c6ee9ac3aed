//! Files: what is written is read, and what is damaged is refused without a panic.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use patronomy::rfm::{RfmParams, SegmentMap};
use patronomy::simulate::Shop;
use patronomy::{Context, ErrorKind, Moment, Roles, Transactions, io};

use crate::tables::batch;

fn small() -> RecordBatch {
    let customer: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), Some(2), None, Some(2)]));
    let days = vec!["2024-01-01", "2024-01-05", "2024-01-07", "2024-02-01"];
    let time: ArrayRef = Arc::new(StringArray::from(days));
    let amount: ArrayRef = Arc::new(Float64Array::from(vec![1.5, 2.25, 9.0, 4.0]));
    batch(vec![
        ("customer", customer),
        ("time", time),
        ("amount", amount),
    ])
}

fn roles() -> Roles {
    Roles::new("customer", "time").amount("amount")
}

fn read(path: &Path) -> Result<Transactions, patronomy::Error> {
    let roles = roles();
    let columns: Vec<(&str, &str)> = roles.iter().collect();
    Transactions::new(
        io::read_table(path, &columns, &Context::new())?,
        roles.clone(),
    )
}

#[test]
fn a_table_is_the_same_from_either_file() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["table.parquet", "table.csv", "TABLE.PQ"] {
        let path = folder.path().join(name);
        io::write_batch(&path, &small()).unwrap();
        let tx = read(&path).unwrap();
        let counts = tx.counts(&Context::new()).unwrap();
        assert_eq!((counts.rows_in, counts.rows_used), (4, 3), "{name}");
        let rfm = RfmParams::new().fit(&tx, &Context::new()).unwrap();
        assert_eq!(rfm.model().reference, "2024-02-01", "{name}");
    }
}

#[test]
fn every_result_can_be_written_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let tx = Shop::new(100, 300, 3).transactions().unwrap();
    let (past, later) = tx.split(Moment::parse("2024-07-01").unwrap()).unwrap();
    let params = RfmParams::new().segments(SegmentMap::rfm_package());
    let first = params.fit(&past, &Context::new()).unwrap();
    let second = first.model().score(&later, &Context::new()).unwrap();
    for (name, table) in [
        ("customers", first.batch().clone()),
        ("segments", first.segments().unwrap()),
        ("cells", first.cells().unwrap()),
        ("unassigned", first.unassigned_cells().unwrap()),
        ("moves", second.moves(&first).unwrap()),
    ] {
        for ending in ["parquet", "csv"] {
            let path = folder.path().join(format!("{name}.{ending}"));
            io::write_batch(&path, &table).unwrap();
            let schema = table.schema();
            let columns: Vec<(&str, &str)> = schema
                .fields()
                .iter()
                .map(|f| ("", f.name().as_str()))
                .collect();
            let back = io::read_table(&path, &columns, &Context::new()).unwrap();
            assert_eq!(back.n_rows(), table.num_rows(), "{name}.{ending}");
            if ending == "parquet" && table.num_rows() > 0 {
                assert_eq!(back.batches()[0].columns(), table.columns(), "{name}");
            }
        }
    }
}

/// Reads a damaged file; a panic fails the test.
fn refused_or_read(path: &Path, bytes: &[u8], context: &str) -> bool {
    std::fs::write(path, bytes).unwrap();
    match read(path) {
        Ok(tx) => {
            RfmParams::new().fit(&tx, &Context::new()).ok();
            true
        }
        Err(e) => {
            let mendable = [
                ErrorKind::Io,
                ErrorKind::ColumnNotFound,
                ErrorKind::ColumnType,
                ErrorKind::BadValues,
                ErrorKind::Parameter,
            ];
            assert!(mendable.contains(&e.kind()), "{context}: {e}");
            false
        }
    }
}

#[test]
fn a_parquet_file_cut_off_anywhere_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.parquet");
    io::write_batch(&path, &small()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    for n in 0..bytes.len() {
        assert!(!refused_or_read(&path, &bytes[..n], "cut"), "{n} bytes");
    }
}

#[test]
fn a_parquet_file_with_any_byte_changed_is_refused_or_read() {
    // Panics of the reader are caught and become errors, but print; keep the output short.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.parquet");
    io::write_batch(&path, &small()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let mut n_refused = 0;
    for at in 0..bytes.len() {
        for change in [0xff, 0x01] {
            let mut damaged = bytes.clone();
            damaged[at] ^= change;
            let context = format!("byte {at} ^ {change}");
            n_refused += usize::from(!refused_or_read(&path, &damaged, &context));
        }
    }
    assert!(n_refused > bytes.len() / 4, "{n_refused}");
}

#[test]
fn a_csv_file_cut_off_or_changed_anywhere_is_refused_or_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    io::write_batch(&path, &small()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert!(refused_or_read(&path, &bytes, "whole"));
    for n in 0..bytes.len() {
        refused_or_read(&path, &bytes[..n], &format!("{n} bytes"));
        for new in [0u8, b'"', b',', b'\n', 0xff] {
            let mut damaged = bytes.clone();
            damaged[n] = new;
            refused_or_read(&path, &damaged, &format!("byte {n} = {new}"));
        }
    }
}
