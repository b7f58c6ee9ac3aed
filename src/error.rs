//! The one error type: a few kinds, each with the names and values a user needs to mend the input.
//!
//! ```
//! use patronomy::{Error, ErrorKind};
//! let e = Error::parameter("RfmParams", "n_bins", "must be in 2..=100", 0);
//! assert_eq!(e.kind(), ErrorKind::Parameter);
//! assert_eq!(e.to_string(), "`n_bins` of `RfmParams` must be in 2..=100; got 0");
//! ```

use std::fmt::Display;
use std::path::{Path, PathBuf};

/// What every fallible function of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong, by what the caller has to mend.
///
/// Messages are lower case, name the column or parameter, the value, the rule and the remedy, and never
/// hold a customer's data beyond the one value that broke a rule.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A column that a role or a job needs is not in the table.
    #[error("no column `{column}` for {role}{}; columns are {}", suggestion(nearest.as_ref()), list(available))]
    ColumnNotFound {
        /// The name looked for.
        column: String,
        /// What it was wanted for, such as "role `customer`".
        role: String,
        /// The most similar name there is.
        nearest: Option<String>,
        /// The names there are.
        available: Vec<String>,
    },
    /// A column is there, but of a type that its role cannot take.
    #[error("column `{column}` for {role} has type {got}; expected {expected}")]
    ColumnType {
        /// The column.
        column: String,
        /// What it was wanted for.
        role: String,
        /// The types accepted, in words.
        expected: String,
        /// The type found.
        got: String,
    },
    /// Values of a column break a rule that cannot be met by leaving rows out.
    #[error("column `{column}`: {count} value(s) {rule}, first {}`{value}`; {remedy}", at_row(*first_row))]
    BadValues {
        /// The column.
        column: String,
        /// How many values break the rule.
        count: u64,
        /// Zero-based row of the first of them, where it is one row's doing.
        first_row: Option<u64>,
        /// That value, shortened.
        value: String,
        /// What is wrong with it, as a verb phrase.
        rule: String,
        /// What to do.
        remedy: String,
    },
    /// A parameter is outside its rule.
    #[error("`{name}` of `{owner}` {rule}; got {value}")]
    Parameter {
        /// The struct or function it belongs to.
        owner: String,
        /// The parameter.
        name: String,
        /// The rule, as a verb phrase, with the remedy where it is not plain.
        rule: String,
        /// The value given.
        value: String,
    },
    /// The data that a job may use has fewer rows or customers than it needs.
    #[error("{job} needs at least {needed} {what}; found {found} ({reason})")]
    TooFewRows {
        /// The job.
        job: String,
        /// What is counted, such as "customers with an order".
        what: String,
        /// How many it takes.
        needed: u64,
        /// How many there are.
        found: u64,
        /// Where the rows went.
        reason: String,
    },
    /// A model or a result meets data or another result that it does not fit.
    #[error("{what} does not fit: {why}")]
    FeatureMismatch {
        /// The two things.
        what: String,
        /// The difference, with the remedy.
        why: String,
    },
    /// The work would take more memory than its budget.
    #[error("{job} needs about {} MB; the budget is {} MB; {remedy}", needed_bytes.div_ceil(1_000_000), limit_bytes / 1_000_000)]
    Budget {
        /// The job.
        job: String,
        /// The estimate.
        needed_bytes: u64,
        /// The limit.
        limit_bytes: u64,
        /// What to do.
        remedy: String,
    },
    /// A saved file is not one of ours, is damaged, or is from a later version.
    #[error("{what} cannot be loaded: {why}")]
    SavedFormat {
        /// The file or text.
        what: String,
        /// The reason, with the remedy.
        why: String,
    },
    /// Consent does not cover this use.
    #[error("consent for `{purpose}` is missing: {why}")]
    Consent {
        /// The purpose.
        purpose: String,
        /// Who and what, without personal data.
        why: String,
    },
    /// The caller asked to stop.
    #[error("cancelled by the caller")]
    Cancelled,
    /// The operating system refused a file.
    #[error("`{}`: {why}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What happened.
        why: String,
    },
}

/// The kinds of [`Error`]; each is one exception class in Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "each is documented on the variant of `Error` with its name"
)]
pub enum ErrorKind {
    ColumnNotFound,
    ColumnType,
    BadValues,
    Parameter,
    TooFewRows,
    FeatureMismatch,
    Budget,
    SavedFormat,
    Consent,
    Cancelled,
    Io,
}

impl ErrorKind {
    /// Every kind, so that a test can walk them.
    pub const ALL: [Self; 11] = [
        Self::ColumnNotFound,
        Self::ColumnType,
        Self::BadValues,
        Self::Parameter,
        Self::TooFewRows,
        Self::FeatureMismatch,
        Self::Budget,
        Self::SavedFormat,
        Self::Consent,
        Self::Cancelled,
        Self::Io,
    ];

    /// The name of the exception class that stands for this kind in Python.
    #[must_use]
    pub const fn class_name(self) -> &'static str {
        match self {
            Self::ColumnNotFound => "ColumnNotFoundError",
            Self::ColumnType => "ColumnTypeError",
            Self::BadValues => "BadValuesError",
            Self::Parameter => "ParameterError",
            Self::TooFewRows => "TooFewRowsError",
            Self::FeatureMismatch => "FeatureMismatchError",
            Self::Budget => "BudgetError",
            Self::SavedFormat => "SavedFormatError",
            Self::Consent => "ConsentError",
            Self::Cancelled => "CancelledError",
            Self::Io => "FileError",
        }
    }
}

impl Error {
    /// The kind of this error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::ColumnNotFound { .. } => ErrorKind::ColumnNotFound,
            Self::ColumnType { .. } => ErrorKind::ColumnType,
            Self::BadValues { .. } => ErrorKind::BadValues,
            Self::Parameter { .. } => ErrorKind::Parameter,
            Self::TooFewRows { .. } => ErrorKind::TooFewRows,
            Self::FeatureMismatch { .. } => ErrorKind::FeatureMismatch,
            Self::Budget { .. } => ErrorKind::Budget,
            Self::SavedFormat { .. } => ErrorKind::SavedFormat,
            Self::Consent { .. } => ErrorKind::Consent,
            Self::Cancelled => ErrorKind::Cancelled,
            Self::Io { .. } => ErrorKind::Io,
        }
    }

    /// A parameter error; `rule` is a verb phrase such as "must be in (0, 1]".
    pub fn parameter(
        owner: &str,
        name: &str,
        rule: impl Into<String>,
        value: impl Display,
    ) -> Self {
        Self::Parameter {
            owner: owner.into(),
            name: name.into(),
            rule: rule.into(),
            value: shorten(&value.to_string()),
        }
    }

    /// A missing column, with the most similar of those available.
    pub fn column_not_found(column: &str, role: impl Into<String>, available: &[&str]) -> Self {
        Self::ColumnNotFound {
            column: column.into(),
            role: role.into(),
            nearest: nearest(column, available),
            available: available.iter().map(|&name| name.into()).collect(),
        }
    }

    /// An operating-system error on a file.
    pub fn io(path: &Path, why: impl Display) -> Self {
        Self::Io {
            path: path.into(),
            why: why.to_string(),
        }
    }
}

/// Values in messages are cut here: a message is a line, not a dump.
const SHOWN_CHARS: usize = 80;

pub(crate) fn shorten(text: &str) -> String {
    if text.chars().count() <= SHOWN_CHARS {
        return text.into();
    }
    let head: String = text.chars().take(SHOWN_CHARS).collect();
    format!("{head}...")
}

fn at_row(row: Option<u64>) -> String {
    row.map_or_else(String::new, |row| format!("at row {row}: "))
}

fn suggestion(nearest: Option<&String>) -> String {
    nearest.map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"))
}

fn list(names: &[String]) -> String {
    const SHOWN: usize = 20;
    if names.is_empty() {
        return "none".into();
    }
    let shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|n| format!("`{}`", shorten(n)))
        .collect();
    let more = names.len().saturating_sub(SHOWN);
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    shown.join(", ") + &rest
}

/// The most similar name, ignoring case, if it is similar enough to be worth saying.
pub(crate) fn nearest(name: &str, available: &[&str]) -> Option<String> {
    let wanted = name.to_lowercase();
    available
        .iter()
        .map(|&candidate| (edit_distance(&wanted, &candidate.to_lowercase()), candidate))
        .min()
        .filter(|&(distance, _)| distance <= (wanted.chars().count() / 2).max(1))
        .map(|(_, candidate)| candidate.into())
}

/// Levenshtein distance, one row at a time.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_column_names_the_nearest_one() {
        let e = Error::column_not_found(
            "CustomerId",
            "role `customer`",
            &["InvoiceNo", "CustomerID"],
        );
        assert_eq!(
            e.to_string(),
            "no column `CustomerId` for role `customer` (did you mean `CustomerID`?); columns are `InvoiceNo`, `CustomerID`"
        );
    }

    #[test]
    fn nothing_is_suggested_when_nothing_is_similar() {
        let e = Error::column_not_found("customer", "role `customer`", &["x", "price"]);
        assert!(!e.to_string().contains("did you mean"), "{e}");
    }

    #[test]
    fn long_values_are_cut() {
        let e = Error::parameter("P", "x", "must be short", "y".repeat(500));
        assert!(e.to_string().len() < 150);
    }

    #[test]
    fn edit_distance_counts_edits() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(edit_distance("abc", "abc"), 0);
    }

    #[test]
    fn every_kind_has_its_own_class() {
        let mut names: Vec<_> = ErrorKind::ALL.iter().map(|k| k.class_name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ErrorKind::ALL.len());
    }
}
