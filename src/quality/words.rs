//! Words in the codes and names of items that tell that the row is no sale of an item.

/// Names longer than this describe an item, whatever words are among them.
const SHORT_NAME_WORDS: usize = 3;
/// Single letters are codes, but in a name they mean nothing.
const MIN_LETTERS: usize = 3;

/// A list of words, lower-case.
#[derive(Debug)]
pub(super) struct Words {
    words: Vec<String>,
}

impl Words {
    pub(super) fn new(words: &[String]) -> Self {
        Self {
            words: words
                .iter()
                .map(|w| w.trim().to_lowercase())
                .filter(|w| !w.is_empty())
                .collect(),
        }
    }

    /// Whether the code is one of the words or begins with one and numbers from there on, or the name is short and has one among its own.
    pub(super) fn is_in(&self, code: &[u8], name: &[u8]) -> bool {
        let code = String::from_utf8_lossy(code).trim().to_lowercase();
        let name = String::from_utf8_lossy(name).to_lowercase();
        let tokens = |text: &str| -> Vec<String> {
            let words = text.split(|c: char| !c.is_alphanumeric() && c != '-');
            words.filter(|w| !w.is_empty()).map(str::to_owned).collect()
        };
        let (code_tokens, name_tokens) = (tokens(&code), tokens(&name));
        self.words.iter().any(|word| {
            let is_long = word.chars().count() >= MIN_LETTERS;
            if !word.is_ascii() {
                // Chinese is written without gaps between words.
                return code.contains(word.as_str()) || name.contains(word.as_str());
            }
            code == *word
                || (is_long && code_tokens.iter().any(|t| is_numbered(t, word)))
                || (is_long && name_tokens.len() <= SHORT_NAME_WORDS && name_tokens.contains(word))
        })
    }
}

/// `test`, `test001`, `test-1`.
fn is_numbered(token: &str, word: &str) -> bool {
    token
        .strip_prefix(word)
        .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_as_codes_and_in_short_names() {
        let words = Words::new(&["Postage", "d", "post", "运费"].map(String::from));
        let is_in = |code: &str, name: &str| words.is_in(code.as_bytes(), name.as_bytes());
        assert!(is_in("POST", "whatever"));
        assert!(is_in("D", ""));
        assert!(is_in("C12", "DOTCOM POSTAGE"));
        assert!(is_in("", "运费补收"));
        assert!(is_in("post-1", "") && is_in("POST12", ""));
        assert!(!is_in("22423", "d is for dinosaur"));
        assert!(!is_in("22423", "vintage postage stamp wall clock"));
        assert!(!is_in("22423", "poster"));
        assert!(!is_in("postcard", "set of 6 cards"));
    }
}
