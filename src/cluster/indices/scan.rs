//! Figures of one pass over the rows.

use std::ops::Range;

use super::check;
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::matrix::frame::{Frame, square};
use crate::parallel::{Context, map_ordered, pieces};

/// How well rows and centres fit; none where it is not defined: with one group, or as many as rows.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize)]
#[non_exhaustive]
pub struct Indices {
    /// The sum of the squared distances of the rows to their centres.
    pub inertia: f64,
    /// The mean of (b - a) / max(a, b), a being the distance of a row to its centre and b that to the nearest other one: -1 to 1, more is better
    /// (Hruschka, de Castro and Campello 2004).
    pub simplified_silhouette: Option<f64>,
    /// Squared distances of the centres to the mean of all, over those of the rows to their centres, each by its degrees of freedom: more is better
    /// (Calinski and Harabasz 1974).
    pub calinski_harabasz: Option<f64>,
    /// The mean over the groups of the largest (s + t) / d, s and t being the mean distances of rows to their centres in this group and another, and d that between
    /// the centres: less is better (Davies and Bouldin 1979).
    pub davies_bouldin: Option<f64>,
}

/// What is summed over the rows of a group.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    n: u64,
    distances: f64,
    squares: f64,
    silhouettes: f64,
}

/// The indices of rows and centres, one centre after the other.
///
/// Cost: rows x columns x groups.
///
/// ```
/// use patronomy::{Context, Matrix, cluster::indices::indices};
/// let rows = [0.0_f64, 1.0, 10.0, 11.0];
/// let matrix = Matrix::from_rows(&rows[..], 1)?;
/// let found = indices(&matrix, &[0.5, 10.5], &[0, 0, 1, 1], &Context::new())?;
/// assert_eq!(found.inertia, 1.0);
/// assert_eq!(found.calinski_harabasz, Some(200.0));
/// assert_eq!(found.davies_bouldin, Some(0.1));
/// # Ok::<(), patronomy::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] if the centres are no multiple of the columns, or a label is missing or names none of them; [`Error::BadValues`] for what is no finite
/// number; [`Error::Cancelled`].
pub fn indices(
    matrix: &Matrix<'_>,
    centers: &[f64],
    labels: &[i32],
    ctx: &Context,
) -> Result<Indices> {
    let d = matrix.n_columns();
    if centers.is_empty() || !centers.len().is_multiple_of(d) {
        let rule = format!("must be {d} numbers for each centre");
        return Err(Error::parameter("indices", "centers", rule, centers.len()));
    }
    let k = centers.len() / d;
    check(matrix, labels, k)?;
    let moments = matrix.moments(ctx)?;
    let scale = Frame::of(&moments).scale;
    let parts = map_ordered(
        ctx,
        "indices",
        pieces(matrix.n_rows(), 1 << 13).collect(),
        |rows: Range<usize>| Ok(groups(matrix, centers, labels, rows, scale)),
    )?;
    let mut all = vec![Group::default(); k];
    for part in &parts {
        for (all, part) in all.iter_mut().zip(part) {
            all.n += part.n;
            all.distances += part.distances;
            all.squares += part.squares;
            all.silhouettes += part.silhouettes;
        }
    }
    let middle: Vec<f64> = moments.iter().map(|m| m.mean).collect();
    let apart = |a: &[f64], b: &[f64]| square(a, b, scale).sqrt() / scale;
    Ok(summed(&all, centers, &middle, apart))
}

fn groups(
    matrix: &Matrix<'_>,
    centers: &[f64],
    labels: &[i32],
    rows: Range<usize>,
    scale: f64,
) -> Vec<Group> {
    let d = matrix.n_columns();
    let mut groups = vec![Group::default(); centers.len() / d];
    let mut row = vec![0.0; d];
    for i in rows {
        matrix.row(i, &mut row);
        let label = labels[i] as usize;
        let (mut own, mut other) = (0.0, f64::INFINITY);
        for (c, centre) in centers.chunks_exact(d).enumerate() {
            let off = square(&row, centre, scale);
            if c == label {
                own = off;
            } else {
                other = other.min(off);
            }
        }
        let group = &mut groups[label];
        group.n += 1;
        group.squares += own / scale / scale;
        let (own, other) = (own.sqrt(), other.sqrt());
        group.distances += own / scale;
        let most = own.max(other);
        // At two centres at once a row is neither well nor badly placed.
        if most > 0.0 && most.is_finite() {
            group.silhouettes += (other - own) / most;
        }
    }
    groups
}

fn summed(
    groups: &[Group],
    centers: &[f64],
    middle: &[f64],
    apart: impl Fn(&[f64], &[f64]) -> f64,
) -> Indices {
    let d = middle.len();
    let used: Vec<(&Group, &[f64])> = groups
        .iter()
        .zip(centers.chunks_exact(d))
        .filter(|(g, _)| g.n > 0)
        .collect();
    let (k, n) = (
        used.len() as f64,
        groups.iter().map(|g| g.n).sum::<u64>() as f64,
    );
    let inertia = used.iter().map(|(g, _)| g.squares).sum();
    let mut found = Indices {
        inertia,
        ..Indices::default()
    };
    if k < 2.0 {
        return found;
    }
    let silhouettes = used.iter().map(|(g, _)| g.silhouettes).sum::<f64>();
    found.simplified_silhouette = Some(silhouettes / n);
    if n > k && inertia > 0.0 {
        let between = |&(g, centre): &(&Group, &[f64])| g.n as f64 * apart(centre, middle).powi(2);
        let between: f64 = used.iter().map(between).sum();
        found.calinski_harabasz = Some(between / (k - 1.0) / (inertia / (n - k)));
    }
    let mean = |g: &Group| g.distances / g.n as f64;
    let worst = |(i, &(g, centre)): (usize, &(&Group, &[f64]))| {
        let others = used.iter().enumerate().filter(|(j, _)| *j != i);
        let ratios = others.map(|(_, &(h, other))| match apart(centre, other) {
            0.0 => f64::INFINITY,
            apart => (mean(g) + mean(h)) / apart,
        });
        ratios.fold(0.0, f64::max)
    };
    let worst = used.iter().enumerate().map(worst).sum::<f64>() / k;
    found.davies_bouldin = worst.is_finite().then_some(worst);
    found
}
