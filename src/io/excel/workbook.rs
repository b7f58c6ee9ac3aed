//! A workbook of any kind, its cells as a list.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use calamine::{Data, DataRef, ExcelDateTime, Ods, Reader, Xls, Xlsb, Xlsx};

use super::cells::Cell;
use crate::error::{Error, Result};
use crate::parallel::Context;

/// What the parts of a workbook may take unpacked, where no budget says otherwise.
const MAX_UNPACKED: u64 = 4 << 30;
/// Cells that are read between two looks at whether to go on.
const POLL: usize = 1 << 16;

type Source = BufReader<File>;

enum Kind {
    Xlsx(Box<Xlsx<Source>>),
    Xlsb(Box<Xlsb<Source>>),
    Xls(Box<Xls<Source>>),
    Ods(Box<Ods<Source>>),
}

pub(super) struct Workbook {
    path: PathBuf,
    kind: Kind,
}

/// A cell and where it stands: row, column.
pub(super) type Placed = ((u32, u32), Cell);

impl Workbook {
    /// Opens a workbook; the kind follows from its first bytes and its ending.
    pub(super) fn open(path: &Path, ctx: &Context) -> Result<Self> {
        let damaged = |e: &dyn std::fmt::Display| {
            Error::io(
                path,
                format!("cannot be read as a workbook: {e}; save it anew"),
            )
        };
        let open = || {
            File::open(path)
                .map(BufReader::new)
                .map_err(|e| Error::io(path, e))
        };
        let mut head = Vec::new();
        let taken = open()?.take(8).read_to_end(&mut head);
        taken.map_err(|e| Error::io(path, e))?;
        if !head.starts_with(b"\xd0\xcf\x11\xe0") {
            check_unpacked(path, open()?, ctx)?;
        }
        let ending = crate::io::ending(path);
        let kind = match ending.as_deref() {
            _ if head.starts_with(b"\xd0\xcf\x11\xe0") => {
                Kind::Xls(Box::new(Xls::new(open()?).map_err(|e| damaged(&e))?))
            }
            Some("ods") => Kind::Ods(Box::new(Ods::new(open()?).map_err(|e| damaged(&e))?)),
            Some("xlsb") => Kind::Xlsb(Box::new(Xlsb::new(open()?).map_err(|e| damaged(&e))?)),
            _ => Kind::Xlsx(Box::new(Xlsx::new(open()?).map_err(|e| damaged(&e))?)),
        };
        Ok(Self {
            path: path.into(),
            kind,
        })
    }

    pub(super) fn sheets(&self) -> Vec<String> {
        match &self.kind {
            Kind::Xlsx(book) => book.sheet_names(),
            Kind::Xlsb(book) => book.sheet_names(),
            Kind::Xls(book) => book.sheet_names(),
            Kind::Ods(book) => book.sheet_names(),
        }
    }

    /// The cells of a sheet that hold something.
    pub(super) fn cells(&mut self, sheet: &str, ctx: &Context) -> Result<Vec<Placed>> {
        let path = self.path.clone();
        let damaged = |e: &dyn std::fmt::Display| {
            Error::io(
                &path,
                format!("sheet `{sheet}` cannot be read: {e}; save the workbook anew"),
            )
        };
        let mut cells = Vec::new();
        // Two readers of cells with one interface, and no trait for it.
        macro_rules! cell_by_cell {
            ($book:ident) => {{
                let mut reader = $book
                    .worksheet_cells_reader(sheet)
                    .map_err(|e| damaged(&e))?;
                while let Some(cell) = reader.next_cell().map_err(|e| damaged(&e))? {
                    let value = borrowed(cell.get_value());
                    keep(&mut cells, cell.get_position(), value, ctx)?;
                }
            }};
        }
        match &mut self.kind {
            Kind::Xlsx(book) => cell_by_cell!(book),
            Kind::Xlsb(book) => cell_by_cell!(book),
            Kind::Xls(book) => {
                let range = book.worksheet_range(sheet).map_err(|e| damaged(&e))?;
                of_range(&mut cells, &range, ctx)?;
            }
            Kind::Ods(book) => {
                let range = book.worksheet_range(sheet).map_err(|e| damaged(&e))?;
                of_range(&mut cells, &range, ctx)?;
            }
        }
        Ok(cells)
    }
}

fn of_range(cells: &mut Vec<Placed>, range: &calamine::Range<Data>, ctx: &Context) -> Result<()> {
    let (row, column) = range.start().unwrap_or((0, 0));
    for (r, c, value) in range.used_cells() {
        keep(
            cells,
            (row + r as u32, column + c as u32),
            owned(value),
            ctx,
        )?;
    }
    Ok(())
}

fn keep(cells: &mut Vec<Placed>, at: (u32, u32), cell: Option<Cell>, ctx: &Context) -> Result<()> {
    if let Some(cell) = cell {
        cells.push((at, cell));
        if cells.len().is_multiple_of(POLL) {
            ctx.cancel.poll()?;
        }
    }
    Ok(())
}

fn borrowed(value: &DataRef<'_>) -> Option<Cell> {
    match value {
        DataRef::Int(i) => Some(Cell::Number(*i as f64)),
        DataRef::Float(f) => Some(Cell::Number(*f)),
        DataRef::String(text) | DataRef::DurationIso(text) => Cell::text(text),
        DataRef::SharedString(text) => Cell::text(text),
        DataRef::Bool(b) => Some(Cell::Bool(*b)),
        DataRef::DateTime(at) => Some(serial(at)),
        DataRef::DateTimeIso(text) => Cell::time(text),
        DataRef::Error(_) | DataRef::Empty => None,
    }
}

fn owned(value: &Data) -> Option<Cell> {
    match value {
        Data::Int(i) => Some(Cell::Number(*i as f64)),
        Data::Float(f) => Some(Cell::Number(*f)),
        Data::String(text) | Data::DurationIso(text) => Cell::text(text),
        Data::Bool(b) => Some(Cell::Bool(*b)),
        Data::DateTime(at) => Some(serial(at)),
        Data::DateTimeIso(text) => Cell::time(text),
        Data::Error(_) | Data::Empty => None,
    }
}

/// A number of days that is shown as a date.
fn serial(at: &ExcelDateTime) -> Cell {
    /// The last day that a workbook can show, and some more.
    const END: f64 = 3_000_000.0;
    let value = at.as_f64();
    let is_date = at.is_datetime() && (0.0..END).contains(&value);
    let found = is_date.then(|| at.as_datetime()).flatten();
    found.map_or(Cell::Number(value), |at| {
        Cell::Time(at.and_utc().timestamp_micros())
    })
}

/// Counts what the parts take unpacked: what their directory says of it may be a lie.
fn check_unpacked(path: &Path, source: Source, ctx: &Context) -> Result<()> {
    const JOB: &str = "unpacking the workbook";
    const REMEDY: &str = "save the table as CSV or Parquet, or allow more";
    let damaged = |e: &dyn std::fmt::Display| {
        Error::io(
            path,
            format!("cannot be read as a workbook: {e}; save it anew"),
        )
    };
    let limit = ctx.budget.max_bytes().unwrap_or(MAX_UNPACKED);
    let mut archive = zip::ZipArchive::new(source).map_err(|e| damaged(&e))?;
    let mut left = limit;
    for i in 0..archive.len() {
        ctx.cancel.poll()?;
        let part = archive.by_index(i).map_err(|e| damaged(&e))?;
        let claimed = part.size();
        let read = std::io::copy(&mut part.take(left.saturating_add(1)), &mut std::io::sink());
        let n = read.map_err(|e| damaged(&e))?;
        if n > left {
            let needed_bytes = limit.saturating_add(claimed.max(n - left));
            return Err(Error::Budget {
                job: JOB.into(),
                needed_bytes,
                limit_bytes: limit,
                remedy: REMEDY.into(),
            });
        }
        left -= n;
    }
    Ok(())
}
