//! How the paths of requests are brought into one form before anything looks at them.

use crate::reader::Object;

/// What is done to the path of a request, before its query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PathNormalization {
    /// Envoy's `normalize_path`: RFC 3986, 6.2.2.2 and 6.2.2.3, and `\` counts as `/`. Off by default.
    pub normalize_path: bool,
    /// Envoy's `merge_slashes`: several beside each other become one. Off by default.
    pub merge_slashes: bool,
    /// Envoy's `path_with_escaped_slashes_action`.
    pub escaped_slashes: EscapedSlashes,
}

/// What becomes of a path with `%2F` or `%5C` in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EscapedSlashes {
    /// `KEEP_UNCHANGED`, the default.
    #[default]
    Keep,
    /// `REJECT_REQUEST`: it is answered with 400.
    Reject,
    /// `UNESCAPE_AND_REDIRECT`: the client is sent to the path in its other form.
    Redirect,
    /// `UNESCAPE_AND_FORWARD`: the request goes on with the path in its other form.
    Unescape,
}

/// Decodes what an HTTP connection manager says of it.
pub(crate) fn decode(manager: &Object<'_>) -> PathNormalization {
    let flag = |name| manager.get(name).and_then(|at| at.boolean()).unwrap_or(false);
    let escaped_slashes = manager.get("path_with_escaped_slashes_action").and_then(|at| {
        at.choice(&[
            ("IMPLEMENTATION_SPECIFIC_DEFAULT", 0, EscapedSlashes::Keep),
            ("KEEP_UNCHANGED", 1, EscapedSlashes::Keep),
            ("REJECT_REQUEST", 2, EscapedSlashes::Reject),
            ("UNESCAPE_AND_REDIRECT", 3, EscapedSlashes::Redirect),
            ("UNESCAPE_AND_FORWARD", 4, EscapedSlashes::Unescape),
        ])
    });
    PathNormalization {
        normalize_path: flag("normalize_path"),
        merge_slashes: flag("merge_slashes"),
        escaped_slashes: escaped_slashes.unwrap_or_default(),
    }
}
