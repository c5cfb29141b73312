//! Signatures of modules, in the layout of the WebAssembly tool conventions (`Signatures.md`) as `wasmsign2` writes it and
//! Envoy's host reads it: a custom section `signature` before all others, with Ed25519 signatures of a SHA-256 hash of what
//! follows it.

use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;
use wasmparser::{BinaryReader, BinaryReaderError, Parser, Payload};

/// Name of the section.
const SECTION: &str = "signature";
/// What a signature is of, before the hashes: who the hashes are for, the version, modules, SHA-256.
const DOMAIN: &[u8] = b"wasmsig\x01\x01\x01";
/// Bytes of a hash.
const HASH: usize = 32;
/// Number of Ed25519, before keys and signatures.
const ED25519: u8 = 1;
/// Most of anything that there is a number of; `wasmsign2` has bounds of this size.
const MOST: u32 = 256;
/// What comes before the 32 bytes of an Ed25519 key in DER (RFC 8410).
const DER: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A public key whose owner signs modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey(VerifyingKey);

impl SigningKey {
    /// A key from its 32 bytes, or as `wasmsign2` writes it, which is a byte more, or from DER.
    ///
    /// `None` if it is none of these, or so weak that it vouches for nobody.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let key = match bytes.len() {
            33 => bytes.strip_prefix(&[ED25519])?,
            44 => bytes.strip_prefix(DER)?,
            _ => bytes,
        };
        let key = VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
        (!key.is_weak()).then_some(Self(key))
    }

    fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

/// Why a module does not count as signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureError {
    /// It is not in binary form, or has no section `signature` before all others.
    Missing,
    /// That section cannot be read; in bytes from the start of the module, where not.
    Malformed {
        /// What is wrong.
        message: String,
        /// Where.
        offset: usize,
    },
    /// There are this many signatures, and none is by one of the keys.
    NoneByKeys(usize),
    /// A signature by one of the keys is of something else: of another module, of this one before it was changed, or of a
    /// part of it.
    OfSomethingElse,
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("the module is not signed: its first section is not \"signature\""),
            Self::Malformed { message, offset } => {
                write!(f, "the module's signature cannot be read: {message} (at byte {offset:#x})")
            }
            Self::NoneByKeys(count) => {
                write!(f, "the module has {count} signature(s), none of which is by a key that is asked for")
            }
            Self::OfSomethingElse => f.write_str(
                "the module's signature is of something else: the module has been changed since it was signed, or only a part \
                 of it was signed",
            ),
        }
    }
}

impl std::error::Error for SignatureError {}

impl From<BinaryReaderError> for SignatureError {
    fn from(error: BinaryReaderError) -> Self {
        Self::Malformed { message: error.message().to_owned(), offset: error.offset() }
    }
}

/// Checks that the owner of one of the keys has signed the whole of a module, as it is in the file.
///
/// # Errors
///
/// A [`SignatureError`] says why it does not count as signed.
pub fn verify_signature(module: &[u8], keys: &[SigningKey]) -> Result<(), SignatureError> {
    let Some((section, rest)) = split(module) else { return Err(SignatureError::Missing) };
    let hash: [u8; HASH] = Sha256::digest(rest).into();
    let mut reader = section;
    for (expected, what) in [(1, "version"), (1, "content type"), (1, "hash function")] {
        let offset = reader.original_position();
        if reader.read_u8()? != expected {
            return Err(malformed(format!("its {what} is not {expected}"), offset));
        }
    }
    let (mut signatures, mut by_keys, mut of_this) = (0, false, false);
    for _ in 0..count(&mut reader)? {
        let mut set = nested(&mut reader)?;
        let hashes_count = count(&mut set)? as usize;
        let hashes = set.read_bytes(hashes_count * HASH)?;
        for _ in 0..count(&mut set)? {
            let mut record = nested(&mut set)?;
            let _key_id = nested(&mut record)?;
            let algorithm = record.read_u8()?;
            let mut signature = nested(&mut record)?;
            let signature = signature.read_bytes(signature.bytes_remaining())?;
            at_end(&record)?;
            signatures += 1;
            let message = [DOMAIN, hashes].concat();
            if algorithm == ED25519 && keys.iter().any(|key| key.signed(&message, signature)) {
                by_keys = true;
                // Each hash is of the module up to some section. Who signs several has signed the module that the last is
                // of, and none of the shorter ones.
                of_this |= hashes.last_chunk() == Some(&hash);
            }
        }
        at_end(&set)?;
    }
    at_end(&reader)?;
    match (by_keys, of_this) {
        (_, true) => Ok(()),
        (true, false) => Err(SignatureError::OfSomethingElse),
        (false, false) => Err(SignatureError::NoneByKeys(signatures)),
    }
}

/// The content of the section, and everything behind it.
fn split(module: &[u8]) -> Option<(BinaryReader<'_>, &[u8])> {
    if !module.starts_with(b"\0asm") {
        return None;
    }
    let first = Parser::new(0).parse_all(module).nth(1)?.ok()?;
    let Payload::CustomSection(section) = first else { return None };
    let rest = module.get(section.range().end..)?;
    (section.name() == SECTION).then(|| (BinaryReader::new(section.data(), section.data_offset()), rest))
}

fn count(reader: &mut BinaryReader<'_>) -> Result<u32, SignatureError> {
    let offset = reader.original_position();
    let count = reader.read_var_u32()?;
    if count <= MOST { Ok(count) } else { Err(malformed(format!("{count} of something, of {MOST} at most"), offset)) }
}

/// So many bytes as a number before them says.
fn nested<'a>(reader: &mut BinaryReader<'a>) -> Result<BinaryReader<'a>, SignatureError> {
    let length = reader.read_var_u32()?;
    let offset = reader.original_position();
    Ok(BinaryReader::new(reader.read_bytes(length as usize)?, offset))
}

fn at_end(reader: &BinaryReader<'_>) -> Result<(), SignatureError> {
    if reader.eof() { Ok(()) } else { Err(malformed("bytes are left over".to_owned(), reader.original_position())) }
}

fn malformed(message: String, offset: usize) -> SignatureError {
    SignatureError::Malformed { message, offset }
}

#[cfg(test)]
mod tests {
    use super::{DER, SignatureError, SigningKey, verify_signature};

    /// Made with `wasmsign2 sign` from a plugin: whole; after `wasmsign2 split -s '^name$'`; and whole, signed again by the
    /// other key.
    const SIGNED: &[u8] = include_bytes!("signed/signed.wasm");
    const PARTS: &[u8] = include_bytes!("signed/parts.wasm");
    const BOTH: &[u8] = include_bytes!("signed/both.wasm");

    /// Bytes of the plugin behind the section, at least.
    const REST: usize = 101;

    fn one() -> SigningKey {
        SigningKey::from_bytes(include_bytes!("signed/one.pub")).unwrap()
    }

    fn other() -> SigningKey {
        SigningKey::from_bytes(include_bytes!("signed/other.pub")).unwrap()
    }

    #[test]
    fn what_wasmsign2_signs_is_signed() {
        for module in [SIGNED, PARTS, BOTH] {
            assert_eq!(verify_signature(module, &[other(), one()]), Ok(()));
        }
        assert_eq!(verify_signature(BOTH, &[other()]), Ok(()));
        assert_eq!(verify_signature(BOTH, &[one()]), Ok(()));
    }

    #[test]
    fn another_s_signature_does_not_count() {
        assert_eq!(verify_signature(SIGNED, &[other()]), Err(SignatureError::NoneByKeys(1)));
        assert_eq!(verify_signature(BOTH, &[]), Err(SignatureError::NoneByKeys(2)));
    }

    #[test]
    fn a_module_without_a_signature_is_not_signed() {
        let unsigned = wat::parse_str("(module (@custom \"a\" (before first) \"\") (func))").unwrap();
        for module in [&unsigned[..], b"", b"\0asm", b"\0asm\x01\0\0\0", b"(module)", &SIGNED[..20]] {
            assert_eq!(verify_signature(module, &[one()]), Err(SignatureError::Missing), "{module:?}");
        }
        // It has to stand before everything that it is of.
        let mut late = unsigned;
        late.extend_from_slice(&SIGNED[8..]);
        assert_eq!(verify_signature(&late, &[one()]), Err(SignatureError::Missing));
    }

    /// Whichever byte is another, it does not count; and nothing panics.
    #[test]
    fn a_changed_module_is_not_signed() {
        for module in [SIGNED, PARTS, BOTH] {
            let mut accepted = Vec::new();
            for at in 0..module.len() {
                let mut changed = module.to_vec();
                changed[at] ^= 0x40;
                if verify_signature(&changed, &[one()]).is_ok() {
                    accepted.push(at);
                }
            }
            // The name of a key is for people, and part of nothing that is signed; and of two signatures one is enough.
            let name = 0x3e..0x4a;
            assert!(module == BOTH || accepted.iter().all(|at| name.contains(at)), "{accepted:x?}");
            assert!(accepted.iter().all(|at| *at < module.len() - REST), "{accepted:x?}");
            for length in 0..module.len() {
                assert!(verify_signature(&module[..length], &[one()]).is_err(), "{length}");
            }
        }
        let mut longer = SIGNED.to_vec();
        longer.extend_from_slice(b"\0\x02\x01x");
        assert_eq!(verify_signature(&longer, &[one()]), Err(SignatureError::OfSomethingElse));
    }

    /// `PARTS` is signed up to each of its delimiters; without what follows the last it would be another module.
    #[test]
    fn a_part_is_not_the_module() {
        let (parts, mut longer) = (PARTS.len(), PARTS.to_vec());
        longer.extend_from_slice(b"\0\x02\x01x");
        assert_eq!(verify_signature(&longer, &[one()]), Err(SignatureError::OfSomethingElse));
        assert!(verify_signature(&longer[..parts], &[one()]).is_ok());
    }

    #[test]
    fn a_key_may_be_written_in_several_ways() {
        let file = include_bytes!("signed/one.pub");
        let raw = &file[1..];
        assert_eq!(SigningKey::from_bytes(raw), Some(one()));
        assert_eq!(SigningKey::from_bytes(&[DER, raw].concat()), Some(one()));
        assert_eq!(SigningKey::from_bytes(&[&[2], raw].concat()), None);
        assert_eq!(SigningKey::from_bytes(&raw[1..]), None);
        // Everything is signed by this one.
        assert_eq!(SigningKey::from_bytes(&[0; 32]), None);
    }
}
