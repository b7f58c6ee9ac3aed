//! Names of one item that are one name written in several ways.

use std::collections::HashSet;

use strsim::{damerau_levenshtein, normalized_damerau_levenshtein};

/// Beyond so many names an item's code stands for many things, and names are compared with the most frequent ones only.
const MAX_NAMES: usize = 64;
/// Of an item with more names than this, which is no one thing, only those are compared that differ in case, width, blanks and punctuation alone.
const MANY_NAMES: usize = 500;
/// Shorter names are too alike by nature; in Chinese, where a character is a word, one less.
const MIN_CHARS: usize = 4;

/// Which of an item's names are nearly, but not quite, one that more rows have.
pub(super) fn variants(names: &[Vec<u8>], n_rows: &[u64], similarity: f64) -> Vec<bool> {
    let mut is_variant = vec![false; names.len()];
    if names.len() < 2 {
        return is_variant;
    }
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by(|&a, &b| {
        n_rows[b]
            .cmp(&n_rows[a])
            .then_with(|| names[a].cmp(&names[b]))
    });
    let plain: Vec<String> = names
        .iter()
        .map(|n| plain(&String::from_utf8_lossy(n)))
        .collect();
    if names.len() > MANY_NAMES {
        let mut seen = HashSet::new();
        for i in order {
            is_variant[i] = !plain[i].is_empty() && !seen.insert(plain[i].as_str());
        }
        return is_variant;
    }
    let mut kept: Vec<usize> = Vec::new();
    for i in order {
        if plain[i].is_empty() {
            continue;
        }
        if kept
            .iter()
            .any(|&k| is_one_name(&plain[k], &plain[i], similarity))
        {
            is_variant[i] = true;
        } else if kept.len() < MAX_NAMES {
            kept.push(i);
        }
    }
    is_variant
}

fn is_one_name(a: &str, b: &str, similarity: f64) -> bool {
    if a == b {
        return true;
    }
    let (n, m) = (a.chars().count(), b.chars().count());
    let is_wordy = !a.is_ascii() && n.min(m) + 1 >= MIN_CHARS;
    if n.min(m) < MIN_CHARS && !is_wordy {
        return false;
    }
    // Sizes and counts make different things of names that are alike.
    let digits = |s: &str| s.chars().filter(char::is_ascii_digit).collect::<String>();
    if digits(a) != digits(b)
        || n.abs_diff(m) > 1 && (n.min(m) as f64) < similarity * n.max(m) as f64
    {
        return false;
    }
    // One letter off is a slip, however short the name.
    damerau_levenshtein(a, b) <= 1 || normalized_damerau_levenshtein(a, b) >= similarity
}

/// The name without what does not tell names apart: case, width, blanks, punctuation.
fn plain(name: &str) -> String {
    let narrow = name.chars().map(crate::clean::text::narrow);
    narrow
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[(&str, u64)]) -> Vec<bool> {
        let texts: Vec<Vec<u8>> = names.iter().map(|(n, _)| n.as_bytes().to_vec()).collect();
        let rows: Vec<u64> = names.iter().map(|(_, n)| *n).collect();
        variants(&texts, &rows, 0.85)
    }

    #[test]
    fn the_rarer_way_of_writing_is_the_variant() {
        assert_eq!(
            found(&[
                ("REGENCY CAKESTAND 3 TIER", 9),
                ("Regency  Cakestand 3-tier", 2)
            ]),
            [false, true]
        );
        assert_eq!(found(&[("red mugg", 1), ("red mugs", 9)]), [true, false]);
        assert_eq!(found(&[("茶杯１号", 1), ("茶杯1号", 5)]), [true, false]);
    }

    #[test]
    fn of_many_names_those_written_alike_are_variants() {
        let names: Vec<String> = (0..2_000).map(|i| format!("item number {i}")).collect();
        let mut names: Vec<(&str, u64)> = names.iter().map(|n| (n.as_str(), 9)).collect();
        names.push(("ITEM  NUMBER 7", 1));
        let found = found(&names);
        assert_eq!(found.iter().filter(|v| **v).count(), 1);
        assert!(found[2_000]);
    }

    #[test]
    fn other_names_stay() {
        assert_eq!(
            found(&[("red mug", 9), ("damaged", 2), ("", 1)]),
            [false; 3]
        );
        assert_eq!(
            found(&[("set of 3 boxes", 9), ("set of 6 boxes", 2)]),
            [false; 2]
        );
        assert_eq!(found(&[("mug", 9), ("mut", 2)]), [false; 2]);
        assert_eq!(found(&[("only one", 9)]), [false]);
    }
}
