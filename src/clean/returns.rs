//! Netting: each return taken out of the customer's own nearest earlier purchase.
//!
//! Works on the lines that can matter, which the caller collects: all returns, and the purchases that share customer, item and
//! price with one. Cost: a sort of these lines.

use crate::kernels::lines::{MINOR, whole_minor};

/// A line that takes part in netting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct NetLine {
    /// What a return and its purchase share: customer, item, price.
    pub(crate) key: (u128, u128, u64),
    /// When it happened.
    pub(crate) time: i64,
    /// Which row it is.
    pub(crate) row: u64,
    /// Pieces, or money where no pieces are counted; negative for a return.
    pub(crate) units: f64,
}

/// What netting leaves of each line it touched, in row order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Netting {
    /// Purchases that lost units, with the units left.
    pub(crate) kept: Vec<(u64, f64)>,
    /// Returns, with the units that found no purchase.
    pub(crate) unmatched: Vec<(u64, f64)>,
}

/// Nets the lines: of purchases not later than a return, the latest gives first. At the same instant purchases come before returns.
pub(crate) fn net(mut lines: Vec<NetLine>) -> Netting {
    lines.sort_unstable_by_key(|l| (l.key, l.time, l.units < 0.0, l.row));
    let mut result = Netting::default();
    for group in lines.chunk_by(|a, b| a.key == b.key) {
        net_group(group, &mut result);
    }
    result.kept.sort_unstable_by_key(|&(row, _)| row);
    result.unmatched.sort_unstable_by_key(|&(row, _)| row);
    result
}

/// A purchase that still has units.
struct Open {
    row: u64,
    left: f64,
    bought: f64,
}

fn net_group(group: &[NetLine], result: &mut Netting) {
    let scale = scale(group);
    // The open purchases, latest last; a purchase that is used up never opens again.
    let mut open: Vec<Open> = Vec::new();
    for line in group {
        let units = scale.up(line.units);
        if units > 0.0 {
            open.push(Open {
                row: line.row,
                left: units,
                bought: units,
            });
            continue;
        }
        let mut wanted = -units;
        while let Some(latest) = open.last_mut().filter(|_| wanted > 0.0) {
            let taken = wanted.min(latest.left);
            wanted = scale.rest(wanted - taken, -units);
            latest.left = scale.rest(latest.left - taken, latest.bought);
            if latest.left <= 0.0 {
                result.kept.push((latest.row, 0.0));
                open.pop();
            }
        }
        result.unmatched.push((line.row, scale.down(wanted)));
    }
    let reduced = open.into_iter().filter(|o| o.left < o.bought);
    result
        .kept
        .extend(reduced.map(|o| (o.row, scale.down(o.left))));
}

/// How units are subtracted without leaving dust: 0.1 and 0.2 bought and 0.3 returned leave nothing.
#[derive(Debug, Clone, Copy)]
enum Scale {
    /// As whole ten-thousandths, which floats subtract exactly.
    Whole,
    /// As they are; what rounding leaves counts as nothing.
    Rounded,
}

fn scale(group: &[NetLine]) -> Scale {
    let is_whole = |line: &NetLine| whole_minor(line.units, 1.0).1;
    if group.iter().all(is_whole) {
        Scale::Whole
    } else {
        Scale::Rounded
    }
}

impl Scale {
    fn up(self, units: f64) -> f64 {
        match self {
            Self::Whole => whole_minor(units, 1.0).0 as f64,
            Self::Rounded => units,
        }
    }

    fn down(self, units: f64) -> f64 {
        match self {
            Self::Whole => units / MINOR,
            Self::Rounded => units,
        }
    }

    /// What is left of `all`.
    fn rest(self, left: f64, all: f64) -> f64 {
        const DUST: f64 = 16.0 * f64::EPSILON;
        match self {
            Self::Rounded if left <= DUST * all => 0.0,
            _ => left,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(time: i64, row: u64, units: f64) -> NetLine {
        NetLine {
            key: (1, 1, 0),
            time,
            row,
            units,
        }
    }

    #[test]
    fn the_nearest_earlier_purchase_gives_first() {
        let n = net(vec![
            line(1, 0, 5.0),
            line(2, 1, 3.0),
            line(3, 2, -4.0),
            line(4, 3, 9.0),
        ]);
        assert_eq!(n.kept, [(0, 4.0), (1, 0.0)]);
        assert_eq!(n.unmatched, [(2, 0.0)]);
    }

    #[test]
    fn a_return_before_its_purchase_finds_nothing() {
        let n = net(vec![line(1, 0, -2.0), line(2, 1, 2.0)]);
        assert_eq!(
            n,
            Netting {
                kept: vec![],
                unmatched: vec![(0, 2.0)]
            }
        );
    }

    #[test]
    fn what_exceeds_the_purchases_is_unmatched() {
        let n = net(vec![line(1, 0, 2.0), line(2, 1, -5.0)]);
        assert_eq!(
            n,
            Netting {
                kept: vec![(0, 0.0)],
                unmatched: vec![(1, 3.0)]
            }
        );
    }

    #[test]
    fn at_one_instant_the_purchase_comes_first() {
        let n = net(vec![line(1, 0, -2.0), line(1, 1, 2.0)]);
        assert_eq!(n.kept, [(1, 0.0)]);
    }

    #[test]
    fn fractions_leave_no_dust() {
        let n = net(vec![line(1, 0, 0.1), line(2, 1, 0.2), line(3, 2, -0.3)]);
        assert_eq!(n.kept, [(0, 0.0), (1, 0.0)]);
        assert_eq!(n.unmatched, [(2, 0.0)]);
        let thirds = net(vec![
            line(1, 0, 1.0 / 3.0),
            line(2, 1, 2.0 / 3.0 - 0.1),
            line(3, 2, -0.9),
        ]);
        assert_eq!(thirds.kept, [(0, 0.0), (1, 0.0)]);
        assert_eq!(thirds.unmatched, [(2, 0.0)]);
        assert_eq!(
            net(vec![line(1, 0, 0.7), line(2, 1, -0.6)]).kept,
            [(0, 0.1)]
        );
    }

    #[test]
    fn other_keys_do_not_mix() {
        let other = NetLine {
            key: (1, 2, 0),
            ..line(1, 0, 5.0)
        };
        assert_eq!(net(vec![other, line(2, 1, -1.0)]).unmatched, [(1, 1.0)]);
    }
}
