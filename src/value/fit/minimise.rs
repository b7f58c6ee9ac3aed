//! The least value of a smooth function of a few variables: BFGS steps with a line search, then Newton steps.
//!
//! Source: Nocedal and Wright, *Numerical Optimization* (2006), chapters 3 and 6. A likelihood gives its value and its gradient in one pass over the data, which is all that
//! costs time, so both are asked for together; second derivatives are differences of the gradient.

use super::linear::{Symmetric, dot, largest};
use crate::error::Result;

/// A function and its gradient at a place.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::value) struct Point {
    pub(in crate::value) value: f64,
    pub(in crate::value) gradient: Vec<f64>,
}

impl Point {
    fn is_finite(&self) -> bool {
        self.value.is_finite() && self.gradient.iter().all(|g| g.is_finite())
    }
}

/// Where to begin, and when to end.
#[derive(Debug, Clone)]
pub(in crate::value) struct Search {
    pub(in crate::value) start: Vec<f64>,
    /// What is known of the inverse of the second derivatives.
    pub(in crate::value) inverse: Option<Symmetric>,
    /// No variable moves farther than this from `around`.
    pub(in crate::value) around: Vec<f64>,
    pub(in crate::value) reach: f64,
    pub(in crate::value) max_iter: u32,
    /// The search ends where no part of the gradient is larger.
    pub(in crate::value) tol: f64,
}

/// Where a search has ended.
#[derive(Debug, Clone)]
pub(in crate::value) struct Minimum {
    pub(in crate::value) at: Vec<f64>,
    pub(in crate::value) point: Point,
    pub(in crate::value) inverse: Symmetric,
    pub(in crate::value) n_iter: u32,
}

/// No variable moves farther in one step: they are logarithms, and a factor of e² is far.
const LONGEST_STEP: f64 = 2.0;
/// Part of the decrease that the slope promises which a step must bring.
const ENOUGH: f64 = 1e-4;
/// Differences of values below this fraction of them are rounding.
const ROUNDING: f64 = 1e-14;

/// Follows the function downhill.
pub(in crate::value) fn minimise(
    f: &mut impl FnMut(&[f64]) -> Result<Point>,
    search: &Search,
) -> Result<Minimum> {
    let n = search.start.len();
    let mut at = search.start.clone();
    let mut point = f(&at)?;
    let mut inverse = search.inverse.clone();
    let mut n_iter = 0;
    while point.is_finite() && largest(&point.gradient) > search.tol && n_iter < search.max_iter {
        n_iter += 1;
        let direction = downhill(inverse.as_ref(), &point.gradient);
        let Some((next, found)) = step(f, search, &at, &point, &direction)? else {
            // A direction of old curvature may lead nowhere; the gradient itself is the last resort.
            if inverse.take().is_none() {
                break;
            }
            continue;
        };
        let moved: Vec<f64> = next.iter().zip(&at).map(|(a, b)| a - b).collect();
        let turned: Vec<f64> = (found.gradient.iter().zip(&point.gradient))
            .map(|(a, b)| a - b)
            .collect();
        inverse = updated(inverse, &moved, &turned);
        (at, point) = (next, found);
    }
    Ok(Minimum {
        at,
        point,
        inverse: inverse.unwrap_or_else(|| Symmetric::diagonal(n, 1.0)),
        n_iter,
    })
}

/// The direction of a step, not longer than the longest.
fn downhill(inverse: Option<&Symmetric>, gradient: &[f64]) -> Vec<f64> {
    let mut direction = match inverse {
        Some(inverse) => inverse.times(gradient),
        None => gradient.to_vec(),
    };
    let is_uphill = dot(&direction, gradient) > 0.0;
    if !is_uphill {
        direction = gradient.to_vec();
    }
    let scale = -(LONGEST_STEP / largest(&direction)).min(1.0);
    direction.iter_mut().for_each(|d| *d *= scale);
    direction
}

/// A place along the direction that is lower by enough: the first that is, as the step shrinks. None if there is none.
fn step(
    f: &mut impl FnMut(&[f64]) -> Result<Point>,
    search: &Search,
    at: &[f64],
    point: &Point,
    direction: &[f64],
) -> Result<Option<(Vec<f64>, Point)>> {
    let mut length = 1.0;
    for _ in 0..40 {
        let next: Vec<f64> = at
            .iter()
            .zip(direction)
            .zip(&search.around)
            .map(|((x, d), middle)| {
                (x + length * d).clamp(middle - search.reach, middle + search.reach)
            })
            .collect();
        if next == at {
            return Ok(None);
        }
        let moved: Vec<f64> = next.iter().zip(at).map(|(a, b)| a - b).collect();
        let slope = dot(&moved, &point.gradient);
        let found = f(&next)?;
        let slack = ROUNDING * point.value.abs();
        let is_lower = found.value <= point.value + ENOUGH * slope
            || (found.value <= point.value + slack
                && largest(&found.gradient) < largest(&point.gradient));
        if found.is_finite() && is_lower {
            return Ok(Some((next, found)));
        }
        length *= shrunk(found.value - point.value, slope);
    }
    Ok(None)
}

/// By how much to shorten a step that changed the value by `change` where the slope promised `slope`: to the least value of the parabola through both.
fn shrunk(change: f64, slope: f64) -> f64 {
    let least = -0.5 * slope / (change - slope);
    if least.is_finite() {
        least.clamp(0.1, 0.5)
    } else {
        0.1
    }
}

/// The inverse with what a step has taught about it.
fn updated(inverse: Option<Symmetric>, moved: &[f64], turned: &[f64]) -> Option<Symmetric> {
    let curvature = dot(moved, turned);
    let is_curved = curvature > 1e-12 * dot(moved, moved).sqrt() * dot(turned, turned).sqrt();
    if !is_curved {
        return inverse;
    }
    let n = moved.len();
    // Before the first step only the scale is known.
    let mut h = inverse.unwrap_or_else(|| Symmetric::diagonal(n, curvature / dot(turned, turned)));
    let ht = h.times(turned);
    let factor = (1.0 + dot(turned, &ht) / curvature) / curvature;
    for i in 0..n {
        for j in 0..n {
            h.values[i * n + j] +=
                factor * moved[i] * moved[j] - (ht[i] * moved[j] + moved[i] * ht[j]) / curvature;
        }
    }
    Some(h)
}

/// Second derivatives by central differences of the gradient; the mean of both orders.
pub(in crate::value) fn hessian(
    f: &mut impl FnMut(&[f64]) -> Result<Point>,
    at: &[f64],
) -> Result<Symmetric> {
    // Between the error of the differences, of order h², and that of rounding, of order eps / h.
    const H: f64 = 1e-4;
    let n = at.len();
    let mut values = vec![0.0; n * n];
    for i in 0..n {
        let mut shifted = at.to_vec();
        shifted[i] = at[i] + H;
        let above = f(&shifted)?.gradient;
        shifted[i] = at[i] - H;
        let below = f(&shifted)?.gradient;
        for j in 0..n {
            let slope = (above[j] - below[j]) / (2.0 * H);
            values[i * n + j] += 0.5 * slope;
            values[j * n + i] += 0.5 * slope;
        }
    }
    Ok(Symmetric { n, values })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's valley.
    #[allow(clippy::unnecessary_wraps, reason = "a likelihood can be cancelled")]
    fn valley(at: &[f64]) -> Result<Point> {
        let (x, y) = (at[0], at[1]);
        let off = y - x * x;
        Ok(Point {
            value: 100.0 * off * off + (1.0 - x) * (1.0 - x),
            gradient: vec![-400.0 * x * off - 2.0 * (1.0 - x), 200.0 * off],
        })
    }

    fn is_flat(found: &Minimum) -> bool {
        largest(&found.point.gradient) <= 1e-9
    }

    fn search() -> Search {
        Search {
            start: vec![-1.2, 1.0],
            inverse: None,
            around: vec![0.0; 2],
            reach: 50.0,
            max_iter: 200,
            tol: 1e-9,
        }
    }

    #[test]
    fn the_valley_is_followed_to_its_end() {
        let found = minimise(&mut valley, &search()).unwrap();
        assert!(is_flat(&found) && found.n_iter < 60, "{}", found.n_iter);
        assert!((found.at[0] - 1.0).abs() < 1e-8 && (found.at[1] - 1.0).abs() < 1e-8);
        let second = hessian(&mut valley, &found.at).unwrap();
        for (i, expected) in [802.0, -400.0, -400.0, 200.0].into_iter().enumerate() {
            assert!((second.values[i] - expected).abs() < 1e-3);
        }
    }

    #[test]
    fn a_wall_of_nan_and_a_slope_without_end_do_no_harm() {
        let mut slope = |at: &[f64]| {
            Ok(Point {
                value: if at[0] > 3.0 {
                    f64::NAN
                } else {
                    (-at[0]).exp() + at[1] * at[1]
                },
                gradient: vec![-(-at[0]).exp(), 2.0 * at[1]],
            })
        };
        let found = minimise(&mut slope, &search()).unwrap();
        assert!(!is_flat(&found) && found.at[0] > 2.0 && found.at[0] <= 3.0);
        let mut endless = |at: &[f64]| {
            Ok(Point {
                value: -at[0],
                gradient: vec![-1.0, 0.0],
            })
        };
        let found = minimise(&mut endless, &search()).unwrap();
        assert!(!is_flat(&found) && found.at[0] == 50.0);
    }
}
