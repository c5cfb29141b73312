//! `x-forwarded-client-cert`: what is told of the certificate that a client has shown.

use crate::fields::http_connection_manager::CLIENT_CERT_DETAILS;
use crate::reader::Object;

/// What becomes of a client's `x-forwarded-client-cert`, in which a proxy in front would say whose certificate it has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardClientCert {
    /// `SANITIZE`, the default: it is taken out.
    #[default]
    Sanitize,
    /// `FORWARD_ONLY`: it goes on if the client has shown a certificate.
    WithCertificate,
    /// `APPEND_FORWARD`: if the client has shown a certificate, that is told behind what the client tells.
    Append(ClientCertDetails),
    /// `SANITIZE_SET`: if the client has shown a certificate, that is told, and nothing else.
    Set(ClientCertDetails),
    /// `ALWAYS_FORWARD_ONLY`: it goes on.
    Always,
}

/// What is told of a certificate besides its hash and the names of ours: Envoy's `set_current_client_cert_details`. Nothing by
/// default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientCertDetails {
    /// The certificate in PEM.
    pub cert: bool,
    /// All certificates that the client has shown, in PEM.
    pub chain: bool,
    /// Its subject.
    pub subject: bool,
    /// Its names of kind URI.
    pub uri: bool,
    /// Its names of kind DNS.
    pub dns: bool,
}

/// Decodes what an HTTP connection manager says of it.
pub(crate) fn decode(manager: &Object<'_>) -> ForwardClientCert {
    let details = manager.get("set_current_client_cert_details").and_then(|at| Object::open(&at, &CLIENT_CERT_DETAILS));
    let flag = |name| details.as_ref().and_then(|details| details.get(name)?.boolean()).unwrap_or(false);
    let details = ClientCertDetails {
        cert: flag("cert"),
        chain: flag("chain"),
        subject: flag("subject"),
        uri: flag("uri"),
        dns: flag("dns"),
    };
    let found = manager.get("forward_client_cert_details").and_then(|at| {
        at.choice(&[
            ("SANITIZE", 0, ForwardClientCert::Sanitize),
            ("FORWARD_ONLY", 1, ForwardClientCert::WithCertificate),
            ("APPEND_FORWARD", 2, ForwardClientCert::Append(details)),
            ("SANITIZE_SET", 3, ForwardClientCert::Set(details)),
            ("ALWAYS_FORWARD_ONLY", 4, ForwardClientCert::Always),
        ])
    });
    found.unwrap_or_default()
}
