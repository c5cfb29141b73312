//! `sign` and `verify_signature`: RSA (PKCS #1 v1.5) and ECDSA over P-224, P-256, P-384 and P-521, with SHA-1 and SHA-2.
//!
//! A key that cannot be used and a signature that is not good are results, not statuses. The words are Envoy's.

mod curves;
mod hash;
mod key;
mod random;

use crate::guard::guarded;
use crate::messages::{SignArguments, SignResult, VerifySignatureArguments, VerifySignatureResult, decode};
use bytes::Bytes;
use hash::Hash;
use key::{PrivateKey, PublicKey};
use prost::Message;
use random::Source;
use tollgate_abi::Status;
use tollgate_host::foreign::Caller;

/// Where a key stands in a message.
enum Encoded<'a> {
    Der(&'a [u8]),
    Pem(&'a str),
}

/// The one key that is given: `BAD_ARGUMENT` if there is none, or two.
fn only<'a>(der: &'a [u8], pem: &'a str) -> Result<Encoded<'a>, Status> {
    match (der, pem) {
        ([], "") => Err(Status::BadArgument),
        (der, "") => Ok(Encoded::Der(der)),
        ([], pem) => Ok(Encoded::Pem(pem)),
        _ => Err(Status::BadArgument),
    }
}

/// Whether a text was signed with the private half of a key.
pub(crate) fn verify_signature(caller: &mut Caller<'_>, arguments: &[u8]) -> Result<Bytes, Status> {
    let arguments: VerifySignatureArguments = decode(arguments)?;
    let encoded = only(&arguments.public_key, &arguments.public_key_pem)?;
    let verified = guarded(caller, "verify_signature", || verify(&arguments, encoded))?;
    let result = match verified {
        Ok(()) => VerifySignatureResult { result: true, error: String::new() },
        Err(error) => VerifySignatureResult { result: false, error },
    };
    Ok(result.encode_to_vec().into())
}

fn verify(arguments: &VerifySignatureArguments, encoded: Encoded<'_>) -> Result<(), String> {
    let hash = Hash::named(&arguments.hash_function)?;
    let key = PublicKey::decode(&encoded).ok_or("Failed to initialize digest verify.")?;
    if key.verify(hash, &arguments.text, &arguments.signature) {
        Ok(())
    } else {
        Err("Failed to verify digest. Error code: 0".to_owned())
    }
}

/// Signs a text.
pub(crate) fn sign(caller: &mut Caller<'_>, arguments: &[u8]) -> Result<Bytes, Status> {
    let arguments: SignArguments = decode(arguments)?;
    let encoded = only(&arguments.private_key, &arguments.private_key_pem)?;
    let mut random = Source(caller.services().random.clone());
    let key = guarded(caller, "sign", || private_key(&arguments, encoded))?;
    if let Ok((_, key)) = &key
        && !caller.has_time_for(key.signing_time())
    {
        return Err(Status::InternalFailure);
    }
    let result = match guarded(caller, "sign", || make(&arguments, key?, &mut random))? {
        Ok(signature) => SignResult { result: true, signature, error: String::new() },
        Err(error) => SignResult { result: false, signature: Vec::new(), error },
    };
    Ok(result.encode_to_vec().into())
}

fn private_key(arguments: &SignArguments, encoded: Encoded<'_>) -> Result<(Hash, PrivateKey), String> {
    let hash = Hash::named(&arguments.hash_function)?;
    let key = PrivateKey::decode(&encoded).ok_or("Invalid key type: private key required for signing operation.")?;
    Ok((hash, key))
}

fn make(arguments: &SignArguments, (hash, key): (Hash, PrivateKey), random: &mut Source) -> Result<Vec<u8>, String> {
    key.sign(hash, &arguments.text, random).ok_or_else(|| "Failed to create signature.".to_owned())
}

#[cfg(test)]
mod tests;
