//! Workbooks: their sheets as tables.
//!
//! Cells are kept as a list, never as a grid: a workbook of two cells may claim to be a million rows high and sixteen thousand columns
//! wide. Those of `.xlsx` and `.xlsb` come one after the other; calamine gives a sheet of `.xls` (at most 65,536 by 256 cells) or of `.ods` (at
//! most 100 million cells, else it is refused) as a grid, which is walked and dropped. What the parts of a workbook take unpacked is counted
//! before it is opened.

mod cells;
mod workbook;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use arrow_schema::{Field, Schema};

use self::cells::{Cell, Grid, column};
use self::workbook::Workbook;
use super::options::{ReadOptions, Sheet, parameter};
use crate::budget::Budget;
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::table::Table;
use crate::table::align::{aligned, together};

/// The names of a workbook's sheets.
pub(super) fn sheets(path: &Path, ctx: &Context) -> Result<Vec<String>> {
    Ok(Workbook::open(path, ctx)?.sheets())
}

/// One table of all workbooks.
pub(super) fn read(paths: &[PathBuf], options: &ReadOptions, ctx: &Context) -> Result<Table> {
    let mut names: Option<Vec<String>> = None;
    let mut batches: Vec<RecordBatch> = Vec::new();
    let mut schema = Schema::empty();
    for path in paths {
        ctx.cancel.poll()?;
        let grid = rows_of(path, options, ctx)?;
        let names = match &names {
            Some(names) => names,
            None => names.insert(grid.wanted(options)?),
        };
        check_size(&grid, names.len(), ctx)?;
        let batch = batch_of(path, grid, names, options)?;
        schema = if batches.is_empty() {
            batch.schema().as_ref().clone()
        } else {
            together(&schema, batch.schema_ref(), path)?
        };
        batches.push(batch);
    }
    let schema = Arc::new(schema);
    let batches = batches
        .into_iter()
        .map(|b| aligned(b.columns().to_vec(), &schema));
    Table::try_new(Arc::clone(&schema), batches.collect::<Result<_>>()?)
}

/// Few cells may stand in so many rows and columns that their table would not fit.
fn check_size(grid: &Grid, n_columns: usize, ctx: &Context) -> Result<()> {
    const MAX_BYTES: u64 = 8 << 30;
    const REMEDY: &str = "bind fewer columns, or delete what stands far from the table";
    let needed = (grid.n_rows as u64)
        .saturating_mul(n_columns as u64)
        .saturating_mul(16);
    ctx.budget.check("reading a sheet", needed, REMEDY)?;
    Budget::bytes(MAX_BYTES).check("reading a sheet", needed, REMEDY)
}

/// The rows of the sheets that are asked for, one after the other.
fn rows_of(path: &Path, options: &ReadOptions, ctx: &Context) -> Result<Grid> {
    let mut workbook = Workbook::open(path, ctx)?;
    let mut all: Option<Grid> = None;
    for sheet in asked_for(&workbook.sheets(), options, path)? {
        let grid = Grid::of(workbook.cells(&sheet, ctx)?, options);
        let Some(all) = &mut all else {
            all = Some(grid);
            continue;
        };
        let here = PathBuf::from(format!("{}: sheet {sheet}", path.display()));
        let places = super::files::places(&here, &all.names, &grid.names, &ReadOptions::new())?;
        all.append(grid, &places);
    }
    let all = all.filter(|grid| !grid.names.is_empty());
    all.ok_or_else(|| Error::io(path, "holds no table: its sheet is empty"))
}

fn asked_for(sheets: &[String], options: &ReadOptions, path: &Path) -> Result<Vec<String>> {
    let listed = sheets
        .iter()
        .map(|s| format!("`{s}`"))
        .collect::<Vec<_>>()
        .join(", ");
    match &options.sheet {
        Some(Sheet::All) => Ok(sheets.to_vec()),
        Some(Sheet::Name(name)) if sheets.contains(name) => Ok(vec![name.clone()]),
        Some(Sheet::Index(i)) if *i < sheets.len() => Ok(vec![sheets[*i].clone()]),
        Some(Sheet::Name(name)) => {
            let rule = format!("must be one of the sheets {listed}");
            Err(parameter("sheet", rule, format!("`{name}`")))
        }
        Some(Sheet::Index(i)) => {
            let rule = format!("must be less than the number of sheets, which are {listed}");
            Err(parameter("sheet", rule, i))
        }
        None if sheets.len() == 1 => Ok(sheets.to_vec()),
        None if sheets.is_empty() => Err(Error::io(path, "holds no sheet")),
        None => {
            let rule = format!(
                "must be given, for `{}` has the sheets {listed}",
                path.display()
            );
            Err(parameter("sheet", rule, "none"))
        }
    }
}

/// The named columns of a workbook's rows.
fn batch_of(
    path: &Path,
    grid: Grid,
    names: &[String],
    options: &ReadOptions,
) -> Result<RecordBatch> {
    let places = super::files::places(path, names, &grid.names, options)?;
    let mut columns: Vec<Vec<(usize, Cell)>> = (0..grid.names.len()).map(|_| Vec::new()).collect();
    for (row, place, cell) in grid.cells {
        if let Some(column) = columns.get_mut(place) {
            column.push((row, cell));
        }
    }
    let arrays = places.iter().zip(names).map(|(&place, name)| {
        let cells = std::mem::take(&mut columns[place]);
        column(cells, grid.n_rows, name, options)
    });
    let arrays: Vec<_> = arrays.collect();
    let fields = names
        .iter()
        .zip(&arrays)
        .map(|(n, a)| Field::new(n, a.data_type().clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    RecordBatch::try_new(schema, arrays).map_err(|e| Error::io(path, e))
}
