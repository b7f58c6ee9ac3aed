//! Columns of lists: each row's values, one row after the other.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, OffsetSizeTrait, RecordBatch, UInt64Array};
use arrow_schema::{DataType, Field, Schema};

use super::labels::Labels;
use super::{Column, Table};
use crate::error::{Error, Result};

/// The values of lists, and how many each has.
#[derive(Debug)]
pub(crate) struct Lists {
    /// The values as a table of one column.
    pub(crate) table: Table,
    pub(crate) labels: Labels,
    /// How many values each list has.
    pub(crate) lengths: Vec<usize>,
    /// How many lists are null.
    pub(crate) n_null: u64,
}

const EXPECTED: &str = "lists of labels";

impl Lists {
    /// Checks that the chunks are lists of one type, of values that can be labels.
    ///
    /// # Errors
    /// [`Error::ColumnType`] if they are not; [`Error::FeatureMismatch`] if the types of chunks differ.
    pub(crate) fn bind(chunks: &[ArrayRef]) -> Result<Self> {
        let mut values: Vec<ArrayRef> = Vec::with_capacity(chunks.len());
        let (mut lengths, mut n_null) = (Vec::new(), 0);
        for chunk in chunks {
            if chunk.data_type() != chunks[0].data_type() {
                return Err(Error::FeatureMismatch {
                    what: "chunks of a column of lists".into(),
                    why: format!(
                        "one holds {}, another {}; make them alike",
                        chunks[0].data_type(),
                        chunk.data_type()
                    ),
                });
            }
            n_null += chunk.logical_null_count() as u64;
            values.push(values_of(chunk, &mut lengths)?);
        }
        let data_type = values
            .first()
            .map_or(DataType::Null, |v| v.data_type().clone());
        Self::of_values(data_type, values, lengths, n_null)
    }

    /// Lists of these lengths, their values one after the other.
    pub(crate) fn of_values(
        data_type: DataType,
        values: Vec<ArrayRef>,
        lengths: Vec<usize>,
        n_null: u64,
    ) -> Result<Self> {
        let column = Column {
            name: "item".into(),
            data_type: data_type.clone(),
            chunks: values.clone(),
        };
        let schema = Arc::new(Schema::new(vec![Field::new("item", data_type, true)]));
        let batch = |values| {
            RecordBatch::try_new(Arc::clone(&schema), vec![values]).map_err(|e| {
                Error::FeatureMismatch {
                    what: "the values of lists".into(),
                    why: e.to_string(),
                }
            })
        };
        let batches = values.into_iter().map(batch).collect::<Result<_>>()?;
        Ok(Self {
            table: Table::try_new(Arc::clone(&schema), batches)?,
            labels: Labels::bind(column, "item")?,
            lengths,
            n_null,
        })
    }
}

/// The values of a chunk's lists, without those that no list has.
fn values_of(chunk: &ArrayRef, lengths: &mut Vec<usize>) -> Result<ArrayRef> {
    match chunk.data_type() {
        DataType::List(_) => of_offsets::<i32>(chunk, lengths),
        DataType::LargeList(_) => of_offsets::<i64>(chunk, lengths),
        DataType::FixedSizeList(field, _)
        | DataType::ListView(field)
        | DataType::LargeListView(field) => {
            let list = DataType::LargeList(Arc::clone(field));
            of_offsets::<i64>(&cast(chunk, &list)?, lengths)
        }
        DataType::Null => {
            lengths.resize(lengths.len() + chunk.len(), 0);
            Ok(arrow_array::new_empty_array(&DataType::Null))
        }
        other => Err(Error::ColumnType {
            column: "item".into(),
            role: "baskets".into(),
            expected: EXPECTED.into(),
            got: other.to_string(),
        }),
    }
}

fn of_offsets<O: OffsetSizeTrait>(chunk: &ArrayRef, lengths: &mut Vec<usize>) -> Result<ArrayRef> {
    let list = chunk.as_list::<O>();
    let offsets = list.value_offsets();
    let length = |row: usize| (offsets[row + 1] - offsets[row]).as_usize();
    let hides_values = (0..list.len()).any(|row| list.is_null(row) && length(row) > 0);
    if hides_values {
        // What stands behind a null means nothing.
        let shown = (0..list.len()).filter(|&row| list.is_valid(row));
        let places = shown.flat_map(|row| offsets[row].as_usize()..offsets[row + 1].as_usize());
        let places = UInt64Array::from_iter_values(places.map(|at| at as u64));
        let own = |row: usize| if list.is_null(row) { 0 } else { length(row) };
        lengths.extend((0..list.len()).map(own));
        let values = arrow_select::take::take(list.values(), &places, None);
        return values.map_err(|e| unreadable(&e));
    }
    lengths.extend((0..list.len()).map(length));
    let (from, to) = (offsets[0].as_usize(), offsets[list.len()].as_usize());
    Ok(list.values().slice(from, to - from))
}

fn cast(chunk: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    arrow_cast::cast(chunk, to).map_err(|e| unreadable(&e))
}

fn unreadable(e: &arrow_schema::ArrowError) -> Error {
    Error::FeatureMismatch {
        what: "a column of lists".into(),
        why: e.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{Int64Array, ListArray};
    use arrow_buffer::{NullBuffer, OffsetBuffer};

    use super::*;

    #[test]
    fn what_stands_behind_a_null_means_nothing() {
        let field = Arc::new(Field::new_list_field(DataType::Int64, true));
        let values = Arc::new(Int64Array::from(vec![1, 2, 3, 4, 5]));
        let offsets = OffsetBuffer::from_lengths([1, 2, 0, 2]);
        let nulls = NullBuffer::from(vec![true, false, true, true]);
        let list: ArrayRef = Arc::new(ListArray::new(field, offsets, values, Some(nulls)));
        let lists = Lists::bind(&[list.slice(1, 3)]).unwrap();
        assert_eq!((lists.lengths, lists.n_null), (vec![0, 0, 2], 1));
        assert_eq!(lists.table.n_rows(), 2);
    }
}
