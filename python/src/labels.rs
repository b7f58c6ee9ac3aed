//! Labels from Python objects: the one place where items are looked at one by one.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, LargeListArray, NullArray, StringArray,
    UInt64Array,
};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::Field;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyString};

use crate::errors::by_name;

/// Values of one kind, as they come.
#[derive(Default)]
enum Values {
    #[default]
    Unknown,
    Texts(Vec<Option<String>>),
    Integers(Vec<Option<i64>>),
    Large(Vec<Option<u64>>),
    Floats(Vec<Option<f64>>),
    Flags(Vec<Option<bool>>),
}

/// Collects labels, and refuses those of another kind than the first.
#[derive(Default)]
struct Collector {
    values: Values,
    n: usize,
}

impl Collector {
    fn push(&mut self, owner: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let n = self.n;
        self.n += 1;
        if value.is_none() {
            match &mut self.values {
                Values::Unknown => {}
                Values::Texts(v) => v.push(None),
                Values::Integers(v) => v.push(None),
                Values::Large(v) => v.push(None),
                Values::Floats(v) => v.push(None),
                Values::Flags(v) => v.push(None),
            }
            return Ok(());
        }
        if let Values::Unknown = self.values {
            self.values = first(owner, value, n)?;
        }
        let is_flag = value.is_instance_of::<PyBool>();
        match &mut self.values {
            Values::Texts(v) if value.is_instance_of::<PyString>() => {
                v.push(Some(value.extract()?));
            }
            Values::Flags(v) if is_flag => v.push(Some(value.extract()?)),
            Values::Floats(v) if value.is_instance_of::<PyFloat>() => {
                v.push(Some(value.extract()?));
            }
            Values::Integers(v) if !is_flag => match value.extract() {
                Ok(number) => v.push(Some(number)),
                // Beyond 63 bits, where none before was negative.
                Err(_) => match (value.extract(), unsigned(v)) {
                    (Ok(number), Some(mut large)) => {
                        large.push(Some(number));
                        self.values = Values::Large(large);
                    }
                    _ => return Err(self.mixed(owner, value)),
                },
            },
            Values::Large(v) if !is_flag => match value.extract() {
                Ok(number) => v.push(Some(number)),
                Err(_) => return Err(self.mixed(owner, value)),
            },
            _ => return Err(self.mixed(owner, value)),
        }
        Ok(())
    }

    fn mixed(&self, owner: &str, value: &Bound<'_, PyAny>) -> PyErr {
        let kind = match self.values {
            Values::Unknown => "labels",
            Values::Texts(_) => "str",
            Values::Integers(_) | Values::Large(_) => "int of 64 bits",
            Values::Floats(_) => "float",
            Values::Flags(_) => "bool",
        };
        let message = format!(
            "items of `{owner}` must be of one type; the first is {kind}, item {} is {}: make them all text, or all integers",
            self.n - 1,
            type_name(value),
        );
        by_name(value.py(), "ColumnTypeError", &message)
    }

    fn finish(self) -> ArrayRef {
        match self.values {
            Values::Unknown => Arc::new(NullArray::new(self.n)),
            Values::Texts(v) => Arc::new(StringArray::from(v)),
            Values::Integers(v) => Arc::new(Int64Array::from(v)),
            Values::Large(v) => Arc::new(UInt64Array::from(v)),
            Values::Floats(v) => Arc::new(Float64Array::from(v)),
            Values::Flags(v) => Arc::new(BooleanArray::from(v)),
        }
    }
}

/// The kind of the first value, with so many nulls before it.
fn first(owner: &str, value: &Bound<'_, PyAny>, n_null: usize) -> PyResult<Values> {
    if value.is_instance_of::<PyString>() {
        return Ok(Values::Texts(vec![None; n_null]));
    }
    if value.is_instance_of::<PyBool>() {
        return Ok(Values::Flags(vec![None; n_null]));
    }
    if value.is_instance_of::<PyFloat>() {
        return Ok(Values::Floats(vec![None; n_null]));
    }
    if value.extract::<i64>().is_ok() {
        return Ok(Values::Integers(vec![None; n_null]));
    }
    if value.extract::<u64>().is_ok() {
        return Ok(Values::Large(vec![None; n_null]));
    }
    let message = format!(
        "items of `{owner}` must be text, integers of 64 bits, whole floats or booleans; item {n_null} is {}: make text of it, or give an Arrow table",
        type_name(value)
    );
    Err(by_name(value.py(), "ColumnTypeError", &message))
}

fn unsigned(values: &[Option<i64>]) -> Option<Vec<Option<u64>>> {
    let number = |v: &Option<i64>| v.map_or(Some(None), |n| u64::try_from(n).ok().map(Some));
    values.iter().map(number).collect()
}

fn type_name(value: &Bound<'_, PyAny>) -> String {
    let name = value.get_type().name();
    name.map_or_else(|_| "an object".into(), |n| n.to_string())
}

/// Labels of one kind, in order.
pub(crate) fn labels(owner: &str, values: &Bound<'_, PyAny>) -> PyResult<ArrayRef> {
    let mut collector = Collector::default();
    for value in values.try_iter()? {
        collector.push(owner, &value?)?;
    }
    Ok(collector.finish())
}

/// Lists of labels of one kind.
pub(crate) fn lists(owner: &str, baskets: &Bound<'_, PyAny>) -> PyResult<ArrayRef> {
    let mut collector = Collector::default();
    let mut ends = vec![0i64];
    for (row, basket) in baskets.try_iter()?.enumerate() {
        let basket = basket?;
        if row % 4096 == 0 {
            basket.py().check_signals()?;
        }
        let is_one = basket.is_instance_of::<PyString>()
            || basket.is_instance_of::<PyBytes>()
            || basket.is_instance_of::<PyDict>();
        let items = if is_one {
            Err(not_a_basket(owner, row, &basket))
        } else {
            let items = basket.try_iter();
            items.map_err(|_| not_a_basket(owner, row, &basket))
        };
        for item in items? {
            collector.push(owner, &item?)?;
        }
        ends.push(collector.n as i64);
    }
    let values = collector.finish();
    let field = Arc::new(Field::new_list_field(values.data_type().clone(), true));
    let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
    Ok(Arc::new(LargeListArray::new(field, ends, values, None)))
}

fn not_a_basket(owner: &str, row: usize, basket: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!(
        "each basket of `{owner}` must be a list of items; basket {row} is {}",
        type_name(basket)
    ))
}
