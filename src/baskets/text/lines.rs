//! Text as pieces of whole lines.

use super::BasketFormat;

/// Bytes of a piece of work.
const PIECE: usize = 1 << 20;

/// Text without its byte order mark and without blank lines at its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) format: BasketFormat,
}

/// Whole lines of a text: the bytes from `start` to `end`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl<'a> Text<'a> {
    pub(super) fn new(bytes: &'a [u8], format: BasketFormat) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut end = bytes.len();
        // A line of nothing but separators is one of empty items.
        let is_blank = |b: u8| match (b, format) {
            (b'\n' | b'\r', _) => true,
            (b, BasketFormat::Separated(s)) => b != s as u8 && matches!(b, b' ' | b'\t'),
            (b, _) => matches!(b, b' ' | b'\t'),
        };
        while end > 0 && is_blank(bytes[end - 1]) {
            end -= 1;
        }
        Self {
            bytes: &bytes[..end],
            format,
        }
    }

    /// Pieces of whole lines: each ends behind the end of a line, the last one with the text.
    pub(super) fn pieces(&self) -> Vec<Piece> {
        let n = self.bytes.len();
        let (mut pieces, mut start) = (Vec::new(), 0);
        while start < n {
            let rest = self.bytes.get(start + PIECE..).unwrap_or_default();
            let next = rest.iter().position(|&b| b == b'\n');
            let end = next.map_or(n, |at| start + PIECE + at + 1);
            pieces.push(Piece { start, end });
            start = end;
        }
        pieces
    }

    /// The lines of a piece, without what ends them.
    pub(super) fn lines(&self, piece: Piece) -> impl Iterator<Item = &'a [u8]> {
        let bytes = &self.bytes[piece.start..piece.end];
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let lines = bytes.split(|&b| b == b'\n');
        lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// The lines before the first basket of a text that has comments.
    pub(super) fn header(&self) -> impl Iterator<Item = &'a [u8]> {
        let whole = Piece {
            start: 0,
            end: self.bytes.len(),
        };
        self.lines(whole)
            .take_while(|line| is_comment(line) || line.trim_ascii().is_empty())
    }
}

/// Whether a line of SPMF's form is no basket.
pub(super) fn is_comment(line: &[u8]) -> bool {
    matches!(line.first(), Some(b'#' | b'%' | b'@'))
}
