//! Which files a path means: one, those of a folder, those that fit a pattern.

use std::path::{Path, PathBuf};

use super::options::{Columns, ReadOptions};
use super::{FileFormat, format_of};
use crate::error::{Error, Result};

/// The files of a path, sorted by name, all of one format.
pub(super) fn found(path: &Path) -> Result<(Vec<PathBuf>, FileFormat)> {
    let files = if path.is_dir() {
        in_folder(path)?
    } else if is_pattern(path) {
        fitting(path)?
    } else {
        return Ok((vec![path.into()], format_of(path)?));
    };
    let mut formats = files.iter().map(|f| format_of(f).map(|format| (f, format)));
    let Some((first, format)) = formats.next().transpose()? else {
        let why = "holds no file that could be read; the endings are .parquet, .csv, .xlsx and their like";
        return Err(Error::io(path, why));
    };
    for other in formats {
        let (file, other) = other?;
        if other != format {
            let (a, b) = (first.display(), file.display());
            let why = format!(
                "holds files of several formats, such as `{a}` and `{b}`; name one kind by a pattern such as `*.csv`"
            );
            return Err(Error::io(path, why));
        }
    }
    Ok((files, format))
}

/// The files directly in a folder whose ending is known; hidden ones, and those that begin with `_`, are left out.
fn in_folder(folder: &Path) -> Result<Vec<PathBuf>> {
    let io = |e: std::io::Error| Error::io(folder, e);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
        let is_hidden = name.is_some_and(|n| n.starts_with(['.', '_', '~']));
        if !is_hidden && path.is_file() && format_of(&path).is_ok() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Whether the path is a pattern: it has signs of one, and is no file itself.
fn is_pattern(path: &Path) -> bool {
    let has_signs = path.to_str().is_some_and(|p| p.contains(['*', '?', '[']));
    has_signs && !path.exists()
}

fn fitting(pattern: &Path) -> Result<Vec<PathBuf>> {
    let options = glob::MatchOptions {
        require_literal_leading_dot: true,
        ..glob::MatchOptions::default()
    };
    let text = pattern.to_string_lossy();
    let found = glob::glob_with(&text, options)
        .map_err(|e| Error::io(pattern, format!("is no pattern: {e}")))?;
    let mut files = Vec::new();
    for file in found {
        let file = file.map_err(|e| Error::io(e.path(), e.error()))?;
        if file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(Error::io(pattern, "is a pattern that no file fits"));
    }
    Ok(files)
}

/// Where a file has the columns that the first file of a table has: by name, in any order.
pub(super) fn places(
    path: &Path,
    columns: &[String],
    names: &[String],
    options: &ReadOptions,
) -> Result<Vec<usize>> {
    let mut places = Vec::with_capacity(columns.len());
    for (i, column) in columns.iter().enumerate() {
        // Of several columns with one name, the second is the second.
        let nth = columns[..i].iter().filter(|c| *c == column).count();
        let mut found = names.iter().enumerate().filter(|(_, n)| *n == column);
        let Some((place, _)) = found.nth(nth) else {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let what = format!("file `{}`; the first file has it", path.display());
            return Err(Error::column_not_found(column, what, &names));
        };
        places.push(place);
    }
    if matches!(options.columns, Columns::All) || options.roles.is_empty() {
        let extra = names.iter().enumerate().find(|(i, _)| !places.contains(i));
        if let Some((_, extra)) = extra {
            let why = format!(
                "has a column `{extra}` that the first file lacks; bind roles, or make the files alike"
            );
            return Err(Error::io(path, why));
        }
    }
    Ok(places)
}
