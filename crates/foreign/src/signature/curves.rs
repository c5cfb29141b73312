//! ECDSA over the curves of NIST.

use super::hash::Hash;
use super::random::Source;
use rsa::pkcs8::ObjectIdentifier;

/// Defines a curve's keys: how they are read, and what they do.
macro_rules! curves {
    ($($curve:ident $name:ident $oid:literal $field_bytes:literal),* $(,)?) => {
        /// A public key on a curve.
        pub(super) enum CurvePublicKey {
            $($name($curve::ecdsa::VerifyingKey),)*
        }

        /// A private key on a curve.
        pub(super) enum CurvePrivateKey {
            $($name($curve::ecdsa::SigningKey),)*
        }

        impl CurvePublicKey {
            /// From a point, compressed or not.
            pub(super) fn from_point(curve: ObjectIdentifier, point: &[u8]) -> Option<Self> {
                $(
                    if curve == ObjectIdentifier::new_unwrap($oid) {
                        return $curve::ecdsa::VerifyingKey::from_sec1_bytes(point).ok().map(Self::$name);
                    }
                )*
                None
            }

            /// Whether a signature in DER is good.
            pub(super) fn verify(&self, hash: Hash, text: &[u8], signature: &[u8]) -> bool {
                let digest = hash.digest(text);
                match self {
                    $(
                        Self::$name(key) => {
                            use $curve::ecdsa::signature::hazmat::PrehashVerifier as _;
                            $curve::ecdsa::Signature::from_der(signature).is_ok_and(|signature| {
                                key.verify_prehash(&widened(digest, $field_bytes), &signature).is_ok()
                            })
                        }
                    )*
                }
            }
        }

        impl CurvePrivateKey {
            /// From the secret number.
            pub(super) fn from_scalar(curve: ObjectIdentifier, scalar: &[u8]) -> Option<Self> {
                $(
                    if curve == ObjectIdentifier::new_unwrap($oid) {
                        let secret = $curve::SecretKey::from_slice(scalar).ok()?;
                        return $curve::ecdsa::SigningKey::from_bytes(&secret.to_bytes()).ok().map(Self::$name);
                    }
                )*
                None
            }

            /// A signature in DER.
            pub(super) fn sign(&self, hash: Hash, text: &[u8], random: &mut Source) -> Option<Vec<u8>> {
                let digest = hash.digest(text);
                match self {
                    $(
                        Self::$name(key) => {
                            use $curve::ecdsa::signature::hazmat::RandomizedPrehashSigner as _;
                            let signed = key.sign_prehash_with_rng(random, &widened(digest, $field_bytes));
                            let signature: $curve::ecdsa::Signature = signed.ok()?;
                            Some(signature.to_der().as_bytes().to_vec())
                        }
                    )*
                }
            }
        }
    };
}

curves! {
    p224 P224 "1.3.132.0.33" 28,
    p256 P256 "1.2.840.10045.3.1.7" 32,
    p384 P384 "1.3.132.0.34" 48,
    p521 P521 "1.3.132.0.35" 66,
}

/// The digest as a number of the same value that is as wide as the curve's field: the libraries refuse digests that are
/// much shorter, the standard does not.
fn widened(digest: Vec<u8>, width: usize) -> Vec<u8> {
    match width.checked_sub(digest.len()) {
        None | Some(0) => digest,
        Some(missing) => [vec![0; missing], digest].concat(),
    }
}
