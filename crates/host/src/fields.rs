//! Header maps: HTTP fields in order, duplicates and pseudo-headers included, names in lower case, values any bytes.

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use std::borrow::Cow;
use tollgate_abi::encoding::pairs;

/// The name of a field, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldName {
    /// Tells most names apart without looking at them: compared first.
    print: Fingerprint,
    repr: Repr,
}

/// Length, first, middle and last byte of a name, in which case does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fingerprint(u32);

impl Fingerprint {
    /// Multiplying spreads what the bytes have in common to the bits on top (Knuth).
    #[inline]
    const fn spread(self) -> u32 {
        self.0.wrapping_mul(0x9e37_79b1)
    }

    /// One bit of a set of 128.
    #[inline]
    const fn bit(self) -> u128 {
        1 << (self.spread() >> 25)
    }

    #[inline]
    const fn of(name: &[u8]) -> Self {
        let [len, ..] = name.len().to_le_bytes();
        let (Some(first), Some(last)) = (name.first(), name.last()) else { return Self(0) };
        // This bit is what tells upper from lower case; that it makes others alike too does no harm.
        const CASE: u8 = 0x20;
        Self(u32::from_le_bytes([len, *first | CASE, name[name.len() / 2] | CASE, *last | CASE]))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Repr {
    /// A valid HTTP field name.
    Http(HeaderName),
    /// A pseudo-header (`:path`).
    Pseudo(&'static str),
    /// Whatever else a plugin may have written. It can be read back, but not sent.
    Raw(Bytes),
}

const PSEUDO: [&str; 5] = [":authority", ":method", ":path", ":scheme", ":status"];

impl FieldName {
    /// A name from bytes; ASCII letters become lower case.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let print = Fingerprint::of(bytes);
        if bytes.first() == Some(&b':')
            && let Some(name) = PSEUDO.into_iter().find(|name| bytes.eq_ignore_ascii_case(name.as_bytes()))
        {
            return Self { print, repr: Repr::Pseudo(name) };
        }
        let repr = match HeaderName::from_bytes(bytes) {
            Ok(name) => Repr::Http(name),
            Err(_) => Repr::Raw(bytes.to_ascii_lowercase().into()),
        };
        Self { print, repr }
    }

    /// A name that is known to the compiler, in lower case: in a `const` block it costs nothing to make.
    ///
    /// # Panics
    ///
    /// The name is neither a pseudo-header nor a valid HTTP field name in lower case.
    pub const fn from_static(name: &'static str) -> Self {
        let print = Fingerprint::of(name.as_bytes());
        let mut known = 0;
        while known < PSEUDO.len() {
            if is_equal(PSEUDO[known].as_bytes(), name.as_bytes()) {
                return Self { print, repr: Repr::Pseudo(PSEUDO[known]) };
            }
            known += 1;
        }
        Self { print, repr: Repr::Http(HeaderName::from_static(name)) }
    }

    /// A number that is the same for the same name and, mostly, another for another one.
    pub(crate) fn spread(bytes: &[u8]) -> usize {
        (Fingerprint::of(bytes).spread() >> 16) as usize
    }

    /// The bytes of the name.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.repr {
            Repr::Http(name) => name.as_str().as_bytes(),
            Repr::Pseudo(name) => name.as_bytes(),
            Repr::Raw(bytes) => bytes,
        }
    }

    /// Whether it is this name, in any case. `print` is the fingerprint of `name`.
    #[inline]
    fn is(&self, print: Fingerprint, name: &[u8]) -> bool {
        self.print == print && self.reads(name)
    }

    /// Whether it is this name, in any case; asked of few, so that walking past the others stays small.
    #[inline(never)]
    fn reads(&self, name: &[u8]) -> bool {
        // Most names are asked for in lower case, as this one is.
        self.as_bytes() == name || self.as_bytes().eq_ignore_ascii_case(name)
    }

    /// Whether it is the same name.
    #[inline]
    fn is_same(&self, other: &Self) -> bool {
        self.print == other.print && self.repr == other.repr
    }

    /// The name as an HTTP field name, unless it is a pseudo-header or not valid.
    pub fn as_http(&self) -> Option<&HeaderName> {
        match &self.repr {
            Repr::Http(name) => Some(name),
            Repr::Pseudo(_) | Repr::Raw(_) => None,
        }
    }

    /// Whether this is one of the pseudo-headers of HTTP.
    pub fn is_pseudo(&self) -> bool {
        matches!(self.repr, Repr::Pseudo(_))
    }
}

/// Equality of bytes, for constants.
const fn is_equal(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

impl From<HeaderName> for FieldName {
    fn from(name: HeaderName) -> Self {
        Self { print: Fingerprint::of(name.as_str().as_bytes()), repr: Repr::Http(name) }
    }
}

impl From<&'static str> for FieldName {
    fn from(name: &'static str) -> Self {
        Self::from_bytes(name.as_bytes())
    }
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name, in lower case.
    pub name: FieldName,
    /// Value; any bytes.
    pub value: Bytes,
}

/// Fields that are added to most messages at most.
const ADDED: usize = 8;

/// An ordered multimap of fields.
#[derive(Clone, Debug, Default)]
pub struct HeaderMap {
    fields: Vec<Field>,
    /// One bit for each fingerprint that has been added: a name whose bit is not set is not there, and need not be looked
    /// for. Removing a field leaves its bit.
    seen: u128,
    /// Bytes of all names and values.
    byte_size: usize,
}

impl PartialEq for HeaderMap {
    fn eq(&self, other: &Self) -> bool {
        self.fields == other.fields
    }
}

impl Eq for HeaderMap {}

impl HeaderMap {
    /// A map without fields.
    pub const fn new() -> Self {
        Self { fields: Vec::new(), seen: 0, byte_size: 0 }
    }

    /// A map without fields that has room for some.
    pub fn with_capacity(fields: usize) -> Self {
        Self { fields: Vec::with_capacity(fields), seen: 0, byte_size: 0 }
    }

    /// As [`with_capacity`](Self::with_capacity), for a message that plugins and proxies are going to add fields to: a few more find
    /// room before the map has to move.
    pub fn with_room_for(fields: usize) -> Self {
        Self::with_capacity(fields + ADDED)
    }

    /// Number of fields, duplicates counted.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The fields in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Field> {
        self.fields.iter()
    }

    /// Names and values as bytes, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&[u8], &[u8])> + Clone {
        self.fields.iter().map(|field| (field.name.as_bytes(), &field.value[..]))
    }

    /// Bytes of all names and values.
    pub const fn byte_size(&self) -> usize {
        self.byte_size
    }

    /// Bytes of the map in the ABI's encoding; `None` if they do not fit its 32 bits.
    pub(crate) fn encoded_len(&self) -> Option<u32> {
        pairs::encoded_len_of(self.len(), self.byte_size)
    }

    #[inline]
    const fn may_have(&self, print: Fingerprint) -> bool {
        self.seen & print.bit() != 0
    }

    /// The value of the first field with this name, in any case.
    #[inline]
    pub fn value(&self, name: &[u8]) -> Option<&Bytes> {
        Some(&self.fields[self.position(name)?].value)
    }

    /// Place of the first field with this name, in any case.
    #[inline]
    pub(crate) fn position(&self, name: &[u8]) -> Option<usize> {
        let print = Fingerprint::of(name);
        if !self.may_have(print) {
            return None;
        }
        self.fields.iter().position(|field| field.name.is(print, name))
    }

    /// The value of the field at a place.
    pub(crate) fn value_at(&self, position: usize) -> Option<&Bytes> {
        Some(&self.fields.get(position)?.value)
    }

    /// The values of all fields with this name, in order.
    pub fn values<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = &'a Bytes> + 'a {
        let print = Fingerprint::of(name);
        self.fields.iter().filter(move |field| field.name.is(print, name)).map(|field| &field.value)
    }

    /// The values of all fields with this name joined by commas (RFC 9110, 5.3), or `None` if there is none.
    pub fn joined(&self, name: &[u8]) -> Option<Bytes> {
        let mut values = self.values(name);
        let first = values.next()?.clone();
        let Some(second) = values.next() else { return Some(first) };
        let mut joined = first.to_vec();
        for value in std::iter::once(second).chain(values) {
            joined.push(b',');
            joined.extend_from_slice(value);
        }
        Some(joined.into())
    }

    /// Appends a field.
    #[inline]
    pub fn append(&mut self, name: FieldName, value: Bytes) {
        self.seen |= name.print.bit();
        self.byte_size += name.as_bytes().len() + value.len();
        self.fields.push(Field { name, value });
    }

    /// Leaves one field with this name, at the place of the first one or at the end.
    pub fn replace(&mut self, name: FieldName, value: Bytes) {
        self.replace_named(Cow::Owned(name), value);
    }

    /// As [`replace`](Self::replace), with a name that is cloned only if it is somebody else's and needed.
    #[inline]
    pub(crate) fn replace_named(&mut self, name: Cow<'_, FieldName>, value: Bytes) {
        let Some(first) = self.position_of(&name) else { return self.append(name.into_owned(), value) };
        if self.fields[first + 1..].iter().any(|field| field.name.is_same(&name)) {
            let mut index = 0;
            self.retain(|field| {
                index += 1;
                index - 1 <= first || !field.name.is_same(&name)
            });
        }
        self.set(first, value);
    }

    /// Place of the first field with this name.
    fn position_of(&self, name: &FieldName) -> Option<usize> {
        if !self.may_have(name.print) {
            return None;
        }
        self.fields.iter().position(|field| field.name.is_same(name))
    }

    /// Gives the field at a place another value.
    fn set(&mut self, position: usize, value: Bytes) {
        let field = &mut self.fields[position];
        self.byte_size = self.byte_size - field.value.len() + value.len();
        field.value = value;
    }

    /// Keeps some of the fields.
    fn retain(&mut self, mut keep: impl FnMut(&Field) -> bool) {
        let mut gone = 0;
        self.fields.retain(|field| {
            let keep = keep(field);
            if !keep {
                gone += field.name.as_bytes().len() + field.value.len();
            }
            keep
        });
        self.byte_size -= gone;
    }

    /// Removes every field with this name; tells whether there was one.
    pub fn remove(&mut self, name: &[u8]) -> bool {
        let before = self.fields.len();
        let print = Fingerprint::of(name);
        if !self.may_have(print) {
            return false;
        }
        self.retain(|field| !field.name.is(print, name));
        self.fields.len() != before
    }

    /// Adds a field as Envoy's maps do for plugins: pseudo-headers and the fields that may occur once get the value
    /// appended after a comma, unless one of the two is empty; others become a further field.
    pub fn add(&mut self, name: FieldName, value: Bytes) {
        self.add_named(Cow::Owned(name), value);
    }

    /// As [`add`](Self::add), with a name that is cloned only if it is somebody else's and needed.
    #[inline]
    pub(crate) fn add_named(&mut self, name: Cow<'_, FieldName>, value: Bytes) {
        if is_inline(&name)
            && let Some(position) = self.position_of(&name)
        {
            return self.join(position, &value);
        }
        self.append(name.into_owned(), value);
    }

    /// Appends to a value after a comma, unless one of the two is empty.
    fn join(&mut self, position: usize, value: &[u8]) {
        if value.is_empty() {
            return;
        }
        let old = &self.fields[position].value;
        let mut joined = Vec::with_capacity(old.len() + 1 + value.len());
        joined.extend_from_slice(old);
        if !old.is_empty() {
            joined.push(b',');
        }
        joined.extend_from_slice(value);
        self.set(position, joined.into());
    }
}

/// The fields that Envoy keeps in one slot each (its inline headers), so that adding joins.
const INLINE: &[&str] = &[
    "accept",
    "accept-encoding",
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
    "access-control-request-headers",
    "access-control-request-method",
    "age",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "etag",
    "expect",
    "expires",
    "forwarded",
    "grpc-accept-encoding",
    "grpc-message",
    "grpc-status",
    "grpc-timeout",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "last-modified",
    "location",
    "origin",
    "proxy-connection",
    "proxy-status",
    "referer",
    "server",
    "te",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "vary",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-request-id",
];

/// The fingerprint of each of them.
const INLINE_PRINTS: [u32; INLINE.len()] = {
    let (mut prints, mut index) = ([0; INLINE.len()], 0);
    while index < INLINE.len() {
        prints[index] = Fingerprint::of(INLINE[index].as_bytes()).0;
        index += 1;
    }
    prints
};

/// Whether a field is one of [`INLINE`], or a pseudo-header. Most are neither, which their fingerprint tells.
fn is_inline(name: &FieldName) -> bool {
    match &name.repr {
        Repr::Pseudo(_) => true,
        Repr::Http(http) => INLINE_PRINTS.contains(&name.print.0) && INLINE.contains(&http.as_str()),
        Repr::Raw(_) => false,
    }
}

impl<'a> FromIterator<(&'a [u8], &'a [u8])> for HeaderMap {
    fn from_iter<I: IntoIterator<Item = (&'a [u8], &'a [u8])>>(pairs: I) -> Self {
        let pairs = pairs.into_iter();
        let mut map = Self::with_capacity(pairs.size_hint().0);
        for (name, value) in pairs {
            map.append(FieldName::from_bytes(name), Bytes::copy_from_slice(value));
        }
        map
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for HeaderMap {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Self {
        pairs.into_iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect()
    }
}

impl Extend<(HeaderName, HeaderValue)> for HeaderMap {
    fn extend<I: IntoIterator<Item = (HeaderName, HeaderValue)>>(&mut self, fields: I) {
        for (name, value) in fields {
            // A HeaderValue is reference-counted inside but does not hand out its Bytes.
            self.append(name.into(), Bytes::copy_from_slice(value.as_bytes()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FieldName, HeaderMap};
    use bytes::Bytes;

    fn map(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs.iter().copied().collect()
    }

    fn name(text: &str) -> FieldName {
        FieldName::from_bytes(text.as_bytes())
    }

    #[test]
    fn names_are_lower_case_and_found_in_any_case() {
        let map = map(&[("X-Wasm-Custom", "FOO"), (":Path", "/"), ("Not Valid", "v")]);
        let names: Vec<_> = map.iter().map(|f| f.name.as_bytes().to_vec()).collect();
        assert_eq!(names, [&b"x-wasm-custom"[..], b":path", b"not valid"]);
        assert_eq!(map.value(b"X-WASM-custom").unwrap(), "FOO");
        assert_eq!(map.value(b"NOT VALID").unwrap(), "v");
    }

    #[test]
    fn replace_leaves_one_at_the_first_place() {
        let mut map = map(&[("a", "1"), ("b", "2"), ("a", "3"), ("c", "4")]);
        map.replace(name("A"), Bytes::from_static(b"9"));
        assert_eq!(map, [("a", "9"), ("b", "2"), ("c", "4")].into_iter().collect());
        map.replace(name("d"), Bytes::from_static(b"5"));
        assert_eq!(map.len(), 4);
    }

    #[test]
    fn add_joins_single_valued_fields_and_appends_others() {
        let mut map = map(&[(":path", "/"), ("accept", "*/*"), ("x", "1")]);
        map.add(name(":path"), Bytes::from_static(b"/dup"));
        map.add(name("Accept"), Bytes::from_static(b"second"));
        map.add(name("x"), Bytes::from_static(b"2"));
        assert_eq!(map, [(":path", "/,/dup"), ("accept", "*/*,second"), ("x", "1"), ("x", "2")].into_iter().collect());
    }

    #[test]
    fn nothing_is_joined_without_a_comma() {
        let mut map = map(&[("vary", "a"), ("accept", ""), ("x", "1")]);
        map.add(name("vary"), Bytes::new());
        map.add(name("accept"), Bytes::from_static(b"b"));
        map.add(name("etag"), Bytes::new());
        map.add(name("x"), Bytes::new());
        assert_eq!(map, [("vary", "a"), ("accept", "b"), ("x", "1"), ("etag", ""), ("x", "")].into_iter().collect());
    }

    #[test]
    fn removing_takes_all_and_tells() {
        let mut map = map(&[("a", "1"), ("b", "2"), ("A", "3")]);
        assert!(map.remove(b"a"));
        assert!(!map.remove(b"a"));
        assert_eq!(map.len(), 1);
    }

    #[test]
    fn joined_takes_all_values() {
        let map = map(&[("a", "1"), ("b", "2"), ("a", "3")]);
        assert_eq!(map.joined(b"A").unwrap(), "1,3");
        assert_eq!(map.joined(b"b").unwrap(), "2");
        assert_eq!(map.joined(b"c"), None);
    }
}
