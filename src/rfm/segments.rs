//! Segment maps: names for cells of scores, as data.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A segment and the cells it covers: a range of scores, both ends inside, on each axis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SegmentRule {
    /// The segment's name.
    pub segment: String,
    /// Recency scores.
    pub r: (u8, u8),
    /// Frequency scores.
    pub f: (u8, u8),
    /// Monetary scores.
    pub m: (u8, u8),
}

impl SegmentRule {
    /// A rule of inclusive ranges.
    pub fn new(segment: impl Into<String>, r: (u8, u8), f: (u8, u8), m: (u8, u8)) -> Self {
        Self {
            segment: segment.into(),
            r,
            f,
            m,
        }
    }

    fn covers(&self, cell: [u8; 3]) -> bool {
        [self.r, self.f, self.m]
            .iter()
            .zip(cell)
            .all(|(&(low, high), s)| (low..=high).contains(&s))
    }
}

/// A list of rules; of those that cover a cell the first names it. Cells that none covers stay unassigned, and are reported.
///
/// ```
/// use patronomy::rfm::{SegmentMap, SegmentRule};
/// let map = SegmentMap::new("mine", vec![
///     SegmentRule::new("best", (4, 5), (4, 5), (1, 5)),
///     SegmentRule::new("rest", (1, 5), (1, 5), (1, 5)),
/// ]);
/// assert_eq!(map.names(), ["best", "rest"]);
/// assert_eq!(SegmentMap::rf_grid().names().len(), 10);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SegmentMap {
    /// The map's name.
    pub name: String,
    /// Its rules, in order of precedence.
    pub rules: Vec<SegmentRule>,
}

/// A range of scores, both ends inside.
type Scores = (u8, u8);

const ALL: Scores = (1, 5);

impl SegmentMap {
    /// A map of one's own.
    pub fn new(name: impl Into<String>, rules: Vec<SegmentRule>) -> Self {
        Self {
            name: name.into(),
            rules,
        }
    }

    /// A built-in map by name: `rf_grid` or `rfm_package`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is none of that name.
    pub fn builtin(name: &str) -> Result<Self> {
        match name {
            "rf_grid" => Ok(Self::rf_grid()),
            "rfm_package" => Ok(Self::rfm_package()),
            _ => Err(Error::parameter(
                "RfmParams",
                "segments",
                "must be `rf_grid`, `rfm_package`, or a map of your own",
                format!("`{name}`"),
            )),
        }
    }

    /// The ten segments on the recency-frequency grid that many notebooks use: every cell of 5 x 5 in exactly one.
    #[must_use]
    pub fn rf_grid() -> Self {
        Self::table(
            "rf_grid",
            &[
                ("hibernating", (1, 2), (1, 2), ALL),
                ("at_risk", (1, 2), (3, 4), ALL),
                ("cannot_lose", (1, 2), (5, 5), ALL),
                ("about_to_sleep", (3, 3), (1, 2), ALL),
                ("need_attention", (3, 3), (3, 3), ALL),
                ("loyal_customers", (3, 4), (4, 5), ALL),
                ("promising", (4, 4), (1, 1), ALL),
                ("new_customers", (5, 5), (1, 1), ALL),
                ("potential_loyalists", (4, 5), (2, 3), ALL),
                ("champions", (5, 5), (4, 5), ALL),
            ],
        )
    }

    /// The ten segments of the R package rfm's example, whose ranges overlap and leave cells over: the order matters.
    #[must_use]
    pub fn rfm_package() -> Self {
        Self::table(
            "rfm_package",
            &[
                ("Champions", (5, 5), (5, 5), (5, 5)),
                ("Potential Loyalist", (3, 5), (3, 5), (2, 5)),
                ("Loyal Customers", (2, 4), (2, 4), (2, 4)),
                ("Promising", (3, 4), (1, 3), (3, 5)),
                ("New Customers", (4, 5), (1, 3), (1, 5)),
                ("Can't Lose Them", (1, 2), (3, 4), (4, 5)),
                ("At Risk", (1, 2), (2, 5), (4, 5)),
                ("Need Attention", (1, 3), (3, 5), (3, 5)),
                ("About To Sleep", (2, 3), (1, 3), (1, 4)),
                ("Lost", (1, 1), (1, 5), (1, 5)),
            ],
        )
    }

    fn table(name: &str, rows: &[(&str, Scores, Scores, Scores)]) -> Self {
        Self::new(
            name,
            rows.iter()
                .map(|&(segment, r, f, m)| SegmentRule::new(segment, r, f, m))
                .collect(),
        )
    }

    /// The segments' names in order of first mention.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for rule in &self.rules {
            if !names.contains(&rule.segment.as_str()) {
                names.push(&rule.segment);
            }
        }
        names
    }

    /// Whether the map names segments without contradiction.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no rule, a name is blank, a range is empty, or there are over 127 segments.
    pub fn validate(&self) -> Result<()> {
        const OWNER: &str = "SegmentMap";
        if self.rules.is_empty() {
            return Err(Error::parameter(
                OWNER,
                "rules",
                "must hold at least one rule",
                "none",
            ));
        }
        for rule in &self.rules {
            if rule.segment.trim().is_empty() {
                return Err(Error::parameter(
                    OWNER,
                    "segment",
                    "must have a name",
                    "a blank",
                ));
            }
            for (axis, (low, high)) in [("r", rule.r), ("f", rule.f), ("m", rule.m)] {
                if low == 0 || low > high {
                    let value = format!("({low}, {high}) of segment `{}`", rule.segment);
                    return Err(Error::parameter(
                        OWNER,
                        axis,
                        "must be a range (low, high) with 1 <= low <= high",
                        value,
                    ));
                }
            }
        }
        let n = self.names().len();
        if n > 127 {
            Err(Error::parameter(
                OWNER,
                "rules",
                "must name at most 127 segments",
                n,
            ))
        } else {
            Ok(())
        }
    }

    /// # Errors
    /// [`Error::Parameter`] if a rule speaks of scores that these bins never give.
    pub(super) fn check_bins(&self, n_bins: [u8; 3]) -> Result<()> {
        for rule in &self.rules {
            for (axis, high, k) in [
                ("r", rule.r.1, n_bins[0]),
                ("f", rule.f.1, n_bins[1]),
                ("m", rule.m.1, n_bins[2]),
            ] {
                if high > k {
                    let rule_text = format!(
                        "of map `{}` reaches score {high} of `{axis}`, but there are {k} bins; give a map of your own",
                        self.name
                    );
                    return Err(Error::parameter(
                        "RfmParams",
                        "segments",
                        rule_text,
                        format!("segment `{}`", rule.segment),
                    ));
                }
            }
        }
        Ok(())
    }

    /// The segment's number (by [`names`](Self::names)) of every cell, recency slowest; -1 where none covers it.
    pub(super) fn lookup(&self, n_bins: [u8; 3]) -> Vec<i8> {
        let names = self.names();
        let number = |rule: &SegmentRule| {
            names
                .iter()
                .position(|&n| n == rule.segment)
                .map_or(-1, |i| i as i8)
        };
        let mut cells = Vec::with_capacity(n_bins.iter().map(|&k| usize::from(k)).product());
        for r in 1..=n_bins[0] {
            for f in 1..=n_bins[1] {
                for m in 1..=n_bins[2] {
                    cells.push(
                        self.rules
                            .iter()
                            .find(|rule| rule.covers([r, f, m]))
                            .map_or(-1, number),
                    );
                }
            }
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_covers_every_cell_exactly_once() {
        let map = SegmentMap::rf_grid();
        for r in 1..=5 {
            for f in 1..=5 {
                assert_eq!(
                    map.rules
                        .iter()
                        .filter(|rule| rule.covers([r, f, 1]))
                        .count(),
                    1,
                    "R {r} F {f}"
                );
            }
        }
    }

    #[test]
    fn the_first_rule_wins_and_gaps_stay_open() {
        let map = SegmentMap::rfm_package();
        let cells = map.lookup([5; 3]);
        let at = |r: usize, f: usize, m: usize| cells[(r - 1) * 25 + (f - 1) * 5 + m - 1];
        assert_eq!(map.names()[at(5, 5, 5) as usize], "Champions");
        assert_eq!(map.names()[at(4, 4, 4) as usize], "Potential Loyalist");
        assert_eq!(at(5, 5, 1), -1);
    }

    #[test]
    fn bad_rules_are_refused() {
        let one = |r, name: &str| SegmentMap::new("x", vec![SegmentRule::new(name, r, ALL, ALL)]);
        assert!(one((1, 5), "a").validate().is_ok());
        assert!(one((3, 2), "a").validate().is_err());
        assert!(one((0, 2), "a").validate().is_err());
        assert!(one((1, 5), " ").validate().is_err());
        assert!(SegmentMap::new("x", vec![]).validate().is_err());
        assert!(one((1, 6), "a").check_bins([5; 3]).is_err());
    }
}
