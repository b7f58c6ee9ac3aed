//! Names found and types checked, once: what is left computes without asking.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, StringViewArray, UInt64Array,
};
use arrow_schema::DataType;

use super::evaluate::{Formula, Node, Predicate, Source, Value};
use super::mistake;
use super::screen::quoted;
use super::syntax::{Arithmetic, Comparison, Function, Part, Syntax};
use crate::error::{Error, Result};
use crate::parallel::Context;
use crate::table::Table;
use crate::table::bound::Bound;
use crate::table::time::column::TimeColumn;
use crate::table::time::{Moment, Zone};

/// What names mean.
#[derive(Debug)]
pub(crate) struct Names<'a> {
    pub(crate) table: &'a Table,
    /// Roles, each with its column.
    pub(crate) roles: Vec<(&'static str, &'a str)>,
    /// The column of role `time` as it was read, which may have been text.
    pub(crate) time: Option<&'a TimeColumn>,
}

impl<'a> From<&'a Bound> for Names<'a> {
    fn from(bound: &'a Bound) -> Self {
        Self {
            table: &bound.table,
            roles: bound.roles.iter().collect(),
            time: Some(&bound.time),
        }
    }
}

impl Names<'_> {
    /// The place of the column that a name means.
    fn position(&self, name: &str, is_quoted: bool, owner: &str) -> Result<usize> {
        let is_column = self.table.names().contains(&name);
        let role = self.roles.iter().find(|(role, _)| *role == name);
        let column = match role {
            Some((_, column)) if !(is_quoted && is_column) => column,
            None if !is_column => {
                let mut known: Vec<&str> = self.roles.iter().map(|r| r.0).collect();
                known.extend(self.table.names());
                return Err(Error::column_not_found(name, wanted_for(owner), &known));
            }
            _ => name,
        };
        self.table.position(column, "expression")
    }

    fn is_time(&self, position: usize) -> bool {
        let time = self.roles.iter().find(|(role, _)| *role == "time");
        time.is_some_and(|(_, column)| self.table.schema().field(position).name() == column)
    }
}

fn wanted_for(owner: &str) -> String {
    format!("the expression of `{owner}`")
}

/// What a part is for every row.
#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Number,
    Text,
    Truth,
    Time(Zone),
    /// A column of nulls, which fits anything.
    Unknown,
}

impl Kind {
    const fn name(&self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Truth => "true or false",
            Self::Time(_) => "a time",
            Self::Unknown => "nothing but nulls",
        }
    }
}

/// A part whose names and types are known.
#[derive(Debug, Clone)]
struct Typed {
    node: Node,
    kind: Kind,
    /// The text of a constant, which may stand for a time.
    literal: Option<String>,
}

impl Typed {
    const fn new(node: Node, kind: Kind) -> Self {
        Self {
            node,
            kind,
            literal: None,
        }
    }

    fn constant(array: impl Array + 'static, kind: Kind) -> Self {
        Self::new(Node::Constant(Value::one(Arc::new(array))), kind)
    }

    fn truth(node: Node) -> Self {
        Self::new(node, Kind::Truth)
    }
}

pub(super) fn bind(owner: &str, root: &Syntax, names: &Names<'_>) -> Result<Predicate> {
    bound(owner, names, |binder| binder.condition(root))
}

pub(super) fn bind_number(owner: &str, root: &Syntax, names: &Names<'_>) -> Result<Formula> {
    let rule = "be a number of each row";
    bound(owner, names, |binder| {
        binder.of_kind(root, &Kind::Number, rule)
    })
    .map(Formula)
}

fn bound(
    owner: &str,
    names: &Names<'_>,
    root: impl FnOnce(&mut Binder<'_>) -> Result<Node>,
) -> Result<Predicate> {
    let mut binder = Binder {
        owner,
        names,
        sources: Vec::new(),
    };
    let node = root(&mut binder)?;
    let predicate = Predicate::new(owner, node, binder.sources);
    // A pattern that no automaton can hold is found here, not in the midst of the rows.
    predicate.probe()?;
    Ok(predicate)
}

struct Binder<'a> {
    owner: &'a str,
    names: &'a Names<'a>,
    /// The columns, each once, with the place they have in the table.
    sources: Vec<(usize, Source)>,
}

impl Binder<'_> {
    fn bind(&mut self, syntax: &Syntax) -> Result<Typed> {
        Ok(match &syntax.part {
            Part::Name { name, is_quoted } => self.column(name, *is_quoted)?,
            &Part::Integer(value) => integer(i128::from(value)),
            &Part::Float(value) => Typed::constant(Float64Array::from(vec![value]), Kind::Number),
            Part::Text(text) => Typed {
                literal: Some(text.clone()),
                ..Typed::constant(StringViewArray::from(vec![text.as_str()]), Kind::Text)
            },
            &Part::Truth(value) => Typed::constant(BooleanArray::from(vec![value]), Kind::Truth),
            Part::Not(inner) => Typed::truth(Node::Not(Box::new(self.condition(inner)?))),
            Part::All(terms) => Typed::truth(Node::All(self.conditions(terms)?)),
            Part::Any(terms) => Typed::truth(Node::Any(self.conditions(terms)?)),
            Part::Minus(inner) => self.minus(inner)?,
            Part::Compare(op, sides) => {
                let [left, right] = [self.bind(&sides[0])?, self.bind(&sides[1])?];
                Typed::truth(self.compare(*op, left, right, syntax)?)
            }
            Part::Compute(op, sides) => self.compute(*op, sides)?,
            Part::Between(parts) => {
                let [value, low, high] = [
                    self.bind(&parts[0])?,
                    self.bind(&parts[1])?,
                    self.bind(&parts[2])?,
                ];
                let from = self.compare(Comparison::AtLeast, value.clone(), low, syntax)?;
                let to = self.compare(Comparison::AtMost, value, high, syntax)?;
                Typed::truth(Node::All(vec![from, to]))
            }
            Part::In(value, list) => self.member(value, list, syntax)?,
            Part::IsNull(inner) => Typed::truth(Node::IsNull(Box::new(self.bind(inner)?.node))),
            Part::Like {
                value,
                pattern,
                ignores_case,
            } => {
                let value = self.of_kind(value, &Kind::Text, "have a text before LIKE")?;
                Typed::truth(Node::Like {
                    value: Box::new(value),
                    pattern: Value::one(Arc::new(StringViewArray::from(vec![pattern.as_str()]))),
                    ignores_case: *ignores_case,
                })
            }
            Part::Call(function, inner) => self.call(*function, inner)?,
        })
    }

    fn conditions(&mut self, terms: &[Syntax]) -> Result<Vec<Node>> {
        terms.iter().map(|t| self.condition(t)).collect()
    }

    /// A part that is true or false.
    fn condition(&mut self, syntax: &Syntax) -> Result<Node> {
        let rule = "be a condition, true or false for each row,";
        self.of_kind(syntax, &Kind::Truth, rule)
    }

    fn of_kind(&mut self, syntax: &Syntax, kind: &Kind, rule: &str) -> Result<Node> {
        let part = self.bind(syntax)?;
        if part.kind == Kind::Unknown {
            // Nulls of the type that is asked for.
            let data_type = match kind {
                Kind::Truth => DataType::Boolean,
                Kind::Text => DataType::Utf8View,
                _ => DataType::Float64,
            };
            return Ok(Node::Constant(Value::one(arrow_array::new_null_array(
                &data_type, 1,
            ))));
        }
        if part.kind == *kind {
            return Ok(part.node);
        }
        let got = format!("{}, which is {}", quoted(&syntax.text), part.kind.name());
        Err(mistake(self.owner, format!("must {rule}"), got))
    }

    fn column(&mut self, name: &str, is_quoted: bool) -> Result<Typed> {
        let position = self.names.position(name, is_quoted, self.owner)?;
        let column = self.names.table.column(position);
        let time = match &column.data_type {
            _ if self.names.is_time(position) => self.names.time.cloned(),
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Some(
                TimeColumn::bind(column.clone(), name, None, &Context::new())?,
            ),
            _ => None,
        };
        let kind = match &time {
            Some(time) => Kind::Time(time.zone().clone()),
            None => kind_of(&column.data_type).ok_or_else(|| Error::ColumnType {
                column: name.into(),
                role: wanted_for(self.owner),
                expected: "numbers, texts, true and false, dates or timestamps".into(),
                got: column.data_type.to_string(),
            })?,
        };
        let known = self.sources.iter().position(|(at, _)| *at == position);
        let place = known.unwrap_or(self.sources.len());
        if known.is_none() {
            let source = match time {
                Some(time) => Source::Time(time),
                None => Source::plain(column),
            };
            self.sources.push((position, source));
        }
        Ok(Typed::new(Node::Column(place), kind))
    }

    fn minus(&mut self, inner: &Syntax) -> Result<Typed> {
        if let Part::Integer(value) = inner.part {
            return Ok(integer(-i128::from(value)));
        }
        let zero = integer(0).node;
        let node = self.of_kind(inner, &Kind::Number, "have a number behind a minus sign")?;
        let node = Node::Compute(Arithmetic::Subtract, Box::new([zero, node]));
        Ok(Typed::new(node, Kind::Number))
    }

    fn compute(&mut self, op: Arithmetic, sides: &[Syntax; 2]) -> Result<Typed> {
        let rule = "compute with numbers";
        let left = self.of_kind(&sides[0], &Kind::Number, rule)?;
        let right = self.of_kind(&sides[1], &Kind::Number, rule)?;
        Ok(Typed::new(
            Node::Compute(op, Box::new([left, right])),
            Kind::Number,
        ))
    }

    fn call(&mut self, function: Function, inner: &Syntax) -> Result<Typed> {
        let (takes, rule, gives) = match function {
            Function::Abs => (Kind::Number, "give `abs` a number", Kind::Number),
            Function::Length => (Kind::Text, "give `length` a text", Kind::Number),
            _ => (
                Kind::Text,
                "give `lower`, `upper` and `trim` a text",
                Kind::Text,
            ),
        };
        let node = self.of_kind(inner, &takes, rule)?;
        Ok(Typed::new(Node::Call(function, Box::new(node)), gives))
    }

    fn member(&mut self, value: &Syntax, list: &[Syntax], whole: &Syntax) -> Result<Typed> {
        let value = self.bind(value)?;
        if value.kind == Kind::Truth {
            let rule = "must not ask whether a condition is in a list; combine conditions by OR";
            return Err(mistake(self.owner, rule, quoted(&whole.text)));
        }
        let mut equals = Vec::with_capacity(list.len());
        for other in list {
            let other = self.bind(other)?;
            equals.push(self.compare(Comparison::Equal, value.clone(), other, whole)?);
        }
        Ok(Typed::truth(Node::Any(equals)))
    }

    fn compare(&self, op: Comparison, left: Typed, right: Typed, whole: &Syntax) -> Result<Node> {
        let refused = |rule: &str| Err(mistake(self.owner, rule, quoted(&whole.text)));
        match (&left.kind, &right.kind) {
            (Kind::Unknown, _) | (_, Kind::Unknown) => {
                let null = arrow_array::new_null_array(&DataType::Boolean, 1);
                return Ok(Node::Constant(Value::one(null)));
            }
            (Kind::Time(zone), Kind::Text) => {
                if let Some(text) = &right.literal {
                    return self.compare_time(op, &left.node, text, zone);
                }
            }
            (Kind::Text, Kind::Time(zone)) => {
                if let Some(text) = &left.literal {
                    return self.compare_time(op.flipped(), &right.node, text, zone);
                }
            }
            (Kind::Time(a), Kind::Time(b)) if a.name().is_some() != b.name().is_some() => {
                return refused("must not compare times with a zone and times without one");
            }
            (Kind::Truth, Kind::Truth)
                if !matches!(op, Comparison::Equal | Comparison::Unequal) =>
            {
                return refused("must compare true and false by = or <> alone");
            }
            _ => {}
        }
        let is_time = |kind: &Kind| matches!(kind, Kind::Time(_));
        if left.kind != right.kind && !(is_time(&left.kind) && is_time(&right.kind)) {
            let rule = format!(
                "must compare values of one kind, not {} with {}; texts and times are written in single quotes, numbers without",
                left.kind.name(),
                right.kind.name()
            );
            return refused(&rule);
        }
        let sides = harmonised(left.node, right.node, &self.sources);
        Ok(Node::Compare(op, Box::new(sides)))
    }

    /// Compares times with a moment, which may be a whole day.
    fn compare_time(&self, op: Comparison, times: &Node, text: &str, zone: &Zone) -> Result<Node> {
        let moment = Moment::parse(text).map_err(|_| {
            let rule = "must compare times with ISO 8601 dates or times such as '2011-09-10' or '2011-09-10T12:30:00'";
            mistake(self.owner, rule, quoted(text))
        })?;
        let bounds = moment.start(zone).and_then(|s| Ok((s, moment.end(zone)?)));
        let (start, end) = bounds.map_err(|_| {
            let rule = "must compare times without a zone with times without an offset";
            mistake(self.owner, rule, quoted(text))
        })?;
        let compare = |op, bound: i64| {
            let bound = Node::Constant(Value::one(Arc::new(Int64Array::from(vec![bound]))));
            Node::Compare(op, Box::new([times.clone(), bound]))
        };
        let within = || {
            Node::All(vec![
                compare(Comparison::AtLeast, start),
                compare(Comparison::AtMost, end),
            ])
        };
        Ok(match op {
            Comparison::Less | Comparison::AtLeast => compare(op, start),
            Comparison::AtMost | Comparison::Greater => compare(op, end),
            Comparison::Equal => within(),
            Comparison::Unequal => Node::Not(Box::new(within())),
        })
    }
}

/// What the values of a type are; times apart.
fn kind_of(data_type: &DataType) -> Option<Kind> {
    use DataType as T;
    match data_type {
        T::Dictionary(_, value) => kind_of(value),
        T::Utf8 | T::LargeUtf8 | T::Utf8View => Some(Kind::Text),
        T::Boolean => Some(Kind::Truth),
        T::Null => Some(Kind::Unknown),
        t if t.is_numeric() => Some(Kind::Number),
        _ => None,
    }
}

/// A whole number in the narrowest form that holds it.
fn integer(value: i128) -> Typed {
    let array: ArrayRef = if let Ok(value) = i64::try_from(value) {
        Arc::new(Int64Array::from(vec![value]))
    } else if let Ok(value) = u64::try_from(value) {
        Arc::new(UInt64Array::from(vec![value]))
    } else {
        Arc::new(Float64Array::from(vec![value as f64]))
    };
    Typed::new(Node::Constant(Value::one(array)), Kind::Number)
}

/// Two sides of a comparison, a constant brought to the other's type where that changes nothing: rows of one type are compared faster.
fn harmonised(left: Node, right: Node, sources: &[(usize, Source)]) -> [Node; 2] {
    let wanted = |other: &Node| match other {
        Node::Column(place) => sources[*place].1.form(),
        Node::Compute(..) => Some(DataType::Float64),
        _ => None,
    };
    let brought = |node: Node, wanted: Option<DataType>| match (&node, wanted) {
        (Node::Constant(value), Some(wanted)) => Node::Constant(value.exactly_as(&wanted)),
        _ => node,
    };
    let (for_left, for_right) = (wanted(&right), wanted(&left));
    [brought(left, for_left), brought(right, for_right)]
}
