//! An opened CSV file: its dialect and names known, its records still to come in blocks.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::blocks::{Blocks, Marks, last_record_end, n_lines};
use super::compression::{self, other_format};
use super::dialect::{Dialect, found_out};
use super::encoding::{Decoder, by_label};
use super::fields::{Broken, first_records};
use crate::error::{Error, Result};
use crate::io::options::ReadOptions;
use crate::table::text::TextRules;

/// Bytes that are looked at to find out the dialect.
const SAMPLE: usize = 1 << 18;
/// A header that is longer is none.
const MAX_HEADER: usize = 1 << 24;

/// What is known of a CSV file before its records are read.
#[derive(Debug)]
pub(super) struct CsvFile {
    pub(super) path: PathBuf,
    pub(super) dialect: Dialect,
    pub(super) marks: Marks,
    pub(super) names: Vec<String>,
    pub(super) rules: TextRules,
    /// The first records, for those who must decide on types before they have read the file.
    pub(super) sample: String,
    /// The line that they begin in.
    pub(super) first_line: u64,
    /// Bytes of the file, and how many of them were read.
    pub(super) size: u64,
    pub(super) taken: Arc<AtomicU64>,
}

impl CsvFile {
    /// Opens a file; its first records are known then, and still to come in the blocks.
    pub(super) fn open(path: &Path, options: &ReadOptions) -> Result<(Self, Blocks)> {
        let io = |e: std::io::Error| Error::io(path, e);
        let given = options.encoding.as_deref().map(by_label).transpose()?;
        let file = File::open(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        let taken = Arc::new(AtomicU64::new(0));
        let counted = Counted {
            file,
            taken: Arc::clone(&taken),
        };
        let (source, compression) = compression::opened(counted).map_err(io)?;
        let mut decoder = Decoder::new(source, given)
            .map_err(|e| Error::io(path, format!("cannot be read: {e}; is it cut off?")))?;
        if let Some(what) = other_format(decoder.head()) {
            return Err(Error::io(path, format!("is no CSV file but {what}")));
        }
        let (text, is_whole) = first_text(&mut decoder, path)?;
        let (start, separator) = start_of(&text, options);
        let mut options = options.clone();
        options.delimiter = options.delimiter.or(separator);
        let sample = std::str::from_utf8(&text[start..]).map_err(|e| Error::io(path, e))?;
        let found = found_out(sample, is_whole, &options);
        let line = 1 + n_lines(&text[..start]);
        let (names, end) = names(sample, found.marks, found.has_header)
            .map_err(|broken| broken_record(path, &broken, line, 0))?;
        if names.is_empty() {
            let why = "holds no record; a CSV file begins with a record of names";
            return Err(Error::io(path, why));
        }
        let dialect = Dialect {
            compression,
            encoding: decoder.encoding().name().to_owned(),
            has_mark: decoder.had_mark(),
            delimiter: char::from(found.marks.delimiter),
            quote: found.quote,
            has_header: found.has_header,
            decimal_comma: found.decimal_comma,
        };
        let rules = TextRules {
            decimal_comma: found.decimal_comma,
            nulls: options.nulls,
        };
        let first_line = line + n_lines(&sample.as_bytes()[..end]);
        let rest = sample.as_bytes()[end..].to_vec();
        let sample = whole_records(sample, end, is_whole, found.marks);
        let file = Self {
            path: path.into(),
            dialect,
            marks: found.marks,
            names,
            rules,
            sample,
            first_line,
            size,
            taken,
        };
        Ok((file, Blocks::new(decoder, found.marks, rest, first_line)))
    }

    /// The share of the file that was read.
    pub(super) fn share_read(&self) -> f64 {
        let taken = self.taken.load(Ordering::Relaxed);
        if self.size == 0 {
            1.0
        } else {
            (taken as f64 / self.size as f64).clamp(1e-6, 1.0)
        }
    }

    /// The error of a broken record in a block that begins in the given line.
    pub(super) fn broken(&self, broken: &Broken, first_line: u64) -> Error {
        broken_record(&self.path, broken, first_line, self.names.len())
    }
}

/// Counts the bytes that are read from a file.
pub(super) struct Counted {
    file: File,
    taken: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.taken.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// The first text, with at least one whole line if the file has one, and whether it is all of it.
fn first_text(decoder: &mut Decoder, path: &Path) -> Result<(Vec<u8>, bool)> {
    let mut text = Vec::new();
    while text.len() < SAMPLE || (n_lines(&text) == 0 && text.len() < MAX_HEADER) {
        if !decoder.fill(&mut text, path)? {
            return Ok((text, true));
        }
    }
    Ok((text, false))
}

/// Where the records begin, and the delimiter that a line `sep=;` names, as Excel writes it.
fn start_of(text: &[u8], options: &ReadOptions) -> (usize, Option<char>) {
    let mut start = 0;
    for _ in 0..options.skip_lines {
        start += line_len(&text[start..]);
    }
    let len = line_len(&text[start..]);
    let line = text[start..start + len].trim_ascii_end();
    match line {
        [b's', b'e', b'p', b'=', d] if d.is_ascii_punctuation() => {
            (start + len, Some(char::from(*d)))
        }
        b"sep=" => (start + len, Some('\t')),
        _ => (start, None),
    }
}

fn line_len(text: &[u8]) -> usize {
    match memchr::memchr2(b'\n', b'\r', text) {
        None => text.len(),
        Some(i) if text[i..].starts_with(b"\r\n") => i + 2,
        Some(i) => i + 1,
    }
}

/// The names of the columns, and where the records after them begin.
fn names(sample: &str, marks: Marks, has_header: bool) -> Result<(Vec<String>, usize), Broken> {
    let mut found = first_records(sample, marks, 1);
    if let Some(broken) = found.broken {
        return Err(broken);
    }
    let (first, mut end) = (found.records.pop().unwrap_or_default(), found.end);
    if sample[..end].ends_with('\r') && sample[end..].starts_with('\n') {
        end += 1;
    }
    if has_header {
        return Ok((first, end));
    }
    let names = (1..=first.len()).map(|i| format!("column_{i}"));
    Ok((names.collect(), 0))
}

/// The records of the sample that are whole.
fn whole_records(sample: &str, from: usize, is_whole: bool, marks: Marks) -> String {
    let text = &sample[from..];
    let end = match last_record_end(text.as_bytes(), marks) {
        _ if is_whole => text.len(),
        end => end.unwrap_or(0),
    };
    text[..end].to_owned()
}

fn broken_record(path: &Path, broken: &Broken, first_line: u64, expected: usize) -> Error {
    let why = match *broken {
        Broken::Ragged { line, n_fields } => format!(
            "line {} has {n_fields} field(s) where the first record has {expected}; mend the line, or give the `delimiter` or `quote` the file is written with",
            first_line + line
        ),
        Broken::Unclosed { line } => format!(
            "the quote that opens in line {} is never closed; close it, or read without quotes (`quote`)",
            first_line + line
        ),
    };
    Error::io(path, why)
}
