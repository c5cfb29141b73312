//! The certificates of a configuration, for those who watch when they expire.

use super::certificate::{self, Names};
use super::pem;
use chrono::{DateTime, SecondsFormat, Utc};
use der::asn1::{AnyRef, GeneralizedTime, UtcTime};
use der::{Reader as _, SliceReader, Tag, Tagged as _};
use rustls::pki_types::CertificateDer;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tollgate_config::{CommonTls, DataSource};

/// What a context of TLS shows, and whose certificates it believes.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListedContext {
    own: Vec<Listed>,
    authorities: Vec<Listed>,
}

/// A certificate.
#[derive(Clone, Debug)]
struct Listed {
    path: String,
    facts: Facts,
    names: Names,
}

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Facts {
    /// In hexadecimal.
    serial: String,
    /// Since the Unix epoch.
    not_before: Duration,
    not_after: Duration,
}

impl ListedContext {
    /// The certificates of a context; those that cannot be read are left out. Files must have been read into it.
    pub(super) fn of(common: &CommonTls) -> Self {
        let authorities = common.validation.iter();
        let authorities = authorities
            .flat_map(|validation| listed(&validation.trusted_ca, validation.trusted_ca_file.as_deref(), usize::MAX));
        // Of a chain, the one that is ours.
        let own = common.certificates.iter().flat_map(|own| listed(&own.chain, own.chain_file.as_deref(), 1));
        Self { own: own.collect(), authorities: authorities.collect() }
    }

    /// Envoy's `Certificate`.
    pub(crate) fn to_json(&self, now: SystemTime) -> Value {
        let all = |listed: &[Listed]| listed.iter().map(|own| own.to_json(now)).collect::<Vec<_>>();
        json!({"ca_cert": all(&self.authorities), "cert_chain": all(&self.own)})
    }

    /// Days until the first of its certificates expires.
    pub(crate) fn days_left(&self, now: SystemTime) -> Option<u64> {
        self.own.iter().chain(&self.authorities).map(|listed| listed.facts.days_left(now)).min()
    }
}

impl Listed {
    fn to_json(&self, now: SystemTime) -> Value {
        let dns = self.names.dns.iter().map(|name| json!({"dns": name}));
        let names: Vec<_> = dns.chain(self.names.uri.iter().map(|name| json!({"uri": name}))).collect();
        json!({
            "path": self.path,
            "serial_number": self.facts.serial,
            "subject_alt_names": names,
            "days_until_expiration": self.facts.days_left(now).to_string(),
            "valid_from": time(self.facts.not_before),
            "expiration_time": time(self.facts.not_after),
        })
    }
}

impl Facts {
    fn of(certificate: &[u8]) -> Option<Self> {
        let outer = items(certificate)?;
        let parts = items(outer.first()?.value())?;
        let fields = items(parts.first()?.value())?;
        // The version stands first, where it is not 1.
        let skipped = usize::from(fields.first()?.tag().is_context_specific());
        let serial = fields.get(skipped)?.value();
        let times = items(fields.get(skipped + 3)?.value())?;
        let (not_before, not_after) = (moment(times.first()?)?, moment(times.get(1)?)?);
        let digits = serial.iter().skip_while(|byte| **byte == 0);
        let serial = digits.fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        Some(Self { serial, not_before, not_after })
    }

    fn days_left(&self, now: SystemTime) -> u64 {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.not_after.saturating_sub(now).as_secs() / 86_400
    }
}

fn listed(source: &DataSource, file: Option<&Path>, most: usize) -> Vec<Listed> {
    let path = file.map_or_else(|| "<inline>".to_owned(), |file| file.display().to_string());
    let certificates = pem::readable(source);
    let listed = |certificate: &CertificateDer<'_>| {
        let names = certificate::names(certificate).unwrap_or_default();
        Some(Listed { path: path.clone(), facts: Facts::of(certificate)?, names })
    };
    certificates.iter().take(most).filter_map(listed).collect()
}

/// The values of a sequence.
fn items(bytes: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(bytes).ok()?;
    let mut items = Vec::new();
    while !reader.is_finished() {
        items.push(reader.decode().ok()?);
    }
    Some(items)
}

/// A time, since the Unix epoch.
fn moment(time: &AnyRef<'_>) -> Option<Duration> {
    match time.tag() {
        Tag::UtcTime => time.decode_as::<UtcTime>().ok().map(|time| time.to_unix_duration()),
        _ => time.decode_as::<GeneralizedTime>().ok().map(|time| time.to_unix_duration()),
    }
}

fn time(since_epoch: Duration) -> String {
    let time = DateTime::<Utc>::from(UNIX_EPOCH + since_epoch);
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::{Facts, time};
    use std::time::{Duration, UNIX_EPOCH};

    /// As much of a certificate as is looked at: serial 0x00ff01, from 2026-11-22 to 2051-01-01.
    fn certificate(version: &[u8]) -> Vec<u8> {
        let sequence = |parts: &[&[u8]]| {
            let content = parts.concat();
            [&[0x30, content.len() as u8][..], &content].concat()
        };
        let validity = sequence(&[b"\x17\x0d261122000000Z", b"\x18\x0f20510101000000Z"]);
        let empty = sequence(&[]);
        let inner = sequence(&[version, b"\x02\x03\x00\xff\x01", &empty, &empty, &validity, &empty]);
        sequence(&[&inner, &empty])
    }

    #[test]
    fn serial_and_times_are_read_with_a_version_and_without() {
        for version in [&b"\xa0\x03\x02\x01\x02"[..], b""] {
            let facts = Facts::of(&certificate(version)).unwrap();
            assert_eq!(facts.serial, "ff01");
            assert_eq!(
                [time(facts.not_before), time(facts.not_after)],
                ["2026-11-22T00:00:00Z", "2051-01-01T00:00:00Z"]
            );
            let day = Duration::from_secs(86_400);
            let end = UNIX_EPOCH + facts.not_after;
            let left = [end - 10 * day, end - day / 2, end + day].map(|now| facts.days_left(now));
            assert_eq!(left, [10, 0, 0]);
        }
    }

    #[test]
    fn what_is_no_certificate_says_nothing() {
        let whole = certificate(b"");
        for end in 0..whole.len() {
            assert_eq!(Facts::of(&whole[..end]), None, "{end}");
        }
        assert_eq!(Facts::of(b"\x30\x00"), None);
    }
}
