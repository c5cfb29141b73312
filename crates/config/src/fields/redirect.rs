//! `envoy.config.route.v3.RedirectAction`.

use super::{Message, acted};

/// `envoy.config.route.v3.RedirectAction`.
pub(crate) const REDIRECT_ACTION: Message = Message {
    name: "RedirectAction",
    fields: &[
        acted("https_redirect"),
        acted("scheme_redirect"),
        acted("host_redirect"),
        acted("port_redirect"),
        acted("path_redirect"),
        acted("prefix_rewrite"),
        acted("regex_rewrite"),
        acted("response_code"),
        acted("strip_query"),
    ],
};
