//! A condition computed for the rows of a segment, a column of values at a time.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_arith::boolean::{and_kleene, is_null, not, or_kleene};
use arrow_arith::numeric;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, UInt64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Datum, Float64Array, Int64Array, StringViewArray,
};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::{ArrowError, DataType};

use super::mistake;
use super::syntax::{Arithmetic, Comparison, Function};
use crate::error::{Error, Result};
use crate::table::time::NO_TIME;
use crate::table::time::column::TimeColumn;
use crate::table::{Column, Segment};

type Computed<T> = std::result::Result<T, ArrowError>;

/// Values of rows, or one value for all of them.
#[derive(Debug, Clone)]
pub(super) struct Value {
    array: ArrayRef,
    is_one: bool,
}

impl Datum for Value {
    fn get(&self) -> (&dyn Array, bool) {
        (&*self.array, self.is_one)
    }
}

impl Value {
    pub(super) const fn one(array: ArrayRef) -> Self {
        Self {
            array,
            is_one: true,
        }
    }

    /// The same kind of thing with other values.
    fn with(&self, array: impl Array + 'static) -> Self {
        Self {
            array: Arc::new(array),
            is_one: self.is_one,
        }
    }

    /// The constant in another type where that holds its very value.
    pub(super) fn exactly_as(&self, wanted: &DataType) -> Self {
        /// Floats hold all whole numbers up to here.
        const WHOLE: f64 = 9_007_199_254_740_992.0;
        let is_exact = match self.array.data_type() {
            DataType::Int64 | DataType::UInt64 | DataType::Float64 if wanted.is_numeric() => {
                let value = floats(&self.array).ok().map(|f| f.value(0));
                value.is_some_and(|v| {
                    let fits = *wanted != DataType::UInt64 || v >= 0.0;
                    v.fract() == 0.0 && v.abs() < WHOLE && fits
                })
            }
            _ => false,
        };
        let cast = is_exact.then(|| arrow_cast::cast(&self.array, wanted).ok());
        cast.flatten().map_or_else(|| self.clone(), Self::one)
    }

    /// Truth values as long as `n` rows.
    fn truths(&self, n: usize) -> BooleanArray {
        let own = self.array.as_boolean();
        if !self.is_one {
            return own.clone();
        }
        if own.is_null(0) {
            return BooleanArray::new_null(n);
        }
        let all = if own.value(0) {
            BooleanBuffer::new_set(n)
        } else {
            BooleanBuffer::new_unset(n)
        };
        BooleanArray::new(all, None)
    }
}

/// A step of the computation.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// By its place among the sources.
    Column(usize),
    Constant(Value),
    Not(Box<Node>),
    All(Vec<Node>),
    Any(Vec<Node>),
    Compare(Comparison, Box<[Node; 2]>),
    Compute(Arithmetic, Box<[Node; 2]>),
    IsNull(Box<Node>),
    Like {
        value: Box<Node>,
        pattern: Value,
        ignores_case: bool,
    },
    Call(Function, Box<Node>),
}

/// Where values come from.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Plain {
        column: Column,
        /// The type the rows are computed in.
        form: DataType,
    },
    Time(TimeColumn),
}

impl Source {
    pub(super) fn plain(column: Column) -> Self {
        let form = form_of(&column.data_type);
        Self::Plain { column, form }
    }

    /// The type of the values as they are computed with, where they are numbers.
    pub(super) fn form(&self) -> Option<DataType> {
        match self {
            Self::Plain { form, .. } => Some(form.clone()),
            Self::Time(_) => None,
        }
    }

    fn read(&self, at: &Segment) -> Computed<ArrayRef> {
        match self {
            Self::Time(column) => {
                let mut times = Vec::with_capacity(at.range.len());
                column.read(at, &mut times);
                let valid = times.iter().map(|&t| t != NO_TIME).collect();
                Ok(Arc::new(Int64Array::new(
                    times.into(),
                    Some(NullBuffer::new(valid)),
                )))
            }
            Self::Plain { column, form } => {
                let rows = column.chunks[at.chunk].slice(at.range.start, at.range.len());
                let values = match rows.as_any_dictionary_opt() {
                    // The rows' values alone: a dictionary may hold far more.
                    Some(coded) => arrow_select::take::take(coded.values(), coded.keys(), None)?,
                    None => rows,
                };
                let values = arrow_cast::cast(&values, form)?;
                Ok(match form {
                    DataType::Float64 => Arc::new(plain_floats(values.as_primitive().clone())),
                    _ => values,
                })
            }
        }
    }
}

/// The type that values of a type are computed in.
fn form_of(data_type: &DataType) -> DataType {
    use DataType as T;
    match data_type {
        T::Dictionary(_, value) => form_of(value),
        T::Utf8 | T::LargeUtf8 | T::Utf8View => T::Utf8View,
        T::Boolean | T::Null | T::UInt64 => data_type.clone(),
        t if t.is_integer() => T::Int64,
        _ => T::Float64,
    }
}

/// A condition whose names and types are known.
#[derive(Debug, Clone)]
pub(crate) struct Predicate {
    owner: String,
    root: Node,
    sources: Vec<Source>,
}

impl Predicate {
    pub(super) fn new(owner: &str, root: Node, sources: Vec<(usize, Source)>) -> Self {
        Self {
            owner: owner.into(),
            root,
            sources: sources.into_iter().map(|(_, source)| source).collect(),
        }
    }

    /// The rows of a segment for which the condition is true.
    ///
    /// # Errors
    /// None that a caller could cause: types were checked before.
    pub(crate) fn holds(&self, at: &Segment) -> Result<BooleanBuffer> {
        let truths = self.compute(at)?.truths(at.range.len());
        Ok(match truths.nulls() {
            Some(nulls) => truths.values() & nulls.inner(),
            None => truths.values().clone(),
        })
    }

    fn compute(&self, at: &Segment) -> Result<Value> {
        let computed = || {
            let columns = self.sources.iter().map(|source| {
                Ok(Value {
                    array: source.read(at)?,
                    is_one: false,
                })
            });
            let rows = Rows {
                columns: columns.collect::<Computed<Vec<_>>>()?,
                n: at.range.len(),
            };
            rows.compute(&self.root)
        };
        computed().map_err(|e| self.failed(&e))
    }

    /// Computes the condition for no rows.
    pub(super) fn probe(&self) -> Result<()> {
        let columns = self.sources.iter().map(|source| {
            let form = match source {
                Source::Plain { form, .. } => form.clone(),
                Source::Time(_) => DataType::Int64,
            };
            Value {
                array: arrow_array::new_null_array(&form, 1),
                is_one: false,
            }
        });
        let rows = Rows {
            columns: columns.collect(),
            n: 1,
        };
        rows.compute(&self.root)
            .map(drop)
            .map_err(|e| self.failed(&e))
    }

    fn failed(&self, e: &ArrowError) -> Error {
        let what = e.to_string();
        mistake(
            &self.owner,
            format!("cannot be computed: {what}"),
            "an expression",
        )
    }
}

/// A number of each row, whose names and types are known.
#[derive(Debug, Clone)]
pub(crate) struct Formula(pub(super) Predicate);

impl Formula {
    /// The values of a segment's rows; NaN where there is none.
    ///
    /// # Errors
    /// None that a caller could cause: types were checked before.
    pub(crate) fn values(&self, at: &Segment) -> Result<Vec<f64>> {
        let value = self.0.compute(at)?;
        let numbers = floats(&value.array).map_err(|e| self.0.failed(&e))?;
        let number = |row: usize| {
            let row = if value.is_one { 0 } else { row };
            if numbers.is_null(row) {
                f64::NAN
            } else {
                numbers.value(row)
            }
        };
        Ok((0..at.range.len()).map(number).collect())
    }
}

/// The columns of the rows at hand.
struct Rows {
    columns: Vec<Value>,
    n: usize,
}

impl Rows {
    fn compute(&self, node: &Node) -> Computed<Value> {
        Ok(match node {
            Node::Column(place) => self.columns[*place].clone(),
            Node::Constant(value) => value.clone(),
            Node::Not(inner) => {
                let inner = self.compute(inner)?;
                inner.with(not(inner.array.as_boolean())?)
            }
            Node::All(terms) => self.chain(terms, and_kleene)?,
            Node::Any(terms) => self.chain(terms, or_kleene)?,
            Node::Compare(op, sides) => {
                compare(*op, &self.compute(&sides[0])?, &self.compute(&sides[1])?)?
            }
            Node::Compute(op, sides) => {
                arithmetic(*op, &self.compute(&sides[0])?, &self.compute(&sides[1])?)?
            }
            Node::IsNull(inner) => {
                let inner = self.compute(inner)?;
                inner.with(is_null(&inner.array)?)
            }
            Node::Like {
                value,
                pattern,
                ignores_case,
            } => {
                let value = self.compute(value)?;
                let like = if *ignores_case {
                    arrow_string::like::ilike
                } else {
                    arrow_string::like::like
                };
                value.with(like(&value, pattern)?)
            }
            Node::Call(function, inner) => call(*function, &self.compute(inner)?)?,
        })
    }

    fn chain(
        &self,
        terms: &[Node],
        join: fn(&BooleanArray, &BooleanArray) -> Computed<BooleanArray>,
    ) -> Computed<Value> {
        let mut terms = terms.iter().map(|t| Ok(self.compute(t)?.truths(self.n)));
        let first = terms
            .next()
            .unwrap_or_else(|| Ok(BooleanArray::new_null(self.n)))?;
        let all = terms.try_fold(first, |all, term: Computed<BooleanArray>| {
            join(&all, &term?)
        })?;
        Ok(Value {
            array: Arc::new(all),
            is_one: false,
        })
    }
}

fn compare(op: Comparison, left: &Value, right: &Value) -> Computed<Value> {
    use arrow_ord::cmp;
    if left.array.data_type() != right.array.data_type() {
        return Ok(compare_mixed(op, left, right));
    }
    let compared = match op {
        Comparison::Equal => cmp::eq(left, right),
        Comparison::Unequal => cmp::neq(left, right),
        Comparison::Less => cmp::lt(left, right),
        Comparison::AtMost => cmp::lt_eq(left, right),
        Comparison::Greater => cmp::gt(left, right),
        Comparison::AtLeast => cmp::gt_eq(left, right),
    };
    Ok(Value {
        array: Arc::new(compared?),
        is_one: left.is_one && right.is_one,
    })
}

/// Numbers of different types, by their very values: neither side is rounded to the type of the other.
fn compare_mixed(op: Comparison, left: &Value, right: &Value) -> Value {
    let is_one = left.is_one && right.is_one;
    let n = if left.is_one {
        right.array.len()
    } else {
        left.array.len()
    };
    let at =
        |value: &Value, row: usize| number_at(&value.array, if value.is_one { 0 } else { row });
    let compared = (0..n).map(|row| {
        let order = order(at(left, row)?, at(right, row)?);
        Some(match op {
            Comparison::Equal => order.is_eq(),
            Comparison::Unequal => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::AtMost => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::AtLeast => order.is_ge(),
        })
    });
    Value {
        array: Arc::new(compared.collect::<BooleanArray>()),
        is_one,
    }
}

#[derive(Debug, Clone, Copy)]
enum Number {
    Whole(i128),
    Float(f64),
}

fn number_at(array: &ArrayRef, row: usize) -> Option<Number> {
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Int64 => Number::Whole(array.as_primitive::<Int64Type>().value(row).into()),
        DataType::UInt64 => Number::Whole(array.as_primitive::<UInt64Type>().value(row).into()),
        _ => Number::Float(array.as_primitive::<Float64Type>().value(row)),
    })
}

fn order(left: Number, right: Number) -> Ordering {
    match (left, right) {
        (Number::Whole(a), Number::Whole(b)) => a.cmp(&b),
        (Number::Float(a), Number::Float(b)) => a.total_cmp(&b),
        (Number::Whole(a), Number::Float(b)) => order_with_float(a, b),
        (Number::Float(a), Number::Whole(b)) => order_with_float(b, a).reverse(),
    }
}

/// Integers of 64 bits lie well within the range in which the whole part of a float is an `i128`.
fn order_with_float(whole: i128, float: f64) -> Ordering {
    let below = float.floor();
    // A float beyond that range saturates, and still lies beyond every integer.
    whole.cmp(&(below as i128)).then(if below < float {
        Ordering::Less
    } else {
        Ordering::Equal
    })
}

fn arithmetic(op: Arithmetic, left: &Value, right: &Value) -> Computed<Value> {
    let (left, mut right) = (
        left.with(floats(&left.array)?),
        right.with(floats(&right.array)?),
    );
    if matches!(op, Arithmetic::Divide | Arithmetic::Remainder) {
        let divisors = right.array.as_primitive::<Float64Type>();
        right = right.with(divisors.unary_opt::<_, Float64Type>(|v| (v != 0.0).then_some(v)));
    }
    let computed = match op {
        Arithmetic::Add => numeric::add(&left, &right),
        Arithmetic::Subtract => numeric::sub(&left, &right),
        Arithmetic::Multiply => numeric::mul(&left, &right),
        Arithmetic::Divide => numeric::div(&left, &right),
        Arithmetic::Remainder => numeric::rem(&left, &right),
    }?;
    Ok(Value {
        array: Arc::new(plain_floats(computed.as_primitive().clone())),
        is_one: left.is_one && right.is_one,
    })
}

fn floats(array: &ArrayRef) -> Computed<Float64Array> {
    Ok(arrow_cast::cast(array, &DataType::Float64)?
        .as_primitive()
        .clone())
}

/// Without NaN, which is null, and without minus zero, which Arrow takes for less than zero.
fn plain_floats(values: Float64Array) -> Float64Array {
    let is_plain = |v: &f64| !v.is_nan() && (*v != 0.0 || v.is_sign_positive());
    // No early end: the loop is to run on vectors.
    if values
        .values()
        .iter()
        .fold(true, |all, v| all & is_plain(v))
    {
        return values;
    }
    values.unary_opt::<_, Float64Type>(|v| (!v.is_nan()).then_some(v + 0.0))
}

fn call(function: Function, value: &Value) -> Computed<Value> {
    let texts = |f: &dyn Fn(&str) -> String| {
        let texts = value.array.as_string_view();
        value.with(texts.iter().map(|t| t.map(f)).collect::<StringViewArray>())
    };
    Ok(match function {
        Function::Abs => value.with(floats(&value.array)?.unary::<_, Float64Type>(f64::abs)),
        Function::Length => {
            let texts = value.array.as_string_view();
            let lengths = texts.iter().map(|t| t.map(|t| t.chars().count() as i64));
            value.with(lengths.collect::<Int64Array>())
        }
        Function::Lower => texts(&str::to_lowercase),
        Function::Upper => texts(&str::to_uppercase),
        Function::Trim => texts(&|t| t.trim().to_owned()),
    })
}
