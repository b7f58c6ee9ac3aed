//! Numbers as people and programs write them.

/// An integer, if the text is as it would be written: `007` is not.
pub(super) fn plain_integer(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let (is_negative, digits) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, bytes),
    };
    match digits {
        [b'0'] if !is_negative => Some(0),
        [b'1'..=b'9', ..] if digits.len() <= 18 => {
            let mut value = 0;
            for b in digits {
                value = value * 10 + i64::from(digit(*b)?);
            }
            Some(if is_negative { -value } else { value })
        }
        [b'1'..=b'9', ..] if digits.iter().all(u8::is_ascii_digit) => text.parse().ok(),
        _ => None,
    }
}

fn digit(byte: u8) -> Option<u8> {
    let value = byte.wrapping_sub(b'0');
    (value < 10).then_some(value)
}

/// An integer as floats are written: `17.0`.
pub(super) fn point_zero(text: &str) -> Option<i64> {
    plain_integer(text.strip_suffix(".0")?)
}

/// How numbers are written in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Notation {
    pub(super) decimal_comma: bool,
    /// Whether thousands may be set apart, as in `1,234.5`.
    pub(super) grouped: bool,
}

/// The powers of ten that are exact in a float.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

impl Notation {
    /// The float nearest to the number that the text is.
    pub(super) fn number(self, text: &str) -> Option<f64> {
        self.short(text.as_bytes()).or_else(|| self.long(text))
    }

    /// Few digits: mantissa and power are exact, so one division rounds once, as a slower parser would.
    fn short(self, text: &[u8]) -> Option<f64> {
        const EXACT: u64 = 1 << 53;
        let point = if self.decimal_comma { b',' } else { b'.' };
        let (is_negative, digits) = match text {
            [b'-', rest @ ..] => (true, rest),
            _ => (false, text),
        };
        if digits.is_empty() || digits.len() > 19 {
            return None;
        }
        let (mut mantissa, mut at_point) = (0_u64, None);
        for (i, &b) in digits.iter().enumerate() {
            match digit(b) {
                Some(d) => mantissa = mantissa * 10 + u64::from(d),
                None if b == point && at_point.is_none() => at_point = Some(i),
                None => return None,
            }
        }
        let n_decimals = at_point.map_or(0, |i| digits.len() - 1 - i);
        let has_digits = digits.len() > usize::from(at_point.is_some());
        if mantissa > EXACT || !has_digits {
            return None;
        }
        let value = mantissa as f64 / POWERS[n_decimals];
        Some(if is_negative { -value } else { value })
    }

    /// Everything else: exponents, many digits, groups, `inf`.
    fn long(self, text: &str) -> Option<f64> {
        if !self.decimal_comma {
            let plain = text.parse().ok();
            return plain.or_else(|| self.ungrouped(text, ',', '.')?.parse().ok());
        }
        if text.contains('.') {
            return self
                .ungrouped(text, '.', ',')?
                .replace(',', ".")
                .parse()
                .ok();
        }
        text.replace(',', ".").parse().ok()
    }

    /// The text without the marks between its groups of three digits, if they stand right.
    fn ungrouped(self, text: &str, group: char, point: char) -> Option<String> {
        let (whole, decimals) = text
            .split_once(point)
            .map_or((text, None), |(w, d)| (w, Some(d)));
        let mut groups = whole.trim_start_matches(['-', '+']).split(group);
        let is_digits = |g: &str| g.bytes().all(|b| b.is_ascii_digit());
        let first = groups.next()?;
        let starts_right = (1..=3).contains(&first.len()) && is_digits(first);
        let (mut n, mut goes_on) = (0, true);
        for g in groups {
            n += 1;
            goes_on &= g.len() == 3 && is_digits(g);
        }
        let is_grouped = self.grouped && starts_right && goes_on && n > 0;
        let ends_right = decimals.is_none_or(is_digits);
        (is_grouped && ends_right).then(|| text.replace(group, ""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POINT: Notation = Notation {
        decimal_comma: false,
        grouped: true,
    };
    const COMMA: Notation = Notation {
        decimal_comma: true,
        grouped: true,
    };

    #[test]
    fn integers_are_those_that_are_written_as_such() {
        for (text, expected) in [
            ("0", Some(0)),
            ("-7", Some(-7)),
            ("007", None),
            ("-0", None),
            ("+7", None),
            ("", None),
            ("-", None),
            ("7a", None),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
        ] {
            assert_eq!(plain_integer(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_are_read_by_their_notation() {
        for (text, point, comma) in [
            ("1.5", Some(1.5), None),
            ("1,5", None, Some(1.5)),
            ("1,234.5", Some(1234.5), None),
            ("1.234,5", None, Some(1234.5)),
            ("-12,345,678", Some(-12_345_678.0), None),
            ("1,23,456", None, None),
            ("1,234", Some(1234.0), Some(1.234)),
            ("1.234", Some(1.234), Some(1234.0)),
            (".5", Some(0.5), None),
            ("5.", Some(5.0), None),
            (".", None, None),
            ("-", None, None),
            ("1e3", Some(1000.0), Some(1000.0)),
            ("1 5", None, None),
            ("1,234.5,6", None, None),
        ] {
            assert_eq!(POINT.number(text), point, "{text}");
            assert_eq!(COMMA.number(text), comma, "{text}");
        }
        let plain = Notation {
            grouped: false,
            ..POINT
        };
        assert_eq!(plain.number("1,234"), None);
    }

    proptest! {
        #[test]
        fn numbers_are_what_the_slow_parser_says(text in "-?[0-9]{0,20}(\\.[0-9]{0,12})?(e-?[0-9]{1,3})?") {
            let slow: Option<f64> = text.parse().ok();
            prop_assert_eq!(POINT.number(&text).map(f64::to_bits), slow.map(f64::to_bits));
        }
    }
}
