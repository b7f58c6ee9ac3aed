//! CSV: text in any dialect, and what it becomes by the role of its column.
//!
//! A file is a stream: bytes are unpacked (`compression`), decoded (`encoding`), and cut into blocks of whole records (`blocks`). Blocks are
//! split into fields (`fields`) and read into columns in parallel, while the next ones come in. What the dialect is, the first records
//! say (`dialect`, `open`).

mod blocks;
mod compression;
mod dialect;
pub(super) mod encoding;
mod fields;
mod open;
mod stream;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Field, Schema};

pub use self::compression::Compression;
pub(super) use self::compression::{opened, other_format};
pub use self::dialect::Dialect;
pub(super) use self::stream::Stream;

use self::blocks::{Block, Blocks};
use self::fields::{Fields, Layout};
use self::open::CsvFile;
use super::options::ReadOptions;
use crate::error::{Error, Result};
use crate::parallel::{Context, join, map_ordered};
use crate::table::Table;
use crate::table::text::{Piece, Reading, TextKind, TextReader, TextRules, kind_of};

/// Blocks that are worked on together, while as many are read.
const WAVE: usize = 24;

/// Which columns of a file are read, and how: the same for all files of a table.
#[derive(Debug, Clone)]
struct Plan {
    names: Vec<String>,
    readings: Vec<Reading>,
}

impl Plan {
    fn new(first: &CsvFile, options: &ReadOptions) -> Result<Self> {
        let wanted = options.positions(&first.names)?;
        let names: Vec<String> = wanted.iter().map(|&i| first.names[i].clone()).collect();
        let readings = names.iter().map(|n| options.reading(n)).collect();
        Ok(Self { names, readings })
    }

    /// Where a file has these columns: the fields to keep, and which of them each column is.
    fn places(&self, file: &CsvFile, options: &ReadOptions) -> Result<(Vec<usize>, Vec<usize>)> {
        let mut fields = super::files::places(&file.path, &self.names, &file.names, options)?;
        let by_column = fields.clone();
        fields.sort_unstable();
        let place = |field: &usize| fields.partition_point(|f| f < field);
        let places = by_column.iter().map(place).collect();
        Ok((fields, places))
    }

    fn reader<'a>(&self, column: usize, rules: &'a TextRules) -> TextReader<'a> {
        let reading = self.readings[column];
        TextReader { reading, rules }
    }

    fn pieces(&self, file: &CsvFile, found: &Found<'_>) -> Pieces {
        let piece = |c: usize| self.reader(c, &file.rules).piece(found.column(c));
        (0..self.names.len()).map(piece).collect()
    }

    fn schema(&self, kinds: &[TextKind]) -> Arc<Schema> {
        let fields = self.names.iter().zip(kinds);
        let fields = fields.map(|(name, kind)| Field::new(name, kind.data_type(), true));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }
}

/// The dialect of a file.
pub(super) fn dialect_of(path: &Path, options: &ReadOptions) -> Result<Dialect> {
    CsvFile::open(path, options).map(|(file, _)| file.dialect)
}

/// One table of all files: one kind for each column, whatever file its text is in.
pub(super) fn read(paths: &[PathBuf], options: &ReadOptions, ctx: &Context) -> Result<Table> {
    let mut known: Option<Plan> = None;
    let mut files = Vec::new();
    let mut n_bytes = 0;
    for path in paths {
        let (file, blocks) = CsvFile::open(path, options)?;
        let plan = match &known {
            Some(plan) => plan,
            None => known.insert(Plan::new(&file, options)?),
        };
        let mut records = Records::new(file, blocks, plan, options)?;
        let mut all: Vec<Pieces> = Vec::new();
        while let Some(pieces) = records.next(ctx, |file, found| Ok(plan.pieces(file, found)))? {
            n_bytes += pieces.iter().flatten().map(Piece::n_bytes).sum::<usize>();
            check_budget(n_bytes, records.file.share_read(), ctx)?;
            all.extend(pieces);
        }
        files.push((records.file.rules, all));
    }
    match known {
        Some(plan) => typed(&plan, files, ctx),
        None => Ok(Table::from_batch(RecordBatch::new_empty(Arc::new(
            Schema::empty(),
        )))),
    }
}

fn check_budget(n_bytes: usize, share: f64, ctx: &Context) -> Result<()> {
    const REMEDY: &str = "bind fewer columns, read it as a stream (`scan`), or allow more";
    match ctx.budget.max_bytes() {
        Some(limit) if n_bytes as u64 > limit => {
            let estimate = (n_bytes as f64 / share) as u64;
            ctx.budget.check("reading a table", estimate, REMEDY)
        }
        _ => Ok(()),
    }
}

/// The records of a file, a wave of blocks at a time: while one is worked on, the next is read.
#[derive(Debug)]
struct Records {
    file: CsvFile,
    blocks: Blocks,
    wave: Vec<Block>,
    /// The fields that are kept, in ascending order, and which of them each column of the plan is.
    fields: Vec<usize>,
    places: Vec<usize>,
}

/// The fields of a block, and where the columns of the plan are among them.
struct Found<'a> {
    fields: Fields<'a>,
    places: &'a [usize],
}

impl Found<'_> {
    fn column(&self, column: usize) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.fields.column(self.places[column])
    }
}

impl Records {
    fn new(file: CsvFile, mut blocks: Blocks, plan: &Plan, options: &ReadOptions) -> Result<Self> {
        let (fields, places) = plan.places(&file, options)?;
        let wave = blocks.several(WAVE, &file.path)?;
        Ok(Self {
            file,
            blocks,
            wave,
            fields,
            places,
        })
    }

    /// What `work` makes of each of the next blocks; none at the end.
    fn next<R: Send>(
        &mut self,
        ctx: &Context,
        work: impl Fn(&CsvFile, &Found<'_>) -> Result<R> + Sync,
    ) -> Result<Option<Vec<R>>> {
        let wave = std::mem::take(&mut self.wave);
        if wave.is_empty() {
            return Ok(None);
        }
        let (file, fields, places) = (&self.file, &self.fields, &self.places);
        let blocks = &mut self.blocks;
        let one = |block: Block| {
            let text = std::str::from_utf8(&block.text)
                .map_err(|e| Error::io(&file.path, format!("is no UTF-8: {e}")))?;
            let layout = Layout {
                marks: file.marks,
                n_fields: file.names.len(),
                wanted: fields,
            };
            let fields = Fields::of(text, layout).map_err(|b| file.broken(&b, block.first_line))?;
            work(file, &Found { fields, places })
        };
        let (done, next) = join(
            usize::MAX,
            || map_ordered(ctx, "read csv", wave, one),
            || blocks.several(WAVE, &file.path),
        );
        let done = done?;
        self.wave = next?;
        Ok(Some(done))
    }
}

/// The columns of one block.
type Pieces = Vec<Piece>;

/// The columns as what their text is: one kind for all pieces.
fn typed(plan: &Plan, files: Vec<(TextRules, Vec<Pieces>)>, ctx: &Context) -> Result<Table> {
    let kind = |c: usize| {
        let pieces = files
            .iter()
            .flat_map(|(_, blocks)| blocks.iter().map(move |b| &b[c]));
        kind_of(pieces, plan.readings[c])
    };
    let kinds: Vec<TextKind> = (0..plan.names.len()).map(kind).collect();
    let schema = plan.schema(&kinds);
    let mut batches = Vec::new();
    for (rules, blocks) in files {
        batches.extend(map_ordered(ctx, "read csv", blocks, |pieces: Pieces| {
            let columns = pieces.into_iter().zip(&kinds).enumerate();
            let columns =
                columns.map(|(c, (piece, &kind))| plan.reader(c, &rules).taken_as(piece, kind));
            batch(&schema, columns.collect())
        })?);
    }
    Table::try_new(schema, batches)
}

fn batch(schema: &Arc<Schema>, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(|e| Error::FeatureMismatch {
        what: "the CSV table".into(),
        why: e.to_string(),
    })
}

pub(super) fn write(path: &Path, file: &mut File, batch: &RecordBatch) -> Result<()> {
    let mut writer = arrow_csv::WriterBuilder::new()
        .with_header(true)
        .build(file);
    writer
        .write(batch)
        .map_err(|e| Error::io(path, format!("cannot be written: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::read_table;
    use arrow_schema::DataType;

    fn types_of(text: &str, columns: &[(&str, &str)]) -> Vec<DataType> {
        let file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let table = read_table(file.path(), columns, &Context::new()).unwrap();
        let fields = table.schema().fields().iter();
        fields.map(|f| f.data_type().clone()).collect()
    }

    #[test]
    fn ids_that_differ_stay_apart() {
        let types = |text: &str| types_of(text, &[("customer", "c"), ("amount", "a")]);
        let (text, number) = (DataType::Utf8, DataType::Int64);
        for (ids, expected) in [
            ("007,1\n7,2", &text),
            ("17,1\n-7,2", &number),
            ("true,1\nfalse,2", &text),
            // As pandas writes integers with a missing one among them.
            ("17.0,1\n,2\n3.0,1", &number),
            ("12E4,1\n1200E2,2", &text),
            ("7,1\n8.0,2", &text),
            ("1.10,1\n1.1,2", &text),
        ] {
            let found = types(&format!("c,a\n{ids}\n"));
            assert_eq!(found, [expected.clone(), DataType::Int64], "{ids}");
        }
    }

    #[test]
    fn numbers_are_what_their_column_mostly_holds() {
        let types = |text: &str| types_of(text, &[("amount", "a")]);
        assert_eq!(types("a,other\n1.5,x\nn/a,y\n"), [DataType::Float64]);
        assert_eq!(types("a\nfree\nnone\n"), [DataType::Utf8]);
        assert_eq!(types("a\n99999999999999999999\n"), [DataType::Float64]);
        assert_eq!(types("a\n+5\n7\n"), [DataType::Float64]);
    }

    #[test]
    fn all_columns_are_read_where_none_is_named() {
        let text = "id,day,n,note\n1,2024-01-01,2.5,ab\n";
        let types = types_of(text, &[]);
        assert_eq!(
            types,
            [
                DataType::Int64,
                DataType::Utf8,
                DataType::Float64,
                DataType::Utf8
            ]
        );
    }
}
