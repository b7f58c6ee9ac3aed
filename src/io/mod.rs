//! Files: tables from Parquet, CSV and workbooks, whole or as a stream; results to Parquet and CSV.
//!
//! [`read_table`] is the short form, [`read`] takes [`ReadOptions`], [`scan`] gives batches with memory for a few of them, [`inspect`] says
//! what a file is. A path means one file, the files of a folder, or those that fit a pattern such as `sales/*.csv.gz`.
//!
//! | ending | format |
//! |---|---|
//! | `.parquet` `.pq` | Parquet |
//! | `.csv` `.tsv` `.tab` `.txt`, each with `.gz` or `.zst` after it | text, its dialect and encoding found out |
//! | `.xlsx` `.xlsm` `.xlsb` `.xls` `.ods` | workbooks |

mod bytes;
#[cfg(feature = "csv")]
mod csv;
#[cfg(feature = "excel")]
mod excel;
mod files;
mod guess;
mod options;
#[cfg(feature = "parquet")]
mod parquet;
mod scan;

use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::saved::write_whole;
use crate::table::Table;

pub(crate) use bytes::unpacked;
#[cfg(feature = "csv")]
pub use csv::{Compression, Dialect};
pub use guess::{Proposal, RoleGuess, guess_roles};
pub use options::{Columns, Quote, ReadOptions, Sheet};
pub use scan::{BatchStream, Inspection, inspect, scan};

/// What a path's ending says the file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FileFormat {
    /// Apache Parquet.
    Parquet,
    /// Text with delimiters.
    Csv,
    /// A workbook of Excel or of `OpenDocument`.
    Excel,
}

impl FileFormat {
    #[allow(dead_code, reason = "with all features no format is left away")]
    fn left_away(self, path: &Path) -> Error {
        let feature = match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Excel => "excel",
        };
        Error::io(
            path,
            format!("needs the feature `{feature}`, which was left away"),
        )
    }
}

fn ending(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_lowercase())
}

/// The format by the ending; that of compressed text stands before the last one.
fn format_of(path: &Path) -> Result<FileFormat> {
    let found = match ending(path).as_deref() {
        Some("gz" | "gzip" | "zst" | "zstd") => {
            let inner = path.file_stem().map(Path::new).and_then(ending);
            inner.filter(|e| is_text(e)).map(|_| FileFormat::Csv)
        }
        Some("parquet" | "pq") => Some(FileFormat::Parquet),
        Some("xlsx" | "xlsm" | "xlsb" | "xls" | "ods") => Some(FileFormat::Excel),
        Some(text) if is_text(text) => Some(FileFormat::Csv),
        _ => None,
    };
    found.ok_or_else(|| {
        let why = "has an ending that is not known; use .parquet, .csv, .tsv or .txt (with .gz or .zst after it), .xlsx, .xls or .ods";
        Error::io(path, why)
    })
}

fn is_text(ending: &str) -> bool {
    matches!(ending, "csv" | "tsv" | "tab" | "txt")
}

/// A table from a file, a folder or a pattern: the columns named, or all where none is.
///
/// `columns` are pairs of role and name. A CSV file holds text, and the role says how it is taken: measures as numbers where they are
/// some, times as they are written, identifiers as text unless each is written as an integer would be, for `007` and `7` are two
/// customers. Of columns without a role, those that hold nothing but numbers become numbers.
///
/// # Errors
/// As [`read`].
pub fn read_table(path: &Path, columns: &[(&str, &str)], ctx: &Context) -> Result<Table> {
    read(path, &ReadOptions::new().roles(columns), ctx)
}

/// A table from a file, a folder or a pattern, read as the options say; what they leave open is found out.
///
/// Several files become one table, in the order of their names: they must have the same columns by name, in any order. Types that
/// differ between Parquet files are widened from integers to floats; CSV files are typed together. Cost: CSV is read in parallel, in pieces of half
/// a megabyte; Parquet a column of a row group at a time. Memory: the table, and for CSV some 50 MB beside it.
///
/// ```
/// use patronomy::{Context, io};
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("sales.csv");
/// std::fs::write(&path, "kunde;betrag\n7;1.234,50\n8;2,00\n").unwrap();
/// let options = io::ReadOptions::new().role("customer", "kunde").role("amount", "betrag");
/// let table = io::read(&path, &options, &Context::new())?;
/// assert_eq!(table.n_rows(), 2);
/// assert_eq!(table.schema().field(1).data_type().to_string(), "Float64");
/// # Ok::<(), patronomy::Error>(())
/// ```
///
/// # Errors
/// [`Error::Io`] if a file cannot be read, is damaged, or has records that are not alike; [`Error::ColumnNotFound`] if a named column is
/// missing; [`Error::FeatureMismatch`] if types of several files do not fit together; [`Error::Budget`] if the table would be larger than
/// the budget allows; [`Error::Parameter`] if an option cannot be; [`Error::Cancelled`].
pub fn read(path: &Path, options: &ReadOptions, ctx: &Context) -> Result<Table> {
    options.validate()?;
    let (paths, format) = files::found(path)?;
    guarded(path, || match format {
        #[cfg(feature = "parquet")]
        FileFormat::Parquet => parquet::read(&paths, options, ctx),
        #[cfg(feature = "csv")]
        FileFormat::Csv => csv::read(&paths, options, ctx),
        #[cfg(feature = "excel")]
        FileFormat::Excel => excel::read(&paths, options, ctx),
        #[allow(
            unreachable_patterns,
            reason = "which of them are there depends on the features"
        )]
        format => Err(format.left_away(first(&paths))),
    })
}

fn first(paths: &[PathBuf]) -> &Path {
    paths.first().map_or(Path::new(""), PathBuf::as_path)
}

/// Some damaged files make the readers below panic, Parquet files with a damaged Arrow schema among them: that is an error of the file.
fn guarded<T>(path: &Path, read: impl FnOnce() -> Result<T>) -> Result<T> {
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
    let format = match ending(path).as_deref() {
        Some("csv") => FileFormat::Csv,
        Some("parquet" | "pq") => FileFormat::Parquet,
        _ => {
            let why = "has an ending that cannot be written; use .parquet or .csv";
            return Err(Error::io(path, why));
        }
    };
    write_whole(path, |file| match format {
        #[cfg(feature = "parquet")]
        FileFormat::Parquet => parquet::write(path, file, batch),
        #[cfg(feature = "csv")]
        FileFormat::Csv => csv::write(path, file, batch),
        #[allow(
            unreachable_patterns,
            reason = "which of them are there depends on the features"
        )]
        format => Err(format.left_away(path)),
    })
}
