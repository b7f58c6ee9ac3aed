//! Traits in words.

use super::traits::{Basis, Trait};

/// Differences that are told: the chance of more than one from elsewhere is at least .64, which is Cohen's medium effect of half a standard deviation, or at most .36.
const TOLD: f64 = 0.14;
/// Most traits that are told of a segment.
const MOST: usize = 3;

/// The traits of a segment that are worth telling, the largest first: of other columns only those that chance alone hardly makes, of baskets' coordinates none, for
/// they have no names.
pub(super) fn told(
    traits: &[Trait],
    segment: usize,
    fdr: f64,
    is_named: impl Fn(&str) -> bool,
) -> Vec<&Trait> {
    let size = |t: &Trait| (t.superiority - 0.5).abs();
    let is_sure = |t: &Trait| t.basis == Basis::Used || t.p_adjusted.is_some_and(|p| p <= fdr);
    let mut own: Vec<&Trait> = traits
        .iter()
        .filter(|t| t.segment == segment && size(t) >= TOLD && is_sure(t) && is_named(&t.column))
        .collect();
    own.sort_by(|a, b| size(b).total_cmp(&size(a)));
    own.truncate(MOST);
    own
}

/// The traits as a sentence.
pub(super) fn sentence(traits: &[&Trait]) -> String {
    if traits.is_empty() {
        return "nothing sets it apart by much".into();
    }
    traits
        .iter()
        .map(|t| phrase(t))
        .collect::<Vec<_>>()
        .join("; ")
}

fn phrase(t: &Trait) -> String {
    if let Some(level) = &t.level {
        return format!(
            "{} {level}: {} % against {} % elsewhere",
            t.column,
            number(t.value * 100.0),
            number(t.elsewhere * 100.0)
        );
    }
    let (word, chance) = if t.superiority >= 0.5 {
        ("high", t.superiority)
    } else {
        ("low", 1.0 - t.superiority)
    };
    format!(
        "{word} {}: {} against {} elsewhere ({word}er in {:.0} % of comparisons)",
        t.column,
        number(t.value),
        number(t.elsewhere),
        chance * 100.0
    )
}

/// Three digits that count, thousands apart.
fn number(x: f64) -> String {
    let size = x.abs();
    if size >= 1_000.0 {
        let whole = format!("{size:.0}");
        let mut grouped = String::new();
        for (i, digit) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i) % 3 == 0 {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        return if x < 0.0 {
            format!("-{grouped}")
        } else {
            grouped
        };
    }
    let places = match size {
        s if s >= 100.0 => 0,
        s if s >= 10.0 => 1,
        s if s >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{x:.places$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').into()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_that_count() {
        for (x, text) in [
            (1_234_567.8, "1,234,568"),
            (-1_500.0, "-1,500"),
            (123.4, "123"),
            (12.30, "12.3"),
            (2.0, "2"),
            (0.1234, "0.123"),
            (0.0, "0"),
        ] {
            assert_eq!(number(x), text);
        }
    }
}
