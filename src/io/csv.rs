//! CSV: text, and what it becomes by the role of its column.

use std::fs::File;
use std::io::{BufReader, Seek};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_csv::reader::Format;
use arrow_schema::{DataType, Field, Schema};

use crate::error::{Error, Result};
use crate::parallel::{Context, map_ordered};
use crate::table::Table;
use crate::table::text::{Reading, TextKind, kind_of, taken_as};

const BATCH_ROWS: usize = 65_536;
const MEASURES: [&str; 4] = ["quantity", "price", "amount", "cost"];

pub(super) fn read(
    path: &Path,
    mut file: File,
    columns: &[(&str, &str)],
    ctx: &Context,
) -> Result<Table> {
    let damaged =
        |e: &dyn std::fmt::Display| Error::io(path, format!("cannot be read as CSV in UTF-8: {e}"));
    let format = Format::default().with_header(true);
    let (header, _) = format
        .infer_schema(BufReader::new(&mut file), Some(0))
        .map_err(|e| damaged(&e))?;
    file.rewind().map_err(|e| Error::io(path, e))?;
    let names: Vec<String> = header.fields().iter().map(|f| f.name().clone()).collect();
    let wanted = super::positions(&names, columns)?;
    let text = |name: &String| Field::new(name, DataType::Utf8, true);
    let all_text = Schema::new(names.iter().map(text).collect::<Vec<_>>());
    let reader = arrow_csv::ReaderBuilder::new(Arc::new(all_text))
        .with_format(format)
        .with_batch_size(BATCH_ROWS)
        .with_projection(wanted.clone())
        .build_buffered(BufReader::with_capacity(1 << 20, file))
        .map_err(|e| damaged(&e))?;
    let mut batches = Vec::new();
    for batch in reader {
        ctx.cancel.poll()?;
        batches.push(batch.map_err(|e| damaged(&e))?);
    }
    let readings: Vec<Reading> = wanted
        .iter()
        .map(|&i| reading_of(&names[i], columns))
        .collect();
    let names: Vec<&String> = wanted.iter().map(|&i| &names[i]).collect();
    typed(&names, &readings, batches, ctx)
}

/// How the text of a column is taken.
fn reading_of(name: &str, columns: &[(&str, &str)]) -> Reading {
    let role = columns
        .iter()
        .find(|(_, c)| *c == name)
        .map(|(role, _)| *role);
    match role {
        Some("time") => Reading::Text,
        Some(role) if MEASURES.contains(&role) => Reading::Number,
        Some(_) => Reading::Id,
        None => Reading::Any,
    }
}

/// The columns as what their text is: one kind for all batches.
fn typed(
    names: &[&String],
    readings: &[Reading],
    batches: Vec<RecordBatch>,
    ctx: &Context,
) -> Result<Table> {
    let columns = (0..names.len()).collect();
    let kinds: Vec<TextKind> = map_ordered(ctx, "read text", columns, |i: usize| {
        let chunks = batches.iter().map(|b| b.column(i));
        Ok(kind_of(chunks, readings[i]))
    })?;
    let fields = names.iter().zip(&kinds);
    let fields: Vec<Field> = fields
        .map(|(name, kind)| Field::new(*name, kind.data_type(), true))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let batches = map_ordered(ctx, "read text", batches, |batch: RecordBatch| {
        let columns = batch.columns().iter().zip(&kinds);
        let columns: Vec<ArrayRef> = columns.map(|(c, &kind)| taken_as(c, kind)).collect();
        RecordBatch::try_new(Arc::clone(&schema), columns).map_err(|e| Error::FeatureMismatch {
            what: "the CSV table".into(),
            why: e.to_string(),
        })
    })?;
    Table::try_new(schema, batches)
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
