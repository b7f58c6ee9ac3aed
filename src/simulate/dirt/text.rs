//! Texts spoiled in the usual ways.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Another writing of a name: a letter lost or doubled, other letters' case, or other spaces.
pub(super) fn varied(name: &str, rng: &mut ChaCha8Rng) -> String {
    let letters: Vec<char> = name.chars().collect();
    let at = rng.gen_range(0..letters.len());
    let varied: String = match rng.gen_range(0..4) {
        0 => name.to_uppercase(),
        1 => name.replace(' ', "  "),
        2 if letters.len() > 1 => without(&letters, at),
        _ => doubled(&letters, at),
    };
    if varied == name || varied.trim() != varied {
        return doubled(&letters, letters.len() - 1);
    }
    varied
}

fn without(letters: &[char], at: usize) -> String {
    let kept = letters.iter().enumerate().filter(|(i, _)| *i != at);
    kept.map(|(_, c)| c).collect()
}

fn doubled(letters: &[char], at: usize) -> String {
    let twice = |(i, &c): (usize, &char)| std::iter::repeat_n(c, if i == at { 2 } else { 1 });
    letters.iter().enumerate().flat_map(twice).collect()
}

/// Letters and digits of the double width that East Asian keyboards type.
pub(super) fn full_width(text: &str) -> String {
    const AWAY: u32 = 0xfee0;
    let widen = |c: char| match c {
        '!'..='~' => char::from_u32(c as u32 + AWAY).unwrap_or(c),
        _ => c,
    };
    text.chars().map(widen).collect()
}

/// The name after its UTF-8 was read as Latin-1; one without accents loses a letter to U+FFFD instead.
pub(super) fn misread(name: &str, rng: &mut ChaCha8Rng) -> String {
    if !name.is_ascii() && rng.gen_bool(0.5) {
        return name.bytes().map(char::from).collect();
    }
    let mut letters: Vec<char> = name.chars().collect();
    let at = rng.gen_range(0..letters.len());
    letters[at] = '\u{fffd}';
    letters.into_iter().collect()
}

pub(super) fn untrimmed(name: &str, rng: &mut ChaCha8Rng) -> String {
    match rng.gen_range(0..3) {
        0 => format!(" {name}"),
        1 => format!("{name} "),
        _ => format!("  {name}\t"),
    }
}

/// A text that is no customer's id.
pub(super) fn malformed(id: &str, rng: &mut ChaCha8Rng) -> String {
    match rng.gen_range(0..4) {
        0 => "??".into(),
        1 => "N/A".into(),
        2 => format!("{}\u{7}{}", &id[..id.len() / 2], &id[id.len() / 2..]),
        _ => format!("cust#{}/x", rng.gen_range(1..1_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::stream;

    #[test]
    fn every_spoiled_text_differs_and_keeps_its_kind() {
        let mut rng = stream(1, "text", 0);
        for name in ["retro red mug", "复古红色马克杯", "rose café tin", "a"] {
            for _ in 0..200 {
                let v = varied(name, &mut rng);
                assert!(v != name && v.trim() == v && !v.is_empty());
                assert!(!v.contains('\u{fffd}'));
                let m = misread(name, &mut rng);
                assert!(
                    m.contains('\u{fffd}') || m.chars().any(|c| ('\u{80}'..'\u{100}').contains(&c))
                );
                assert_eq!(untrimmed(name, &mut rng).trim(), name);
                assert!(untrimmed(name, &mut rng) != name);
            }
        }
        assert_eq!(full_width("K00012"), "Ｋ０００１２");
        assert!(malformed("K0010001", &mut rng) != "K0010001");
    }
}
