//! What plugins of a VM may name: whom they call, which fields they write.
//!
//! Capabilities say which host functions may be called at all; a list here says with what. What is not on a list is answered
//! as the ABI answers for what is not there or cannot be done, is said once in the log, and counts as
//! [refused](crate::plugin::PluginHandle::refused).

use std::fmt;

/// What plugins of a VM may name, of each kind everything unless there is a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AllowLists {
    /// Upstreams that they call. Others are unknown: `BAD_ARGUMENT` for HTTP calls, `PARSE_FAILURE` for gRPC.
    pub clusters: Option<NameList>,
    /// Foreign functions. Others are `NOT_FOUND`.
    pub foreign_functions: Option<NameList>,
    /// Fields of streams that they write: `BAD_ARGUMENT` for others, and nothing is changed. Fields of their own responses
    /// that are not on the list are left out: a plugin that refuses a request is not to be kept from it.
    pub write_headers: Option<NameList>,
    /// Properties that they set, with dots between the parts of the path; objects of foreign functions are
    /// `filter_state.NAME`. `BAD_ARGUMENT` for others.
    pub set_properties: Option<NameList>,
}

/// Names, and beginnings of names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NameList(Vec<Name>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Name {
    text: Box<[u8]>,
    /// Names that go on are meant, too.
    is_prefix: bool,
}

impl NameList {
    /// These names and no others.
    pub fn exact<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> Self {
        let name = |name: T| Name { text: name.as_ref().as_bytes().into(), is_prefix: false };
        Self(names.into_iter().map(name).collect())
    }

    /// These names; one that ends in a star stands for all that begin so.
    pub fn patterns<T: AsRef<str>>(patterns: impl IntoIterator<Item = T>) -> Self {
        let name = |pattern: T| {
            let text = pattern.as_ref();
            let prefix = text.strip_suffix('*');
            Name { text: prefix.unwrap_or(text).as_bytes().into(), is_prefix: prefix.is_some() }
        };
        Self(patterns.into_iter().map(name).collect())
    }

    /// As [`patterns`](Self::patterns), for names of fields: in whatever case, and with `host` for `:authority`.
    pub fn fields<T: AsRef<str>>(patterns: impl IntoIterator<Item = T>) -> Self {
        let patterns = patterns.into_iter().map(|pattern| pattern.as_ref().to_ascii_lowercase());
        Self::patterns(patterns.flat_map(|pattern| {
            let authority = (pattern == "host").then(|| ":authority".to_owned());
            authority.into_iter().chain([pattern])
        }))
    }

    /// Whether a name is on the list.
    pub fn allows(&self, name: &[u8]) -> bool {
        self.0.iter().any(|Name { text, is_prefix }| if *is_prefix { name.starts_with(text) } else { *name == **text })
    }

    /// Whether the name of a field is, in whatever case.
    pub(crate) fn allows_field(&self, name: &[u8]) -> bool {
        let same = |text: &[u8], name: Option<&[u8]>| name.is_some_and(|name| name.eq_ignore_ascii_case(text));
        self.0
            .iter()
            .any(|Name { text, is_prefix }| same(text, if *is_prefix { name.get(..text.len()) } else { Some(name) }))
    }

    /// Whether a property's path is, whose parts a zero byte separates, or a dot.
    pub(crate) fn allows_path(&self, path: &[u8]) -> bool {
        let path = path.strip_suffix(&[0]).unwrap_or(path);
        let dotted: Vec<u8> = path.iter().map(|byte| if *byte == 0 { b'.' } else { *byte }).collect();
        self.allows(&dotted)
    }
}

/// A name of a guest's, in one line of a log.
pub(crate) struct Shown<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.0.len() > Self::MOST { "..." } else { "" };
        write!(f, "\"{}{end}\"", self.0[..self.0.len().min(Self::MOST)].escape_ascii())
    }
}

impl Shown<'_> {
    /// Most bytes that are shown.
    const MOST: usize = 256;
}

#[cfg(test)]
mod tests {
    use super::{NameList, Shown};

    #[test]
    fn names_are_on_a_list_as_they_are_or_by_their_beginning() {
        let list = NameList::patterns(["one", "two*"]);
        let allowed = ["one", "two", "twofold"];
        assert!(allowed.iter().all(|name| list.allows(name.as_bytes())));
        let others = ["", "on", "ones", "One", "tw", "*"];
        assert!(!others.iter().any(|name| list.allows(name.as_bytes())));
        assert!(!NameList::exact(["two*"]).allows(b"twofold") && !NameList::default().allows(b""));
        assert!(NameList::patterns(["*"]).allows(b"anything"));
    }

    #[test]
    fn fields_have_no_case_and_the_host_has_two_names() {
        let list = NameList::fields(["X-A", "x-b-*", "Host"]);
        let allowed = ["x-a", "X-A", "X-B-c", "host", ":authority"];
        assert!(allowed.iter().all(|name| list.allows_field(name.as_bytes())));
        let others = ["x-ab", "x-b", ":path", ""];
        assert!(!others.iter().any(|name| list.allows_field(name.as_bytes())));
    }

    #[test]
    fn a_path_has_dots_however_it_is_written() {
        let list = NameList::patterns(["a.b", "c.*"]);
        let allowed = [&b"a.b"[..], b"a\0b", b"a\0b\0", b"c\0d\0e"];
        assert!(allowed.iter().all(|path| list.allows_path(path)));
        assert!(!list.allows_path(b"a") && !list.allows_path(b"a\0b\0c") && !list.allows_path(b""));
    }

    #[test]
    fn what_a_guest_says_stays_in_its_line() {
        assert_eq!(Shown(b"a\nb").to_string(), r#""a\nb""#);
        assert!(Shown(&[b'x'; 1000]).to_string().len() < 300);
    }
}
