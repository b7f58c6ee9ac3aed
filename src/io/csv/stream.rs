//! CSV files as a stream of batches: types decided by the first records, memory for a few blocks.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::blocks::Marks;
use super::fields::{Fields, Layout};
use super::open::CsvFile;
use super::{Found, Plan, Records, batch};
use crate::error::{Error, Result};
use crate::io::options::ReadOptions;
use crate::parallel::Context;
use crate::table::text::{Misfit, Reading, TextKind, kind_of};

/// Batches of CSV files, one after the other.
#[derive(Debug)]
pub(in crate::io) struct Stream {
    plan: Plan,
    kinds: Vec<TextKind>,
    schema: SchemaRef,
    options: ReadOptions,
    /// The file that is being read.
    records: Option<Records>,
    /// Those after it.
    paths: VecDeque<PathBuf>,
    ready: VecDeque<RecordBatch>,
    n_rows: u64,
    n_missing: Vec<u64>,
}

impl Stream {
    /// Opens the first file; its first records decide on the types of all.
    pub(in crate::io) fn new(paths: &[PathBuf], options: &ReadOptions) -> Result<Self> {
        let mut paths: VecDeque<PathBuf> = paths.iter().cloned().collect();
        let first = paths.pop_front().unwrap_or_default();
        let (file, blocks) = CsvFile::open(&first, options)?;
        let plan = Plan::new(&file, options)?;
        let records = Records::new(file, blocks, &plan, options)?;
        let kinds = decided(&records, &plan)?;
        let n_missing = vec![0; plan.names.len()];
        Ok(Self {
            schema: plan.schema(&kinds),
            kinds,
            plan,
            options: options.clone(),
            records: Some(records),
            paths,
            ready: VecDeque::new(),
            n_rows: 0,
            n_missing,
        })
    }

    pub(in crate::io) const fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// How many words that are no numbers stood in measures so far, by column.
    pub(in crate::io) fn n_missing(&self) -> impl Iterator<Item = (&str, u64)> {
        let columns = self.plan.names.iter().zip(&self.n_missing);
        columns
            .map(|(name, n)| (name.as_str(), *n))
            .filter(|(_, n)| *n > 0)
    }

    /// The next batch with rows.
    pub(in crate::io) fn next(&mut self, ctx: &Context) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Ok(Some(batch));
            }
            if !self.read_on(ctx)? {
                return Ok(None);
            }
        }
    }

    /// Reads a wave of blocks, or goes on to the next file; false at the end of all.
    fn read_on(&mut self, ctx: &Context) -> Result<bool> {
        let Some(records) = &mut self.records else {
            return Ok(false);
        };
        let (plan, kinds, schema) = (&self.plan, &self.kinds, &self.schema);
        let read = records.next(ctx, |file, found| fixed(plan, kinds, schema, file, found))?;
        let Some(read) = read else {
            let next = self.paths.pop_front();
            self.records = next.map(|path| self.opened(&path)).transpose()?;
            return Ok(true);
        };
        for fixed in read {
            let fixed = fixed.map_err(|bad| self.misfit(bad))?;
            self.n_rows += fixed.batch.num_rows() as u64;
            for (sum, n) in self.n_missing.iter_mut().zip(fixed.n_missing) {
                *sum += n;
            }
            if fixed.batch.num_rows() > 0 {
                self.ready.push_back(fixed.batch);
            }
        }
        Ok(true)
    }

    fn opened(&self, path: &std::path::Path) -> Result<Records> {
        let (file, blocks) = CsvFile::open(path, &self.options)?;
        Records::new(file, blocks, &self.plan, &self.options)
    }

    fn misfit(&self, (column, misfit): (usize, Misfit)) -> Error {
        let kind = match self.kinds[column] {
            TextKind::Floats => "a number",
            _ => "an integer",
        };
        Error::BadValues {
            column: self.plan.names[column].clone(),
            count: 1,
            first_row: Some(self.n_rows + misfit.row as u64),
            value: crate::error::shorten(&misfit.text),
            rule: format!("is not {kind}, as the first records of the column are"),
            remedy: "read the column as text (`as_text`), or the file as a whole".into(),
        }
    }
}

/// A block whose types were decided before.
struct Fixed {
    batch: RecordBatch,
    n_missing: Vec<u64>,
}

/// The batch of a block, or the column and value that does not fit.
type Fitted = std::result::Result<Fixed, (usize, Misfit)>;

fn fixed(
    plan: &Plan,
    kinds: &[TextKind],
    schema: &Arc<arrow_schema::Schema>,
    file: &CsvFile,
    found: &Found<'_>,
) -> Result<Fitted> {
    let (mut columns, mut n_missing) = (Vec::new(), Vec::new());
    for (c, &kind) in kinds.iter().enumerate() {
        match plan.reader(c, &file.rules).fixed(found.column(c), kind) {
            Ok((column, missing)) => {
                columns.push(column);
                n_missing.push(missing);
            }
            Err(misfit) => return Ok(Err((c, misfit))),
        }
    }
    let batch = batch(schema, columns)?;
    Ok(Ok(Fixed { batch, n_missing }))
}

/// The kinds of the columns by the first records; measures are floats, for a later one may have decimals.
fn decided(records: &Records, plan: &Plan) -> Result<Vec<TextKind>> {
    let file = &records.file;
    let marks: Marks = file.marks;
    let layout = Layout {
        marks,
        n_fields: file.names.len(),
        wanted: &records.fields,
    };
    let fields = Fields::of(&file.sample, layout).map_err(|b| file.broken(&b, file.first_line))?;
    let found = Found {
        fields,
        places: &records.places,
    };
    let pieces = plan.pieces(file, &found);
    let kind = |(piece, reading): (_, &Reading)| match reading {
        Reading::Number => TextKind::Floats,
        reading => kind_of(std::iter::once(piece), *reading),
    };
    Ok(pieces.iter().zip(&plan.readings).map(kind).collect())
}
