//! The fields of a block: where the wanted ones begin and end.

use super::blocks::{Marks, closing, n_lines};

/// What is asked of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout<'a> {
    pub(super) marks: Marks,
    /// Fields of each record.
    pub(super) n_fields: usize,
    /// The fields to keep, in ascending order.
    pub(super) wanted: &'a [usize],
}

/// A record that is not as the others.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// It has so many fields.
    Ragged { line: u64, n_fields: usize },
    /// Its quote is never closed.
    Unclosed { line: u64 },
}

/// A part of the block, or of the texts that had to be written anew.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: u32,
    /// The highest bit tells the two apart.
    end: u32,
}

const ANEW: u32 = 1 << 31;

/// The wanted fields of all records of a block.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    text: &'a str,
    /// Fields without their quotes, where they were doubled inside.
    anew: String,
    spans: Vec<Span>,
    n_wanted: usize,
    /// Fields that go on after their closing quote: a sign that it is none.
    n_trailing: usize,
}

/// The first records of a text.
#[derive(Debug, Default)]
pub(super) struct FirstRecords {
    /// Each with all its fields.
    pub(super) records: Vec<Vec<String>>,
    /// The place after them.
    pub(super) end: usize,
    /// How many fields go on after a closing quote.
    pub(super) n_trailing: usize,
    /// Why there are no more, where the next one is broken.
    pub(super) broken: Option<Broken>,
}

/// The first records of a text, at most `n`.
pub(super) fn first_records(text: &str, marks: Marks, n: usize) -> FirstRecords {
    let mut found = FirstRecords::default();
    while found.records.len() < n && found.end < text.len() {
        if text[found.end..].starts_with(['\n', '\r']) {
            found.end += 1;
            continue;
        }
        if let Err(broken) = found.add(text, marks) {
            found.broken = Some(broken);
            break;
        }
    }
    found
}

impl FirstRecords {
    fn add(&mut self, text: &str, marks: Marks) -> Result<(), Broken> {
        let layout = |wanted| Layout {
            marks,
            n_fields: 0,
            wanted,
        };
        let mut at = self.end;
        let n_fields = Fields::empty(text, 0).record(layout(&[]), &mut at)?;
        let wanted: Vec<usize> = (0..n_fields).collect();
        let mut fields = Fields::empty(text, n_fields);
        fields.record(layout(&wanted), &mut self.end)?;
        self.end = self.end.min(text.len());
        self.n_trailing += fields.n_trailing;
        let record = fields.spans.iter().map(|s| fields.get(*s).to_owned());
        self.records.push(record.collect());
        Ok(())
    }
}

impl<'a> Fields<'a> {
    const fn empty(text: &'a str, n_wanted: usize) -> Self {
        Self {
            text,
            anew: String::new(),
            spans: Vec::new(),
            n_wanted,
            n_trailing: 0,
        }
    }

    /// Finds the fields of a block, which must be shorter than 2 GB.
    pub(super) fn of(text: &'a str, layout: Layout<'_>) -> Result<Self, Broken> {
        let mut fields = Self::empty(text, layout.wanted.len());
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if matches!(bytes[at], b'\n' | b'\r') {
                at += 1;
                continue;
            }
            let start = at;
            let n_fields = fields.record(layout, &mut at)?;
            if fields.spans.len() == layout.wanted.len() {
                // Records are about as long as the first one.
                let n_records = bytes.len() / (at - start) + 1;
                fields.spans.reserve(n_records * layout.wanted.len());
            }
            if n_fields != layout.n_fields {
                let line = line_of(bytes, start);
                return Err(Broken::Ragged { line, n_fields });
            }
        }
        Ok(fields)
    }

    /// The texts of a wanted field, by its place among them.
    pub(super) fn column(&self, place: usize) -> impl ExactSizeIterator<Item = &str> + Clone {
        let spans = self.spans.get(place..).unwrap_or_default();
        spans
            .iter()
            .step_by(self.n_wanted.max(1))
            .map(|s| self.get(*s))
    }

    fn get(&self, span: Span) -> &str {
        let (from, to) = (span.start as usize, (span.end & !ANEW) as usize);
        if span.end & ANEW == 0 {
            &self.text[from..to]
        } else {
            &self.anew[from..to]
        }
    }

    /// Reads one record and returns the number of its fields; `at` moves past it.
    fn record(&mut self, layout: Layout<'_>, at: &mut usize) -> Result<usize, Broken> {
        let bytes = self.text.as_bytes();
        let mut wanted = layout.wanted.iter().copied();
        let mut next = wanted.next();
        let mut n_fields = 0;
        loop {
            let is_quoted =
                layout.marks.quote.is_some() && bytes.get(*at).copied() == layout.marks.quote;
            let (span, end) = if is_quoted {
                self.quoted(layout.marks, *at)?
            } else {
                let end = plain_end(bytes, *at, layout.marks.delimiter);
                (
                    Span {
                        start: *at as u32,
                        end: end as u32,
                    },
                    end,
                )
            };
            // More fields than there should be are counted, not kept.
            if next == Some(n_fields) {
                self.spans.push(span);
                next = wanted.next();
            }
            n_fields += 1;
            *at = end + 1;
            if bytes.get(end) != Some(&layout.marks.delimiter) {
                return Ok(n_fields);
            }
        }
    }

    /// A field whose first byte is a quote, and where it ends.
    fn quoted(&mut self, marks: Marks, at: usize) -> Result<(Span, usize), Broken> {
        let bytes = self.text.as_bytes();
        let quote = bytes[at];
        let Some(closed) = closing(bytes, at + 1, quote) else {
            return Err(Broken::Unclosed {
                line: line_of(bytes, at),
            });
        };
        let end = plain_end(bytes, closed + 1, marks.delimiter);
        let has_doubled = memchr::memchr(quote, &bytes[at + 1..closed]).is_some();
        if end == closed + 1 && !has_doubled {
            let span = Span {
                start: at as u32 + 1,
                end: closed as u32,
            };
            return Ok((span, end));
        }
        self.n_trailing += usize::from(end != closed + 1);
        let start = self.anew.len();
        let once = char::from(quote).to_string();
        let inside = &self.text[at + 1..closed];
        self.anew.push_str(&inside.replace(&once.repeat(2), &once));
        self.anew.push_str(&self.text[closed + 1..end]);
        let span = Span {
            start: start as u32,
            end: self.anew.len() as u32 | ANEW,
        };
        Ok((span, end))
    }
}

fn line_of(bytes: &[u8], at: usize) -> u64 {
    n_lines(&bytes[..at])
}

/// The first delimiter or line end from a place on, eight bytes at a time.
fn plain_end(bytes: &[u8], mut at: usize, delimiter: u8) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // The lowest byte that is marked is zero indeed; those above it need not be.
    let zeros = |w: u64| w.wrapping_sub(ONES) & !w & HIGH;
    let delimiters = ONES * u64::from(delimiter);
    while let Some(chunk) = bytes[at..].first_chunk::<8>() {
        let word = u64::from_le_bytes(*chunk);
        let found = zeros(word ^ delimiters)
            | zeros(word ^ (ONES * u64::from(b'\n')))
            | zeros(word ^ (ONES * u64::from(b'\r')));
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let is_end = |b: &u8| *b == delimiter || matches!(b, b'\n' | b'\r');
    bytes[at..]
        .iter()
        .position(is_end)
        .map_or(bytes.len(), |i| at + i)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKS: Marks = Marks {
        delimiter: b',',
        quote: Some(b'"'),
    };

    fn rows(text: &str, n_fields: usize) -> Result<Vec<Vec<String>>, Broken> {
        let wanted: Vec<usize> = (0..n_fields).collect();
        let layout = Layout {
            marks: MARKS,
            n_fields,
            wanted: &wanted,
        };
        let fields = Fields::of(text, layout)?;
        let columns: Vec<Vec<&str>> = (0..n_fields).map(|i| fields.column(i).collect()).collect();
        let row = |r: usize| columns.iter().map(|c| c[r].to_owned()).collect();
        Ok((0..columns[0].len()).map(row).collect())
    }

    #[test]
    fn fields_are_what_was_written() {
        for (text, expected) in [
            ("a,b\nc,d", [["a", "b"], ["c", "d"]]),
            ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]),
            ("a,b\rc,d\r", [["a", "b"], ["c", "d"]]),
            ("\n\na,\n\r\n,d\n\n", [["a", ""], ["", "d"]]),
            ("a,\nc,", [["a", ""], ["c", ""]]),
            ("\"a,b\",\"\"\n\"c\nd\",e", [["a,b", ""], ["c\nd", "e"]]),
            (
                "\"a\"\"b\",\"\"\"\"\n\"\"\"\"\"\",\"x\"\"\"",
                [["a\"b", "\""], ["\"\"", "x\""]],
            ),
            (
                "5\" pipe,a long text here\n\"a\"b\"c,x",
                [["5\" pipe", "a long text here"], ["ab\"c", "x"]],
            ),
            ("客户,ä\nß,é", [["客户", "ä"], ["ß", "é"]]),
        ] {
            assert_eq!(rows(text, 2).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn broken_records_are_named_by_their_line() {
        let ragged = |line, n_fields| Broken::Ragged { line, n_fields };
        assert_eq!(rows("a,b\n\nc\n", 2), Err(ragged(2, 1)));
        assert_eq!(rows("a,b\nc,d,e\n", 2), Err(ragged(1, 3)));
        assert_eq!(rows("a,b\nc,d,", 2), Err(ragged(1, 3)));
        assert_eq!(rows("\"a\nb\",c\nd", 2), Err(ragged(2, 1)));
        assert_eq!(rows("a,b\nc,\"d\n", 2), Err(Broken::Unclosed { line: 1 }));
    }

    #[test]
    fn wanted_fields_alone_are_kept() {
        let layout = Layout {
            marks: MARKS,
            n_fields: 3,
            wanted: &[0, 2],
        };
        let fields = Fields::of("a,b,c\nd,e,f\n", layout).unwrap();
        assert_eq!(fields.column(0).collect::<Vec<_>>(), ["a", "d"]);
        assert_eq!(fields.column(1).collect::<Vec<_>>(), ["c", "f"]);
        assert_eq!(fields.column(0).len(), 2);
    }

    #[test]
    fn ends_are_found_at_every_place() {
        for len in 0..40 {
            for at in 0..len {
                for end in *b",\n\r" {
                    let mut text = vec![b'-'; len];
                    // Bytes next to the ones looked for.
                    text.iter_mut().step_by(3).for_each(|b| *b = b'+');
                    text[at] = end;
                    for from in 0..=at {
                        assert_eq!(plain_end(&text, from, b','), at);
                    }
                    assert_eq!(plain_end(&text, at + 1, b','), len);
                }
            }
        }
    }
}
