//! Finding segments.

use std::sync::Arc;

use super::assign::{Near, nearest_two};
use super::model::{Deciles, Origin, Segment, SegmentModel};
use super::params::SegmentParams;
use super::result::Segments;
use crate::cluster::kmeans::KMeansParams;
use crate::error::{Error, Result};
use crate::features::{Features, Kind};
use crate::matrix::Matrix;
use crate::parallel::Context;
use crate::segment::choose::Choice;
use crate::segment::scaling::{self, ColumnScale, Scale};
use crate::stats::quantile::{Position, quantiles};

/// A segment that holds more than this share of the customers holds nearly everyone.
const NEARLY_ALL: f64 = 0.9;
/// A column with more than this share of the distances between centres decides alone.
const DOMINANT: f64 = 0.8;

impl SegmentParams {
    /// Segments of these customers: columns are scaled, k-means finds the centres, and segments are numbered from the largest on.
    ///
    /// # Errors
    /// [`Error::Parameter`] for parameters outside their rules; [`Error::TooFewRows`] for fewer customers than segments; [`Error::BadValues`] for what is no finite
    /// number; [`Error::Cancelled`].
    pub fn fit(&self, features: &Features, ctx: &Context) -> Result<Segments> {
        self.fit_among(features, true, ctx)
    }

    /// The same; where these are customers of one class, there is none for each.
    pub(super) fn fit_among(
        &self,
        features: &Features,
        are_all: bool,
        ctx: &Context,
    ) -> Result<Segments> {
        self.validate()?;
        let n = features.len();
        let needed = self.n_segments.unwrap_or(self.choose.min_segments);
        if n < needed {
            return Err(Error::TooFewRows {
                job: "segmentation".into(),
                what: "customers".into(),
                needed: needed as u64,
                found: n as u64,
                reason: "each segment needs one".into(),
            });
        }
        // Says which column has what is no number, before anything is scaled.
        features.matrix()?.moments(ctx)?;
        let scales = scaling::learn(features, self.scale, ctx)?;
        let rows = scaling::scaled(features, &scales, ctx)?;
        let matrix = Matrix::from_rows(&rows[..], scales.len())?;
        let matrix = matrix.with_names(features.names().to_vec())?;
        let corners = corners(features, &scales, self.n_segments).filter(|_| are_all);
        let (origin, choice, centers, notices) = match (corners, self.n_segments) {
            (Some(centers), _) => (Origin::Classes, None, centers, Vec::new()),
            (None, Some(k)) => {
                let params = KMeansParams::new(k).n_init(self.n_init).seed(self.seed);
                let found = params.fit(&matrix, None, ctx)?.model;
                (Origin::Given, None, found.centers, found.notices)
            }
            (None, None) => {
                let mut choose = self.choose.clone();
                choose.seed = self.seed;
                let (choice, found) = choose.fit(&matrix, ctx)?;
                let found = found.model;
                (Origin::Chosen, Some(choice), found.centers, found.notices)
            }
        };
        let found = Found {
            params: self,
            features,
            scales,
            choice,
            origin,
        };
        found.segments(&centers, notices, &matrix, ctx)
    }
}

/// Where the chances of latent classes are all there is, and as many segments are asked for as there are classes: the places where each class is certain. The nearest of them is that of the
/// likeliest class, which k-means would move away from.
fn corners(
    features: &Features,
    scales: &[ColumnScale],
    n_segments: Option<usize>,
) -> Option<Vec<f64>> {
    let k = features.recipe().classes.as_ref()?.n_classes();
    if features.names().len() != k || n_segments.is_some_and(|n| n != k) {
        return None;
    }
    let corner = |c: usize| (0..k).map(move |j| scales[j].apply(f64::from(u8::from(c == j))));
    Some((0..k).flat_map(corner).collect())
}

/// Centres, and what they were found in.
pub(super) struct Found<'a> {
    pub(super) params: &'a SegmentParams,
    pub(super) features: &'a Features,
    pub(super) scales: Vec<ColumnScale>,
    pub(super) choice: Option<Choice>,
    origin: Origin,
}

impl Found<'_> {
    /// A segment for each centre that has customers, the largest first.
    fn segments(
        self,
        centers: &[f64],
        notices: Vec<String>,
        matrix: &Matrix<'_>,
        ctx: &Context,
    ) -> Result<Segments> {
        let centers = by_size(centers, matrix, ctx)?;
        let k = centers.len() / matrix.n_columns();
        let near = nearest_two(matrix, &centers, &each(k), ctx)?;
        let mut model = SegmentModel {
            params: self.params.clone(),
            recipe: self.features.recipe().clone(),
            reaches: vec![0.0; k],
            centers,
            sizes: vec![0; k],
            segments: (0..k).map(unnamed).collect(),
            choice: self.choice,
            origin: self.origin,
            judgements: Vec::new(),
            next_id: k as i32,
            deciles: deciles(self.features, ctx)?,
            notices,
            data_hash: hash(matrix),
            scales: self.scales,
        };
        model.count(&near, ctx)?;
        model.notices.extend(warnings(&model));
        ctx.progress.finish();
        Ok(Segments::new(Arc::new(model), self.features.clone(), near))
    }
}

pub(super) fn unnamed(at: usize) -> Segment {
    Segment {
        id: at as i32,
        name: format!("segment {at}"),
        description: String::new(),
        centers: vec![at],
        is_rejected: false,
    }
}

/// Each centre a segment.
fn each(k: usize) -> Vec<i32> {
    (0..k as i32).collect()
}

/// Centres from the one with most rows to that with fewest, without those that have none; equals in the order of their numbers.
fn by_size(centers: &[f64], matrix: &Matrix<'_>, ctx: &Context) -> Result<Vec<f64>> {
    let d = matrix.n_columns();
    let k = centers.len() / d;
    let mut sizes = vec![0_u64; k];
    let near = nearest_two(matrix, centers, &each(k), ctx)?;
    near.labels.iter().for_each(|&l| sizes[l as usize] += 1);
    let centre = |c: usize| &centers[c * d..][..d];
    let by_place = |a: usize, b: usize| {
        let pairs = centre(a).iter().zip(centre(b));
        let first = pairs.map(|(x, y)| x.total_cmp(y)).find(|o| o.is_ne());
        first.unwrap_or(std::cmp::Ordering::Equal)
    };
    let mut order: Vec<usize> = (0..k).filter(|&c| sizes[c] > 0).collect();
    order.sort_by(|&a, &b| sizes[b].cmp(&sizes[a]).then_with(|| by_place(a, b)));
    Ok(order.into_iter().flat_map(|c| centre(c).to_vec()).collect())
}

impl SegmentModel {
    /// How many customers each centre has, and the distance that the share of them asked for keep.
    pub(super) fn count(&mut self, near: &Near, ctx: &Context) -> Result<()> {
        let mut own = vec![Vec::new(); self.sizes.len()];
        for (&distance, &label) in near.distances.iter().zip(&near.labels) {
            own[label as usize].push(distance);
        }
        self.sizes = own.iter().map(|own| own.len() as u64).collect();
        let share = (self.params.reach * 1e6).round() as usize;
        let reach = |own: Vec<f64>| match own.len() {
            0 => Ok(0.0),
            n => Ok(quantiles(&own, &[Position::exact(n, share, 1_000_000)], ctx)?[0]),
        };
        self.reaches = own.into_iter().map(reach).collect::<Result<_>>()?;
        Ok(())
    }
}

pub(super) fn deciles(features: &Features, ctx: &Context) -> Result<Vec<Deciles>> {
    let of = |column: &Vec<f64>| -> Result<Deciles> {
        let at: Vec<Position> = (1..10)
            .map(|i| Position::exact(column.len(), i, 10))
            .collect();
        let mut cuts = quantiles(column, &at, ctx)?;
        cuts.dedup();
        let counts = counted(column, &cuts);
        Ok(Deciles { cuts, counts })
    };
    features.columns().iter().map(of).collect()
}

/// How many values are at most each cut and above those before it, and above all.
pub(super) fn counted(column: &[f64], cuts: &[f64]) -> Vec<u64> {
    let mut counts = vec![0; cuts.len() + 1];
    column
        .iter()
        .for_each(|x| counts[cuts.partition_point(|c| c < x)] += 1);
    counts
}

/// Of the rows, one after the other.
pub(super) fn hash(matrix: &Matrix<'_>) -> String {
    let mut all = matrix.n_columns() as u64;
    let mut row = vec![0.0; matrix.n_columns()];
    for i in 0..matrix.n_rows() {
        matrix.row(i, &mut row);
        let bytes: Vec<u8> = row.iter().flat_map(|x| x.to_bits().to_le_bytes()).collect();
        all = twox_hash::XxHash3_64::oneshot_with_seed(all, &bytes);
    }
    format!("{all:016x}")
}

/// What is odd about segments.
pub(super) fn warnings(model: &SegmentModel) -> Vec<String> {
    let mut said = Vec::new();
    let how = match model.params.scale {
        Scale::Log => "in logarithms, then by their standard deviation",
        Scale::Standard => "by their standard deviation",
        Scale::Robust => "by the distance of their quartiles",
        Scale::YeoJohnson => "by Yeo and Johnson's powers, then by their standard deviation",
        Scale::None => "not scaled",
    };
    let kinds = &model.recipe.kinds;
    if kinds.contains(&Kind::Measure) {
        said.push(format!("columns were compared {how} (`scale`)"));
    }
    if kinds.contains(&Kind::Coordinate) {
        said.push("coordinates and classes were compared in one unit, that of the widest".into());
    }
    let constant = model
        .scales
        .iter()
        .zip(&model.recipe.names)
        .filter(|(s, _)| s.unit == 0.0);
    for (_, name) in constant {
        said.push(format!(
            "`{name}` has one value, or half of its values are one: it tells nobody apart"
        ));
    }
    let largest =
        model.sizes.iter().copied().max().unwrap_or(0) as f64 / model.n_customers() as f64;
    if model.sizes.len() > 1 && largest > NEARLY_ALL {
        said.push(format!(
            "one segment holds {:.1} % of the customers: outliers make up the others; try another `scale`, or leave them out",
            largest * 100.0
        ));
    }
    if let Some((share, name)) = dominant(model) {
        said.push(format!(
            "`{name}` makes {:.0} % of the differences between segments: the other columns hardly count; try another `scale`",
            share * 100.0
        ));
    }
    if model.choice.as_ref().is_some_and(|c| !c.has_groups) {
        said.push("the gap statistic finds no groups: segments are parts of one cloud, drawn for convenience".into());
    }
    said
}

/// The column with the largest share of the weighted squared distances between centres, if it dominates.
fn dominant(model: &SegmentModel) -> Option<(f64, &str)> {
    let d = model.n_features();
    if d < 2 || model.sizes.len() < 2 {
        return None;
    }
    let n = model.n_customers() as f64;
    let between: Vec<f64> = (0..d)
        .map(|j| {
            let at = |c: usize| (model.sizes[c] as f64, model.center(c)[j]);
            let all = 0..model.sizes.len();
            let mean = all.clone().map(|c| at(c).0 * at(c).1).sum::<f64>() / n;
            all.map(|c| at(c).0 * (at(c).1 - mean).powi(2)).sum()
        })
        .collect();
    let total: f64 = between.iter().sum();
    let (most, share) = (0..d)
        .map(|j| (j, between[j] / total))
        .reduce(|a, b| if b.1 > a.1 { b } else { a })?;
    (share > DOMINANT).then(|| (share, model.recipe.names[most].as_str()))
}
