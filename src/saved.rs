//! Saved models: one versioned JSON envelope, written whole or not at all.
//!
//! A file names the format, its version and the kind of model; a later library reads every earlier version.

use std::io::Write;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

const FORMAT: &str = "patronomy";
const VERSION: u32 = 1;
/// Larger files are not models of ours.
const MAX_BYTES: u64 = 64_000_000;

#[derive(Serialize)]
struct Envelope<'a, M> {
    format: &'a str,
    version: u32,
    kind: &'a str,
    library: &'a str,
    model: &'a M,
}

/// What is looked at before the model itself is.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
    kind: String,
}

#[derive(Deserialize)]
struct Body<M> {
    model: M,
}

/// A model that can be saved.
pub trait Saved: Serialize + DeserializeOwned {
    /// Its name in the envelope.
    const KIND: &'static str;

    /// Whether a fit could have produced the model.
    ///
    /// # Errors
    /// Says why it could not.
    fn check(&self) -> Result<()>;

    /// The model as the text of a file.
    ///
    /// # Errors
    /// [`Error::SavedFormat`] if it cannot be written as JSON.
    fn to_json(&self) -> Result<String> {
        let library = env!("CARGO_PKG_VERSION");
        let envelope = Envelope {
            format: FORMAT,
            version: VERSION,
            kind: Self::KIND,
            library,
            model: self,
        };
        serde_json::to_string_pretty(&envelope).map_err(|e| refused(Self::KIND, e))
    }

    /// The model of such a text, checked.
    ///
    /// # Errors
    /// [`Error::SavedFormat`] if the text is not ours, is damaged, is of a later version or another kind.
    fn from_json(text: &str) -> Result<Self> {
        let header: Header = serde_json::from_str(text).map_err(|e| refused("the text", e))?;
        if header.format != FORMAT {
            return Err(refused(
                "the text",
                format!(
                    "its format is `{}`, not `{FORMAT}`",
                    crate::error::shorten(&header.format)
                ),
            ));
        }
        if !(1..=VERSION).contains(&header.version) {
            let why = format!(
                "it has version {}, this library reads 1 to {VERSION}; update the library",
                header.version
            );
            return Err(refused("the text", why));
        }
        if header.kind != Self::KIND {
            let why = format!(
                "it holds a model of kind `{}`, not `{}`; load it as that",
                crate::error::shorten(&header.kind),
                Self::KIND
            );
            return Err(refused(Self::KIND, why));
        }
        let body: Body<Self> = serde_json::from_str(text).map_err(|e| refused(Self::KIND, e))?;
        body.model.check().map_err(|e| refused(Self::KIND, e))?;
        Ok(body.model)
    }

    /// Writes the model beside the file, flushes it to disk, and only then puts it in the file's place.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be written to.
    fn save(&self, path: &Path) -> Result<()> {
        write_whole(path, |file| {
            file.write_all(self.to_json()?.as_bytes())
                .map_err(|e| Error::io(path, e))
        })
    }

    /// Reads a saved model.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read; [`Error::SavedFormat`] as [`from_json`](Self::from_json).
    fn load(path: &Path) -> Result<Self> {
        let size = std::fs::metadata(path)
            .map_err(|e| Error::io(path, e))?
            .len();
        if size > MAX_BYTES {
            return Err(refused(
                &path.display().to_string(),
                format!(
                    "{size} bytes are more than the {MAX_BYTES} of any model; name another file"
                ),
            ));
        }
        let bytes = std::fs::read(path).map_err(|e| Error::io(path, e))?;
        let text = String::from_utf8(bytes).map_err(|_| {
            refused(
                &format!("`{}`", path.display()),
                "it is not text; name a file that `save` wrote",
            )
        })?;
        Self::from_json(&text).map_err(|e| match e {
            Error::SavedFormat { why, .. } => refused(&format!("`{}`", path.display()), why),
            other => other,
        })
    }
}

fn refused(what: &str, why: impl std::fmt::Display) -> Error {
    Error::SavedFormat {
        what: what.into(),
        why: why.to_string(),
    }
}

/// Writes a file so that a reader sees the old one or the whole new one, whatever happens meanwhile.
pub(crate) fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut std::fs::File) -> Result<()>,
) -> Result<()> {
    // A link stays one: what it points at is replaced.
    let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.into());
    let folder = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."));
    if path.is_dir() {
        return Err(Error::io(path, "is a directory; name a file"));
    }
    let io = |e: std::io::Error| Error::io(path, e);
    let mut builder = tempfile::Builder::new();
    builder.prefix(".patronomy-");
    // As any new file: the user's mask takes its bits away.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut beside = builder.tempfile_in(folder).map_err(io)?;
    write(beside.as_file_mut())?;
    beside.as_file().sync_all().map_err(io)?;
    keep_permissions(path, beside.as_file()).map_err(io)?;
    beside.persist(path).map_err(|e| io(e.error))?;
    // The new name itself must reach the disk too.
    if let Ok(folder) = std::fs::File::open(folder) {
        folder.sync_all().ok();
    }
    Ok(())
}

/// The file that takes another's place keeps its permissions.
fn keep_permissions(path: &Path, file: &std::fs::File) -> std::io::Result<()> {
    match std::fs::metadata(path) {
        Ok(old) => file.set_permissions(old.permissions()),
        Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Toy {
        weights: Vec<f64>,
    }

    impl Saved for Toy {
        const KIND: &'static str = "toy";

        fn check(&self) -> Result<()> {
            if self.weights.is_empty() {
                Err(Error::Cancelled)
            } else {
                Ok(())
            }
        }
    }

    fn model() -> Toy {
        Toy {
            weights: vec![0.1, 1.0 / 3.0, f64::MAX],
        }
    }

    #[test]
    fn a_model_reads_back_bit_for_bit() {
        let model = model();
        let text = model.to_json().unwrap();
        assert_eq!(Toy::from_json(&text).unwrap(), model);
    }

    #[test]
    fn what_is_not_ours_is_refused() {
        let text = model().to_json().unwrap();
        let cases = [
            ("", "EOF"),
            ("{}", "missing field"),
            (&text[..text.len() / 2], "EOF"),
            (&text.replace("\"patronomy\"", "\"other\""), "its format"),
            (
                &text.replace("\"version\": 1", "\"version\": 2"),
                "update the library",
            ),
            (
                &text.replace("\"kind\": \"toy\"", "\"kind\": \"kmeans\""),
                "kind `kmeans`, not `toy`",
            ),
            (&text.replace("\"weights\"", "\"weight\""), "unknown field"),
            (
                r#"{"format":"patronomy","version":1,"kind":"toy","model":{"weights":[]}}"#,
                "cancelled",
            ),
        ];
        for (damaged, expected) in cases {
            let e = Toy::from_json(damaged).unwrap_err().to_string();
            assert!(e.contains(expected), "{e}");
        }
    }

    #[test]
    fn saving_replaces_the_file_whole_and_leaves_nothing_beside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("toy.json");
        let model = model();
        model.save(&path).unwrap();
        model.save(&path).unwrap();
        assert_eq!(Toy::load(&path).unwrap(), model);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let failed = write_whole(&path, |_| Err(Error::Cancelled));
        assert!(failed.is_err());
        assert_eq!(Toy::load(&path).unwrap(), model);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            let link = folder.path().join("link.json");
            std::os::unix::fs::symlink(&path, &link).unwrap();
            model.save(&link).unwrap();
            assert!(link.is_symlink() && !path.is_symlink());
        }
        assert!(model.save(folder.path()).is_err());
        assert!(Toy::load(&folder.path().join("none.json")).is_err());
    }
}
