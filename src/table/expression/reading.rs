//! The language held against a plain reading of it, row by row, over drawn conditions and rows.

use std::sync::Arc;

use arrow_array::{Float64Array, Int64Array, RecordBatch, StringArray};
use proptest::prelude::*;

use super::tests::{column, holds_in};
use crate::table::Table;

/// Rows of the columns `a` (integers), `x` (floats), `t` (texts).
type Row = (Option<i64>, Option<f64>, Option<&'static str>);

/// Text, and what it says of a row: nothing where that is unknown.
#[derive(Clone)]
struct Says<T> {
    text: String,
    of: Of<T>,
}

type Of<T> = Arc<dyn Fn(&Row) -> Option<T>>;

impl<T> std::fmt::Debug for Says<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

type Amount = Says<f64>;
type Said = Says<bool>;

fn says<T>(text: impl Into<String>, of: impl Fn(&Row) -> Option<T> + 'static) -> Says<T> {
    Says {
        text: text.into(),
        of: Arc::new(of),
    }
}

fn amount() -> BoxedStrategy<Amount> {
    let leaf = prop_oneof![
        Just(says("a", |r: &Row| r.0.map(|a| a as f64))),
        Just(says("x", |r: &Row| r.1.filter(|x| !x.is_nan()))),
        (-3i32..4).prop_map(|v| says(v.to_string(), move |_| Some(f64::from(v)))),
        (-6i32..7).prop_map(|v| {
            let v = f64::from(v) / 4.0;
            says(format!("{v:?}"), move |_| Some(v))
        }),
    ];
    let computed = |(l, r, op): (Amount, Amount, usize)| {
        let text = format!("({l:?} {} {r:?})", ["+", "-", "*", "/", "%"][op]);
        says(text, move |row| {
            let (l, r) = ((l.of)(row)?, (r.of)(row)?);
            let value = match op {
                0 => l + r,
                1 => l - r,
                2 => l * r,
                _ if r == 0.0 => return None,
                3 => l / r,
                _ => l % r,
            };
            Some(value).filter(|v| !v.is_nan())
        })
    };
    leaf.prop_recursive(2, 8, 2, move |inner| {
        (inner.clone(), inner, 0usize..5).prop_map(computed)
    })
    .boxed()
}

/// Both where both are known.
fn both(l: &Amount, r: &Amount, row: &Row) -> Option<(f64, f64)> {
    (l.of)(row).zip((r.of)(row))
}

fn comparison() -> BoxedStrategy<Said> {
    let simple = (amount(), amount(), 0usize..6).prop_map(|(l, r, op)| {
        let text = format!("{l:?} {} {r:?}", ["=", "<>", "<", "<=", ">", ">="][op]);
        says(text, move |row| {
            let (l, r) = both(&l, &r, row)?;
            Some([l == r, l != r, l < r, l <= r, l > r, l >= r][op])
        })
    });
    let missing = amount().prop_map(|v| {
        says(format!("{v:?} is null"), move |row| {
            Some((v.of)(row).is_none())
        })
    });
    let within = (amount(), amount(), amount()).prop_map(|(v, l, h)| {
        says(format!("{v:?} between {l:?} and {h:?}"), move |row| {
            let at_least = both(&v, &l, row).map(|(v, l)| v >= l);
            let at_most = both(&v, &h, row).map(|(v, h)| v <= h);
            all(at_least, at_most)
        })
    });
    let listed = (amount(), prop::collection::vec(amount(), 1..4)).prop_map(|(v, list)| {
        let texts: Vec<String> = list.iter().map(|l| l.text.clone()).collect();
        says(format!("{v:?} in ({})", texts.join(", ")), move |row| {
            let equal = |l: &Amount| both(&v, l, row).map(|(v, l)| v == l);
            list.iter().map(equal).fold(Some(false), any)
        })
    });
    let texts = prop::sample::select(vec!["a", "b", "ab", ""]);
    let text = (texts, 0usize..3).prop_map(|(other, op)| {
        let form = ["t = '{}'", "t < '{}'", "t like '{}%'"][op];
        says(form.replace("{}", other), move |row| {
            let t = row.2?;
            Some([t == other, t < other, t.starts_with(other)][op])
        })
    });
    prop_oneof![simple, missing, within, listed, text].boxed()
}

fn condition() -> BoxedStrategy<Said> {
    let joined = |(l, r, op): (Said, Said, usize)| {
        let text = match op {
            0 => format!("({l:?} and {r:?})"),
            1 => format!("({l:?} or {r:?})"),
            _ => format!("not ({l:?})"),
        };
        says(text, move |row| match op {
            0 => all((l.of)(row), (r.of)(row)),
            1 => any((l.of)(row), (r.of)(row)),
            _ => (l.of)(row).map(|b| !b),
        })
    };
    comparison()
        .prop_recursive(3, 16, 2, move |inner| {
            (inner.clone(), inner, 0usize..3).prop_map(joined)
        })
        .boxed()
}

fn all(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn any(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    all(a.map(|a| !a), b.map(|b| !b)).map(|c| !c)
}

/// Integers that floats hold: the plain reading compares as floats.
fn row() -> impl Strategy<Value = Row> {
    let floats = vec![0.0, -0.0, 0.25, -1.5, 2.0, 1e300, f64::NAN, f64::INFINITY];
    (
        prop::option::weighted(0.8, prop_oneof![-3i64..4, Just(1 << 53), Just(i64::MIN)]),
        prop::option::weighted(0.8, prop::sample::select(floats)),
        prop::option::weighted(0.8, prop::sample::select(vec!["a", "b", "ab", ""])),
    )
}

proptest! {
    #[test]
    fn conditions_hold_where_a_plain_reading_says(
        said in condition(),
        rows in prop::collection::vec(row(), 0..40),
        cut in 0usize..40,
    ) {
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("a", column(rows.iter().map(|r| r.0).collect::<Int64Array>()), true),
            ("x", column(rows.iter().map(|r| r.1).collect::<Float64Array>()), true),
            ("t", column(rows.iter().map(|r| r.2).collect::<StringArray>()), true),
        ]).unwrap();
        let cut = cut.min(rows.len());
        let batches = vec![batch.slice(0, cut), batch.slice(cut, rows.len() - cut)];
        let table = Table::try_new(batch.schema(), batches).unwrap();
        let expected: Vec<usize> =
            (0..rows.len()).filter(|&i| (said.of)(&rows[i]) == Some(true)).collect();
        prop_assert_eq!(holds_in(&table, &said.text).unwrap(), expected);
    }
}
