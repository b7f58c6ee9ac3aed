//! Money written as text: a number, perhaps with a currency before or after it.

use super::text::narrow;

/// Signs and names of currencies, longer ones first where one begins with another.
const CURRENCIES: &[(&str, &str)] = &[
    ("US$", "USD"),
    ("HK$", "HKD"),
    ("NT$", "TWD"),
    ("A$", "AUD"),
    ("C$", "CAD"),
    ("S$", "SGD"),
    ("R$", "BRL"),
    ("$", "USD"),
    ("£", "GBP"),
    ("€", "EUR"),
    ("₹", "INR"),
    ("₩", "KRW"),
    ("₽", "RUB"),
    ("人民币", "CNY"),
    ("RMB", "CNY"),
    ("元", "CNY"),
    ("円", "JPY"),
    ("港币", "HKD"),
    ("美元", "USD"),
    ("欧元", "EUR"),
    ("英镑", "GBP"),
    ("日元", "JPY"),
];
const CODES: &[&str] = &[
    "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "IDR", "ILS",
    "INR", "JPY", "KRW", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "RUB", "SAR", "SEK", "SGD",
    "THB", "TRY", "TWD", "USD", "VND", "ZAR",
];

/// A number and its currency, if one is named. `yen` is the currency of the sign that two countries share.
pub(super) fn money(text: &str, decimal: Option<char>, yen: &str) -> Option<(f64, Option<String>)> {
    let text: String = text.chars().map(narrow).collect();
    let (text, is_negative) = without_sign(text.trim());
    let (number, currency) = without_currency(text, yen);
    let (number, is_negative_inside) = without_sign(number);
    let value = number_of(number, decimal)?;
    if is_negative && is_negative_inside {
        return None;
    }
    let is_negative = is_negative || is_negative_inside;
    Some((if is_negative { -value } else { value }, currency))
}

/// `-5`, `5-` and `(5)` are all negative.
fn without_sign(text: &str) -> (&str, bool) {
    let text = text.trim();
    if let Some(inside) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        return (inside.trim(), true);
    }
    for minus in ['-', '\u{2212}'] {
        if let Some(rest) = text
            .strip_prefix(minus)
            .or_else(|| text.strip_suffix(minus))
        {
            return (rest.trim(), true);
        }
    }
    (text.strip_prefix('+').unwrap_or(text).trim(), false)
}

fn without_currency<'t>(text: &'t str, yen: &str) -> (&'t str, Option<String>) {
    let signs = CURRENCIES
        .iter()
        .copied()
        .chain(CODES.iter().map(|&c| (c, c)));
    // The sign that yen and yuan share, and its full-width form.
    let signs = signs.chain([("¥", yen), ("￥", yen)]);
    for (sign, code) in signs {
        let at_start = text
            .get(..sign.len())
            .filter(|s| s.eq_ignore_ascii_case(sign));
        let at_end = text
            .len()
            .checked_sub(sign.len())
            .and_then(|i| text.get(i..));
        let at_end = at_end.filter(|s| s.eq_ignore_ascii_case(sign));
        if at_start.is_some() {
            return (text[sign.len()..].trim(), Some(code.to_owned()));
        }
        if at_end.is_some() {
            return (
                text[..text.len() - sign.len()].trim(),
                Some(code.to_owned()),
            );
        }
    }
    (text, None)
}

/// A number with thousands apart: `1,234.50`, `1.234,50`, `1 234,50`, `1'234.50`.
fn number_of(text: &str, decimal: Option<char>) -> Option<f64> {
    let is_gap = |c: char| c.is_whitespace() || c == '\'' || c == '\u{2019}' || c == '_';
    if text.starts_with(is_gap) || text.ends_with(is_gap) {
        return None;
    }
    let text: String = text.chars().filter(|&c| !is_gap(c)).collect();
    let plain = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    if text.is_empty() || !text.chars().all(plain) {
        return None;
    }
    let point = decimal.or_else(|| decimal_point(&text));
    let (whole, rest) = match point.and_then(|p| text.rsplit_once(p)) {
        Some((whole, rest)) => (whole, rest),
        None => (text.as_str(), ""),
    };
    if !rest.chars().all(|c| c.is_ascii_digit()) || !is_grouped(whole) {
        return None;
    }
    let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() && rest.is_empty() {
        return None;
    }
    format!("0{digits}.{rest}0").parse().ok()
}

/// Digits, or groups of three of them with one kind of separator between.
fn is_grouped(whole: &str) -> bool {
    let Some(separator) = whole.chars().find(|c| !c.is_ascii_digit()) else {
        return true;
    };
    let mut groups = whole.split(separator);
    let is_digits = |g: &str| g.chars().all(|c| c.is_ascii_digit());
    groups
        .next()
        .is_some_and(|g| (1..=3).contains(&g.len()) && is_digits(g))
        && groups.all(|g| g.len() == 3 && is_digits(g))
}

/// Which of point and comma begins the decimals: the last of the two where both are there; a lone one that parts off three digits may
/// as well part thousands if it is a comma.
fn decimal_point(text: &str) -> Option<char> {
    let (point, comma) = (text.rfind('.'), text.rfind(','));
    match (point, comma) {
        (Some(p), Some(c)) => Some(if p > c { '.' } else { ',' }),
        (Some(_), None) if text.matches('.').count() == 1 => Some('.'),
        (None, Some(c)) if text.matches(',').count() == 1 && text.len() - c != 4 => Some(','),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_read_as_people_write_it() {
        for (text, value, currency) in [
            ("£1,234.50", 1234.5, Some("GBP")),
            ("1.234,50 €", 1234.5, Some("EUR")),
            ("US$ 3", 3.0, Some("USD")),
            ("(3.50)", -3.5, None),
            ("-$4.25", -4.25, Some("USD")),
            ("$-4.25", -4.25, Some("USD")),
            ("￥１２．５", 12.5, Some("CNY")),
            ("12.5元", 12.5, Some("CNY")),
            ("gbp 7", 7.0, Some("GBP")),
            ("1 234,5", 1234.5, None),
            ("1,234", 1234.0, None),
            ("0,5", 0.5, None),
            (".5", 0.5, None),
            ("1.234.567", 1_234_567.0, None),
        ] {
            let expected = Some((value, currency.map(str::to_owned)));
            assert_eq!(money(text, None, "CNY"), expected, "{text}");
        }
        assert_eq!(money("1.234", Some(','), "CNY"), Some((1234.0, None)));
        for text in [
            "",
            "free",
            "1,23,4",
            "12 apples",
            "--5",
            "1.2.3,4",
            "€",
            "$$5",
            "1,2345.6",
        ] {
            assert_eq!(money(text, None, "CNY"), None, "{text}");
        }
    }
}
