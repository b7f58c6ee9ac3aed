//! Columns of a result as one table.

use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::{Array, ArrayRef, DictionaryArray, Int8Array, RecordBatch, StringArray};
use arrow_schema::{ArrowError, Field, Schema};

use crate::error::{Error, Result};

/// The columns as a table, of which those named in `nullable` may be null; `what` they are, for the error.
pub(super) fn to_batch(
    columns: Vec<(&str, ArrayRef)>,
    nullable: &[&str],
    what: &str,
) -> Result<RecordBatch> {
    let fields = columns.iter().map(|(name, column)| {
        Field::new(*name, column.data_type().clone(), nullable.contains(name))
    });
    let schema = Schema::new(fields.collect::<Vec<_>>());
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    let batch = RecordBatch::try_new(Arc::new(schema), columns);
    batch.map_err(|e| mismatch(what, &e))
}

/// Names by their numbers.
pub(super) fn named(numbers: impl Iterator<Item = i8>, names: &[&str]) -> Result<ArrayRef> {
    let keys: Int8Array = numbers.map(Some).collect();
    let names = Arc::new(StringArray::from_iter_values(names));
    let column = DictionaryArray::<Int8Type>::try_new(keys, names);
    Ok(Arc::new(column.map_err(|e| mismatch("names", &e))?))
}

fn mismatch(what: &str, e: &ArrowError) -> Error {
    Error::FeatureMismatch {
        what: what.into(),
        why: e.to_string(),
    }
}
