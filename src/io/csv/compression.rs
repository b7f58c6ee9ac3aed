//! Compressed files, known by their first bytes.

use std::io::{self, BufReader, Chain, Cursor, Read};

use serde::Serialize;

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, of one member or several.
    Gzip,
    /// Zstandard, of one frame or several.
    Zstd,
}

const BUFFER: usize = 1 << 18;

/// The bytes that were compressed, and how.
pub(in crate::io) fn opened(
    mut file: impl Read + Send + 'static,
) -> io::Result<(Box<dyn Read + Send>, Compression)> {
    let mut head = Vec::with_capacity(4);
    file.by_ref().take(4).read_to_end(&mut head)?;
    let compression = known_by(&head);
    let whole = Cursor::new(head).chain(file);
    Ok((decompressed(whole, compression)?, compression))
}

fn decompressed(
    whole: Chain<Cursor<Vec<u8>>, impl Read + Send + 'static>,
    compression: Compression,
) -> io::Result<Box<dyn Read + Send>> {
    Ok(match compression {
        Compression::None => Box::new(whole),
        Compression::Gzip => {
            let buffered = BufReader::with_capacity(BUFFER, whole);
            Box::new(flate2::bufread::MultiGzDecoder::new(buffered))
        }
        Compression::Zstd => {
            let buffered = BufReader::with_capacity(BUFFER, whole);
            Box::new(zstd::stream::read::Decoder::with_buffer(buffered)?)
        }
    })
}

const fn known_by(head: &[u8]) -> Compression {
    match head {
        [0x1f, 0x8b, ..] => Compression::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
        _ => Compression::None,
    }
}

/// What a file is that is no text, by its first bytes.
pub(in crate::io) fn other_format(head: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 8] = [
        (b"PAR1", "a Parquet file; name it .parquet"),
        (
            b"PK\x03\x04",
            "a zip file or a workbook; unpack it, or name it .xlsx",
        ),
        (b"\xd0\xcf\x11\xe0", "an old workbook; name it .xls"),
        (
            b"SQLite format 3\0",
            "an SQLite database; query it, and pass the result",
        ),
        (
            b"ARROW1",
            "an Arrow file; open it with its library, and pass the table",
        ),
        (
            b"BZh",
            "compressed by bzip2; unpack it, or use gzip or zstd",
        ),
        (
            b"\xfd7zXZ",
            "compressed by xz; unpack it, or use gzip or zstd",
        ),
        (b"%PDF", "a PDF file; export the table as CSV"),
    ];
    let found = KNOWN.iter().find(|(magic, _)| head.starts_with(magic));
    found.map(|&(_, what)| what)
}
