//! `compress` and `uncompress`: zlib streams.

use bytes::Bytes;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use std::io::{Read, Write};
use tollgate_abi::{LogLevel, Status};
use tollgate_host::foreign::Caller;

/// Most bytes that `uncompress` answers with.
const MAX_UNCOMPRESSED: usize = 64 << 20;

/// Bytes between two looks at the time, of what is compressed and of what that comes to: some milliseconds.
const STEP: usize = 64 << 10;

/// Compresses bytes to a zlib stream.
pub(crate) fn compress(caller: &mut Caller<'_>, arguments: &[u8]) -> Result<Bytes, Status> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    for step in arguments.chunks(STEP) {
        if !caller.has_time() {
            return Err(Status::InternalFailure);
        }
        encoder.write_all(step).map_err(|_| Status::SerializationFailure)?;
    }
    Ok(encoder.finish().map_err(|_| Status::SerializationFailure)?.into())
}

/// What is in a zlib stream. What follows it does not matter. `SERIALIZATION_FAILURE` if it is none, and if more than
/// 64 MiB are in it.
pub(crate) fn uncompress(caller: &mut Caller<'_>, arguments: &[u8]) -> Result<Bytes, Status> {
    let mut out = Vec::new();
    let mut decoder = ZlibDecoder::new(arguments).take(MAX_UNCOMPRESSED as u64 + 1);
    loop {
        if !caller.has_time() {
            return Err(Status::InternalFailure);
        }
        let mut step = decoder.by_ref().take(STEP as u64);
        if step.read_to_end(&mut out).map_err(|_| Status::SerializationFailure)? == 0 {
            break;
        }
    }
    if out.len() > MAX_UNCOMPRESSED {
        caller.log(LogLevel::Warn, "uncompress: more than 64 MiB are in the stream");
        return Err(Status::SerializationFailure);
    }
    Ok(out.into())
}
