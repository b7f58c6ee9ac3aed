//! Files: tables from Parquet and CSV, results to them.

use std::fs::File;
use std::path::Path;

use arrow_array::RecordBatch;
#[cfg(feature = "csv")]
use arrow_schema::{DataType, Field, Schema};

use crate::error::{Error, Result};
use crate::saved::write_whole;
use crate::table::Table;
#[cfg(feature = "csv")]
use crate::table::ids::is_plain_integers;

/// What a path's ending says the file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Parquet,
    Csv,
}

fn format_of(path: &Path) -> Result<Format> {
    let ending = path
        .extension()
        .and_then(|e| e.to_str())
        .map(str::to_lowercase);
    match ending.as_deref() {
        Some("parquet" | "pq") => Ok(Format::Parquet),
        Some("csv") => Ok(Format::Csv),
        _ => Err(Error::io(
            path,
            "has an ending that is not known; use .parquet or .csv",
        )),
    }
}

/// Reads a table from a Parquet or CSV file: of its columns only those named, where the format allows.
///
/// CSV types are inferred from all rows; numbers, booleans, dates and ISO 8601 times are recognised, all else is text. `columns` are pairs of
/// role and name: identifiers stay text unless each is written as an integer would be, for `007` and `7` are two customers.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read or is damaged; [`Error::ColumnNotFound`] if a named column is missing.
pub fn read_table(path: &Path, columns: &[(&str, &str)]) -> Result<Table> {
    if path.is_dir() {
        return Err(Error::io(path, "is a directory; name a file"));
    }
    let format = format_of(path)?;
    let file = File::open(path).map_err(|e| Error::io(path, e))?;
    match format {
        Format::Parquet => guarded(path, || read_parquet(path, file, columns)),
        Format::Csv => guarded(path, || read_csv(path, file, columns)),
    }
}

/// Some damaged files make the readers below panic, Parquet files with a damaged Arrow schema among them: that is an error of the file.
fn guarded(path: &Path, read: impl FnOnce() -> Result<Table>) -> Result<Table> {
    let damaged = |_| {
        Err(Error::io(
            path,
            "is damaged: its reader gave up; write it anew",
        ))
    };
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).unwrap_or_else(damaged)
}

/// Writes a batch to a Parquet or CSV file, whole or not at all.
///
/// # Errors
/// [`Error::Io`] if the file cannot be written.
pub fn write_batch(path: &Path, batch: &RecordBatch) -> Result<()> {
    match format_of(path)? {
        Format::Parquet => write_whole(path, |file| write_parquet(path, file, batch)),
        Format::Csv => write_whole(path, |file| write_csv(path, file, batch)),
    }
}

#[cfg(feature = "parquet")]
fn read_parquet(path: &Path, file: File, columns: &[(&str, &str)]) -> Result<Table> {
    use parquet::arrow::ProjectionMask;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    const BATCH_ROWS: usize = 65_536;
    let damaged =
        |e: &dyn std::fmt::Display| Error::io(path, format!("cannot be read as Parquet: {e}"));
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| damaged(&e))?;
    let names: Vec<String> = builder
        .schema()
        .fields()
        .iter()
        .map(|f| f.name().clone())
        .collect();
    let borrowed: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut wanted = Vec::new();
    for (role, column) in columns {
        let found = names
            .iter()
            .enumerate()
            .filter(|(_, n)| n == column)
            .map(|(i, _)| i);
        let before = wanted.len();
        wanted.extend(found);
        if wanted.len() == before {
            return Err(Error::column_not_found(
                column,
                format!("role `{role}`"),
                &borrowed,
            ));
        }
    }
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted);
    let reader = builder
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS)
        .build()
        .map_err(|e| damaged(&e))?;
    let schema = arrow_array::RecordBatchReader::schema(&reader);
    let batches = reader
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(|e| damaged(&e))?;
    Table::try_new(schema, batches)
}

#[cfg(not(feature = "parquet"))]
fn read_parquet(path: &Path, _: File, _: &[(&str, &str)]) -> Result<Table> {
    Err(Error::io(path, "Parquet needs the feature `parquet`"))
}

#[cfg(feature = "csv")]
fn read_csv(path: &Path, mut file: File, columns: &[(&str, &str)]) -> Result<Table> {
    use std::io::{BufReader, Seek};
    use std::sync::Arc;

    let damaged =
        |e: &dyn std::fmt::Display| Error::io(path, format!("cannot be read as CSV: {e}"));
    let format = arrow_csv::reader::Format::default().with_header(true);
    let (schema, _) = format
        .infer_schema(BufReader::new(&mut file), None)
        .map_err(|e| damaged(&e))?;
    file.rewind().map_err(|e| Error::io(path, e))?;
    let ids = id_columns(&schema, columns);
    let schema = Arc::new(with_types(&schema, &ids, &DataType::Utf8));
    let reader = arrow_csv::ReaderBuilder::new(Arc::clone(&schema))
        .with_format(format)
        .with_batch_size(65_536)
        .build_buffered(BufReader::with_capacity(1 << 20, file))
        .map_err(|e| damaged(&e))?;
    let batches = reader
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(|e| damaged(&e))?;
    integers_where_plain(&schema, batches, &ids)
}

/// Identifiers that look like integers, dates or truth values: `007` and `7` are two customers, so these are read as text.
#[cfg(feature = "csv")]
fn id_columns(schema: &Schema, columns: &[(&str, &str)]) -> Vec<usize> {
    const MEASURES: [&str; 5] = ["time", "quantity", "price", "amount", "cost"];
    let is_id = |name: &str| {
        columns
            .iter()
            .any(|(role, c)| *c == name && !MEASURES.contains(role))
    };
    let fields = schema.fields().iter().enumerate();
    let wanted = fields.filter(|(_, f)| is_id(f.name()) && *f.data_type() != DataType::Float64);
    wanted.map(|(i, _)| i).collect()
}

#[cfg(feature = "csv")]
fn with_types(schema: &Schema, columns: &[usize], to: &DataType) -> Schema {
    let field = |(i, f): (usize, &std::sync::Arc<Field>)| {
        if columns.contains(&i) {
            f.as_ref().clone().with_data_type(to.clone())
        } else {
            f.as_ref().clone()
        }
    };
    Schema::new(
        schema
            .fields()
            .iter()
            .enumerate()
            .map(field)
            .collect::<Vec<_>>(),
    )
}

/// The table with those text columns as integers in which every value is written as an integer would be.
#[cfg(feature = "csv")]
fn integers_where_plain(
    schema: &Schema,
    mut batches: Vec<RecordBatch>,
    ids: &[usize],
) -> Result<Table> {
    let all_plain = |i: usize| is_plain_integers(batches.iter().map(|b| b.column(i)));
    let plain: Vec<usize> = ids.iter().copied().filter(|&i| all_plain(i)).collect();
    let schema = std::sync::Arc::new(with_types(schema, &plain, &DataType::Int64));
    let damaged = |e: arrow_schema::ArrowError| Error::FeatureMismatch {
        what: "the CSV table".into(),
        why: e.to_string(),
    };
    for batch in &mut batches {
        let mut columns = batch.columns().to_vec();
        for &i in &plain {
            columns[i] = arrow_cast::cast(&columns[i], &DataType::Int64).map_err(damaged)?;
        }
        *batch = RecordBatch::try_new(std::sync::Arc::clone(&schema), columns).map_err(damaged)?;
    }
    Table::try_new(schema, batches)
}

#[cfg(not(feature = "csv"))]
fn read_csv(path: &Path, _: File, _: &[(&str, &str)]) -> Result<Table> {
    Err(Error::io(path, "CSV needs the feature `csv`"))
}

#[cfg(feature = "parquet")]
fn write_parquet(path: &Path, file: &mut File, batch: &RecordBatch) -> Result<()> {
    use parquet::basic::{Compression, ZstdLevel};
    use parquet::file::properties::WriterProperties;

    let failed = |e: &dyn std::fmt::Display| Error::io(path, format!("cannot be written: {e}"));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .build();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), Some(properties))
        .map_err(|e| failed(&e))?;
    writer.write(batch).map_err(|e| failed(&e))?;
    writer.close().map_err(|e| failed(&e))?;
    Ok(())
}

#[cfg(not(feature = "parquet"))]
fn write_parquet(path: &Path, _: &mut File, _: &RecordBatch) -> Result<()> {
    Err(Error::io(path, "Parquet needs the feature `parquet`"))
}

#[cfg(feature = "csv")]
fn write_csv(path: &Path, file: &mut File, batch: &RecordBatch) -> Result<()> {
    let mut writer = arrow_csv::WriterBuilder::new()
        .with_header(true)
        .build(file);
    writer
        .write(batch)
        .map_err(|e| Error::io(path, format!("cannot be written: {e}")))
}

#[cfg(not(feature = "csv"))]
fn write_csv(path: &Path, _: &mut File, _: &RecordBatch) -> Result<()> {
    Err(Error::io(path, "CSV needs the feature `csv`"))
}

#[cfg(test)]
#[cfg(feature = "csv")]
mod tests {
    use super::*;

    fn types_of(text: &str) -> Vec<DataType> {
        let file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let table = read_table(file.path(), &[("customer", "c"), ("amount", "a")]).unwrap();
        table
            .schema()
            .fields()
            .iter()
            .map(|f| f.data_type().clone())
            .collect()
    }

    #[test]
    fn ids_with_leading_zeros_stay_apart() {
        assert_eq!(
            types_of("c,a\n007,1\n7,2\n"),
            [DataType::Utf8, DataType::Int64]
        );
        assert_eq!(
            types_of("c,a\n17,1\n-7,2\n"),
            [DataType::Int64, DataType::Int64]
        );
        assert_eq!(
            types_of("c,a\ntrue,1\nfalse,2\n"),
            [DataType::Utf8, DataType::Int64]
        );
        assert_eq!(
            types_of("c,a\n17.0,1\n,2\n"),
            [DataType::Float64, DataType::Int64]
        );
    }
}
