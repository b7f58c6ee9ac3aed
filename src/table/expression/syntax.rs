//! What a text says: the parser's tree as the few constructs of the language.

use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, InTarget,
    ObjectNamePart, UnaryOperator, Value,
};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::mistake;
use super::screen::{Words, at, quoted, small};
use crate::error::{Error, Result, shorten};

/// How deep parentheses and operators may nest: all that follows recurses no deeper.
const MAX_DEPTH: usize = 100;
/// How deep the parser may recurse.
const MAX_PARSER_DEPTH: usize = 40;
/// Stack for the parser, whose frames are large: unoptimised, it takes 2 to 4 MB at that depth, more than many a thread has.
const PARSER_STACK: usize = 16 << 20;

/// A part of an expression, with its text for errors.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Syntax {
    pub(super) part: Part,
    pub(super) text: String,
}

/// What a part is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    Name {
        name: String,
        is_quoted: bool,
    },
    Integer(u64),
    Float(f64),
    Text(String),
    Truth(bool),
    Not(Box<Syntax>),
    Minus(Box<Syntax>),
    All(Vec<Syntax>),
    Any(Vec<Syntax>),
    Compare(Comparison, Box<[Syntax; 2]>),
    Compute(Arithmetic, Box<[Syntax; 2]>),
    /// The value, the least and the greatest.
    Between(Box<[Syntax; 3]>),
    In(Box<Syntax>, Vec<Syntax>),
    IsNull(Box<Syntax>),
    Like {
        value: Box<Syntax>,
        pattern: String,
        ignores_case: bool,
    },
    Call(Function, Box<Syntax>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Comparison {
    /// The same of the two sides exchanged.
    pub(super) const fn flipped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::AtMost => Self::AtLeast,
            Self::Greater => Self::Less,
            Self::AtLeast => Self::AtMost,
            same => same,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Abs,
    Length,
    Lower,
    Upper,
    Trim,
}

impl Function {
    const ALL: [(&'static str, Self); 5] = [
        ("abs", Self::Abs),
        ("length", Self::Length),
        ("lower", Self::Lower),
        ("upper", Self::Upper),
        ("trim", Self::Trim),
    ];
}

/// Reads the symbols of `text`, on a stack of its own.
pub(super) fn parse(owner: &str, text: &str, tokens: Vec<TokenWithSpan>) -> Result<Syntax> {
    std::thread::scope(|scope| {
        let stack = std::thread::Builder::new().stack_size(PARSER_STACK);
        let thread = stack.spawn_scoped(scope, || parsed(owner, text, tokens));
        let read = thread.ok().and_then(|t| t.join().ok());
        let failed = || {
            mistake(
                owner,
                "could not be read: there was no thread for it",
                quoted(text),
            )
        };
        read.unwrap_or_else(|| Err(failed()))
    })
}

/// The symbols' meaning; the parser's tree is taken down here as well.
fn parsed(owner: &str, text: &str, tokens: Vec<TokenWithSpan>) -> Result<Syntax> {
    let mut parser = Parser::new(&Words)
        .with_recursion_limit(MAX_PARSER_DEPTH)
        .with_tokens_with_locations(tokens);
    let parsed = parser.parse_expr().and_then(|expr| {
        let rest = parser.peek_token();
        if rest.token == Token::EOF {
            return Ok(expr);
        }
        let said = format!(
            "expected: an operator or the end, found: {rest}{}",
            rest.span.start
        );
        Err(ParserError::ParserError(said))
    });
    let expr = parsed.map_err(|e| match e {
        ParserError::RecursionLimitExceeded => too_deep(owner, text),
        ParserError::TokenizerError(said) | ParserError::ParserError(said) => {
            let rule = format!("cannot be read: {}", placed(&said));
            mistake(owner, rule, quoted(text))
        }
    })?;
    Reader { owner }.read(&expr, 0)
}

fn too_deep(owner: &str, text: &str) -> Error {
    let rule = "must not nest parentheses and operators so deeply; split it into several checks";
    mistake(owner, rule, quoted(text))
}

/// The parser's message with the place as ours has it.
fn placed(said: &str) -> String {
    let said = small(said)
        .replace("expected: ", "expected ")
        .replace(", found: ", ", found ");
    said.replace(" at Line: 1, Column: ", " at character ")
        .replace(" at Line: ", " at line ")
        .replace(", Column: ", ", character ")
}

struct Reader<'a> {
    owner: &'a str,
}

impl Reader<'_> {
    fn read(&self, expr: &Expr, depth: usize) -> Result<Syntax> {
        let Some(text) = (depth < MAX_DEPTH).then(|| text_of(expr)) else {
            return Err(too_deep(self.owner, "..."));
        };
        let part = match expr {
            Expr::Nested(inner) => return self.read(inner, depth + 1),
            Expr::Identifier(name) => name_of(name),
            Expr::Value(value) => self.value(&value.value, &text)?,
            Expr::UnaryOp { op, expr: inner } => self.unary(*op, inner, depth)?,
            Expr::BinaryOp { left, op, right } => match op {
                BinaryOperator::And => Part::All(self.chain(expr, op, depth)?),
                BinaryOperator::Or => Part::Any(self.chain(expr, op, depth)?),
                _ => self.binary(op, [left, right], depth)?,
            },
            Expr::Between {
                expr: value,
                negated,
                low,
                high,
            } => {
                let parts = self.all([value, low, high], depth)?;
                negated_if(*negated, Part::Between(Box::new(parts)), &text)
            }
            Expr::In {
                expr: value,
                target: InTarget::List(list),
                negated,
                global: false,
            } => {
                let values = list.iter().map(|v| self.read(v, depth + 1));
                let values = values.collect::<Result<_>>()?;
                negated_if(*negated, Part::In(self.boxed(value, depth)?, values), &text)
            }
            Expr::IsNull(inner) => Part::IsNull(self.boxed(inner, depth)?),
            Expr::IsNotNull(inner) => {
                negated_if(true, Part::IsNull(self.boxed(inner, depth)?), &text)
            }
            Expr::Like {
                negated,
                any: false,
                expr: value,
                pattern,
                escape_char: None,
            } => negated_if(*negated, self.like(value, pattern, false, depth)?, &text),
            Expr::ILike {
                negated,
                any: false,
                expr: value,
                pattern,
                escape_char: None,
            } => negated_if(*negated, self.like(value, pattern, true, depth)?, &text),
            Expr::Function(call) => self.call(call, &text, depth)?,
            _ => return Err(self.unknown(&text)),
        };
        Ok(Syntax { part, text })
    }

    fn boxed(&self, expr: &Expr, depth: usize) -> Result<Box<Syntax>> {
        self.read(expr, depth + 1).map(Box::new)
    }

    fn all<const N: usize>(&self, parts: [&Expr; N], depth: usize) -> Result<[Syntax; N]> {
        let read: Vec<Syntax> = parts
            .into_iter()
            .map(|p| self.read(p, depth + 1))
            .collect::<Result<_>>()?;
        read.try_into().map_err(|_| self.unknown("..."))
    }

    /// The terms of a chain of the same operator, however long: its tree leans to the left.
    fn chain(&self, expr: &Expr, op: &BinaryOperator, depth: usize) -> Result<Vec<Syntax>> {
        let (mut at, mut terms) = (expr, Vec::new());
        while let Expr::BinaryOp {
            left,
            op: own,
            right,
        } = at
            && own == op
        {
            terms.push(&**right);
            at = left;
        }
        terms.push(at);
        terms
            .into_iter()
            .rev()
            .map(|t| self.read(t, depth + 1))
            .collect()
    }

    fn value(&self, value: &Value, text: &str) -> Result<Part> {
        Ok(match value {
            Value::Number(digits, _) => self.number(digits)?,
            Value::SingleQuotedString(text) => Part::Text(text.clone()),
            Value::Boolean(truth) => Part::Truth(*truth),
            Value::Null => {
                let rule = "must ask for nulls by IS NULL or IS NOT NULL, for a comparison with NULL is never true";
                return Err(mistake(self.owner, rule, "`NULL`"));
            }
            _ => return Err(self.unknown(text)),
        })
    }

    fn number(&self, digits: &str) -> Result<Part> {
        if let Ok(whole) = digits.parse() {
            return Ok(Part::Integer(whole));
        }
        let value: f64 = digits.parse().unwrap_or(f64::NAN);
        if value.is_finite() {
            return Ok(Part::Float(value));
        }
        let rule = "must have numbers that a float can hold";
        Err(mistake(self.owner, rule, quoted(digits)))
    }

    fn unary(&self, op: UnaryOperator, inner: &Expr, depth: usize) -> Result<Part> {
        let inner = self.boxed(inner, depth)?;
        match op {
            UnaryOperator::Not => Ok(Part::Not(inner)),
            UnaryOperator::Minus => Ok(Part::Minus(inner)),
            UnaryOperator::Plus => Ok(inner.part),
            other => Err(self.unknown(&other.to_string())),
        }
    }

    fn binary(&self, op: &BinaryOperator, sides: [&Expr; 2], depth: usize) -> Result<Part> {
        let comparison = match op {
            BinaryOperator::Eq => Some(Comparison::Equal),
            BinaryOperator::NotEq => Some(Comparison::Unequal),
            BinaryOperator::Lt => Some(Comparison::Less),
            BinaryOperator::LtEq => Some(Comparison::AtMost),
            BinaryOperator::Gt => Some(Comparison::Greater),
            BinaryOperator::GtEq => Some(Comparison::AtLeast),
            _ => None,
        };
        let arithmetic = match op {
            BinaryOperator::Plus => Some(Arithmetic::Add),
            BinaryOperator::Minus => Some(Arithmetic::Subtract),
            BinaryOperator::Multiply => Some(Arithmetic::Multiply),
            BinaryOperator::Divide => Some(Arithmetic::Divide),
            BinaryOperator::Modulo => Some(Arithmetic::Remainder),
            _ => None,
        };
        let sides = Box::new(self.all(sides, depth)?);
        match (comparison, arithmetic) {
            (Some(comparison), _) => Ok(Part::Compare(comparison, sides)),
            (_, Some(arithmetic)) => Ok(Part::Compute(arithmetic, sides)),
            _ => Err(self.unknown(&op.to_string())),
        }
    }

    fn like(&self, value: &Expr, pattern: &Expr, ignores_case: bool, depth: usize) -> Result<Part> {
        /// Each costs states of the automaton that looks for the pattern.
        const MAX_WILDCARDS: usize = 100;
        let wildcards = |p: &str| p.chars().filter(|c| matches!(c, '%' | '_')).count();
        let text = match pattern {
            Expr::Value(value) => match &value.value {
                Value::SingleQuotedString(text) => Some(text),
                _ => None,
            },
            _ => None,
        };
        match text {
            Some(text) if wildcards(text) <= MAX_WILDCARDS => Ok(Part::Like {
                value: self.boxed(value, depth)?,
                pattern: text.clone(),
                ignores_case,
            }),
            Some(text) => {
                let rule = format!("must have at most {MAX_WILDCARDS} of `%` and `_` in a pattern");
                Err(mistake(self.owner, rule, quoted(text)))
            }
            None => {
                let rule = "must have a text in single quotes behind LIKE";
                Err(mistake(self.owner, rule, text_of(pattern)))
            }
        }
    }

    fn call(&self, call: &sqlparser::ast::Function, text: &str, depth: usize) -> Result<Part> {
        let name = match call.name.0.as_slice() {
            [ObjectNamePart::Identifier(name)] if name.quote_style.is_none() => &name.value,
            _ => return Err(self.unknown(text)),
        };
        let known = Function::ALL
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name));
        let Some((_, function)) = known else {
            let names: Vec<&str> = Function::ALL.iter().map(|f| f.0).collect();
            let place = call.name.0[0].as_ident().map(|i| at(i.span.start));
            let rule = format!(
                "has no function `{name}`{}; those there are: {}",
                place.unwrap_or_default(),
                names.join(", ")
            );
            return Err(mistake(self.owner, rule, quoted(text)));
        };
        let plain = call.filter.is_none()
            && call.over.is_none()
            && call.null_treatment.is_none()
            && call.within_group.is_empty();
        match &call.args {
            FunctionArguments::List(list)
                if plain && list.duplicate_treatment.is_none() && list.clauses.is_empty() =>
            {
                if let [FunctionArg::Unnamed(FunctionArgExpr::Expr(inner))] = list.args.as_slice() {
                    return Ok(Part::Call(*function, self.boxed(inner, depth)?));
                }
            }
            _ => {}
        }
        let rule = format!("must give `{name}` one value");
        Err(mistake(self.owner, rule, quoted(text)))
    }

    fn unknown(&self, text: &str) -> Error {
        let rule = "must be comparisons of names and values, combined by AND, OR and NOT; this is something else";
        mistake(self.owner, rule, quoted(text))
    }
}

/// The text of a part; of chains, which may be long, their last terms.
fn text_of(expr: &Expr) -> String {
    match expr {
        Expr::BinaryOp { op, right, .. } if is_logical(op) => shorten(&format!("... {op} {right}")),
        other => shorten(&other.to_string()),
    }
}

const fn is_logical(op: &BinaryOperator) -> bool {
    matches!(op, BinaryOperator::And | BinaryOperator::Or)
}

fn name_of(name: &Ident) -> Part {
    Part::Name {
        name: name.value.clone(),
        is_quoted: name.quote_style.is_some(),
    }
}

fn negated_if(is_negated: bool, part: Part, text: &str) -> Part {
    if !is_negated {
        return part;
    }
    Part::Not(Box::new(Syntax {
        part,
        text: text.into(),
    }))
}
