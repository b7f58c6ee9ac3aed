//! Amounts with a unit of measure, in the base unit of what they measure.

use super::text::narrow;

/// Names of a unit, what one of it is in the base unit, and the base unit.
const UNITS: &[(&[&str], f64, &str)] = &[
    (&["mg", "毫克"], 0.001, "g"),
    (&["g", "gr", "gram", "grams", "克"], 1.0, "g"),
    (&["kg", "kgs", "kilo", "千克", "公斤"], 1_000.0, "g"),
    (&["t", "ton", "tonne", "吨"], 1_000_000.0, "g"),
    (&["斤"], 500.0, "g"),
    (&["两"], 50.0, "g"),
    (&["oz", "ounce", "ounces"], 28.349_523_125, "g"),
    (&["lb", "lbs", "pound", "pounds"], 453.592_37, "g"),
    (&["ml", "毫升"], 1.0, "ml"),
    (&["cl"], 10.0, "ml"),
    (&["dl"], 100.0, "ml"),
    (
        &["l", "lt", "liter", "litre", "liters", "litres", "升"],
        1_000.0,
        "ml",
    ),
    (&["mm", "毫米"], 1.0, "mm"),
    (&["cm", "厘米"], 10.0, "mm"),
    (&["m", "meter", "metre", "米"], 1_000.0, "mm"),
    (&["in", "inch", "inches"], 25.4, "mm"),
    (
        &[
            "pc", "pcs", "piece", "pieces", "ea", "each", "unit", "units", "件", "个", "只", "瓶",
            "盒", "包", "袋", "支",
        ],
        1.0,
        "piece",
    ),
    (&["pair", "pairs", "双", "对"], 2.0, "piece"),
    (&["dozen", "doz", "打"], 12.0, "piece"),
];

/// An amount in its base unit: `0.5 kg` is 500 g.
pub(super) fn unit(text: &str) -> Option<(f64, &'static str)> {
    let text: String = text.chars().map(narrow).collect();
    let text = text.trim().to_lowercase();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ','))
        .unwrap_or(text.len());
    let number: f64 = text[..end].replace(',', ".").parse().ok()?;
    let name = text[end..].trim().trim_end_matches('.');
    let (_, factor, base) = UNITS.iter().find(|(names, ..)| names.contains(&name))?;
    let value = number * factor;
    value.is_finite().then_some((value, base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_come_in_their_base_unit() {
        for (text, expected) in [
            ("500 g", Some((500.0, "g"))),
            ("0.5kg", Some((500.0, "g"))),
            ("2斤", Some((1_000.0, "g"))),
            ("１.５ L", Some((1_500.0, "ml"))),
            ("12 pcs.", Some((12.0, "piece"))),
            ("2 打", Some((24.0, "piece"))),
            ("0,75l", Some((750.0, "ml"))),
            ("kg", None),
            ("5", None),
            ("5 stones", None),
            ("", None),
        ] {
            assert_eq!(unit(text), expected, "{text}");
        }
    }
}
