//! `x-forwarded-client-cert`: whose certificate a client has shown.

use std::fmt::Write as _;
use tollgate_config::{ClientCertDetails, ForwardClientCert};
use tollgate_host::fields::{FieldName, HeaderMap};
use tollgate_host::stream::{CertificateInfo, TlsInfo};

const NAME: &str = "x-forwarded-client-cert";

/// Takes out what a client may not tell, and tells what is to be told of its certificate.
pub(super) fn tell(config: ForwardClientCert, tls: Option<&TlsInfo>, fields: &mut HeaderMap) {
    let shown = tls.and_then(|tls| Some((tls, tls.peer.as_ref()?)));
    match (config, shown) {
        (ForwardClientCert::Always, _) | (ForwardClientCert::WithCertificate, Some(_)) => {
            // One field, so that nobody takes the first of several for all.
            if fields.values(NAME.as_bytes()).nth(1).is_some()
                && let Some(all) = fields.joined(NAME.as_bytes())
            {
                fields.replace(FieldName::from(NAME), all.to_vec().into());
            }
        }
        (ForwardClientCert::Append(details), Some((tls, peer))) => {
            let mut value = fields.joined(NAME.as_bytes()).map(|before| before.to_vec()).unwrap_or_default();
            if !value.is_empty() {
                value.push(b',');
            }
            value.extend_from_slice(element(details, tls, peer).as_bytes());
            fields.replace(FieldName::from(NAME), value.into());
        }
        (ForwardClientCert::Set(details), Some((tls, peer))) => {
            fields.replace(FieldName::from(NAME), element(details, tls, peer).into());
        }
        _ => {
            fields.remove(NAME.as_bytes());
        }
    }
}

/// What is told of a certificate, in Envoy's order.
fn element(details: ClientCertDetails, tls: &TlsInfo, peer: &CertificateInfo) -> String {
    let mut parts: Vec<String> = tls.local.uri_sans.iter().map(|name| format!("By={name}")).collect();
    parts.push(format!("Hash={}", peer.sha256_digest));
    if details.cert {
        parts.push(format!("Cert=\"{}\"", peer.pem));
    }
    if details.chain {
        let mut part = String::with_capacity(peer.pem.len() + tls.peer_chain.len() + 8);
        let _ = write!(part, "Chain=\"{}{}\"", peer.pem, tls.peer_chain);
        parts.push(part);
    }
    if details.subject {
        parts.push(format!("Subject=\"{}\"", peer.subject));
    }
    if details.uri {
        parts.extend(peer.uri_sans.iter().map(|name| format!("URI={name}")));
        if peer.uri_sans.is_empty() {
            // That there is none is told, unlike for the names of kind DNS.
            parts.push("URI=".to_owned());
        }
    }
    if details.dns {
        parts.extend(peer.dns_sans.iter().map(|name| format!("DNS={name}")));
    }
    parts.join(";")
}
