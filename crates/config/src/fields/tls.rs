//! `envoy.extensions.transport_sockets.tls.v3`.

use super::advice::{LIMIT, REMOVE, STATIC};
use super::{Message, acted, harmless, only, refused};

const NO_SDS: &str = "write tls_certificates and validation_context; secrets are not fetched";
const NO_REVOCATION: &str = "certificates are not looked up as revoked; remove it if they need not be";
const MATCH_NAMES: &str = "use trusted_ca, and match_typed_subject_alt_names";

/// `DownstreamTlsContext`.
pub(crate) const DOWNSTREAM_TLS: Message = Message {
    name: "DownstreamTlsContext",
    fields: &[
        acted("common_tls_context"),
        acted("require_client_certificate"),
        only("require_sni", &["false"], REMOVE),
        refused("session_ticket_keys", "tickets are encrypted with keys of the process's own; remove it"),
        refused("session_ticket_keys_sds_secret_config", STATIC),
        only("disable_stateless_session_resumption", &["false"], REMOVE),
        only("disable_stateful_session_resumption", &["false"], REMOVE),
        refused("session_timeout", LIMIT),
        only("ocsp_staple_policy", &["LENIENT_STAPLING", "0"], REMOVE),
        only("full_scan_certs_on_sni_mismatch", &["false"], REMOVE),
        harmless("prefer_client_ciphers", "the client's order counts where both are equally good"),
    ],
};

/// `UpstreamTlsContext`.
pub(crate) const UPSTREAM_TLS: Message = Message {
    name: "UpstreamTlsContext",
    fields: &[
        acted("common_tls_context"),
        acted("sni"),
        acted("auto_host_sni"),
        only("auto_sni_san_validation", &["false"], "use match_typed_subject_alt_names"),
        only("allow_renegotiation", &["false"], REMOVE),
        harmless("max_session_keys", "sessions are resumed as the TLS library sees fit"),
        only("enforce_rsa_key_usage", &["false", "true"], REMOVE),
    ],
};

/// `CommonTlsContext`.
pub(crate) const COMMON_TLS: Message = Message {
    name: "CommonTlsContext",
    fields: &[
        acted("tls_params"),
        acted("tls_certificates"),
        acted("validation_context"),
        acted("alpn_protocols"),
        refused("tls_certificate_sds_secret_configs", NO_SDS),
        refused("tls_certificate_provider_instance", NO_SDS),
        refused("tls_certificate_certificate_provider", NO_SDS),
        refused("tls_certificate_certificate_provider_instance", NO_SDS),
        refused("custom_tls_certificate_selector", "write tls_certificates"),
        refused("validation_context_sds_secret_config", NO_SDS),
        refused("combined_validation_context", "write validation_context"),
        refused("validation_context_certificate_provider", NO_SDS),
        refused("validation_context_certificate_provider_instance", NO_SDS),
        refused("custom_handshaker", REMOVE),
        refused("key_log", "session keys are never written; remove it"),
    ],
};

/// `TlsParameters`.
pub(crate) const TLS_PARAMETERS: Message = Message {
    name: "TlsParameters",
    fields: &[
        acted("tls_minimum_protocol_version"),
        acted("tls_maximum_protocol_version"),
        refused("cipher_suites", "all suites of the TLS library are good ones; remove it"),
        refused("ecdh_curves", "all key exchanges of the TLS library are good ones; remove it"),
        refused("signature_algorithms", REMOVE),
        refused("compliance_policies", REMOVE),
    ],
};

/// `TlsCertificate`.
pub(crate) const TLS_CERTIFICATE: Message = Message {
    name: "TlsCertificate",
    fields: &[
        acted("certificate_chain"),
        acted("private_key"),
        refused("pkcs12", "write certificate_chain and private_key in PEM"),
        refused("watched_directory", "files are read when the process starts; remove it"),
        refused("private_key_provider", "write private_key"),
        refused("password", "write a private_key that is not encrypted"),
        refused("ocsp_staple", REMOVE),
        refused("signed_certificate_timestamp", REMOVE),
    ],
};

/// `CertificateValidationContext`.
pub(crate) const VALIDATION_CONTEXT: Message = Message {
    name: "CertificateValidationContext",
    fields: &[
        acted("trusted_ca"),
        acted("match_typed_subject_alt_names"),
        refused("ca_certificate_provider_instance", NO_SDS),
        refused("system_root_certs", "write trusted_ca: {filename: /etc/ssl/certs/ca-certificates.crt}"),
        refused("watched_directory", "files are read when the process starts; remove it"),
        refused("verify_certificate_spki", MATCH_NAMES),
        refused("verify_certificate_hash", MATCH_NAMES),
        refused("match_subject_alt_names", "write match_typed_subject_alt_names"),
        only("require_signed_certificate_timestamp", &["false"], REMOVE),
        refused("crl", NO_REVOCATION),
        only("allow_expired_certificate", &["false"], REMOVE),
        only("trust_chain_verification", &["VERIFY_TRUST_CHAIN", "0"], REMOVE),
        refused("custom_validator_config", MATCH_NAMES),
        harmless("only_verify_leaf_cert_crl", "no lists of revoked certificates are read"),
        refused("max_verify_depth", LIMIT),
    ],
};

/// `SubjectAltNameMatcher`.
pub(crate) const SAN_MATCHER: Message = Message {
    name: "SubjectAltNameMatcher",
    fields: &[acted("san_type"), acted("matcher"), refused("oid", "use san_type DNS or URI")],
};
