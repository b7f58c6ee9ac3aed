//! Files: tables from Parquet and CSV, results to them.

#[cfg(feature = "csv")]
mod csv;
#[cfg(feature = "parquet")]
mod parquet;

use std::fs::File;
use std::path::Path;

use arrow_array::RecordBatch;

use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::saved::write_whole;
use crate::table::Table;

/// What a path's ending says the file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Parquet,
    Csv,
}

impl Format {
    #[allow(dead_code, reason = "with all features no format is left away")]
    fn left_away(self, path: &Path) -> Error {
        let feature = match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
        };
        Error::io(
            path,
            format!("needs the feature `{feature}`, which was left away"),
        )
    }
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

/// Reads a table from a Parquet or CSV file: the columns named, or all where none is.
///
/// `columns` are pairs of role and name. A CSV file holds text, and the role says how it is taken: measures as numbers where they are
/// some, times as they are written, identifiers as text unless each is written as an integer would be, for `007` and `7` are two
/// customers. Of columns without a role, those that hold nothing but numbers become numbers.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read or is damaged; [`Error::ColumnNotFound`] if a named column is missing; [`Error::Cancelled`].
pub fn read_table(path: &Path, columns: &[(&str, &str)], ctx: &Context) -> Result<Table> {
    if path.is_dir() {
        return Err(Error::io(path, "is a directory; name a file"));
    }
    let format = format_of(path)?;
    let file = File::open(path).map_err(|e| Error::io(path, e))?;
    guarded(path, || match format {
        #[cfg(feature = "parquet")]
        Format::Parquet => parquet::read(path, file, columns, ctx),
        #[cfg(feature = "csv")]
        Format::Csv => csv::read(path, file, columns, ctx),
        #[allow(
            unreachable_patterns,
            reason = "which of them are there depends on the features"
        )]
        format => Err(format.left_away(path)),
    })
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
    let format = format_of(path)?;
    write_whole(path, |file| match format {
        #[cfg(feature = "parquet")]
        Format::Parquet => parquet::write(path, file, batch),
        #[cfg(feature = "csv")]
        Format::Csv => csv::write(path, file, batch),
        #[allow(
            unreachable_patterns,
            reason = "which of them are there depends on the features"
        )]
        format => Err(format.left_away(path)),
    })
}

/// The positions of the named columns among all; of a name that several share, all of them. All where none is named.
#[cfg(any(feature = "csv", feature = "parquet"))]
fn positions(names: &[String], columns: &[(&str, &str)]) -> Result<Vec<usize>> {
    if columns.is_empty() {
        return Ok((0..names.len()).collect());
    }
    for (role, column) in columns {
        if !names.iter().any(|n| n == column) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            return Err(Error::column_not_found(
                column,
                format!("role `{role}`"),
                &names,
            ));
        }
    }
    let is_wanted = |name: &String| columns.iter().any(|(_, c)| c == name);
    Ok((0..names.len()).filter(|&i| is_wanted(&names[i])).collect())
}
