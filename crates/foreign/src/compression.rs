//! `compress` and `uncompress`: zlib streams.

use bytes::Bytes;
use flate2::Compression;
use flate2::read::{ZlibDecoder, ZlibEncoder};
use std::io::Read;
use tollgate_abi::{LogLevel, Status};
use tollgate_host::foreign::Caller;

/// Most bytes that `uncompress` answers with.
const MAX_UNCOMPRESSED: usize = 64 << 20;

/// Compresses bytes to a zlib stream.
pub(crate) fn compress(_: &mut Caller<'_>, arguments: &[u8]) -> Result<Bytes, Status> {
    let mut out = Vec::new();
    ZlibEncoder::new(arguments, Compression::default())
        .read_to_end(&mut out)
        .map_err(|_| Status::SerializationFailure)?;
    Ok(out.into())
}

/// What is in a zlib stream. What follows it does not matter. `SERIALIZATION_FAILURE` if it is none, and if more than
/// 64 MiB are in it.
pub(crate) fn uncompress(caller: &mut Caller<'_>, arguments: &[u8]) -> Result<Bytes, Status> {
    let mut out = Vec::new();
    ZlibDecoder::new(arguments)
        .take(MAX_UNCOMPRESSED as u64 + 1)
        .read_to_end(&mut out)
        .map_err(|_| Status::SerializationFailure)?;
    if out.len() > MAX_UNCOMPRESSED {
        caller.log(LogLevel::Warn, "uncompress: more than 64 MiB are in the stream");
        return Err(Status::SerializationFailure);
    }
    Ok(out.into())
}
