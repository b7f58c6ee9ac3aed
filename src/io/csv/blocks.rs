//! Text cut into blocks of whole records, each small enough to be worked on in the cache.

use std::path::Path;

use memchr::{memchr, memchr_iter, memrchr2};

use super::encoding::Decoder;
use crate::error::{Error, Result};

/// Where fields end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) delimiter: u8,
    pub(super) quote: Option<u8>,
}

/// Bytes of a block, if its records are not longer.
const BLOCK: usize = 1 << 19;
/// No record is longer: a quote that nobody closes must not take all memory.
const MAX_RECORD: usize = 1 << 26;

/// Whole records, in UTF-8.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) text: Vec<u8>,
    /// The line it begins in, from 1.
    pub(super) first_line: u64,
}

/// A file as blocks.
#[derive(Debug)]
pub(super) struct Blocks {
    decoder: Decoder,
    marks: Marks,
    /// Read, and not handed out yet.
    rest: Vec<u8>,
    line: u64,
    is_done: bool,
}

impl Blocks {
    /// What a decoder gives after `rest`, which begins with a record in the given line.
    pub(super) const fn new(decoder: Decoder, marks: Marks, rest: Vec<u8>, line: u64) -> Self {
        Self {
            decoder,
            marks,
            rest,
            line,
            is_done: false,
        }
    }

    /// The next blocks, at most `n`; none at the end.
    pub(super) fn several(&mut self, n: usize, path: &Path) -> Result<Vec<Block>> {
        let mut blocks = Vec::new();
        while blocks.len() < n
            && let Some(block) = self.next(path)?
        {
            blocks.push(block);
        }
        Ok(blocks)
    }

    fn next(&mut self, path: &Path) -> Result<Option<Block>> {
        let mut wanted = BLOCK;
        // Room for the chunk that goes beyond the block: what is read is not moved again.
        self.rest
            .reserve((2 * BLOCK).saturating_sub(self.rest.len()));
        let end = loop {
            while self.rest.len() < wanted && !self.is_done {
                self.is_done = !self.decoder.fill(&mut self.rest, path)?;
            }
            if self.is_done && self.rest.len() <= wanted {
                break self.rest.len();
            }
            match last_record_end(&self.rest, self.marks) {
                Some(end) => break end,
                None if wanted >= MAX_RECORD => return Err(self.too_long(path)),
                None => wanted *= 2,
            }
        };
        if end == 0 {
            return Ok(None);
        }
        let rest = self.rest.split_off(end);
        let text = std::mem::replace(&mut self.rest, rest);
        let first_line = self.line;
        self.line += n_lines(&text);
        Ok(Some(Block { text, first_line }))
    }

    fn too_long(&self, path: &Path) -> Error {
        let (line, limit) = (self.line, MAX_RECORD / 1_000_000);
        let why = format!(
            "the record that begins in line {line} has over {limit} MB; is a quote never closed? read without quotes (`quote`), or mend the line"
        );
        Error::io(path, why)
    }
}

/// How many line ends a text has, whatever its kind of them is.
pub(super) fn n_lines(text: &[u8]) -> u64 {
    let n = memchr_iter(b'\n', text).count();
    let n = if n == 0 {
        memchr_iter(b'\r', text).count()
    } else {
        n
    };
    n as u64
}

/// The end of the last record that is whole.
pub(super) fn last_record_end(text: &[u8], marks: Marks) -> Option<usize> {
    let line_end = |from: usize, to: usize| {
        let found = memrchr2(b'\n', b'\r', &text[from..to]);
        found.map(|i| from + i + 1)
    };
    let Some(quote) = marks.quote else {
        return line_end(0, text.len());
    };
    let (mut last, mut plain_from, mut at) = (None, 0, 0);
    while let Some(found) = memchr(quote, &text[at..]).map(|i| at + i) {
        if !opens(text, found, marks) {
            at = found + 1;
            continue;
        }
        last = line_end(plain_from, found).or(last);
        let Some(closed) = closing(text, found + 1, quote) else {
            return last;
        };
        at = closed + 1;
        plain_from = at;
    }
    line_end(plain_from, text.len()).or(last)
}

/// Whether a quote stands where a field begins; elsewhere it is a character as any other.
fn opens(text: &[u8], at: usize, marks: Marks) -> bool {
    match at.checked_sub(1).map(|i| text[i]) {
        None => true,
        Some(before) => before == marks.delimiter || before == b'\n' || before == b'\r',
    }
}

/// The quote that closes a field whose inside begins at `from`; doubled ones are inside.
pub(super) fn closing(text: &[u8], mut from: usize, quote: u8) -> Option<usize> {
    loop {
        let found = from + memchr(quote, &text[from..])?;
        if text.get(found + 1) != Some(&quote) {
            return Some(found);
        }
        from = found + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_end_at_line_ends_outside_of_quotes() {
        let marks = Marks {
            delimiter: b',',
            quote: Some(b'"'),
        };
        for (text, expected) in [
            ("", None),
            ("a,b", None),
            ("a,b\nc", Some(4)),
            ("a,b\r\nc", Some(5)),
            ("a,b\rc", Some(4)),
            ("a,\"b\nc\"", None),
            ("a\n\"b\nc", Some(2)),
            ("a\n\"b\nc\"\nd", Some(8)),
            ("a,\"b\"\"\n\"\nc", Some(9)),
            // No quote that opens a field.
            ("5\" pipe\nx", Some(8)),
            ("\"a\"b\"\nc", Some(6)),
        ] {
            assert_eq!(
                last_record_end(text.as_bytes(), marks),
                expected,
                "{text:?}"
            );
        }
        let plain = Marks {
            quote: None,
            ..marks
        };
        assert_eq!(last_record_end(b"\"a\nb", plain), Some(3));
    }
}
