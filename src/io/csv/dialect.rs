//! The dialect of a CSV file: found out from its first records where it is not given.

use serde::Serialize;

use super::blocks::Marks;
use super::compression::Compression;
use super::fields::{FirstRecords, first_records};
use crate::io::options::{Quote, ReadOptions};

/// How a CSV file is written, as it was found out or given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Dialect {
    /// How the file is compressed.
    pub compression: Compression,
    /// The name of its encoding; `UTF-8` for ASCII.
    pub encoding: String,
    /// Whether it begins with a byte order mark.
    pub has_mark: bool,
    /// What stands between fields.
    pub delimiter: char,
    /// What stands around fields that hold delimiters.
    pub quote: Quote,
    /// Whether the first record holds the names.
    pub has_header: bool,
    /// Whether numbers are written `1.234,5`.
    pub decimal_comma: bool,
}

/// Records that are looked at.
const RECORDS: usize = 200;
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// What the first records say.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) marks: Marks,
    pub(super) quote: Quote,
    pub(super) has_header: bool,
    pub(super) decimal_comma: bool,
}

/// Finds out what the options leave open.
pub(super) fn found_out(sample: &str, is_whole: bool, options: &ReadOptions) -> Found {
    let (marks, quote) = best_marks(sample, is_whole, options);
    let records = first_records(sample, marks, RECORDS).records;
    let has_header = options
        .has_header
        .unwrap_or_else(|| has_header(&records, options));
    let body = records.get(usize::from(has_header)..).unwrap_or_default();
    let decimal_comma = options
        .decimal_comma
        .unwrap_or_else(|| has_decimal_comma(body));
    Found {
        marks,
        quote,
        has_header,
        decimal_comma,
    }
}

/// The marks under which the records are most alike; of equals the first.
fn best_marks(sample: &str, is_whole: bool, options: &ReadOptions) -> (Marks, Quote) {
    let delimiters = match options.delimiter {
        Some(given) => vec![given as u8],
        None => DELIMITERS.to_vec(),
    };
    let quotes = match options.quote {
        Some(given) => vec![given],
        None => vec![Quote::Double, Quote::None, Quote::Single],
    };
    let mut best = (
        Marks {
            delimiter: delimiters[0],
            quote: quotes[0].byte(),
        },
        quotes[0],
    );
    let mut best_score = f64::MIN;
    for &quote in &quotes {
        for &delimiter in &delimiters {
            let marks = Marks {
                delimiter,
                quote: quote.byte(),
            };
            let score = score(sample, is_whole, marks, options);
            if score > best_score {
                (best, best_score) = ((marks, quote), score);
            }
        }
    }
    best
}

/// The share of records with as many fields as most have, if that is more than one; names that are bound count most.
fn score(sample: &str, is_whole: bool, marks: Marks, options: &ReadOptions) -> f64 {
    let text = match super::blocks::last_record_end(sample.as_bytes(), marks) {
        Some(end) if !is_whole => &sample[..end],
        _ => sample,
    };
    // A quote that is never closed is for the reader to refuse: the file may be cut off within it.
    let FirstRecords {
        records,
        n_trailing,
        ..
    } = first_records(text, marks, RECORDS);
    let mut counts: Vec<usize> = records.iter().map(Vec::len).collect();
    counts.sort_unstable();
    let runs = counts.chunk_by(|a, b| a == b);
    let Some(most) = runs.max_by_key(|run| (run.len(), run[0])) else {
        return 0.0;
    };
    let n = records.len() as f64;
    let alike = if most[0] > 1 {
        most.len() as f64 / n
    } else {
        0.0
    };
    let names = records.first().map_or(&[][..], |r| r);
    let n_bound = options
        .roles
        .iter()
        .filter(|(_, c)| names.contains(c))
        .count();
    // More fields are more likely to be fields, but only where all else is equal.
    let width = (most[0].min(1000) as f64) / 1e6;
    n_bound as f64 + alike + width - n_trailing as f64 / n
}

/// What a field looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Blank,
    Number,
    Other,
}

fn form(text: &str) -> Form {
    let text = text.trim();
    let is_part = |c: char| c.is_ascii_digit() || "+-.,:/ TZ".contains(c);
    if text.is_empty() {
        Form::Blank
    } else if text.contains(|c: char| c.is_ascii_digit()) && text.chars().all(is_part) {
        Form::Number
    } else {
        Form::Other
    }
}

/// Names are there, unless the first record looks like all others and holds numbers or times.
fn has_header(records: &[Vec<String>], options: &ReadOptions) -> bool {
    let Some((first, others)) = records.split_first() else {
        return true;
    };
    if options
        .roles
        .iter()
        .any(|(_, column)| first.contains(column))
        || others.is_empty()
    {
        return true;
    }
    // Years are names of columns too.
    let is_year = |f: &str| f.len() == 4 && (f.starts_with("19") || f.starts_with("20"));
    let has_numbers = first
        .iter()
        .any(|f| form(f) == Form::Number && !is_year(f.trim()));
    let is_alike = |(i, field): (usize, &String)| {
        let mut below = others.iter().filter_map(|r| r.get(i)).map(|f| form(f));
        match form(field) {
            Form::Blank => true,
            own => below.clone().all(|b| b == Form::Blank) || below.any(|b| b == own),
        }
    };
    !(has_numbers && first.iter().enumerate().all(is_alike))
}

/// Whether some column holds numbers with a decimal comma, and none has them with a point.
fn has_decimal_comma(records: &[Vec<String>]) -> bool {
    let n_columns = records.iter().map(Vec::len).max().unwrap_or(0);
    let column = |i: usize| {
        records
            .iter()
            .filter_map(move |r| r.get(i))
            .map(|f| f.trim())
    };
    let has = |group: char, point: char| {
        (0..n_columns).any(|i| {
            let values = || column(i).filter(|v| !v.is_empty());
            values().any(|v| decimals(v, group, point) == Some(true))
                && values().all(|v| decimals(v, group, point).is_some())
        })
    };
    has('.', ',') && !has(',', '.')
}

/// Whether a number surely has decimals after `point`: three digits may be a group. None if it is no number.
fn decimals(text: &str, group: char, point: char) -> Option<bool> {
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, rest) = match unsigned.split_once(point) {
        Some((whole, rest)) => (whole, Some(rest)),
        None => (unsigned, None),
    };
    if !whole.split(group).all(digits) || rest.is_some_and(|r| !digits(r)) {
        return None;
    }
    Some(rest.is_some_and(|r| r.len() != 3 || whole.contains(group)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sample: &str) -> (char, Quote, bool, bool) {
        found_with(sample, &ReadOptions::new())
    }

    fn found_with(sample: &str, options: &ReadOptions) -> (char, Quote, bool, bool) {
        let f = found_out(sample, true, options);
        (
            char::from(f.marks.delimiter),
            f.quote,
            f.has_header,
            f.decimal_comma,
        )
    }

    #[test]
    fn delimiters_are_those_that_make_records_alike() {
        for (text, delimiter) in [
            ("a,b\n1,2\n3,4\n", ','),
            ("a;b\n1,5;2,5\n3,5;4,5\n", ';'),
            ("a\tb\nx, y\tz\nx\tz\n", '\t'),
            ("a|b|c\n1|2|3\n", '|'),
            ("name;note\nx;\"a,b,c\"\ny;\"a,b\"\n", ';'),
            ("a,b\n\"x;y;z\",1\n\"x;y\",2\n", ','),
            ("one\ntwo\n", ','),
            ("", ','),
        ] {
            assert_eq!(found(text).0, delimiter, "{text:?}");
        }
    }

    #[test]
    fn a_bound_name_says_more_than_the_rest() {
        let text = "a,b;c\n1,2;3\n4,5;6\n";
        let options = ReadOptions::new().role("customer", "c");
        assert_eq!(found_with(text, &options).0, ';');
    }

    #[test]
    fn quotes_are_marks_only_where_they_close() {
        assert_eq!(found("a,b\n\"x, y\",1\n").1, Quote::Double);
        assert_eq!(found("a\tb\n\"x\t1\n\"y\t2\nz\t3\n").1, Quote::None);
        assert_eq!(
            found("a\tb\n5\" pipe\t1\n\"half\t2\n\"z\t3\n").1,
            Quote::None
        );
        assert_eq!(found("a,b\n\"cut off, 1\n").1, Quote::Double);
        assert_eq!(found("a,b\n'x, y',1\n'z, w',2\n").1, Quote::Single);
        assert_eq!(found("a,b\n'tis,1\n").1, Quote::Double);
    }

    #[test]
    fn headers_are_missing_where_the_first_record_is_as_the_others() {
        assert!(found("id,2011,2012\nx,5,7\n").2);
        assert!(found("id,day\n1,2011-01-01\n").2);
        assert!(found("a,b\nc,d\n").2);
        assert!(!found("1,2011-01-01,x\n2,2011-01-02,y\n").2);
        assert!(!found("17,,5.0\n18,3,6.0\n").2);
        let bound = ReadOptions::new().role("customer", "1");
        assert!(found_with("1,2\n3,4\n", &bound).2);
    }

    #[test]
    fn decimal_commas_are_told_from_groups() {
        for (text, expected) in [
            ("a;b\n1,5;x\n", true),
            ("a;b\n1.234,56;x\n2;y\n", true),
            ("a;b\n1,234;x\n", false),
            ("a;b\n1.5;x\n", false),
            ("a;b\n1,5;2.5\n", false),
            ("a;b\n1,5;01.02.2011\n", true),
            ("a,b\n\"1,50\",x\n", true),
            ("a;b\n1,5 kg;x\n", false),
        ] {
            assert_eq!(found(text).3, expected, "{text:?}");
        }
    }
}
