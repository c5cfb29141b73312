use super::random::Source;
use super::{Encoded, make, only, private_key, verify};
use crate::messages::{SignArguments, VerifySignatureArguments};
use std::path::Path;
use std::rc::Rc;
use tollgate_abi::Status;
use tollgate_host::services::Random;

const KEYS: [&str; 5] = ["rsa", "p224", "p256", "p384", "p521"];
const HASHES: [&str; 5] = ["sha1", "sha224", "sha256", "sha384", "sha512"];

fn file(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn text_file(name: &str) -> String {
    String::from_utf8(file(name)).unwrap()
}

/// The DER inside of a PEM file.
fn der(name: &str) -> Vec<u8> {
    use base64::Engine as _;
    let text = text_file(name);
    let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    base64::prelude::BASE64_STANDARD.decode(body).unwrap()
}

fn question(hash: &str, signature: Vec<u8>) -> VerifySignatureArguments {
    VerifySignatureArguments {
        hash_function: hash.to_owned(),
        signature,
        text: b"hello".to_vec(),
        ..VerifySignatureArguments::default()
    }
}

fn verified(key: &str, hash: &str, signature: Vec<u8>) -> Result<(), String> {
    verify(&question(hash, signature), Encoded::Pem(&text_file(key)))
}

struct Counting(std::cell::Cell<u8>);

impl Random for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        for byte in buffer {
            self.0.set(self.0.get().wrapping_mul(5).wrapping_add(17));
            *byte = self.0.get();
        }
    }
}

fn signed(key: Encoded<'_>, hash: &str) -> Result<Vec<u8>, String> {
    let arguments =
        SignArguments { hash_function: hash.to_owned(), text: b"hello".to_vec(), ..SignArguments::default() };
    let key = private_key(&arguments, key)?;
    make(&arguments, key, &mut Source(Rc::new(Counting(std::cell::Cell::new(1)))))
}

#[test]
fn signatures_of_openssl_are_good() {
    for key in KEYS {
        for hash in HASHES {
            let signature = file(&format!("{key}.{hash}.sig"));
            assert_eq!(verified(&format!("{key}.pub.pem"), hash, signature.clone()), Ok(()), "{key} {hash}");
            let der = der(&format!("{key}.pub.pem"));
            assert_eq!(verify(&question(hash, signature), Encoded::Der(&der)), Ok(()), "{key} {hash}");
        }
    }
}

#[test]
fn signatures_of_something_else_are_not() {
    let bad = Err("Failed to verify digest. Error code: 0".to_owned());
    for key in KEYS {
        let public = format!("{key}.pub.pem");
        let signature = file(&format!("{key}.sha256.sig"));
        assert_eq!(verified(&public, "sha512", signature.clone()), bad);
        assert_eq!(verified(&public, "sha256", Vec::new()), bad);
        assert_eq!(verified(&public, "sha256", b"hello".to_vec()), bad);
        for at in [0, signature.len() / 2, signature.len() - 1] {
            let mut broken = signature.clone();
            broken[at] ^= 1;
            assert_eq!(verified(&public, "sha256", broken), bad, "{key} {at}");
        }
        let mut question = question("sha256", signature);
        question.text = b"hell".to_vec();
        assert_eq!(verify(&question, Encoded::Pem(&text_file(&public))), bad);
    }
}

#[test]
fn what_is_signed_is_verified() {
    for key in KEYS {
        for hash in HASHES {
            let private = text_file(&format!("{key}.pem"));
            let signature = signed(Encoded::Pem(&private), hash).unwrap();
            assert_eq!(verified(&format!("{key}.pub.pem"), hash, signature), Ok(()), "{key} {hash}");
            let signature = signed(Encoded::Der(&der(&format!("{key}.pem"))), hash).unwrap();
            assert_eq!(verified(&format!("{key}.pub.pem"), hash, signature), Ok(()), "{key} {hash}");
        }
    }
    // RSA with this padding has one signature per text.
    let private = text_file("rsa.pem");
    assert_eq!(signed(Encoded::Pem(&private), "sha256").unwrap(), file("rsa.sha256.sig"));
}

#[test]
fn private_keys_come_in_older_forms_of_pem_too() {
    let old = text_file("rsa.pkcs1.pem");
    assert_eq!(signed(Encoded::Pem(&old), "sha384").unwrap(), file("rsa.sha384.sig"));
    for key in ["p224", "p256", "p384", "p521"] {
        let old = text_file(&format!("{key}.sec1.pem"));
        let signature = signed(Encoded::Pem(&old), "sha256").unwrap();
        assert_eq!(verified(&format!("{key}.pub.pem"), "sha256", signature), Ok(()), "{key}");
        // In DER, only the new form is taken, as in Envoy.
        assert!(signed(Encoded::Der(&der(&format!("{key}.sec1.pem"))), "sha256").is_err());
    }
    assert!(signed(Encoded::Der(&der("rsa.pkcs1.pem")), "sha256").is_err());
}

#[test]
fn names_of_hashes_have_no_case_and_others_are_told() {
    let signature = file("rsa.sha256.sig");
    assert_eq!(verified("rsa.pub.pem", "SHA256", signature.clone()), Ok(()));
    assert_eq!(verified("rsa.pub.pem", "md5", signature.clone()), Err("md5 is not supported.".to_owned()));
    // The hash is looked at before the key.
    let no_hash = verify(&question("", signature), Encoded::Der(b"no key"));
    assert_eq!(no_hash, Err(" is not supported.".to_owned()));
}

#[test]
fn what_is_no_key_is_told() {
    let bad = Err("Failed to initialize digest verify.".to_owned());
    let verify = |key: Encoded<'_>| verify(&question("sha256", file("rsa.sha256.sig")), key);
    assert_eq!(verify(Encoded::Der(b"no key")), bad);
    assert_eq!(verify(Encoded::Der(&file("rsa.pkcs1.pub.der"))), bad);
    assert_eq!(verify(Encoded::Pem("no key")), bad);
    assert_eq!(verify(Encoded::Pem(&text_file("rsa.pem"))), bad);
    assert_eq!(verify(Encoded::Pem(&text_file("k256.pub.pem"))), bad);
    let bad = Err("Invalid key type: private key required for signing operation.".to_owned());
    assert_eq!(signed(Encoded::Der(b"no key"), "sha256"), bad);
    assert_eq!(signed(Encoded::Pem(&text_file("rsa.pub.pem")), "sha256"), bad);
}

#[test]
fn a_key_can_be_too_small_for_a_digest() {
    let small = text_file("rsa512.pkcs1.pem");
    assert!(signed(Encoded::Pem(&small), "sha256").is_ok());
    assert_eq!(signed(Encoded::Pem(&small), "sha512"), Err("Failed to create signature.".to_owned()));
}

#[test]
fn what_stands_around_a_key_does_not_matter() {
    let signature = || file("rsa.sha256.sig");
    let mut trailing = der("rsa.pub.pem");
    trailing.extend(b"more");
    assert_eq!(verify(&question("sha256", signature()), Encoded::Der(&trailing)), Ok(()));
    let pem = format!("a key:\n{}\nand more", text_file("rsa.pub.pem"));
    assert_eq!(verify(&question("sha256", signature()), Encoded::Pem(&pem)), Ok(()));
    let both = format!("{}{}", text_file("rsa.pem"), text_file("rsa.pub.pem"));
    assert_eq!(verify(&question("sha256", signature()), Encoded::Pem(&both)), Ok(()));
}

#[test]
fn one_key_has_to_be_given() {
    assert_eq!(only(b"", "").err(), Some(Status::BadArgument));
    assert_eq!(only(b"x", "x").err(), Some(Status::BadArgument));
    assert!(only(b"x", "").is_ok() && only(b"", "x").is_ok());
}

/// Every byte of a key changed, one at a time: whatever comes of it, it comes.
#[test]
fn broken_keys_do_no_harm() {
    for key in KEYS {
        let public = der(&format!("{key}.pub.pem"));
        let signature = file(&format!("{key}.sha256.sig"));
        for at in 0..public.len() {
            let mut broken = public.clone();
            broken[at] = broken[at].wrapping_add(0x81);
            let _ = verify(&question("sha256", signature.clone()), Encoded::Der(&broken));
            let _ = verify(&question("sha256", signature.clone()), Encoded::Der(&public[..at]));
        }
    }
    for key in ["p256", "p521"] {
        let private = der(&format!("{key}.pem"));
        for at in 0..private.len() {
            let mut broken = private.clone();
            broken[at] ^= 0x81;
            let _ = signed(Encoded::Der(&broken), "sha256");
        }
    }
    let private = der("rsa.pem");
    for at in (0..private.len()).step_by(13) {
        let mut broken = private.clone();
        broken[at] ^= 0x81;
        let _ = signed(Encoded::Der(&broken), "sha256");
    }
}
