//! `signed_by`: plugins whose modules have to be signed.

use crate::files::{File, Files};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use std::path::Path;
use tollgate_cache::is_artifact;
use tollgate_config::{Diagnostic, KeySource};
use tollgate_host::module::{SigningKey, verify_signature};

/// Armour of a key in PEM.
const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// Checks that one of the keys' owners has signed a plugin's code, or says why the plugin must not run.
///
/// `config` is the configuration that names the keys.
pub(crate) fn check(code: &[u8], keys: &[KeySource], config: &Path, files: &mut Files) -> Result<(), Diagnostic> {
    let Some(first) = keys.first() else { return Ok(()) };
    let found: Result<Vec<_>, _> = keys.iter().map(|key| find(key, config, files)).collect();
    if is_artifact(code) {
        return Err(first.location.diagnostic(
            "signed_by is about modules, and this is an artefact: a signature says nothing of the machine code in it; give the \
             signed module itself",
        ));
    }
    verify_signature(code, &found?).map_err(|error| first.location.diagnostic(error.to_string()))
}

fn find(source: &KeySource, config: &Path, files: &mut Files) -> Result<SigningKey, Diagnostic> {
    let text = source.text.trim();
    if let Some(key) = written(text) {
        return Ok(key);
    }
    let (File { path, .. }, bytes) = files.read(Path::new(text), &source.location, config).map_err(|missing| {
        source.location.diagnostic(format!(
            "{text:?} is neither an Ed25519 public key (64 hexadecimal digits, or Base64) nor a file with one: {}",
            missing.message
        ))
    })?;
    let key = SigningKey::from_bytes(&bytes).or_else(|| {
        let text = std::str::from_utf8(&bytes).ok()?.trim();
        match text.strip_prefix(BEGIN).and_then(|text| text.strip_suffix(END)) {
            Some(body) => written(&body.split_whitespace().collect::<String>()),
            None => written(text),
        }
    });
    key.ok_or_else(|| {
        source
            .location
            .diagnostic(format!("{} is no Ed25519 public key, as wasmsign2 or OpenSSL write one", path.display()))
    })
}

/// A key from digits or Base64.
fn written(text: &str) -> Option<SigningKey> {
    let bytes = hexadecimal(text).or_else(|| BASE64_STANDARD.decode(text).ok())?;
    SigningKey::from_bytes(&bytes)
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}
