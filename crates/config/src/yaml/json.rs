//! The one place where JSON is not YAML: characters beyond the basic plane, escaped as two surrogates.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::Chars;

/// Writes surrogate pairs (`\ud83d\ude00`) of a JSON text as YAML's long escapes (`\U0001f600`). YAML is left as is.
pub(super) fn join_surrogates(text: &str) -> Cow<'_, str> {
    let is_json = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with('{');
    if !is_json || !(text.contains("\\ud") || text.contains("\\uD")) {
        return Cow::Borrowed(text);
    }
    let mut joined = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        joined.push(c);
        if c != '\\' {
            continue;
        }
        // The escape letter is consumed with its backslash, so that `\\ud83d` is not taken for an escape.
        match surrogate_pair(&chars) {
            Some((character, rest)) => {
                joined.push_str(&format!("U{:08x}", u32::from(character)));
                chars = rest;
            }
            None => joined.extend(chars.next()),
        }
    }
    Cow::Owned(joined)
}

/// The character of `uXXXX\uXXXX` at the head of `chars`, and what follows it.
fn surrogate_pair<'a>(chars: &Peekable<Chars<'a>>) -> Option<(char, Peekable<Chars<'a>>)> {
    let mut rest = chars.clone();
    let high = unit(&mut rest)?;
    if rest.next()? != '\\' {
        return None;
    }
    let low = unit(&mut rest)?;
    let character = char::decode_utf16([high, low]).next()?.ok()?;
    // Two characters, not a pair, decode to the first of them.
    (0xd800..0xdc00).contains(&high).then_some((character, rest))
}

fn unit(chars: &mut Peekable<Chars<'_>>) -> Option<u16> {
    if chars.next()? != 'u' {
        return None;
    }
    let mut value = 0;
    for _ in 0..4 {
        value = value << 4 | chars.next()?.to_digit(16)?;
    }
    u16::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::join_surrogates;

    #[test]
    fn pairs_become_one_escape() {
        assert_eq!(join_surrogates(r#"{"a": "\ud83d\ude00!"}"#), r#"{"a": "\U0001f600!"}"#);
        assert_eq!(join_surrogates(r#"{"a": "\uD83D\uDE00"}"#), r#"{"a": "\U0001f600"}"#);
    }

    #[test]
    fn anything_else_stays() {
        for text in [
            r#"{"a": "\\ud83d\\ude00"}"#,
            r#"{"a": "\ud83d"}"#,
            r#"{"a": "\ud83d\u0041"}"#,
            r#"a: "\ud83d\ude00""#,
            r#"{"\ud"#,
        ] {
            assert_eq!(join_surrogates(text), text);
        }
    }
}
