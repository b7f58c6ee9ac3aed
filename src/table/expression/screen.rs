//! The first look at a text: its symbols, none that the language does not have.
//!
//! What passes here leaves the parser nothing to recurse into but expressions, which it counts.

use sqlparser::dialect::Dialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer, Whitespace};

use super::mistake;
use crate::error::Result;

/// Bytes of an expression.
const MAX_BYTES: usize = 16_384;
/// Symbols of an expression: a chain of operators is a tree as deep as the chain is long, and is dropped by recursion.
const MAX_SYMBOLS: usize = 2_000;

/// Words that are no names.
const KEYWORDS: [Keyword; 10] = [
    Keyword::AND,
    Keyword::OR,
    Keyword::NOT,
    Keyword::BETWEEN,
    Keyword::IN,
    Keyword::IS,
    Keyword::NULL,
    Keyword::LIKE,
    Keyword::ILIKE,
    Keyword::TRUE,
];

/// Words of SQL that someone may try, and would meet an odd message for.
const REFUSED: [Keyword; 7] = [
    Keyword::SELECT,
    Keyword::CASE,
    Keyword::CAST,
    Keyword::EXISTS,
    Keyword::SIMILAR,
    Keyword::RLIKE,
    Keyword::ESCAPE,
];

/// Names and numbers as in SQL, names in any script.
#[derive(Debug)]
pub(super) struct Words;

impl Dialect for Words {
    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_'
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphanumeric() || ch == '_'
    }
}

/// The symbols of a text, without blanks.
pub(super) fn tokens(owner: &str, text: &str) -> Result<Vec<TokenWithSpan>> {
    if text.len() > MAX_BYTES {
        let rule = format!("must be at most {MAX_BYTES} bytes long");
        return Err(mistake(owner, rule, format!("{} bytes", text.len())));
    }
    let all = Tokenizer::new(&Words, text).tokenize_with_location();
    let mut tokens = all.map_err(|e| {
        let rule = format!("cannot be read: {}{}", small(&e.message), at(e.location));
        mistake(owner, rule, quoted(text))
    })?;
    tokens.retain(|t| !is_blank(&t.token));
    if tokens.is_empty() {
        let rule = "must be a condition such as `quantity > 1000 AND price < 0.1`";
        return Err(mistake(owner, rule, "nothing"));
    }
    if tokens.len() > MAX_SYMBOLS {
        let rule = format!("must have at most {MAX_SYMBOLS} names, values and signs");
        return Err(mistake(owner, rule, tokens.len()));
    }
    for token in &mut tokens {
        screen(owner, token)?;
    }
    Ok(tokens)
}

/// Makes a word that is no keyword here a name, and refuses what the language does not have.
fn screen(owner: &str, token: &mut TokenWithSpan) -> Result<()> {
    let refused = |what: String, remedy: &str| {
        let rule = format!("has no `{what}`{}; {remedy}", at(token.span.start));
        Err(mistake(owner, rule, format!("`{what}`")))
    };
    match &mut token.token {
        Token::Word(word) if word.quote_style.is_none() => {
            if REFUSED.contains(&word.keyword) {
                let remedy = "combine comparisons by AND, OR and NOT, and write a column of that name in double quotes";
                return refused(word.value.to_uppercase(), remedy);
            }
            if word.keyword != Keyword::FALSE && !KEYWORDS.contains(&word.keyword) {
                word.keyword = Keyword::NoKeyword;
            }
            Ok(())
        }
        Token::Word(_)
        | Token::SingleQuotedString(_)
        | Token::Number(_, false)
        | Token::Comma
        | Token::Eq
        | Token::DoubleEq
        | Token::Neq
        | Token::Lt
        | Token::Gt
        | Token::LtEq
        | Token::GtEq
        | Token::Plus
        | Token::Minus
        | Token::Mul
        | Token::Div
        | Token::Mod
        | Token::LParen
        | Token::RParen => Ok(()),
        Token::Whitespace(_) => refused(
            "comment".into(),
            "leave it out, and put a blank between two minus signs",
        ),
        other => {
            let what = other.to_string();
            refused(
                what,
                "names of more than letters, digits and `_` go in double quotes, texts in single quotes",
            )
        }
    }
}

const fn is_blank(token: &Token) -> bool {
    matches!(
        token,
        Token::Whitespace(Whitespace::Space | Whitespace::Newline | Whitespace::Tab)
    )
}

/// A place in the text, where there is one.
pub(super) fn at(place: Location) -> String {
    if place.line == 0 {
        return String::new();
    }
    if place.line == 1 {
        return format!(" at character {}", place.column);
    }
    format!(" at line {}, character {}", place.line, place.column)
}

pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", crate::error::shorten(text))
}

/// A message that begins with a small letter.
pub(super) fn small(message: &str) -> String {
    let mut chars = message.chars();
    let first = chars.next().into_iter().flat_map(char::to_lowercase);
    first.chain(chars).collect()
}
