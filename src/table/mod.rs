//! The Arrow boundary: the one place where names and types of columns are looked at.
//!
//! A [`Table`] is a list of record batches with one schema, shared and never copied. What a job needs of it is bound by role
//! elsewhere; the modules here turn a column of any sensible type into the one form the jobs read: [`ids`] into integer keys,
//! [`time`] into microseconds, [`number`] into floats.

#[cfg(any(feature = "excel", feature = "parquet"))]
pub(crate) mod align;
pub(crate) mod bound;
pub(crate) mod categories;
pub(crate) mod cells;
pub(crate) mod codes;
pub(crate) mod expression;
pub(crate) mod floats;
pub(crate) mod ids;
pub(crate) mod key;
pub(crate) mod labels;
pub(crate) mod lists;
pub(crate) mod number;
pub(crate) mod plain;
pub(crate) mod profile;
pub(crate) mod roles;
pub(crate) mod strings;
#[cfg(any(feature = "csv", feature = "excel"))]
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod union;
pub(crate) mod values;

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, RecordBatch};
use arrow_cast::CastOptions;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use crate::error::{Error, Result};

/// Record batches of one schema: the input of every job.
///
/// Cloning shares the batches. Rows are numbered through all batches, from 0.
#[derive(Debug, Clone)]
pub struct Table {
    schema: SchemaRef,
    batches: Arc<[RecordBatch]>,
    /// Row at which each batch starts, and the row count at the end.
    starts: Arc<[usize]>,
}

impl Table {
    /// A table of these batches.
    ///
    /// # Errors
    /// [`Error::FeatureMismatch`] if a batch's columns differ from the schema's in name, order or type.
    pub fn try_new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Result<Self> {
        let columns = |s: &SchemaRef| -> Vec<(String, DataType)> {
            let fields = s.fields().iter();
            fields
                .map(|f| (f.name().clone(), f.data_type().clone()))
                .collect()
        };
        let expected = columns(&schema);
        for (i, batch) in batches.iter().enumerate() {
            if columns(batch.schema_ref()) != expected {
                return Err(Error::FeatureMismatch {
                    what: format!("batch {i} of the table"),
                    why: "its columns differ from the table's schema in name, order or type; make the batches alike".into(),
                });
            }
        }
        let mut starts = vec![0];
        for batch in &batches {
            starts.push(starts[starts.len() - 1] + batch.num_rows());
        }
        Ok(Self {
            schema,
            batches: batches.into(),
            starts: starts.into(),
        })
    }

    /// A table of one batch.
    #[must_use]
    pub fn from_batch(batch: RecordBatch) -> Self {
        Self {
            schema: batch.schema(),
            starts: [0, batch.num_rows()].into(),
            batches: [batch].into(),
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.starts[self.starts.len() - 1]
    }

    /// Names and types of the columns.
    #[must_use]
    pub const fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The names of the columns.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.schema
            .fields()
            .iter()
            .map(|f| f.name().as_str())
            .collect()
    }

    /// The batches, in row order.
    #[must_use]
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    /// The column that `name` names for `owner.role`.
    ///
    /// # Errors
    /// [`Error::ColumnNotFound`] if there is none, [`Error::Parameter`] if several share the name.
    pub(crate) fn position(&self, name: &str, role: &str) -> Result<usize> {
        let fields = self.schema.fields();
        let mut found = fields.iter().enumerate().filter(|(_, f)| f.name() == name);
        match (found.next(), found.count()) {
            (Some((index, _)), 0) => Ok(index),
            (Some(_), more) => Err(Error::parameter(
                "Roles",
                role,
                format!(
                    "must name one column; {} columns share the name, rename them",
                    more + 1
                ),
                name,
            )),
            (None, _) => {
                let role = format!("role `{role}`");
                Err(Error::column_not_found(name, role, &self.names()))
            }
        }
    }

    /// The table with a column of these chunks: in the place of the one of that name, or as the last.
    ///
    /// # Errors
    /// [`Error::FeatureMismatch`] if a chunk is not as long as its batch.
    pub(crate) fn with_column(&self, name: &str, chunks: &[ArrayRef]) -> Result<Self> {
        let place = self.schema.fields().iter().position(|f| f.name() == name);
        let data_type = chunks
            .first()
            .map_or(DataType::Null, |c| c.data_type().clone());
        let field = Arc::new(Field::new(name, data_type, true));
        let mut fields = self.schema.fields().to_vec();
        match place {
            Some(i) => fields[i] = field,
            None => fields.push(field),
        }
        let schema = Arc::new(Schema::new(fields));
        let batches = self.batches.iter().zip(chunks).map(|(batch, chunk)| {
            let mut columns = batch.columns().to_vec();
            match place {
                Some(i) => columns[i] = Arc::clone(chunk),
                None => columns.push(Arc::clone(chunk)),
            }
            RecordBatch::try_new(Arc::clone(&schema), columns).map_err(|e| Error::FeatureMismatch {
                what: format!("column `{name}`"),
                why: e.to_string(),
            })
        });
        let batches = batches.collect::<Result<_>>()?;
        Self::try_new(schema, batches)
    }

    /// The table without the column at this place.
    ///
    /// # Errors
    /// [`Error::FeatureMismatch`] if there is no such column.
    pub(crate) fn without(&self, place: usize) -> Result<Self> {
        let others: Vec<usize> = (0..self.schema.fields().len())
            .filter(|&i| i != place)
            .collect();
        let refused = |e: ArrowError| Error::FeatureMismatch {
            what: "the columns".into(),
            why: e.to_string(),
        };
        let schema = self.schema.project(&others).map_err(refused)?;
        let batches = self
            .batches
            .iter()
            .map(|b| b.project(&others).map_err(refused));
        Self::try_new(Arc::new(schema), batches.collect::<Result<_>>()?)
    }

    /// The table with the rows of another after its own; columns are found by name, and brought to the type that they have here.
    ///
    /// # Errors
    /// [`Error::FeatureMismatch`] if a column is missing or is one too many, or if a value does not fit the type.
    pub(crate) fn appended(&self, other: &Self) -> Result<Self> {
        let fits = other.fitted_to(self)?;
        let batches = self.batches.iter().chain(fits.batches.iter()).cloned();
        Self::try_new(Arc::clone(&self.schema), batches.collect())
    }

    /// The columns of `model`, of its types and in its order.
    pub(crate) fn fitted_to(&self, model: &Self) -> Result<Self> {
        let mismatch = |why: String| Error::FeatureMismatch {
            what: "the rows to append".into(),
            why,
        };
        let (own, wanted) = (self.names(), model.names());
        if let Some(extra) = own.iter().find(|n| !wanted.contains(n)) {
            return Err(mismatch(format!(
                "column `{extra}` is not in the table; drop it"
            )));
        }
        let fitted = |batch: &RecordBatch| {
            let column = |field: &Arc<Field>| {
                let own = batch
                    .column_by_name(field.name())
                    .ok_or_else(|| mismatch(format!("they have no column `{}`", field.name())))?;
                let options = CastOptions {
                    safe: false,
                    ..CastOptions::default()
                };
                arrow_cast::cast_with_options(own, field.data_type(), &options).map_err(|e| {
                    mismatch(format!(
                        "column `{}` does not fit type {}: {e}",
                        field.name(),
                        field.data_type()
                    ))
                })
            };
            let columns = model
                .schema
                .fields()
                .iter()
                .map(column)
                .collect::<Result<Vec<_>>>()?;
            RecordBatch::try_new(Arc::clone(&model.schema), columns)
                .map_err(|e| mismatch(e.to_string()))
        };
        let batches = self
            .batches
            .iter()
            .map(fitted)
            .collect::<Result<Vec<_>>>()?;
        Self::try_new(Arc::clone(&model.schema), batches)
    }

    /// One column as its chunks.
    pub(crate) fn column(&self, index: usize) -> Column {
        Column {
            name: self.schema.field(index).name().clone(),
            data_type: self.schema.field(index).data_type().clone(),
            chunks: self
                .batches
                .iter()
                .map(|b| Arc::clone(b.column(index)))
                .collect(),
        }
    }

    /// The batch a row lies in, and its row there.
    pub(crate) fn place(&self, row: usize) -> (usize, usize) {
        let chunk = self.starts.partition_point(|&s| s <= row) - 1;
        (chunk, row - self.starts[chunk])
    }

    /// The parts of the batches that the given rows lie in.
    pub(crate) fn segments(&self, rows: Range<usize>) -> impl Iterator<Item = Segment> + '_ {
        let first = self
            .starts
            .partition_point(|&s| s <= rows.start)
            .saturating_sub(1);
        (first..self.batches.len())
            .map(move |chunk| {
                let start = self.starts[chunk];
                let from = rows.start.max(start);
                let to = rows.end.min(self.starts[chunk + 1]);
                Segment {
                    chunk,
                    range: from - start..to.max(from) - start,
                    first_row: from,
                }
            })
            .take_while(move |s| s.first_row < rows.end)
            .filter(|s| !s.range.is_empty())
    }
}

/// A column as a list of chunks.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) data_type: DataType,
    pub(crate) chunks: Vec<ArrayRef>,
}

impl Column {
    /// The same column with every chunk replaced.
    pub(crate) fn try_map(
        &self,
        data_type: DataType,
        f: impl Fn(&ArrayRef) -> Result<ArrayRef>,
    ) -> Result<Self> {
        Ok(Self {
            name: self.name.clone(),
            data_type,
            chunks: self.chunks.iter().map(f).collect::<Result<_>>()?,
        })
    }

    /// The column with the chunks of another after its own.
    ///
    /// # Errors
    /// [`Error::FeatureMismatch`] if their types differ.
    pub(crate) fn joined(&self, other: &Self) -> Result<Self> {
        if self.data_type != other.data_type {
            return Err(Error::FeatureMismatch {
                what: format!("column `{}` of the rows to append", self.name),
                why: format!(
                    "it is read as {}, in the table as {}; make them alike",
                    other.data_type, self.data_type
                ),
            });
        }
        let chunks = self.chunks.iter().chain(&other.chunks).cloned();
        Ok(Self {
            chunks: chunks.collect(),
            ..self.clone()
        })
    }

    /// The same column cast by Arrow's rules; `role` and `expected` are for the error.
    pub(crate) fn cast(&self, to: &DataType, role: &str, expected: &str) -> Result<Self> {
        if self.data_type == *to {
            return Ok(self.clone());
        }
        self.try_map(to.clone(), |chunk| {
            arrow_cast::cast(chunk, to).map_err(|_| self.type_error(role, expected))
        })
    }

    /// The column in one piece; shared where it is one already.
    ///
    /// # Errors
    /// [`Error::FeatureMismatch`] if it is too long for one.
    pub(crate) fn whole(&self) -> Result<ArrayRef> {
        if let [one] = self.chunks.as_slice() {
            return Ok(ArrayRef::clone(one));
        }
        if self.chunks.is_empty() {
            return Ok(arrow_array::new_empty_array(&self.data_type));
        }
        let chunks: Vec<&dyn Array> = self.chunks.iter().map(AsRef::as_ref).collect();
        arrow_select::concat::concat(&chunks).map_err(|e| Error::FeatureMismatch {
            what: format!("column `{}`", self.name),
            why: e.to_string(),
        })
    }

    pub(crate) fn type_error(&self, role: &str, expected: &str) -> Error {
        Error::ColumnType {
            column: self.name.clone(),
            role: format!("role `{role}`"),
            expected: expected.into(),
            got: self.data_type.to_string(),
        }
    }
}

/// Rows of one chunk: `range` within it, `first_row` of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) chunk: usize,
    pub(crate) range: Range<usize>,
    pub(crate) first_row: usize,
}

/// Appends the values of a segment, each converted, nulls as `null`.
fn read_values<T: ArrowPrimitiveType, V: Copy>(
    chunk: &ArrayRef,
    at: &Segment,
    out: &mut Vec<V>,
    null: V,
    convert: impl Fn(T::Native) -> V,
) {
    let array = chunk.as_primitive::<T>();
    let from = out.len();
    let values = array.values()[at.range.clone()].iter();
    out.extend(values.map(|&v| convert(v)));
    if let Some(nulls) = array.nulls().filter(|n| n.null_count() > 0) {
        for (slot, i) in out[from..].iter_mut().zip(at.range.clone()) {
            if nulls.is_null(i) {
                *slot = null;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Int64Array;

    fn table(sizes: &[usize]) -> Table {
        let schema = Arc::new(Schema::new(vec![Field::new("x", DataType::Int64, true)]));
        let batches = sizes
            .iter()
            .map(|&n| {
                let x: ArrayRef = Arc::new(Int64Array::from_iter_values(0..n as i64));
                RecordBatch::try_new(Arc::clone(&schema), vec![x]).unwrap()
            })
            .collect();
        Table::try_new(schema, batches).unwrap()
    }

    #[test]
    fn segments_cover_any_range_over_any_batches() {
        for sizes in [&[][..], &[0], &[5], &[3, 0, 4], &[1, 1, 1, 7, 0]] {
            let t = table(sizes);
            for from in 0..=t.n_rows() {
                for to in from..=t.n_rows() {
                    let mut next = from;
                    for s in t.segments(from..to) {
                        assert_eq!(s.first_row, next);
                        assert!(s.range.end <= sizes[s.chunk]);
                        next += s.range.len();
                    }
                    assert_eq!(next, to);
                }
            }
        }
    }

    #[test]
    fn a_shared_name_is_refused() {
        let field = Field::new("x", DataType::Int64, true);
        let schema = Arc::new(Schema::new(vec![field.clone(), field]));
        let t = Table::try_new(schema, vec![]).unwrap();
        let e = t.position("x", "customer").unwrap_err();
        assert!(e.to_string().contains("2 columns share the name"), "{e}");
    }

    #[test]
    fn batches_of_another_type_are_refused() {
        let t = table(&[2]);
        for other in [
            Field::new("x", DataType::Utf8, true),
            Field::new("y", DataType::Int64, true),
        ] {
            let other = Arc::new(Schema::new(vec![other]));
            assert!(Table::try_new(other, t.batches().to_vec()).is_err());
        }
    }
}
