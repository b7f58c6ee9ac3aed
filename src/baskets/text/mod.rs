//! Baskets from text: one a line.

mod integers;
mod lines;
mod words;

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, StringArray};
use arrow_cast::display::array_value_to_string;
use serde::{Deserialize, Serialize};

use super::{Baskets, OWNER};
use crate::error::{Error, Result};
use crate::io;
use crate::parallel::Context;
use lines::Text;

/// How text tells items from each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BasketFormat {
    /// Items separated by blanks or tabs; a blank line is an empty basket. The form of the FIMI repository.
    #[default]
    Fimi,
    /// The same, but that lines beginning with `#`, `%` or `@` are no baskets, and blank lines are none either. Before the first basket lines such
    /// as `@ITEM=1=apple` may name items. The form of SPMF.
    Spmf,
    /// Items separated by this character, an ASCII one; blanks around them do not count. An item may stand in double quotes, and then hold
    /// the separator, and quotes if they are doubled. A blank line is an empty basket.
    Separated(char),
}

impl BasketFormat {
    fn validate(self) -> Result<()> {
        match self {
            Self::Separated(c) if !c.is_ascii() || matches!(c, '\n' | '\r' | '"' | '\0') => {
                let rule = "must be an ASCII character, and neither a quote nor the end of a line";
                Err(Error::parameter(
                    OWNER,
                    "separator",
                    rule,
                    c.escape_default(),
                ))
            }
            _ => Ok(()),
        }
    }
}

impl Baskets {
    /// Baskets from text, one a line.
    ///
    /// Labels are integers if every item is an integer of 64 bits as it would be written (`7`, `-3`; not `07`, `+7`), else text; items are numbered
    /// in ascending order of their labels. Blank lines at the end are no baskets, and what a blank line before them is depends on the
    /// [format](BasketFormat). Lines end with a line feed, or with a carriage return before it; a byte order mark is no part of
    /// the text. Empty items between separators are left out and counted.
    ///
    /// Cost: text of whole numbers of up to seven digits is read in one pass, eight bytes at a time, in pieces of a megabyte; other text is
    /// copied, and looked up item by item. [`names`](Self::names) holds what a text in SPMF's form calls its items.
    ///
    /// ```
    /// use patronomy::{Context, baskets::{BasketFormat, Baskets}};
    /// let ctx = Context::new();
    /// let baskets = Baskets::parse(b"30 10\n\n10 20 10\n", BasketFormat::Fimi, &ctx)?;
    /// let all: Vec<_> = baskets.iter().map(|(items, _)| items.to_vec()).collect();
    /// assert_eq!(all, [vec![0, 2], vec![], vec![0, 1]]);
    /// let baskets = Baskets::parse(b"citrus fruit,yogurt\n", BasketFormat::Separated(','), &ctx)?;
    /// assert_eq!(baskets.n_items(), 2);
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if the bytes are no UTF-8, or if the separator can be none; [`Error::Cancelled`].
    pub fn parse(bytes: &[u8], format: BasketFormat, ctx: &Context) -> Result<Self> {
        let bad = |why: &str| Error::parameter(OWNER, "bytes", "must be UTF-8 text", why);
        Self::of_text(bytes, format, &bad, ctx)
    }

    /// As [`parse`](Self::parse), from a file, which may be compressed by gzip or Zstandard.
    ///
    /// Memory: the unpacked text, beside the baskets.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read, or is no UTF-8 text; [`Error::Budget`] if it is larger than the budget allows;
    /// [`Error::Parameter`] if the separator can be none; [`Error::Cancelled`].
    pub fn read(path: &Path, format: BasketFormat, ctx: &Context) -> Result<Self> {
        format.validate()?;
        let bytes = io::unpacked(path, ctx)?;
        let bad = |why: &str| Error::io(path, format!("is no UTF-8 text: {why}; save it as UTF-8"));
        Self::of_text(&bytes, format, &bad, ctx)
    }

    fn of_text(
        bytes: &[u8],
        format: BasketFormat,
        bad: &dyn Fn(&str) -> Error,
        ctx: &Context,
    ) -> Result<Self> {
        format.validate()?;
        let text = Text::new(bytes, format);
        let small = match format {
            BasketFormat::Separated(_) => None,
            _ => integers::baskets(&text, ctx)?,
        };
        let baskets = if let Some(baskets) = small {
            baskets
        } else {
            std::str::from_utf8(bytes).map_err(|e| bad(&e.to_string()))?;
            words::baskets(&text, ctx)?
        };
        let names = (format == BasketFormat::Spmf)
            .then(|| names(&text, baskets.labels()))
            .flatten();
        ctx.progress.finish();
        Ok(baskets.with(|inner| inner.names = names))
    }
}

/// The names that lines such as `@ITEM=1=apple` give to labels, where there are any.
fn names(text: &Text<'_>, labels: &ArrayRef) -> Option<ArrayRef> {
    let mut named: HashMap<Cow<'_, str>, Cow<'_, str>> = HashMap::new();
    for line in text.header() {
        if let Some(pair) = line.strip_prefix(b"@ITEM=")
            && let Some(at) = pair.iter().position(|&b| b == b'=')
        {
            let (label, name) = (&pair[..at], &pair[at + 1..]);
            named.insert(
                String::from_utf8_lossy(label),
                String::from_utf8_lossy(name),
            );
        }
    }
    if named.is_empty() {
        return None;
    }
    let of_label = |i: usize| {
        let label = array_value_to_string(labels, i).ok()?;
        named.get(label.as_str()).map(AsRef::as_ref)
    };
    let names: StringArray = (0..labels.len()).map(of_label).collect();
    Some(Arc::new(names))
}
