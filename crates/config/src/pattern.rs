//! `envoy.type.matcher.v3.RegexMatcher`: regular expressions, checked when the file is read.

use crate::fields::matcher::{REGEX_MATCH_AND_SUBSTITUTE, REGEX_MATCHER};
use crate::reader::{Cursor, Object};
use regex::bytes::{Captures, Regex, RegexBuilder};
use std::fmt;

/// Most bytes that a compiled expression may take, so that no file makes the proxy as large as it likes.
const MAX_COMPILED: usize = 1 << 20;

/// A regular expression that a text as a whole must match. Texts are bytes; classes such as `\d` are those of ASCII,
/// as in RE2.
///
/// A clone has memory of its own for matching: one per thread keeps threads out of each other's way.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

/// Envoy's `RegexMatchAndSubstitute`: every match becomes another text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegexRewrite {
    /// What is replaced; it need not match the whole of a text.
    pattern: Pattern,
    /// What takes the place of a match.
    substitution: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// Text as it is.
    Literal(Vec<u8>),
    /// What a group has matched; group 0 is the whole match.
    Group(usize),
}

/// Decodes a `RegexMatcher` that must match the whole of a text.
pub(crate) fn decode(at: &Cursor<'_>) -> Option<Pattern> {
    decode_with(at, true)
}

/// Decodes a `RegexMatchAndSubstitute`.
pub(crate) fn decode_rewrite(at: &Cursor<'_>) -> Option<RegexRewrite> {
    let object = Object::open(at, &REGEX_MATCH_AND_SUBSTITUTE)?;
    let pattern =
        object.required("pattern", "{regex: \"^/old/(.*)$\"}").and_then(|pattern| decode_with(&pattern, false));
    let substitution = match object.get("substitution") {
        Some(at) => Some((at.text()?, at)),
        None => None,
    };
    let pattern = pattern?;
    let Some((text, at)) = substitution else {
        return Some(RegexRewrite { pattern, substitution: Vec::new() });
    };
    match pieces(text, pattern.regex.captures_len()) {
        Ok(substitution) => Some(RegexRewrite { pattern, substitution }),
        Err(message) => {
            at.error(message);
            None
        }
    }
}

fn decode_with(at: &Cursor<'_>, whole: bool) -> Option<Pattern> {
    let object = Object::open(at, &REGEX_MATCHER)?;
    let at = object.required("regex", "a regular expression in the syntax of RE2")?;
    let text = at.nonempty_text()?;
    match compile(text, whole) {
        Ok(regex) => Some(Pattern { text: text.to_owned(), regex }),
        Err(error) => {
            at.error(format!("this regular expression cannot be used: {}", in_one_line(&error)));
            None
        }
    }
}

pub(crate) fn compile(text: &str, whole: bool) -> Result<Regex, regex::Error> {
    // By itself first: "a)(b" must not close the group around it.
    let build = |text: &str| RegexBuilder::new(text).unicode(false).size_limit(MAX_COMPILED).build();
    let regex = build(text)?;
    if whole { build(&format!("\\A(?:{text})\\z")) } else { Ok(regex) }
}

/// The library shows the expression and points at the mistake; one line is enough beside a place in the file.
pub(crate) fn in_one_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it is malformed");
    last.trim().trim_start_matches("error: ").to_owned()
}

/// RE2's form of a substitution: `\0` to `\9` are groups, `\\` is a backslash.
fn pieces(text: &str, groups: usize) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut literal = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            literal.push(byte);
            continue;
        }
        match bytes.next() {
            Some(b'\\') => literal.push(b'\\'),
            Some(digit @ b'0'..=b'9') => {
                let group = usize::from(digit - b'0');
                if group >= groups {
                    return Err(format!(
                        "the substitution has \\{group}, and the expression {} group(s); groups are counted from 1, and \
                         \\0 is the whole match",
                        groups - 1
                    ));
                }
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Group(group));
            }
            _ => return Err("a backslash in a substitution comes before a digit or another backslash".to_owned()),
        }
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    Ok(pieces)
}

// === impl Pattern ===

impl Pattern {
    /// The expression as it stands in the file.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it matches; of a pattern that is to be found in a text, whether it is there.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

// === impl RegexRewrite ===

impl RegexRewrite {
    /// The text with every match replaced. `None` if there is none.
    pub fn rewrite(&self, text: &[u8]) -> Option<Vec<u8>> {
        if !self.pattern.is_match(text) {
            return None;
        }
        let replaced = self.pattern.regex.replace_all(text, |found: &Captures<'_>| {
            let mut out = Vec::new();
            for piece in &self.substitution {
                match piece {
                    Piece::Literal(literal) => out.extend_from_slice(literal),
                    Piece::Group(group) => {
                        out.extend_from_slice(found.get(*group).map_or(&b""[..], |found| found.as_bytes()));
                    }
                }
            }
            out
        });
        Some(replaced.into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{Pattern, RegexRewrite, compile, pieces};

    fn pattern(text: &str, whole: bool) -> Pattern {
        Pattern { text: text.to_owned(), regex: compile(text, whole).unwrap() }
    }

    #[test]
    fn a_pattern_matches_the_whole_text() {
        for (text, found, expected) in [
            ("/a|/b", "/a", true),
            ("/a|/b", "/b", true),
            ("/a|/b", "/ab", false),
            ("/x/\\d+", "/x/12", true),
            ("/x/\\d+", "/x/12/", false),
            // A digit of another alphabet is none, as in RE2.
            ("\\d", "\u{663}", false),
            (".*", "\u{e9}\n", false),
        ] {
            assert_eq!(pattern(text, true).is_match(found.as_bytes()), expected, "{text} {found}");
        }
        assert!(compile("a)(b", true).is_err());
        assert!(compile("(a{999}){999}", true).is_err());
    }

    #[test]
    fn every_match_is_replaced() {
        let rewrite = |regex: &str, substitution: &str, text: &str| {
            let pattern = pattern(regex, false);
            let substitution = pieces(substitution, pattern.regex.captures_len()).unwrap();
            let rewritten = RegexRewrite { pattern, substitution }.rewrite(text.as_bytes())?;
            Some(String::from_utf8(rewritten).unwrap())
        };
        assert_eq!(rewrite("/one/", "/two/", "/xxx/one/yyy/one/zzz").unwrap(), "/xxx/two/yyy/two/zzz");
        assert_eq!(
            rewrite("^/service/([^/]+)(/.*)$", "\\2/instance/\\1", "/service/foo/v1/api").unwrap(),
            "/v1/api/instance/foo"
        );
        assert_eq!(rewrite("(?i)/XXX/", "/a\\\\\\0/", "/aaa/xxx/b").unwrap(), "/aaa/a\\/xxx//b");
        assert_eq!(rewrite("z", "y", "abc"), None);
        assert!(pieces("\\2", 2).unwrap_err().contains("1 group(s)"));
        assert!(pieces("a\\", 1).is_err());
    }
}
