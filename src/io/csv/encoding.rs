//! Text in any encoding as UTF-8, a chunk at a time; the encoding found out where it is not given.
//!
//! UTF-8 is taken where the bytes are UTF-8; they are checked up to the end of the file. A file that is ASCII so far is not decided: the
//! first chunk with another byte decides. What is not UTF-8 is GB18030 or Windows-1252: Chinese text is pairs of high bytes from
//! the ranges of common characters, Western text is single high bytes among letters.

use std::io::Read;
use std::path::Path;

use encoding_rs::{DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::error::{Error, Result};
use crate::io::options::parameter;

/// Bytes read at once.
const CHUNK: usize = 1 << 18;

/// The encoding that a label names.
pub(in crate::io) fn by_label(label: &str) -> Result<&'static Encoding> {
    let found = Encoding::for_label_no_replacement(label.as_bytes());
    found.ok_or_else(|| {
        let rule = "must be a label of a known encoding, such as utf-8, gb18030, windows-1252, big5, utf-16le";
        parameter("encoding", rule, format!("`{label}`"))
    })
}

/// The encoding and length of the mark that a file begins with.
fn by_mark(head: &[u8]) -> Option<(&'static Encoding, usize)> {
    Encoding::for_bom(head).or_else(|| by_zeros(head).map(|e| (e, 0)))
}

/// UTF-16 without a mark: of ASCII text, every second byte is zero.
fn by_zeros(head: &[u8]) -> Option<&'static Encoding> {
    let zeros_at = |odd: usize| {
        head.iter()
            .skip(odd)
            .step_by(2)
            .filter(|&&b| b == 0)
            .count()
    };
    let pairs = head.len() / 2;
    if pairs < 4 {
        return None;
    }
    match (zeros_at(0), zeros_at(1)) {
        (even, odd) if odd * 10 >= pairs * 6 && even * 20 <= pairs => Some(UTF_16LE),
        (even, odd) if even * 10 >= pairs * 6 && odd * 20 <= pairs => Some(UTF_16BE),
        _ => None,
    }
}

/// The encoding of bytes that are not all ASCII; UTF-8 where none fits, whose first fault is then told.
pub(super) fn found_out(bytes: &[u8]) -> &'static Encoding {
    let is_utf8 = std::str::from_utf8(bytes).map_or_else(|e| e.error_len().is_none(), |_| true);
    if is_utf8 {
        UTF_8
    } else if is_plausible_gb18030(bytes) {
        GB18030
    } else if is_plausible_western(bytes) {
        WINDOWS_1252
    } else {
        UTF_8
    }
}

/// Whether the bytes could be Windows-1252: none that it leaves open, and letters that hardly occur do not prevail.
fn is_plausible_western(bytes: &[u8]) -> bool {
    let count = |is: fn(u8) -> bool| bytes.iter().filter(|b| is(**b)).count();
    let open = count(|b| matches!(b, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d));
    let rare = count(|b| matches!(b, 0xac | 0xd0 | 0xde | 0xf0 | 0xfe | 0xff));
    open == 0 && rare * 2 < count(|b| b >= 0x80)
}

/// Whether the bytes are GB18030, and mostly characters that are in use.
fn is_plausible_gb18030(bytes: &[u8]) -> bool {
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    let mut room = vec![
        0;
        decoder
            .max_utf8_buffer_length_without_replacement(bytes.len())
            .unwrap_or(0)
    ];
    // A character may be cut at the end, so it is not the last chunk.
    let (result, ..) = decoder.decode_to_utf8_without_replacement(bytes, &mut room, false);
    if result != DecoderResult::InputEmpty {
        return false;
    }
    let (mut common, mut others) = (0_u64, 0_u64);
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] < 0x80 {
            at += 1;
            continue;
        }
        match (bytes[at], bytes.get(at + 1)) {
            // Punctuation and full-width forms; the characters of GB 2312, the first level of them common.
            (0xa1..=0xa3 | 0xb0..=0xf7, Some(0xa1..=0xfe)) => common += 1,
            (_, None) => {}
            _ => others += 1,
        }
        at += 2;
    }
    common * 10 >= (common + others) * 8
}

/// A stream of UTF-8 made of a stream of bytes.
pub(super) struct Decoder {
    source: Box<dyn Read + Send>,
    /// The first bytes after the mark.
    head: Vec<u8>,
    /// None as long as all bytes were ASCII and nobody has said what they are.
    encoding: Option<&'static Encoding>,
    into_utf8: Option<encoding_rs::Decoder>,
    had_mark: bool,
    is_given: bool,
    /// Bytes of a character that goes on in the next chunk.
    carried: Vec<u8>,
    /// Bytes decoded so far.
    offset: u64,
    is_done: bool,
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder")
            .field("encoding", &self.encoding)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

impl Decoder {
    /// Reads the first bytes, for the mark in them.
    pub(super) fn new(
        mut source: Box<dyn Read + Send>,
        given: Option<&'static Encoding>,
    ) -> std::io::Result<Self> {
        let mut head = Vec::with_capacity(1024);
        source.by_ref().take(1024).read_to_end(&mut head)?;
        let mark = by_mark(&head);
        let n_mark = mark.map_or(0, |(_, n)| n);
        let encoding = given.or(mark.map(|(e, _)| e));
        // A mark is dropped where it is that of the encoding given.
        let skipped = if given.is_none_or(|g| mark.is_some_and(|(e, _)| e == g)) {
            n_mark
        } else {
            0
        };
        head.drain(..skipped);
        Ok(Self {
            source: Box::new(std::io::Cursor::new(head.clone()).chain(source)),
            head,
            encoding,
            into_utf8: encoding
                .filter(|&e| e != UTF_8)
                .map(Encoding::new_decoder_without_bom_handling),
            had_mark: skipped > 0,
            is_given: given.is_some(),
            carried: Vec::new(),
            offset: skipped as u64,
            is_done: false,
        })
    }

    /// The first bytes after the mark.
    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    /// The encoding as far as it is known: UTF-8 for ASCII.
    pub(super) fn encoding(&self) -> &'static Encoding {
        self.encoding.unwrap_or(UTF_8)
    }

    pub(super) const fn had_mark(&self) -> bool {
        self.had_mark
    }

    /// Appends the next chunk as UTF-8; false at the end.
    pub(super) fn fill(&mut self, out: &mut Vec<u8>, path: &Path) -> Result<bool> {
        if self.is_done {
            return Ok(false);
        }
        let start = out.len();
        out.append(&mut self.carried);
        out.reserve(CHUNK);
        let mut chunk = self.source.by_ref().take(CHUNK as u64);
        let n = chunk.read_to_end(out);
        self.is_done = n.map_err(|e| Error::io(path, damaged(&e)))? == 0;
        if self.encoding.is_none() {
            if out[start..].is_ascii() {
                self.offset += (out.len() - start) as u64;
                return Ok(!self.is_done);
            }
            let encoding = found_out(&out[start..]);
            self.encoding = Some(encoding);
            self.into_utf8 =
                (encoding != UTF_8).then(|| encoding.new_decoder_without_bom_handling());
        }
        match self.into_utf8.take() {
            None => self.checked(out, start, path)?,
            Some(mut decoder) => {
                let bytes = out.split_off(start);
                self.decoded(&mut decoder, &bytes, out, path)?;
                self.into_utf8 = Some(decoder);
            }
        }
        Ok(!self.is_done)
    }

    /// Checks the new bytes for UTF-8; a character that is cut waits for its rest.
    fn checked(&mut self, out: &mut Vec<u8>, start: usize, path: &Path) -> Result<()> {
        let new = &out[start..];
        let valid = match std::str::from_utf8(new) {
            Ok(_) => new.len(),
            Err(e) if e.error_len().is_none() && !self.is_done => e.valid_up_to(),
            Err(e) => return Err(self.malformed(e.valid_up_to(), path)),
        };
        self.carried = out.split_off(start + valid);
        self.offset += valid as u64;
        Ok(())
    }

    fn decoded(
        &mut self,
        decoder: &mut encoding_rs::Decoder,
        bytes: &[u8],
        out: &mut Vec<u8>,
        path: &Path,
    ) -> Result<()> {
        let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
        let start = out.len();
        out.resize(start + room.unwrap_or(bytes.len() * 4 + 16), 0);
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(bytes, &mut out[start..], self.is_done);
        out.truncate(start + written);
        match result {
            DecoderResult::Malformed(length, after) => {
                let bad = read.saturating_sub(usize::from(length) + usize::from(after));
                Err(self.malformed(bad, path))
            }
            DecoderResult::InputEmpty | DecoderResult::OutputFull => {
                self.offset += read as u64;
                Ok(())
            }
        }
    }

    fn malformed(&self, at: usize, path: &Path) -> Error {
        let name = self.encoding().name();
        let remedy = if self.is_given {
            "give another `encoding`, or leave it away to have it found out"
        } else {
            "the file is damaged or mixes encodings: write it anew, or give its `encoding`"
        };
        Error::io(
            path,
            format!(
                "is not {name}: byte {} is no character of it; {remedy}",
                self.offset + at as u64
            ),
        )
    }
}

/// What a failed read says; of compressed files most often that they are cut.
fn damaged(e: &std::io::Error) -> String {
    use std::io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    match e.kind() {
        InvalidData | InvalidInput | Other | UnexpectedEof => {
            format!("is damaged or cut off ({e}); fetch or compress it anew")
        }
        _ => e.to_string(),
    }
}
