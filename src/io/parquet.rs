//! Parquet.

use std::fs::File;
use std::path::Path;

use arrow_array::{RecordBatch, RecordBatchReader};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::table::Table;

const BATCH_ROWS: usize = 65_536;

pub(super) fn read(
    path: &Path,
    file: File,
    columns: &[(&str, &str)],
    ctx: &Context,
) -> Result<Table> {
    let damaged =
        |e: &dyn std::fmt::Display| Error::io(path, format!("cannot be read as Parquet: {e}"));
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| damaged(&e))?;
    let fields = builder.schema().fields().iter();
    let names: Vec<String> = fields.map(|f| f.name().clone()).collect();
    let wanted = super::positions(&names, columns)?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted);
    let reader = builder
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS)
        .build()
        .map_err(|e| damaged(&e))?;
    let schema = reader.schema();
    let mut batches = Vec::new();
    for batch in reader {
        ctx.cancel.poll()?;
        batches.push(batch.map_err(|e| damaged(&e))?);
    }
    Table::try_new(schema, batches)
}

pub(super) fn write(path: &Path, file: &mut File, batch: &RecordBatch) -> Result<()> {
    let failed = |e: &dyn std::fmt::Display| Error::io(path, format!("cannot be written: {e}"));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .build();
    let mut writer =
        ArrowWriter::try_new(file, batch.schema(), Some(properties)).map_err(|e| failed(&e))?;
    writer.write(batch).map_err(|e| failed(&e))?;
    writer.close().map_err(|e| failed(&e))?;
    Ok(())
}
