//! What plugins are told of a certificate, in the words that Envoy has for it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::asn1::{AnyRef, ObjectIdentifier, SetOfVec};
use der::{Reader as _, SliceReader, Tag, Tagged as _};
use rustls::pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use tollgate_host::stream::CertificateInfo;

/// The names of a certificate.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// Of kind DNS, in lower case.
    pub(super) dns: Vec<String>,
    pub(super) uri: Vec<String>,
}

/// What a certificate says.
pub(super) fn info(certificate: &CertificateDer<'_>) -> CertificateInfo {
    let parsed = webpki::EndEntityCert::try_from(certificate).ok();
    let parsed = parsed.as_ref();
    CertificateInfo {
        subject: parsed.and_then(|parsed| subject(parsed.subject())).unwrap_or_default(),
        dns_sans: parsed.into_iter().flat_map(|parsed| parsed.valid_dns_names()).map(str::to_owned).collect(),
        uri_sans: parsed.into_iter().flat_map(|parsed| parsed.valid_uri_names()).map(str::to_owned).collect(),
        sha256_digest: Sha256::digest(certificate).iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        }),
        pem: url_encoded_pem(certificate),
    }
}

/// The names of a certificate that can be read.
pub(super) fn names(certificate: &CertificateDer<'_>) -> Option<Names> {
    let parsed = webpki::EndEntityCert::try_from(certificate).ok()?;
    Some(Names {
        dns: parsed.valid_dns_names().map(str::to_ascii_lowercase).collect(),
        uri: parsed.valid_uri_names().map(str::to_owned).collect(),
    })
}

/// A certificate in PEM, with what a URL cannot have replaced, as in `x-forwarded-client-cert`.
pub(super) fn url_encoded_pem(certificate: &[u8]) -> String {
    let base64 = STANDARD.encode(certificate);
    let mut text = String::with_capacity(base64.len() * 5 / 4);
    text.push_str("-----BEGIN%20CERTIFICATE-----%0A");
    for (index, c) in base64.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            text.push_str("%0A");
        }
        match c {
            '+' => text.push_str("%2B"),
            '/' => text.push_str("%2F"),
            '=' => text.push_str("%3D"),
            c => text.push(c),
        }
    }
    text.push_str("%0A-----END%20CERTIFICATE-----%0A");
    text
}

/// The contents of a `Name` as text by RFC 2253: the last part first. `None` if they are none.
fn subject(name: &[u8]) -> Option<String> {
    let mut reader = SliceReader::new(name).ok()?;
    let mut parts = Vec::new();
    while !reader.is_finished() {
        let part: SetOfVec<AnyRef<'_>> = reader.decode().ok()?;
        let attributes: Option<Vec<_>> = part.iter().map(attribute).collect();
        parts.push(attributes?.join("+"));
    }
    parts.reverse();
    Some(parts.join(","))
}

fn attribute(of: &AnyRef<'_>) -> Option<String> {
    of.sequence(|reader| {
        let kind: ObjectIdentifier = reader.decode()?;
        let value: AnyRef<'_> = reader.decode()?;
        let known = KINDS.iter().find(|(oid, _)| *oid == kind).map(|(_, name)| *name);
        Ok(match (known, text(&value)) {
            (Some(name), Some(text)) => format!("{name}={}", escaped(&text)),
            (None, Some(text)) => format!("{kind}={}", escaped(&text)),
            // Not text: the encoding itself.
            (known, None) => {
                let bytes = value.value().iter().fold(String::new(), |mut hex, byte| {
                    let _ = write!(hex, "{byte:02X}");
                    hex
                });
                format!("{}=#{bytes}", known.map_or_else(|| kind.to_string(), str::to_owned))
            }
        })
    })
    .ok()
}

fn text(value: &AnyRef<'_>) -> Option<String> {
    let bytes = value.value();
    match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::VisibleString => {
            std::str::from_utf8(bytes).ok().map(str::to_owned)
        }
        Tag::TeletexString => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
        Tag::BmpString => {
            let units = bytes.chunks_exact(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]]));
            char::decode_utf16(units).collect::<Result<_, _>>().ok()
        }
        _ => None,
    }
}

/// RFC 2253, 2.4; OpenSSL escapes what is not ASCII as well.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let last = text.len().saturating_sub(1);
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b',' | b'+' | b'"' | b'\\' | b'<' | b'>' | b';' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            b'#' | b' ' if index == 0 => {
                out.push('\\');
                out.push(char::from(byte));
            }
            b' ' if index == last => out.push_str("\\ "),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\{byte:02X}");
            }
        }
    }
    out
}

/// The names of attributes, as OpenSSL abbreviates them.
const KINDS: [(ObjectIdentifier, &str); 13] = [
    (ObjectIdentifier::new_unwrap("2.5.4.3"), "CN"),
    (ObjectIdentifier::new_unwrap("2.5.4.4"), "SN"),
    (ObjectIdentifier::new_unwrap("2.5.4.5"), "serialNumber"),
    (ObjectIdentifier::new_unwrap("2.5.4.6"), "C"),
    (ObjectIdentifier::new_unwrap("2.5.4.7"), "L"),
    (ObjectIdentifier::new_unwrap("2.5.4.8"), "ST"),
    (ObjectIdentifier::new_unwrap("2.5.4.9"), "street"),
    (ObjectIdentifier::new_unwrap("2.5.4.10"), "O"),
    (ObjectIdentifier::new_unwrap("2.5.4.11"), "OU"),
    (ObjectIdentifier::new_unwrap("2.5.4.12"), "title"),
    (ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.1"), "UID"),
    (ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.25"), "DC"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1"), "emailAddress"),
];

#[cfg(test)]
mod tests {
    use super::{escaped, info, subject};
    use rustls::pki_types::CertificateDer;

    #[test]
    fn a_subject_is_written_from_its_end() {
        // C=US, O="A, B", CN=x
        let name = [
            &[0x31, 11, 0x30, 9, 6, 3, 0x55, 4, 6, 0x13, 2][..],
            b"US",
            &[0x31, 13, 0x30, 11, 6, 3, 0x55, 4, 10, 0x0c, 4],
            b"A, B",
            &[0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 3, 0x0c, 1],
            b"x",
        ]
        .concat();
        assert_eq!(subject(&name).as_deref(), Some("CN=x,O=A\\, B,C=US"));
        assert_eq!(subject(&name[..20]), None);
        assert_eq!(subject(b"").as_deref(), Some(""));
    }

    #[test]
    fn what_means_something_is_escaped() {
        assert_eq!(escaped(" a#b "), "\\ a#b\\ ");
        assert_eq!(escaped("#a+\u{e9}\n"), "\\#a\\+\\C3\\A9\\0A");
    }

    #[test]
    fn what_is_no_certificate_says_little() {
        let nonsense = info(&CertificateDer::from(vec![0x30, 0]));
        assert_eq!((nonsense.subject.as_str(), nonsense.dns_sans.len(), nonsense.sha256_digest.len()), ("", 0, 64));
    }
}
