//! Parquet.

use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{Fields, Schema, SchemaRef};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::options::ReadOptions;
use crate::error::{Error, Result};
use crate::parallel::{Context, map_ordered};
use crate::table::Table;
use crate::table::align::{aligned, together};

const BATCH_ROWS: usize = 65_536;

fn damaged(path: &Path, e: &dyn std::fmt::Display) -> Error {
    Error::io(path, format!("cannot be read as Parquet: {e}"))
}

/// A file whose footer was read.
#[derive(Debug, Clone)]
struct Opened {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    names: Vec<String>,
}

impl Opened {
    fn new(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|e| Error::io(path, e))?;
        let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new());
        let metadata = metadata.map_err(|e| damaged(path, &e))?;
        let fields = metadata.schema().fields().iter();
        Ok(Self {
            path: path.into(),
            names: fields.map(|f| f.name().clone()).collect(),
            metadata,
        })
    }

    /// A reader of some columns; of one row group, or of all.
    fn reader(&self, columns: &[usize], group: Option<usize>) -> Result<ParquetRecordBatchReader> {
        // A file of its own for each reader: clones of one share the place that is read next.
        let file = File::open(&self.path).map_err(|e| Error::io(&self.path, e))?;
        let mut builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let mask = ProjectionMask::roots(builder.parquet_schema(), columns.iter().copied());
        if let Some(group) = group {
            builder = builder.with_row_groups(vec![group]);
        }
        let built = builder
            .with_projection(mask)
            .with_batch_size(BATCH_ROWS)
            .build();
        built.map_err(|e| damaged(&self.path, &e))
    }

    /// The schema of some columns, as their reader gives it.
    fn schema_of(&self, columns: &[usize]) -> Result<Schema> {
        Ok(self.reader(columns, None)?.schema().as_ref().clone())
    }
}

/// The files of a table, each with the columns to read: those of the first, by name.
fn opened(paths: &[PathBuf], options: &ReadOptions) -> Result<Vec<(Opened, Vec<usize>)>> {
    let mut files: Vec<(Opened, Vec<usize>)> = Vec::with_capacity(paths.len());
    let mut columns: Vec<String> = Vec::new();
    for path in paths {
        let file = Opened::new(path)?;
        if files.is_empty() {
            let wanted = options.positions(&file.names)?;
            columns = wanted.iter().map(|&i| file.names[i].clone()).collect();
        }
        let places = super::files::places(path, &columns, &file.names, options)?;
        files.push((file, places));
    }
    Ok(files)
}

/// The schema that the columns of all files can take.
fn schema_of(files: &[(Opened, Vec<usize>)]) -> Result<SchemaRef> {
    let mut schema: Option<Schema> = None;
    for (file, places) in files {
        // The reader gives columns in the order of the file.
        let own = file.schema_of(places)?.project(&by_place(places));
        let own = own.map_err(|e| damaged(&file.path, &e))?;
        schema = Some(match schema {
            None => own,
            Some(schema) => together(&schema, &own, &file.path)?,
        });
    }
    Ok(Arc::new(
        schema.unwrap_or_else(|| Schema::new(Fields::empty())),
    ))
}

/// Where each column stands among those read.
fn by_place(places: &[usize]) -> Vec<usize> {
    let rank = |p: &usize| places.iter().filter(|q| *q < p).count();
    places.iter().map(rank).collect()
}

/// One column of one row group.
struct Task<'a> {
    file: &'a Opened,
    group: usize,
    column: usize,
}

pub(super) fn read(paths: &[PathBuf], options: &ReadOptions, ctx: &Context) -> Result<Table> {
    let files = opened(paths, options)?;
    let schema = schema_of(&files)?;
    let mut tasks = Vec::new();
    check_budget(&files, ctx)?;
    for (file, places) in &files {
        for group in 0..file.metadata.metadata().num_row_groups() {
            tasks.extend(places.iter().map(|&column| Task {
                file,
                group,
                column,
            }));
        }
    }
    let columns = map_ordered(ctx, "read parquet", tasks, |task| column_of(&task, ctx))?;
    let n_columns = schema.fields().len();
    let mut batches = Vec::new();
    for group in columns.chunks(n_columns.max(1)) {
        let n = group.iter().map(Vec::len).min().unwrap_or(0);
        for i in 0..n {
            let arrays = group.iter().map(|c| Arc::clone(c[i].column(0)));
            batches.push(aligned(arrays.collect(), &schema)?);
        }
    }
    Table::try_new(schema, batches)
}

fn column_of(task: &Task<'_>, ctx: &Context) -> Result<Vec<RecordBatch>> {
    let mut batches = Vec::new();
    for batch in task.file.reader(&[task.column], Some(task.group))? {
        ctx.cancel.poll()?;
        batches.push(batch.map_err(|e| damaged(&task.file.path, &e))?);
    }
    Ok(batches)
}

/// Refuses what would not fit: the sizes of pages before compression stand in the footers.
fn check_budget(files: &[(Opened, Vec<usize>)], ctx: &Context) -> Result<()> {
    const REMEDY: &str = "bind fewer columns, read it as a stream (`scan`), or allow more";
    let bytes = |(file, places): &(Opened, Vec<usize>)| -> u64 {
        let leaves = file.metadata.parquet_schema();
        let groups = file.metadata.metadata().row_groups().iter();
        let columns = groups.flat_map(|g| g.columns().iter().enumerate());
        let wanted = columns.filter(|(i, _)| places.contains(&leaves.get_column_root_idx(*i)));
        wanted
            .map(|(_, c)| c.uncompressed_size().max(0) as u64)
            .sum()
    };
    let all = files.iter().map(bytes).sum();
    ctx.budget.check("reading a table", all, REMEDY)
}

/// Batches of Parquet files, one after the other.
#[derive(Debug)]
pub(super) struct Stream {
    files: VecDeque<(Opened, Vec<usize>)>,
    current: Option<(PathBuf, ParquetRecordBatchReader, Vec<usize>)>,
    schema: SchemaRef,
}

impl Stream {
    pub(super) fn new(paths: &[PathBuf], options: &ReadOptions) -> Result<Self> {
        let files = opened(paths, options)?;
        Ok(Self {
            schema: schema_of(&files)?,
            files: files.into(),
            current: None,
        })
    }

    pub(super) const fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(super) fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some((path, reader, places)) = &mut self.current
                && let Some(batch) = reader.next()
            {
                let batch = batch.map_err(|e| damaged(path, &e))?;
                let arrays = places.iter().map(|&i| Arc::clone(batch.column(i)));
                return aligned(arrays.collect(), &self.schema).map(Some);
            }
            let Some((file, places)) = self.files.pop_front() else {
                return Ok(None);
            };
            let reader = file.reader(&places, None)?;
            self.current = Some((file.path, reader, by_place(&places)));
        }
    }
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
