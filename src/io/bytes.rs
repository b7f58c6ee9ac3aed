//! Files as bytes, unpacked where they are compressed.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Result};
use crate::parallel::Context;

/// The bytes of a text file, unpacked.
///
/// # Errors
/// [`Error::Io`] if it cannot be read, or is plainly no text; [`Error::Budget`] if it is larger than allowed; [`Error::Cancelled`].
pub(crate) fn unpacked(path: &Path, ctx: &Context) -> Result<Vec<u8>> {
    const STEP: u64 = 1 << 22;
    let io = |e: std::io::Error| Error::io(path, e);
    let file = File::open(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    let mut source = opened(path, file)?;
    // A file that says it is larger than memory must not be believed before it is read.
    let mut bytes = Vec::with_capacity(size.min(1 << 30) as usize);
    loop {
        ctx.cancel.poll()?;
        let n = source.by_ref().take(STEP).read_to_end(&mut bytes);
        let n = n.map_err(|e| Error::io(path, format!("cannot be read: {e}; is it cut off?")))?;
        ctx.budget.check(
            "reading baskets",
            bytes.len() as u64,
            "raise the memory budget, or cut the file",
        )?;
        if n == 0 {
            break;
        }
    }
    #[cfg(feature = "csv")]
    if let Some(what) = super::csv::other_format(&bytes) {
        return Err(Error::io(path, format!("is no text but {what}")));
    }
    Ok(bytes)
}

#[cfg(feature = "csv")]
fn opened(path: &Path, file: File) -> Result<Box<dyn Read>> {
    let (source, _) = super::csv::opened(file).map_err(|e| Error::io(path, e))?;
    Ok(source)
}

/// Without the feature nothing is unpacked.
#[cfg(not(feature = "csv"))]
fn opened(_: &Path, file: File) -> Result<Box<dyn Read>> {
    Ok(Box::new(file))
}
