//! How files are read: what is not given is found out.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
#[cfg(any(feature = "csv", feature = "excel"))]
use crate::table::text::Reading;

/// How a file is read. Plain data; what is left away is found out from the file.
///
/// ```
/// use patronomy::io::{Columns, Quote, ReadOptions};
/// let options = ReadOptions::new()
///     .role("customer", "客户编号")
///     .columns(Columns::All)
///     .encoding("gb18030")
///     .quote(Quote::None);
/// assert!(options.validate().is_ok());
/// assert!(ReadOptions::new().encoding("klingon").validate().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ReadOptions {
    /// Pairs of role and column. The role says how the text of its column is taken; all columns of these must be there.
    pub roles: Vec<(String, String)>,
    /// Which columns are read.
    pub columns: Columns,
    /// CSV: the character between fields.
    pub delimiter: Option<char>,
    /// CSV: the character around fields that hold delimiters.
    pub quote: Option<Quote>,
    /// CSV: the encoding by its WHATWG label, such as `utf-8`, `gb18030`, `windows-1252`, `big5`, `utf-16le`.
    pub encoding: Option<String>,
    /// CSV and Excel: whether the first row holds names; columns are `column_1`, `column_2` ... where it does not.
    pub has_header: Option<bool>,
    /// CSV: whether numbers are written `1.234,5` and not `1,234.5`.
    pub decimal_comma: Option<bool>,
    /// CSV: lines before the header that are left out.
    pub skip_lines: u64,
    /// CSV: words that stand for a missing value beside the empty text, such as `NULL` or `\N`.
    pub nulls: Vec<String>,
    /// CSV and Excel: columns that stay text, whatever they hold.
    pub as_text: Vec<String>,
    /// Excel: which sheet.
    pub sheet: Option<Sheet>,
}

/// Which columns of a file are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Columns {
    /// Those that have a role; all where none has.
    #[default]
    Bound,
    /// All.
    All,
}

/// How fields of a CSV file are quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Quote {
    /// By `"`; a doubled one within stands for itself.
    Double,
    /// By `'`; a doubled one within stands for itself.
    Single,
    /// Not at all: quotes are characters as any other.
    None,
}

impl Quote {
    /// The byte that opens and closes a quoted field.
    pub(crate) const fn byte(self) -> Option<u8> {
        match self {
            Self::Double => Some(b'"'),
            Self::Single => Some(b'\''),
            Self::None => None,
        }
    }
}

/// A sheet of a workbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Sheet {
    /// By its name.
    Name(String),
    /// By its place, from 0.
    Index(usize),
    /// All of them, one after the other; their columns must be alike by name.
    All,
}

macro_rules! setters {
    ($($name:ident: $type:ty),*) => {
        $(
            #[doc = concat!("Sets `", stringify!($name), "` instead of finding it out.")]
            #[must_use]
            pub fn $name(mut self, $name: impl Into<$type>) -> Self {
                self.$name = Some($name.into());
                self
            }
        )*
    };
}

impl ReadOptions {
    /// Everything is found out, all columns are read.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Binds a column to a role.
    #[must_use]
    pub fn role(mut self, role: impl Into<String>, column: impl Into<String>) -> Self {
        self.roles.push((role.into(), column.into()));
        self
    }

    /// Binds columns to roles, as pairs of role and column.
    #[must_use]
    pub fn roles(mut self, columns: &[(&str, &str)]) -> Self {
        let pairs = columns.iter().map(|&(r, c)| (r.to_owned(), c.to_owned()));
        self.roles.extend(pairs);
        self
    }

    /// Says which columns are read.
    #[must_use]
    pub const fn columns(mut self, columns: Columns) -> Self {
        self.columns = columns;
        self
    }

    /// Leaves out lines before the header.
    #[must_use]
    pub const fn skip_lines(mut self, n: u64) -> Self {
        self.skip_lines = n;
        self
    }

    /// Adds a word that stands for a missing value.
    #[must_use]
    pub fn null(mut self, word: impl Into<String>) -> Self {
        self.nulls.push(word.into());
        self
    }

    /// Keeps a column text.
    #[must_use]
    pub fn as_text(mut self, column: impl Into<String>) -> Self {
        self.as_text.push(column.into());
        self
    }

    setters!(
        delimiter: char,
        quote: Quote,
        encoding: String,
        has_header: bool,
        decimal_comma: bool,
        sheet: Sheet
    );

    /// Checks what can be checked without a file; every reader does.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the delimiter cannot be one, or the encoding is not known.
    pub fn validate(&self) -> Result<()> {
        if let Some(delimiter) = self.delimiter
            && (!delimiter.is_ascii() || "\r\n\"'\0".contains(delimiter))
        {
            let rule = "must be one ASCII character, no quote and no line end";
            return Err(parameter("delimiter", rule, format!("{delimiter:?}")));
        }
        if let Some(label) = &self.encoding {
            check_encoding(label)?;
        }
        Ok(())
    }

    /// Whether every column is to be read.
    pub(crate) const fn reads_all(&self) -> bool {
        matches!(self.columns, Columns::All) || self.roles.is_empty()
    }

    /// The role of a column, the first where it has several.
    pub(crate) fn role_of(&self, column: &str) -> Option<&str> {
        let found = self.roles.iter().find(|(_, c)| c == column);
        found.map(|(role, _)| role.as_str())
    }

    /// How the text of a column is taken.
    #[cfg(any(feature = "csv", feature = "excel"))]
    pub(crate) fn reading(&self, column: &str) -> Reading {
        const MEASURES: [&str; 5] = ["quantity", "price", "amount", "discount", "cost"];
        if self.as_text.iter().any(|n| n == column) {
            return Reading::Text;
        }
        match self.role_of(column) {
            Some("time") => Reading::Text,
            Some(role) if MEASURES.contains(&role) => Reading::Number,
            Some(_) => Reading::Id,
            None => Reading::Any,
        }
    }

    /// The positions of the columns to read among all; of a name that several share, all of them.
    #[cfg(any(feature = "csv", feature = "parquet", feature = "excel"))]
    pub(crate) fn positions(&self, names: &[String]) -> Result<Vec<usize>> {
        let named = self.roles.iter().map(|(r, c)| (format!("role `{r}`"), c));
        let texts = self.as_text.iter().map(|c| ("`as_text`".to_owned(), c));
        for (what, column) in named.chain(texts) {
            if !names.contains(column) {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                return Err(Error::column_not_found(column, what, &names));
            }
        }
        let is_wanted = |i: &usize| self.reads_all() || self.role_of(&names[*i]).is_some();
        Ok((0..names.len()).filter(is_wanted).collect())
    }
}

pub(crate) fn parameter(
    name: &str,
    rule: impl Into<String>,
    value: impl std::fmt::Display,
) -> Error {
    Error::parameter("ReadOptions", name, rule, value)
}

#[cfg(feature = "csv")]
fn check_encoding(label: &str) -> Result<()> {
    super::csv::encoding::by_label(label).map(|_| ())
}

#[cfg(not(feature = "csv"))]
fn check_encoding(_label: &str) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_refused_with_its_name() {
        let new = ReadOptions::new;
        for (options, name) in [
            (new().delimiter('，'), "`delimiter`"),
            (new().delimiter('"'), "`delimiter`"),
            (new().delimiter('\n'), "`delimiter`"),
            #[cfg(feature = "csv")]
            (new().encoding("utf-9"), "`encoding`"),
        ] {
            let e = options.validate().unwrap_err();
            assert!(e.to_string().starts_with(name), "{e}");
        }
        assert!(new().delimiter('\t').decimal_comma(true).validate().is_ok());
    }

    #[test]
    #[cfg(any(feature = "csv", feature = "parquet", feature = "excel"))]
    fn bound_columns_are_read_or_all_of_them() {
        let names = ["a", "b", "a"].map(str::to_owned);
        let positions = |o: ReadOptions| o.positions(&names);
        assert_eq!(positions(ReadOptions::new()).unwrap(), [0, 1, 2]);
        let one = ReadOptions::new().role("customer", "a");
        assert_eq!(positions(one.clone()).unwrap(), [0, 2]);
        assert_eq!(positions(one.columns(Columns::All)).unwrap(), [0, 1, 2]);
        let e = positions(ReadOptions::new().as_text("c")).unwrap_err();
        assert!(e.to_string().contains("`as_text`"), "{e}");
    }
}
