//! Conditions over the rows of a table, written as SQL writes them.
//!
//! ```text
//! text --tokens--> only those of the language --sqlparser--> Syntax --names, types--> Predicate --rows--> true where it holds
//! ```
//!
//! What is understood: names, numbers, `'text'`, `TRUE`, `FALSE`; `=` `==` `<>` `!=` `<` `<=` `>` `>=`; `AND`, `OR`, `NOT`; `+` `-` `*` `/` `%`; `BETWEEN`,
//! `IN (...)`, `IS [NOT] NULL`, `LIKE`, `ILIKE` (`%` any text, `_` any character, a backslash before them for themselves); `abs`, `length` (characters),
//! `lower`, `upper`, `trim`; parentheses.
//!
//! - A plain name is a role, else a column; a name in double quotes or backticks is a column, else a role.
//! - Logic has three values: a comparison with a null is unknown, and a row counts only where the condition is true.
//! - A NaN is read as a null, for data frames write missing numbers so. Minus zero is zero.
//! - Integers are compared exactly, with floats too. Arithmetic is in floats, decimals are read as floats; division by zero is null.
//! - Texts are compared by their code points.
//! - Times are compared with ISO 8601 texts, read by [`Moment`](super::time::Moment). A date alone is the whole day in the zone of the column: `= '2011-09-10'` holds
//!   on that day, `<=` until its end, `>` from the next on.
//!
//! Text of any kind is safe: length, symbols and nesting are bounded before anything recurses.

mod bind;
mod evaluate;
mod screen;
mod syntax;

pub(crate) use bind::Names;
pub(crate) use evaluate::{Formula, Predicate};

use crate::error::{Error, Result};
use syntax::Syntax;

/// A condition as text, found to be one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expression {
    /// Whose expression it is, for errors.
    owner: String,
    root: Syntax,
}

impl Expression {
    /// Reads the text of `owner`.
    ///
    /// # Errors
    /// [`Error::Parameter`] says what is not understood, and where.
    pub(crate) fn parse(owner: &str, text: &str) -> Result<Self> {
        let tokens = screen::tokens(owner, text)?;
        Ok(Self {
            owner: owner.into(),
            root: syntax::parse(owner, text, tokens)?,
        })
    }

    /// Finds the names and checks the types.
    ///
    /// # Errors
    /// [`Error::ColumnNotFound`], [`Error::ColumnType`]; [`Error::Parameter`] names the part whose types do not fit.
    pub(crate) fn bind(&self, names: &Names<'_>) -> Result<Predicate> {
        bind::bind(&self.owner, &self.root, names)
    }

    /// The same of an expression that is a number, and no condition.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    pub(crate) fn bind_number(&self, names: &Names<'_>) -> Result<Formula> {
        bind::bind_number(&self.owner, &self.root, names)
    }
}

/// What is wrong with an expression; `rule` is a verb phrase, `value` the part that breaks it.
fn mistake(owner: &str, rule: impl Into<String>, value: impl std::fmt::Display) -> Error {
    Error::parameter(owner, "expression", rule, value)
}

#[cfg(test)]
mod reading;
#[cfg(test)]
mod tests;
