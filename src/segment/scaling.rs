//! Columns brought to one unit, so that none decides alone who is near whom.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::features::{Features, Kind};
use crate::parallel::{Context, map_ordered};
use crate::stats::quantile::{Position, quantiles};
use crate::stats::sum::Sum;

/// How columns of features are scaled before distances are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Scale {
    /// The logarithm of one plus the value, with its sign; then as [`Standard`](Self::Standard). For money and counts, whose few large values else stand alone.
    #[default]
    Log,
    /// Less the mean, over the standard deviation.
    Standard,
    /// Less the median, over the distance of the quartiles.
    Robust,
    /// The power that makes the column most normal (Yeo and Johnson 2000), by maximum likelihood; then as [`Standard`](Self::Standard).
    YeoJohnson,
    /// As they are.
    None,
}

/// What is done to a value before it is moved and divided.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Shape {
    /// Nothing.
    Linear,
    /// sign(x) ln(1 + |x|).
    Log,
    /// Yeo and Johnson's power.
    Power(f64),
}

impl Shape {
    fn of(self, x: f64) -> f64 {
        match self {
            Self::Linear => x,
            Self::Log => x.abs().ln_1p().copysign(x),
            Self::Power(power) => yeo_johnson(x, power),
        }
    }
}

/// A column's scale: (f(x) - middle) / unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ColumnScale {
    /// f.
    pub shape: Shape,
    /// What is taken away.
    pub middle: f64,
    /// What it is divided by; 0 for a column of one value, which then tells nobody apart.
    pub unit: f64,
}

impl ColumnScale {
    /// The scaled value.
    #[must_use]
    pub fn apply(&self, x: f64) -> f64 {
        if self.unit > 0.0 {
            (self.shape.of(x) - self.middle) / self.unit
        } else {
            0.0
        }
    }
}

/// Learns the scale of each column. Coordinates, of baskets and of classes alike, share the unit of the widest of them.
pub(super) fn learn(features: &Features, scale: Scale, ctx: &Context) -> Result<Vec<ColumnScale>> {
    let columns: Vec<&[f64]> = features.columns().iter().map(Vec::as_slice).collect();
    let mut scales = map_ordered(ctx, "scale", columns, |column| {
        of_column(column, scale, ctx)
    })?;
    let kinds = &features.recipe().kinds;
    let coordinates: Vec<usize> = (0..kinds.len())
        .filter(|&j| kinds[j] == Kind::Coordinate)
        .collect();
    let spread = |&j: &usize| spread(&features.columns()[j]).1;
    let widest = coordinates.iter().map(spread).fold(0.0, f64::max);
    for j in coordinates {
        scales[j] = ColumnScale {
            shape: Shape::Linear,
            middle: 0.0,
            unit: if scale == Scale::None { 1.0 } else { widest },
        };
    }
    Ok(scales)
}

fn of_column(column: &[f64], scale: Scale, ctx: &Context) -> Result<ColumnScale> {
    let shape = match scale {
        Scale::Standard | Scale::Robust | Scale::None => Shape::Linear,
        Scale::Log => Shape::Log,
        Scale::YeoJohnson => Shape::Power(likeliest_power(column, ctx)?),
    };
    let (middle, unit) = match scale {
        Scale::None => (0.0, 1.0),
        Scale::Robust => {
            let n = column.len();
            let at = [1, 2, 3].map(|i| Position::exact(n, i, 4));
            let found = quantiles(column, &at, ctx)?;
            (found[1], found[2] - found[0])
        }
        Scale::Log | Scale::Standard | Scale::YeoJohnson => {
            let shaped: Vec<f64> = column.iter().map(|&x| shape.of(x)).collect();
            spread(&shaped)
        }
    };
    Ok(ColumnScale {
        shape,
        middle,
        unit,
    })
}

/// Mean and standard deviation; that of a column that varies by rounding alone is 0.
fn spread(column: &[f64]) -> (f64, f64) {
    let n = column.len().max(1) as f64;
    let mut sum = Sum::default();
    column.iter().for_each(|&x| sum.add(x));
    let mean = sum.total() / n;
    let mut squares = Sum::default();
    column
        .iter()
        .for_each(|&x| squares.add((x - mean) * (x - mean)));
    let deviation = (squares.total() / n).sqrt();
    (
        mean,
        if deviation > mean.abs() * 1e-12 {
            deviation
        } else {
            0.0
        },
    )
}

fn yeo_johnson(x: f64, power: f64) -> f64 {
    let bend = |x: f64, power: f64| {
        if power.abs() < 1e-10 {
            x.ln_1p()
        } else {
            (power * x.ln_1p()).exp_m1() / power
        }
    };
    if x >= 0.0 {
        bend(x, power)
    } else {
        -bend(-x, 2.0 - power)
    }
}

/// The power from -2 to 4 under which the column is likeliest as a normal sample, by golden sections: the likelihood has one peak.
fn likeliest_power(column: &[f64], ctx: &Context) -> Result<f64> {
    const RATIO: f64 = 0.618_033_988_749_895;
    let logs: f64 = column.iter().map(|&x| x.abs().ln_1p().copysign(x)).sum();
    let n = column.len() as f64;
    let likelihood = |power: f64| -> Result<f64> {
        ctx.cancel.poll()?;
        let shaped: Vec<f64> = column.iter().map(|&x| yeo_johnson(x, power)).collect();
        let (_, deviation) = spread(&shaped);
        // A column of one value is as likely under any power.
        Ok(if deviation > 0.0 {
            -n * deviation.ln() + (power - 1.0) * logs
        } else {
            0.0
        })
    };
    let (mut low, mut high) = (-2.0, 4.0);
    let (mut a, mut b) = (high - RATIO * (high - low), low + RATIO * (high - low));
    let (mut at_a, mut at_b) = (likelihood(a)?, likelihood(b)?);
    while high - low > 1e-6 {
        if at_a < at_b {
            (low, a, at_a) = (a, b, at_b);
            b = low + RATIO * (high - low);
            at_b = likelihood(b)?;
        } else {
            (high, b, at_b) = (b, a, at_a);
            a = high - RATIO * (high - low);
            at_a = likelihood(a)?;
        }
    }
    Ok(f64::midpoint(low, high))
}

/// All columns scaled, row by row.
pub(super) fn scaled(
    features: &Features,
    scales: &[ColumnScale],
    ctx: &Context,
) -> Result<Vec<f64>> {
    let d = scales.len();
    let mut rows = vec![0.0; features.len() * d];
    crate::parallel::fill_rows(ctx, "scale", &mut rows, d, |first, rows| {
        for (j, (scale, column)) in scales.iter().zip(features.columns()).enumerate() {
            let to = rows.iter_mut().skip(j).step_by(d);
            to.zip(&column[first..])
                .for_each(|(to, &x)| *to = scale.apply(x));
        }
    })?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_of_1_changes_nothing_and_others_are_the_definition() {
        for x in [-3.0, -0.5, 0.0, 0.5, 3.0] {
            assert!((yeo_johnson(x, 1.0) - x).abs() < 1e-12);
        }
        assert!((yeo_johnson(3.0, 0.0) - 4.0_f64.ln()).abs() < 1e-12);
        assert!((yeo_johnson(-3.0, 2.0) + 4.0_f64.ln()).abs() < 1e-12);
        assert!((yeo_johnson(3.0, 0.5) - 2.0).abs() < 1e-12);
        assert!((yeo_johnson(-3.0, 0.5) + (4.0_f64.powf(1.5) - 1.0) / 1.5).abs() < 1e-12);
    }

    /// scikit-learn 1.9: `PowerTransformer().fit([[0], [1], [2], [4], [9], [30]]).lambdas_`.
    #[test]
    fn the_likeliest_power_is_that_of_scikit_learn() {
        let found = likeliest_power(&[0.0, 1.0, 2.0, 4.0, 9.0, 30.0], &Context::new()).unwrap();
        assert!((found - POWER).abs() < 1e-4, "{found}");
    }

    const POWER: f64 = -0.195_947_93;

    #[test]
    fn one_value_tells_nobody_apart() {
        for scale in [
            Scale::Log,
            Scale::Standard,
            Scale::Robust,
            Scale::YeoJohnson,
        ] {
            let found = of_column(&[0.1; 7], scale, &Context::new()).unwrap();
            assert_eq!((found.unit, found.apply(0.1)), (0.0, 0.0), "{scale:?}");
        }
    }
}
