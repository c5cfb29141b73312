//! Keys in DER and PEM.

use super::Encoded;
use super::curves::{CurvePrivateKey, CurvePublicKey};
use super::hash::Hash;
use super::random::Source;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rsa::pkcs8::der::Decode as _;
use rsa::pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use rsa::pkcs8::{ObjectIdentifier, PrivateKeyInfo};
use rsa::traits::PublicKeyParts as _;
use rsa::{BigUint, RsaPrivateKey, RsaPublicKey, pkcs1};
use std::borrow::Cow;
use std::time::Duration;

/// Most bits of an RSA modulus, as in Envoy: the work grows with the third power.
const MAX_MODULUS_BITS: usize = 8192;

/// What it takes to sign with the longest key of RSA, on a machine of 2026.
const LONGEST_SIGNING: Duration = Duration::from_millis(200);

/// Algorithm of keys on curves; the curve is its parameter.
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// A key that signatures are verified with.
pub(super) enum PublicKey {
    Rsa(RsaPublicKey),
    Curve(CurvePublicKey),
}

/// A key that signs.
pub(super) enum PrivateKey {
    Rsa(Box<RsaPrivateKey>),
    Curve(Box<CurvePrivateKey>),
}

impl PublicKey {
    pub(super) fn decode(encoded: &Encoded<'_>) -> Option<Self> {
        let der: Cow<'_, [u8]> = match encoded {
            Encoded::Der(der) => Cow::Borrowed(der),
            Encoded::Pem(text) => pem(text, &["PUBLIC KEY"])?.1.into(),
        };
        let info = SubjectPublicKeyInfoRef::from_der(first_element(&der)?).ok()?;
        let key = info.subject_public_key.as_bytes()?;
        match Algorithm::of(&info.algorithm)? {
            Algorithm::Rsa => {
                let key = pkcs1::RsaPublicKey::from_der(key).ok()?;
                let (modulus, exponent) = (number(key.modulus)?, number(key.public_exponent)?);
                RsaPublicKey::new_with_max_size(modulus, exponent, MAX_MODULUS_BITS).ok().map(Self::Rsa)
            }
            Algorithm::Curve(curve) => CurvePublicKey::from_point(curve, key).map(Self::Curve),
        }
    }

    pub(super) fn verify(&self, hash: Hash, text: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Rsa(key) => key.verify(hash.padding(), &hash.digest(text), signature).is_ok(),
            Self::Curve(key) => key.verify(hash, text, signature),
        }
    }
}

impl PrivateKey {
    pub(super) fn decode(encoded: &Encoded<'_>) -> Option<Self> {
        match encoded {
            Encoded::Der(der) => Self::from_pkcs8(der),
            Encoded::Pem(text) => {
                let (label, der) = pem(text, &["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"])?;
                match label {
                    "RSA PRIVATE KEY" => Self::from_pkcs1(&der),
                    "EC PRIVATE KEY" => Self::from_sec1(&der, None),
                    _ => Self::from_pkcs8(&der),
                }
            }
        }
    }

    fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let info = PrivateKeyInfo::from_der(first_element(der)?).ok()?;
        match Algorithm::of(&info.algorithm)? {
            Algorithm::Rsa => Self::from_pkcs1(info.private_key),
            Algorithm::Curve(curve) => Self::from_sec1(info.private_key, Some(curve)),
        }
    }

    fn from_pkcs1(der: &[u8]) -> Option<Self> {
        let key = pkcs1::RsaPrivateKey::from_der(first_element(der)?).ok()?;
        let modulus = number(key.modulus)?;
        // These bound what checking and using the key cost.
        if modulus.bits() > MAX_MODULUS_BITS || key.public_exponent.as_bytes().len() > 5 {
            return None;
        }
        let primes = vec![number(key.prime1)?, number(key.prime2)?];
        let exponents = (number(key.public_exponent)?, number(key.private_exponent)?);
        let key = RsaPrivateKey::from_components(modulus, exponents.0, exponents.1, primes).ok()?;
        Some(Self::Rsa(Box::new(key)))
    }

    /// The curve stands in the key, around it, or in both.
    fn from_sec1(der: &[u8], curve: Option<ObjectIdentifier>) -> Option<Self> {
        let key = sec1::EcPrivateKey::from_der(first_element(der)?).ok()?;
        let own = key.parameters.and_then(sec1::EcParameters::named_curve);
        let curve = match (curve, own) {
            (Some(curve), Some(own)) if curve != own => return None,
            (Some(curve), _) | (None, Some(curve)) => curve,
            (None, None) => return None,
        };
        CurvePrivateKey::from_scalar(curve, key.private_key).map(|key| Self::Curve(Box::new(key)))
    }

    /// What it takes to sign with it, about: it is one computation, which cannot be done in parts.
    pub(super) fn signing_time(&self) -> Duration {
        match self {
            // The work grows with the third power.
            Self::Rsa(key) => LONGEST_SIGNING.mul_f64((key.n().bits() as f64 / MAX_MODULUS_BITS as f64).powi(3)),
            Self::Curve(_) => Duration::ZERO,
        }
    }

    pub(super) fn sign(&self, hash: Hash, text: &[u8], random: &mut Source) -> Option<Vec<u8>> {
        match self {
            // With blinding, so that the time it takes does not tell the key.
            Self::Rsa(key) => key.sign_with_rng(random, hash.padding(), &hash.digest(text)).ok(),
            Self::Curve(key) => key.sign(hash, text, random),
        }
    }
}

enum Algorithm {
    Rsa,
    Curve(ObjectIdentifier),
}

impl Algorithm {
    fn of(algorithm: &AlgorithmIdentifierRef<'_>) -> Option<Self> {
        match algorithm.oid {
            pkcs1::ALGORITHM_OID => Some(Self::Rsa),
            EC_PUBLIC_KEY => algorithm.parameters_oid().ok().map(Self::Curve),
            _ => None,
        }
    }
}

fn number(number: pkcs1::UintRef<'_>) -> Option<BigUint> {
    let bytes = number.as_bytes();
    (bytes.len() <= MAX_MODULUS_BITS / 8).then(|| BigUint::from_bytes_be(bytes))
}

/// The first element of DER: what follows a key does not matter.
fn first_element(der: &[u8]) -> Option<&[u8]> {
    let (header, length) = match *der.get(1)? {
        short @ 0..=0x7f => (2, usize::from(short)),
        // As many bytes of length as 64 KiB of key need.
        0x81 => (3, usize::from(*der.get(2)?)),
        0x82 => (4, usize::from(u16::from_be_bytes([*der.get(2)?, *der.get(3)?]))),
        _ => return None,
    };
    der.get(..header + length)
}

/// The first block of PEM that has one of these labels, with its label; text around it does not matter.
fn pem<'a>(text: &str, labels: &[&'a str]) -> Option<(&'a str, Vec<u8>)> {
    let mut rest = text;
    loop {
        let (label, after) = rest.split_once("-----BEGIN ")?.1.split_once("-----")?;
        let (body, after) = after.split_once("-----END ")?;
        if let Some(label) = labels.iter().find(|known| **known == label) {
            let body: String = body.split_ascii_whitespace().collect();
            return Some((label, BASE64_STANDARD.decode(body).ok()?));
        }
        rest = after;
    }
}
