//! One form of a path (RFC 3986, 6.2.2), so that routes and plugins see the path that upstreams will.

use tollgate_config::{EscapedSlashes, PathNormalization};

/// What becomes of a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Path {
    /// It has the form that is asked for.
    AsItIs,
    /// The request goes on with this one, query included.
    Changed(Vec<u8>),
    /// The client is to ask for this one.
    Redirect(Vec<u8>),
    /// It is refused.
    Bad,
}

/// Brings a request's target into the form that is asked for. Its query stays as it is.
pub(super) fn normalize(how: PathNormalization, target: &[u8]) -> Path {
    if target.first() != Some(&b'/') {
        return Path::AsItIs;
    }
    let end = target.iter().position(|&byte| byte == b'?').unwrap_or(target.len());
    let (path, query) = target.split_at(end);
    let mut new = path.to_vec();
    let mut redirects = false;
    if how.escaped_slashes != EscapedSlashes::Keep && unescape_slashes(&mut new) {
        match how.escaped_slashes {
            EscapedSlashes::Reject => return Path::Bad,
            EscapedSlashes::Redirect => redirects = true,
            EscapedSlashes::Unescape | EscapedSlashes::Keep => {}
        }
    }
    if how.normalize_path {
        match unescape(&new) {
            Some(unescaped) => new = without_dots(&unescaped),
            None => return Path::Bad,
        }
    }
    if how.merge_slashes {
        new.dedup_by(|next, before| (*next, *before) == (b'/', b'/'));
    }
    if redirects {
        // What begins with two slashes would name another host.
        let rest = new.iter().position(|&byte| !matches!(byte, b'/' | b'\\')).unwrap_or(new.len());
        new.splice(..rest, *b"/");
        new.extend_from_slice(query);
        return Path::Redirect(new);
    }
    if new == path {
        return Path::AsItIs;
    }
    new.extend_from_slice(query);
    Path::Changed(new)
}

/// The byte that is written as `%XX` at the beginning of `text`.
fn escaped(text: &[u8]) -> Option<u8> {
    let &[b'%', high, low, ..] = text else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

/// Writes `%2F` and `%5C` as what they stand for. False if there are none.
fn unescape_slashes(path: &mut Vec<u8>) -> bool {
    let mut out = Vec::with_capacity(path.len());
    let mut at = 0;
    while let Some(&byte) = path.get(at) {
        let slash = escaped(&path[at..]).filter(|byte| matches!(byte, b'/' | b'\\'));
        out.push(slash.unwrap_or(byte));
        at += if slash.is_some() { 3 } else { 1 };
    }
    let found = out.len() != path.len();
    *path = out;
    found
}

/// Writes unreserved characters as what they are, those that a URI cannot have as `%XX`, and `\` as `/`. `None` if there
/// is an escaped zero.
fn unescape(path: &[u8]) -> Option<Vec<u8>> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = Vec::with_capacity(path.len());
    let mut at = 0;
    while let Some(&byte) = path.get(at) {
        at += 1;
        match escaped(&path[at - 1..]) {
            Some(0) => return None,
            Some(byte @ (b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~')) => {
                out.push(byte);
                at += 2;
                continue;
            }
            _ => {}
        }
        match byte {
            b'\\' => out.push(b'/'),
            b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}' => {
                out.extend_from_slice(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
            _ => out.push(byte),
        }
    }
    Some(out)
}

/// Takes out the segments `.` and `..` (RFC 3986, 5.2.4).
fn without_dots(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut segments = path[1..].split(|&byte| byte == b'/').peekable();
    while let Some(segment) = segments.next() {
        match segment {
            b"." | b".." => {
                if segment == b".." {
                    kept.pop();
                }
                if segments.peek().is_none() {
                    kept.push(b"");
                }
            }
            _ => kept.push(segment),
        }
    }
    let mut out = Vec::with_capacity(path.len());
    out.push(b'/');
    out.extend_from_slice(&kept.join(&b'/'));
    out
}

#[cfg(test)]
mod tests {
    use super::{Path, normalize};
    use tollgate_config::{EscapedSlashes, PathNormalization};

    fn seen(how: PathNormalization, target: &str) -> Option<String> {
        match normalize(how, target.as_bytes()) {
            Path::AsItIs => Some(target.to_owned()),
            Path::Changed(path) => Some(String::from_utf8(path).unwrap()),
            Path::Redirect(path) => Some(format!("-> {}", String::from_utf8(path).unwrap())),
            Path::Bad => None,
        }
    }

    /// What Envoy 1.40 makes of each.
    #[test]
    fn dots_and_escapes_as_in_envoy() {
        let how = PathNormalization { normalize_path: true, ..PathNormalization::default() };
        for (from, to) in [
            ("/a/../b?q", "/b?q"),
            ("/a/b/..", "/a/"),
            ("/..", "/"),
            ("/.", "/"),
            ("/../a", "/a"),
            ("/a/./b", "/a/b"),
            ("/a//../b", "/a/b"),
            ("/x/..//only", "//only"),
            ("/a/.//", "/a//"),
            ("/a/%2E%2e/b", "/b"),
            ("/a/%252e/b", "/a/%252e/b"),
            ("/a\\..\\b", "/b"),
            ("/a%2fb%41%7e", "/a%2fbA~"),
            ("/a\"<>^`{|}", "/a%22%3C%3E%5E%60%7B%7C%7D"),
            ("/a%zz%", "/a%zz%"),
            ("/a/...", "/a/..."),
            ("/a?x=/../y\\", "/a?x=/../y\\"),
            ("*", "*"),
        ] {
            assert_eq!(seen(how, from).as_deref(), Some(to), "{from}");
        }
        assert_eq!(seen(how, "/a%00b"), None);
    }

    #[test]
    fn slashes_that_are_escaped() {
        let how = |escaped_slashes| PathNormalization { escaped_slashes, ..PathNormalization::default() };
        assert_eq!(seen(how(EscapedSlashes::Keep), "/a%2Fb").as_deref(), Some("/a%2Fb"));
        assert_eq!(seen(how(EscapedSlashes::Reject), "/a%2Fb"), None);
        assert_eq!(seen(how(EscapedSlashes::Reject), "/a?%2F").as_deref(), Some("/a?%2F"));
        assert_eq!(seen(how(EscapedSlashes::Unescape), "/a%2f%5Cb?%2f").as_deref(), Some("/a/\\b?%2f"));
        assert_eq!(seen(how(EscapedSlashes::Redirect), "/a%2fb?q").as_deref(), Some("-> /a/b?q"));
        let all =
            PathNormalization { normalize_path: true, merge_slashes: true, escaped_slashes: EscapedSlashes::Unescape };
        assert_eq!(seen(all, "/a%2f..%2fb").as_deref(), Some("/b"));
    }

    #[test]
    fn a_redirection_stays_on_its_host() {
        let how = PathNormalization { escaped_slashes: EscapedSlashes::Redirect, ..PathNormalization::default() };
        assert_eq!(seen(how, "/%2Fevil.test/x").as_deref(), Some("-> /evil.test/x"));
        assert_eq!(seen(how, "/%5Cevil.test").as_deref(), Some("-> /evil.test"));
    }

    #[test]
    fn slashes_beside_each_other() {
        let how = PathNormalization { merge_slashes: true, ..PathNormalization::default() };
        for (from, to) in [("//a///b//", "/a/b/"), ("///", "/"), ("/a?b=//", "/a?b=//"), ("/a//../b", "/a/../b")] {
            assert_eq!(seen(how, from).as_deref(), Some(to), "{from}");
        }
    }
}
