//! Files as a stream of batches, and what a file is.

use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::options::ReadOptions;
use super::{FileFormat, files, guarded};
use crate::error::Result;
use crate::parallel::Context;
use crate::table::Table;

/// Batches of a file, a folder or a pattern, in order, with memory for a few of them.
///
/// The schema is known before the first batch. It ends at the first error.
#[derive(Debug)]
pub struct BatchStream {
    path: PathBuf,
    source: Source,
    schema: SchemaRef,
    ctx: Context,
    is_over: bool,
}

#[derive(Debug)]
enum Source {
    #[cfg(feature = "csv")]
    Csv(Box<super::csv::Stream>),
    #[cfg(feature = "parquet")]
    Parquet(Box<super::parquet::Stream>),
    #[allow(dead_code, reason = "without workbooks nothing is read whole")]
    Whole(std::vec::IntoIter<RecordBatch>),
}

/// Opens a file, a folder or a pattern as a stream of batches.
///
/// Parquet batches have their types. Of CSV the role and the first records (a quarter of a megabyte) decide: measures are floats, and a word
/// among them is missing and counted ([`BatchStream::n_missing`]); a later identifier that is no integer where the first ones are is an
/// error that names the remedy. Workbooks are read whole. Memory: some 60 MB for CSV, one row group's pages for Parquet.
///
/// ```
/// use patronomy::{Context, io};
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("sales.csv");
/// std::fs::write(&path, "customer,amount\n7,1\n8,2.5\n").unwrap();
/// let options = io::ReadOptions::new().role("customer", "customer").role("amount", "amount");
/// let stream = io::scan(&path, &options, &Context::new())?;
/// assert_eq!(stream.schema().field(1).data_type().to_string(), "Float64");
/// let rows: usize = stream.map(|batch| batch.map(|b| b.num_rows())).sum::<patronomy::Result<usize>>()?;
/// assert_eq!(rows, 2);
/// # Ok::<(), patronomy::Error>(())
/// ```
///
/// # Errors
/// As [`super::read`]; what is found only later comes as the last item.
pub fn scan(path: &Path, options: &ReadOptions, ctx: &Context) -> Result<BatchStream> {
    options.validate()?;
    let (paths, format) = files::found(path)?;
    let (source, schema) = guarded(path, || match format {
        #[cfg(feature = "csv")]
        FileFormat::Csv => {
            let stream = super::csv::Stream::new(&paths, options)?;
            let schema = stream.schema().clone();
            Ok((Source::Csv(Box::new(stream)), schema))
        }
        #[cfg(feature = "parquet")]
        FileFormat::Parquet => {
            let stream = super::parquet::Stream::new(&paths, options)?;
            let schema = stream.schema().clone();
            Ok((Source::Parquet(Box::new(stream)), schema))
        }
        #[cfg(feature = "excel")]
        FileFormat::Excel => {
            let table = super::excel::read(&paths, options, ctx)?;
            let batches = table.batches().to_vec();
            Ok((Source::Whole(batches.into_iter()), table.schema().clone()))
        }
        #[allow(
            unreachable_patterns,
            reason = "which of them are there depends on the features"
        )]
        format => Err(format.left_away(super::first(&paths))),
    })?;
    Ok(BatchStream {
        path: path.into(),
        source,
        schema,
        ctx: ctx.clone(),
        is_over: false,
    })
}

impl BatchStream {
    /// Names and types of the columns of every batch.
    #[must_use]
    pub const fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// How many words that are no numbers stood in measures so far, by column: they are missing in the batches.
    #[must_use]
    pub fn n_missing(&self) -> Vec<(String, u64)> {
        match &self.source {
            #[cfg(feature = "csv")]
            Source::Csv(stream) => {
                let all = stream.n_missing();
                all.map(|(name, n)| (name.to_owned(), n)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn read_on(&mut self) -> Result<Option<RecordBatch>> {
        let ctx = &self.ctx;
        ctx.cancel.poll()?;
        match &mut self.source {
            #[cfg(feature = "csv")]
            Source::Csv(stream) => stream.next(ctx),
            #[cfg(feature = "parquet")]
            Source::Parquet(stream) => stream.next(),
            Source::Whole(batches) => Ok(batches.next()),
        }
    }
}

impl Iterator for BatchStream {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let path = self.path.clone();
        let item = guarded(&path, || self.read_on()).transpose();
        self.is_over = !matches!(item, Some(Ok(_)));
        item
    }
}

/// What a file is: found out from its first records, without reading it whole.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Inspection {
    /// The files that the path means.
    pub files: Vec<PathBuf>,
    /// Their format.
    pub format: FileFormat,
    /// The dialect of the first file, of text.
    #[cfg(feature = "csv")]
    pub dialect: Option<super::csv::Dialect>,
    /// The sheets of the first file, of a workbook.
    pub sheets: Vec<String>,
    /// The first rows, with all columns; of a workbook all rows, of its first sheet where none is named.
    pub head: Table,
}

/// Says what a file is, and shows its first rows.
///
/// # Errors
/// As [`super::read`].
pub fn inspect(path: &Path, options: &ReadOptions, ctx: &Context) -> Result<Inspection> {
    let mut options = options.clone().columns(super::Columns::All);
    options.validate()?;
    let (paths, format) = files::found(path)?;
    let first = super::first(&paths);
    let sheets = match format {
        #[cfg(feature = "excel")]
        FileFormat::Excel => guarded(first, || super::excel::sheets(first, ctx))?,
        _ => Vec::new(),
    };
    if options.sheet.is_none() && sheets.len() > 1 {
        options.sheet = Some(super::Sheet::Index(0));
    }
    #[cfg(feature = "csv")]
    let dialect = match format {
        FileFormat::Csv => Some(guarded(first, || super::csv::dialect_of(first, &options))?),
        _ => None,
    };
    let mut stream = scan(first, &options, ctx)?;
    let batches: Vec<RecordBatch> = stream.by_ref().take(1).collect::<Result<_>>()?;
    let head = Table::try_new(stream.schema().clone(), batches)?;
    Ok(Inspection {
        files: paths,
        format,
        #[cfg(feature = "csv")]
        dialect,
        sheets,
        head,
    })
}
