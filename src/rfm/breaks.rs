//! Cut points: what scoring learns, and what another period is scored with.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// On which side of a cut point its own value falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Closed {
    /// A value equal to a cut point falls below it.
    #[default]
    Right,
    /// A value equal to a cut point falls above it.
    Left,
}

/// The cut points of one axis: one list, or one per cell of the axes before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cuts {
    /// The same for all customers.
    One(Vec<f64>),
    /// By the scores of the axes before, first axis slowest.
    PerCell(Vec<Vec<f64>>),
}

impl Cuts {
    /// The list for a cell.
    pub(super) fn of(&self, cell: usize) -> &[f64] {
        match self {
            Self::One(cuts) => cuts,
            Self::PerCell(cells) => cells.get(cell).map_or(&[], Vec::as_slice),
        }
    }

    fn lists(&self) -> &[Vec<f64>] {
        match self {
            Self::One(cuts) => std::slice::from_ref(cuts),
            Self::PerCell(cells) => cells,
        }
    }

    fn n_bins(&self) -> usize {
        self.lists().iter().map(Vec::len).max().unwrap_or(0) + 1
    }
}

/// Inner cut points of recency days, frequency and monetary, ascending: `k - 1` of them make `k` bins.
///
/// ```
/// use patronomy::rfm::Breaks;
/// let own = Breaks::new(vec![30.0, 90.0, 365.0], vec![1.0, 3.0], vec![100.0]);
/// assert_eq!(own.n_bins(), [4, 3, 2]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Breaks {
    /// Of recency in days; high bins are turned into low scores.
    pub recency: Cuts,
    /// Of frequency; per recency score where nested.
    pub frequency: Cuts,
    /// Of monetary; per recency and frequency score where nested.
    pub monetary: Cuts,
    /// Where a value equal to a cut point falls.
    #[serde(default)]
    pub closed: Closed,
}

impl Breaks {
    /// Right-closed cut points, the same for all customers.
    #[must_use]
    pub const fn new(recency: Vec<f64>, frequency: Vec<f64>, monetary: Vec<f64>) -> Self {
        Self {
            recency: Cuts::One(recency),
            frequency: Cuts::One(frequency),
            monetary: Cuts::One(monetary),
            closed: Closed::Right,
        }
    }

    /// Bins of each axis.
    #[must_use]
    pub fn n_bins(&self) -> [u8; 3] {
        [&self.recency, &self.frequency, &self.monetary].map(|c| c.n_bins().min(255) as u8)
    }

    /// Whether scoring can go by these cut points.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a list is too long, holds a value that is not finite, or does not ascend.
    pub fn validate(&self) -> Result<()> {
        for (name, cuts) in [
            ("recency", &self.recency),
            ("frequency", &self.frequency),
            ("monetary", &self.monetary),
        ] {
            for list in cuts.lists() {
                check_list(name, list)?;
            }
        }
        let [r, f, _] = self.n_bins().map(usize::from);
        let cells = |cuts: &Cuts, expected: usize, name: &str| match cuts {
            Cuts::PerCell(c) if c.len() != expected => Err(Error::parameter(
                "Breaks",
                name,
                format!("must have one list per cell, {expected}"),
                c.len(),
            )),
            _ => Ok(()),
        };
        cells(&self.recency, 1, "recency")?;
        cells(&self.frequency, r, "frequency")?;
        cells(&self.monetary, r * f, "monetary")
    }
}

fn check_list(name: &str, list: &[f64]) -> Result<()> {
    if list.len() > 99 {
        return Err(Error::parameter(
            "Breaks",
            name,
            "must have at most 99 cut points",
            list.len(),
        ));
    }
    if let Some(bad) = list.iter().find(|v| !v.is_finite()) {
        return Err(Error::parameter(
            "Breaks",
            name,
            "must hold finite cut points",
            bad,
        ));
    }
    match list.windows(2).find(|w| w[0] > w[1]) {
        Some(w) => Err(Error::parameter(
            "Breaks",
            name,
            "must ascend",
            format!("{} before {}", w[0], w[1]),
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_are_checked() {
        assert!(
            Breaks::new(vec![1.0, 1.0], vec![], vec![2.0])
                .validate()
                .is_ok()
        );
        for bad in [
            vec![2.0, 1.0],
            vec![f64::NAN],
            vec![f64::INFINITY],
            vec![0.0; 100],
        ] {
            assert!(Breaks::new(bad, vec![], vec![]).validate().is_err());
        }
    }

    #[test]
    fn json_keeps_the_plain_and_the_nested_form() {
        let plain = Breaks::new(vec![1.0], vec![2.0], vec![3.0]);
        let text = serde_json::to_string(&plain).unwrap();
        assert_eq!(
            text,
            r#"{"recency":[1.0],"frequency":[2.0],"monetary":[3.0],"closed":"right"}"#
        );
        let nested = Breaks {
            frequency: Cuts::PerCell(vec![vec![1.0], vec![2.0]]),
            ..plain
        };
        let back: Breaks = serde_json::from_str(&serde_json::to_string(&nested).unwrap()).unwrap();
        assert_eq!(back, nested);
        assert!(nested.validate().is_ok());
        assert!(
            Breaks {
                recency: Cuts::One(vec![]),
                ..nested
            }
            .validate()
            .is_err()
        );
    }
}
