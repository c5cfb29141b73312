//! `envoy.extensions.transport_sockets.tls.v3`: certificates, and whose certificates are believed.

use std::path::PathBuf;

use crate::data_source::{self, DataSource};
use crate::diagnostics::Location;
use crate::fields::tls::{
    COMMON_TLS, DOWNSTREAM_TLS, SAN_MATCHER, TLS_CERTIFICATE, TLS_PARAMETERS, UPSTREAM_TLS, VALIDATION_CONTEXT,
};
use crate::reader::{Any, Cursor, Object, TypedMessage};
use crate::string_match::{self, StringMatch};

/// `DownstreamTlsContext`: TLS with clients.
#[derive(Clone, Debug)]
pub struct DownstreamTls {
    /// Envoy's `common_tls_context`.
    pub common: CommonTls,
    /// Envoy's `require_client_certificate`. Off by default: a client may show a certificate.
    pub require_client_certificate: bool,
}

/// `UpstreamTlsContext`: TLS with the endpoints of a cluster.
#[derive(Clone, Debug)]
pub struct UpstreamTls {
    /// Envoy's `common_tls_context`.
    pub common: CommonTls,
    /// Envoy's `sni`: the name that is asked for; none by default.
    pub sni: Option<String>,
    /// Envoy's `auto_host_sni`: ask for the endpoint's name, if it has one. Off by default.
    pub auto_host_sni: bool,
}

/// `CommonTlsContext`.
#[derive(Clone, Debug)]
pub struct CommonTls {
    /// Envoy's `tls_certificates`.
    pub certificates: Vec<TlsCertificate>,
    /// Envoy's `validation_context`.
    pub validation: Option<Validation>,
    /// Envoy's `alpn_protocols`, best first.
    pub alpn_protocols: Vec<String>,
    /// Envoy's `tls_params.tls_minimum_protocol_version`; TLS 1.2 by default.
    pub min_version: TlsVersion,
    /// Envoy's `tls_params.tls_maximum_protocol_version`; TLS 1.3 by default.
    pub max_version: TlsVersion,
    /// Where the context stands in the file.
    pub location: Location,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.2.
    V1_2,
    /// TLS 1.3.
    V1_3,
}

/// `TlsCertificate`. Files have to be read before it is put to use.
#[derive(Clone)]
pub struct TlsCertificate {
    /// Envoy's `certificate_chain`, in PEM, the own certificate first.
    pub chain: DataSource,
    /// The file that the chain comes from; none if it stands in the configuration.
    pub chain_file: Option<PathBuf>,
    /// Envoy's `private_key`, in PEM.
    pub key: DataSource,
    /// Where the certificate stands in the file.
    pub location: Location,
}

/// `CertificateValidationContext`: what a peer's certificate has to be.
#[derive(Clone, Debug)]
pub struct Validation {
    /// Envoy's `trusted_ca`, in PEM.
    pub trusted_ca: DataSource,
    /// The file that they come from; none if they stand in the configuration.
    pub trusted_ca_file: Option<PathBuf>,
    /// Envoy's `match_typed_subject_alt_names`: one of them has to match, if there are any.
    pub subject_alt_names: Vec<SanMatcher>,
    /// Where the context stands in the file.
    pub location: Location,
}

/// `SubjectAltNameMatcher`.
#[derive(Clone, Debug)]
pub struct SanMatcher {
    /// Envoy's `san_type`.
    pub kind: SanKind,
    /// Envoy's `matcher`.
    pub value: StringMatch,
}

/// Envoy's `san_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SanKind {
    /// Envoy's `DNS`.
    Dns,
    /// Envoy's `URI`.
    Uri,
}

// A private key is in no log, whoever prints the configuration.
impl std::fmt::Debug for TlsCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsCertificate").field("location", &self.location).finish_non_exhaustive()
    }
}

impl CommonTls {
    /// Everything that may stand in a file of its own.
    pub fn sources_mut(&mut self) -> impl Iterator<Item = &mut DataSource> {
        let certificates = self.certificates.iter_mut().flat_map(|own| [&mut own.chain, &mut own.key]);
        certificates.chain(self.validation.iter_mut().map(|validation| &mut validation.trusted_ca))
    }
}

fn file_of(source: &DataSource) -> Option<PathBuf> {
    match source {
        DataSource::File { filename, .. } => Some(filename.into()),
        DataSource::Inline(_) => None,
    }
}

/// Decodes a `DownstreamTlsContext`.
pub(crate) fn decode_downstream(any: &Any<'_>, at: &Cursor<'_>) -> Option<DownstreamTls> {
    let object = any.object(&DOWNSTREAM_TLS)?;
    let require_client_certificate = object.get("require_client_certificate").and_then(|at| at.boolean());
    let common = object.required("common_tls_context", "with tls_certificates").and_then(|at| decode_common(&at));
    let common = common?;
    if common.certificates.is_empty() {
        at.error("a listener with TLS needs a certificate: write tls_certificates in common_tls_context");
        return None;
    }
    let require_client_certificate = require_client_certificate.unwrap_or(false);
    if require_client_certificate && common.validation.is_none() {
        at.error(
            "require_client_certificate asks for certificates that nobody judges; write validation_context with trusted_ca \
             in common_tls_context",
        );
        return None;
    }
    Some(DownstreamTls { common, require_client_certificate })
}

/// Decodes an `UpstreamTlsContext`.
pub(crate) fn decode_upstream(any: &Any<'_>, at: &Cursor<'_>) -> Option<UpstreamTls> {
    let object = any.object(&UPSTREAM_TLS)?;
    let sni = object.get("sni").and_then(|at| at.text()).filter(|name| !name.is_empty()).map(str::to_owned);
    let auto_host_sni = object.get("auto_host_sni").and_then(|at| at.boolean()).unwrap_or(false);
    let common = match object.get("common_tls_context") {
        Some(context) => decode_common(&context)?,
        None => CommonTls::empty(at.location()),
    };
    if common.validation.is_none() {
        at.warn_once(
            format!("unverified at {}", at.path),
            "the certificates of this cluster are not verified, as in Envoy; write validation_context with trusted_ca to \
             have them verified",
        );
    }
    if common.certificates.len() > 1 {
        at.error("a cluster shows one certificate; remove the others from tls_certificates");
    }
    Some(UpstreamTls { common, sni, auto_host_sni })
}

impl CommonTls {
    fn empty(location: Location) -> Self {
        Self {
            certificates: Vec::new(),
            validation: None,
            alpn_protocols: Vec::new(),
            min_version: TlsVersion::V1_2,
            max_version: TlsVersion::V1_3,
            location,
        }
    }
}

fn decode_common(at: &Cursor<'_>) -> Option<CommonTls> {
    let object = Object::open(at, &COMMON_TLS)?;
    let mut common = CommonTls::empty(at.location());
    if let Some(params) = object.get("tls_params").and_then(|at| Object::open(&at, &TLS_PARAMETERS)) {
        let version = |name| params.get(name).and_then(|at| decode_version(&at));
        common.min_version = version("tls_minimum_protocol_version").unwrap_or(TlsVersion::V1_2);
        common.max_version = version("tls_maximum_protocol_version").unwrap_or(TlsVersion::V1_3);
        if common.min_version > common.max_version {
            params.at.error("tls_minimum_protocol_version is above tls_maximum_protocol_version");
        }
    }
    let certificates = object.get("tls_certificates").map(|at| at.items()).unwrap_or_default();
    let decoded: Vec<_> = certificates.iter().map(decode_certificate).collect();
    if let Some(at) = object.get("validation_context") {
        common.validation = decode_validation(&at);
    }
    if let Some(protocols) = object.get("alpn_protocols") {
        common.alpn_protocols = protocols.items().iter().filter_map(Cursor::nonempty_text).map(str::to_owned).collect();
    }
    common.certificates = decoded.into_iter().collect::<Option<_>>()?;
    Some(common)
}

fn decode_version(at: &Cursor<'_>) -> Option<TlsVersion> {
    let found = at.choice(&[
        ("TLS_AUTO", 0, Ok(None)),
        ("TLSv1_0", 1, Err("TLSv1_0")),
        ("TLSv1_1", 2, Err("TLSv1_1")),
        ("TLSv1_2", 3, Ok(Some(TlsVersion::V1_2))),
        ("TLSv1_3", 4, Ok(Some(TlsVersion::V1_3))),
    ])?;
    found.unwrap_or_else(|name| {
        at.error(format!("{name} is broken and not spoken by Tollgate; write TLSv1_2 or TLSv1_3"));
        None
    })
}

fn decode_certificate(at: &Cursor<'_>) -> Option<TlsCertificate> {
    let object = Object::open(at, &TLS_CERTIFICATE)?;
    let source = |name| object.required(name, "{filename: ...} in PEM").and_then(|at| data_source::decode(&at));
    let (chain, key) = (source("certificate_chain"), source("private_key"));
    let chain = chain?;
    Some(TlsCertificate { chain_file: file_of(&chain), chain, key: key?, location: at.location() })
}

fn decode_validation(at: &Cursor<'_>) -> Option<Validation> {
    let object = Object::open(at, &VALIDATION_CONTEXT)?;
    let trusted_ca = object.get("trusted_ca").and_then(|at| data_source::decode(&at));
    let names = object.get("match_typed_subject_alt_names").map(|at| at.items()).unwrap_or_default();
    let subject_alt_names = names.iter().filter_map(decode_san).collect();
    if !object.was_given("trusted_ca") && !object.is_empty() {
        at.error("validation_context needs the field \"trusted_ca\": {filename: ...} in PEM");
    }
    let trusted_ca = trusted_ca?;
    Some(Validation { trusted_ca_file: file_of(&trusted_ca), trusted_ca, subject_alt_names, location: at.location() })
}

fn decode_san(at: &Cursor<'_>) -> Option<SanMatcher> {
    let object = Object::open(at, &SAN_MATCHER)?;
    let kind = object.required("san_type", "DNS or URI").and_then(|at| {
        let kind = at.choice(&[
            ("SAN_TYPE_UNSPECIFIED", 0, None),
            ("EMAIL", 1, None),
            ("DNS", 2, Some(SanKind::Dns)),
            ("URI", 3, Some(SanKind::Uri)),
            ("IP_ADDRESS", 4, None),
            ("OTHER_NAME", 5, None),
        ])?;
        if kind.is_none() {
            at.error("names of this kind are not matched by Tollgate; write DNS or URI");
        }
        kind
    });
    let value = object.required("matcher", "such as {exact: a.example.com}").and_then(|at| string_match::decode(&at));
    Some(SanMatcher { kind: kind?, value: value? })
}

/// The types of the two contexts.
pub(crate) static DOWNSTREAM: TypedMessage = TypedMessage {
    v3: "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
    v2: "envoy.api.v2.auth.DownstreamTlsContext",
};

/// See [`DOWNSTREAM`].
pub(crate) static UPSTREAM: TypedMessage = TypedMessage {
    v3: "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
    v2: "envoy.api.v2.auth.UpstreamTlsContext",
};

/// Takes private keys out of a document that is to be shown.
pub(crate) fn redact(document: &mut serde_json::Value) {
    match document {
        serde_json::Value::Array(items) => items.iter_mut().for_each(redact),
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                if matches!(name.as_str(), "private_key" | "privateKey" | "password") {
                    hide(value);
                } else {
                    redact(value);
                }
            }
        }
        _ => {}
    }
}

/// A file's name may be seen; what stands for the key itself may not.
fn hide(source: &mut serde_json::Value) {
    let Some(fields) = source.as_object_mut() else { return };
    for (name, value) in fields {
        if name != "filename" {
            *value = "[redacted]".into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::redact;
    use serde_json::json;

    #[test]
    fn keys_are_not_shown() {
        let mut document = json!({"a": [{"private_key": {"inline_string": "secret"}, "certificate_chain": {"inline_string": "seen"}},
            {"privateKey": {"filename": "own.key"}}]});
        redact(&mut document);
        let expected = json!({"a": [{"private_key": {"inline_string": "[redacted]"}, "certificate_chain": {"inline_string": "seen"}},
            {"privateKey": {"filename": "own.key"}}]});
        assert_eq!(document, expected);
    }
}
