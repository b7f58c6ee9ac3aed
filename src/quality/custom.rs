//! Checks of the user's own: a name, and a condition that the rows to flag meet.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::checks::{CHECKS, CheckInfo, Dimension};
use crate::error::{Error, Result};
use crate::table::bound::Bound;
use crate::table::expression::{Expression, Names, Predicate};
use crate::table::roles::Roles;

/// A check by expression: it flags the rows for which the expression is true.
///
/// The expression is a condition as SQL writes it: `=`, `<>`, `<`, `<=`, `>`, `>=`, `AND`, `OR`, `NOT`, `+ - * / %`, `BETWEEN`, `IN (...)`, `IS [NOT] NULL`,
/// `LIKE` and `ILIKE` (a backslash before `%` or `_` means the sign itself), `abs`, `length`, `lower`, `upper`, `trim`, numbers, `'text'`, `TRUE` and `FALSE`.
///
/// - A plain name is a role (`quantity`, `price`, `time` ...), else a column; a name in double quotes or backticks is a column, else a role.
/// - A comparison with a null is unknown, and a row is flagged only where the condition is true. NaN counts as null.
/// - Integers are compared exactly; decimals are read as floats, arithmetic is in floats, division by zero gives null.
/// - Times are compared with ISO 8601 texts. A date alone is the whole day: `time <= '2011-09-10'` holds until that day's end.
///
/// It looks at single rows, so what it flags does not depend on the clock. Cost: a pass over the columns it names.
///
/// ```
/// use patronomy::quality::{CustomCheck, Dimension, Partners, QualityParams};
/// use patronomy::simulate::Shop;
///
/// let cheap = CustomCheck::new("cheap_bulk", "quantity > 1000 AND price < 0.1")
///     .finds("many pieces for next to nothing")
///     .dimension(Dimension::Consistency)
///     .role("price");
/// let tx = Shop::new(50, 365, 1).transactions()?;
/// let params = QualityParams::new().checks([cheap]).check("odd_hour", "time < '1990-01-01'");
/// let quality = tx.quality(&params, &Partners::new(), &Default::default())?;
/// assert_eq!(quality.finding("cheap_bulk").map(|f| f.n_rows), Some(0));
/// # Ok::<(), patronomy::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CustomCheck {
    /// The name, as of a built-in check, and none of theirs.
    pub name: String,
    /// The condition that flagged rows meet.
    pub expression: String,
    /// What its findings are; the expression by default.
    #[serde(default)]
    pub finds: Option<String>,
    /// The side of quality it belongs to.
    #[serde(default = "validity")]
    pub dimension: Dimension,
    /// Whether it points at what may be sound business rather than at a fault.
    #[serde(default)]
    pub is_remark: bool,
    /// The role it counts for in the scorecard; the whole table by default.
    #[serde(default)]
    pub role: Option<String>,
}

const fn validity() -> Dimension {
    Dimension::Validity
}

impl CustomCheck {
    /// Flags rows for which the expression is true, as faults of validity.
    pub fn new(name: impl Into<String>, expression: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            expression: expression.into(),
            finds: None,
            dimension: validity(),
            is_remark: false,
            role: None,
        }
    }

    /// Says in words what its findings are.
    #[must_use]
    pub fn finds(mut self, finds: impl Into<String>) -> Self {
        self.finds = Some(finds.into());
        self
    }

    /// Sets the side of quality it belongs to.
    #[must_use]
    pub const fn dimension(mut self, dimension: Dimension) -> Self {
        self.dimension = dimension;
        self
    }

    /// Makes it a remark: what it finds may be sound business.
    #[must_use]
    pub const fn remark(mut self) -> Self {
        self.is_remark = true;
        self
    }

    /// Names the role it counts for in the scorecard.
    #[must_use]
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.role = Some(role.into());
        self
    }

    /// What it is called and what it finds, beside the built-in ones.
    #[must_use]
    pub fn info(&self) -> CheckInfo {
        let known = Roles::NAMES.iter().copied();
        CheckInfo {
            name: Cow::Owned(self.name.clone()),
            role: known.into_iter().find(|r| Some(*r) == self.role.as_deref()),
            dimension: self.dimension,
            finds: Cow::Owned(
                self.finds
                    .clone()
                    .unwrap_or_else(|| self.expression.clone()),
            ),
            is_remark: self.is_remark,
        }
    }

    /// Its condition over the columns of a table.
    pub(crate) fn bind(&self, bound: &Bound) -> Result<Predicate> {
        Expression::parse(&self.name, &self.expression)?.bind(&Names::from(bound))
    }
}

/// Whether checks have names of their own, known roles, and expressions that can be read.
pub(crate) fn validate(checks: &[CustomCheck], owner: &str) -> Result<()> {
    const MAX_CHECKS: usize = 1_000;
    const MAX_NAME: usize = 100;
    let wrong = |rule: String, value: &str| {
        let value = if value.is_empty() { "nothing" } else { value };
        Err(Error::parameter(owner, "checks", rule, value))
    };
    if checks.len() > MAX_CHECKS {
        return wrong(
            format!("must be at most {MAX_CHECKS}"),
            &checks.len().to_string(),
        );
    }
    for (i, check) in checks.iter().enumerate() {
        let name = &check.name;
        let is_name = name.trim() == name && (1..=MAX_NAME).contains(&name.chars().count());
        if !is_name || name.contains(char::is_control) {
            let rule = format!(
                "must have names of 1 to {MAX_NAME} characters, without blanks around them"
            );
            return wrong(rule, name);
        }
        if CHECKS.iter().any(|c| c.name == *name) {
            return wrong("must have names that no built-in check has".into(), name);
        }
        if checks[..i].iter().any(|c| c.name == *name) {
            return wrong("must have distinct names".into(), name);
        }
        if let Some(role) = check.role.as_deref().filter(|r| !Roles::NAMES.contains(r)) {
            let nearest = crate::error::nearest(role, Roles::NAMES);
            let hint = nearest.map_or(String::new(), |n| format!("; did you mean `{n}`"));
            return wrong(format!("must have roles that columns can have{hint}"), role);
        }
        Expression::parse(name, &check.expression)?;
    }
    Ok(())
}
