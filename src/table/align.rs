//! Tables of several files as one: types that differ, where one holds the other.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use crate::error::{Error, Result};

/// The schema that the columns of both tables can take; `path` is the second's file.
pub(crate) fn together(a: &Schema, b: &Schema, path: &Path) -> Result<Schema> {
    let fields = a.fields().iter().zip(b.fields());
    let fields = fields.map(|(a, b)| {
        let (one, other) = (a.data_type(), b.data_type());
        let wide = wider(one, other).ok_or_else(|| Error::FeatureMismatch {
            what: format!("column `{}` of `{}`", a.name(), path.display()),
            why: format!(
                "it has type {other}, in the files before it {one}; write the files alike"
            ),
        })?;
        Ok(Field::new(a.name(), wide, true))
    });
    Ok(Schema::new(fields.collect::<Result<Vec<_>>>()?))
}

/// The type that holds the values of both.
fn wider(a: &DataType, b: &DataType) -> Option<DataType> {
    use DataType::{Date32, Float64, Int64, LargeUtf8, Null, Timestamp, UInt64, Utf8, Utf8View};
    let is_text = |t: &DataType| matches!(t, Utf8 | LargeUtf8 | Utf8View);
    match (a, b) {
        _ if a == b => Some(a.clone()),
        (Null, other) | (other, Null) => Some(other.clone()),
        // 64 unsigned bits have no signed type that holds them.
        (UInt64, t) | (t, UInt64) if t.is_unsigned_integer() => Some(UInt64),
        (UInt64, t) | (t, UInt64) if t.is_signed_integer() => None,
        _ if a.is_integer() && b.is_integer() => Some(Int64),
        _ if is_number(a) && is_number(b) => Some(Float64),
        _ if is_text(a) && is_text(b) => Some(LargeUtf8),
        (Date32, Timestamp(..)) => Some(b.clone()),
        (Timestamp(..), Date32) => Some(a.clone()),
        (Timestamp(_, one), Timestamp(_, other)) if one == other => {
            Some(Timestamp(arrow_schema::TimeUnit::Microsecond, one.clone()))
        }
        _ => None,
    }
}

fn is_number(t: &DataType) -> bool {
    t.is_integer() || matches!(t, DataType::Float32 | DataType::Float64)
}

/// A batch of these columns, cast to the schema where they differ from it.
pub(crate) fn aligned(columns: Vec<ArrayRef>, schema: &SchemaRef) -> Result<RecordBatch> {
    let unfit = |e: arrow_schema::ArrowError| Error::FeatureMismatch {
        what: "the table of several files".into(),
        why: e.to_string(),
    };
    let columns = columns.into_iter().zip(schema.fields());
    let columns = columns.map(|(column, field)| {
        if column.data_type() == field.data_type() {
            Ok(column)
        } else {
            arrow_cast::cast(&column, field.data_type())
        }
    });
    let columns = columns
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(unfit)?;
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(unfit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use DataType::{Float32, Float64, Int8, Int64, LargeUtf8, Null, UInt32, UInt64, Utf8};

    #[test]
    fn the_wider_type_holds_both() {
        for (a, b, expected) in [
            (Int64, Int64, Some(Int64)),
            (Int8, UInt32, Some(Int64)),
            (UInt32, UInt64, Some(UInt64)),
            (Int8, UInt64, None),
            (Int64, Float32, Some(Float64)),
            (Utf8, LargeUtf8, Some(LargeUtf8)),
            (Utf8, Int64, None),
            (Null, Utf8, Some(Utf8)),
        ] {
            assert_eq!(wider(&a, &b), expected, "{a} {b}");
            assert_eq!(wider(&b, &a), expected, "{b} {a}");
        }
    }
}
