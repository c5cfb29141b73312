//! gRPC's frames: a byte of flags, a length of four bytes, a message (gRPC over HTTP/2, "Length-Prefixed-Message").

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Bytes in front of a message.
const HEADER: usize = 5;

/// A message that is too large for its frame, or for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadFrame {
    /// Longer than it may be.
    TooLong,
    /// It is compressed, which was not asked for.
    Compressed,
}

/// A message in its frame.
pub(super) fn frame(message: &[u8]) -> Result<Bytes, BadFrame> {
    let length = u32::try_from(message.len()).map_err(|_| BadFrame::TooLong)?;
    let mut framed = BytesMut::with_capacity(HEADER + message.len());
    framed.put_u8(0);
    framed.put_u32(length);
    framed.put_slice(message);
    Ok(framed.freeze())
}

/// Takes messages out of a body, whose pieces know nothing of them.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    buffer: BytesMut,
}

impl Decoder {
    pub(super) fn push(&mut self, piece: &[u8]) {
        self.buffer.extend_from_slice(piece);
    }

    /// Bytes of the message that is not.
    pub(super) fn len(&self) -> usize {
        self.buffer.len()
    }

    /// The next message that is complete. `fits` says whether there may be one of this length.
    pub(super) fn next(&mut self, mut fits: impl FnMut(u64) -> bool) -> Result<Option<Bytes>, BadFrame> {
        let Some(header) = self.buffer.first_chunk::<HEADER>() else { return Ok(None) };
        let [flags, length @ ..] = *header;
        let length = u32::from_be_bytes(length) as usize;
        if !fits(length as u64) {
            return Err(BadFrame::TooLong);
        }
        if flags != 0 && length > 0 {
            return Err(BadFrame::Compressed);
        }
        if self.buffer.len() < HEADER + length {
            return Ok(None);
        }
        self.buffer.advance(HEADER);
        Ok(Some(self.buffer.split_to(length).freeze()))
    }
}

#[cfg(test)]
mod tests {
    use super::{BadFrame, Decoder, frame};
    use bytes::Bytes;

    #[test]
    fn messages_come_out_as_they_went_in_however_they_are_cut() {
        let bytes = [frame(b"one").unwrap(), frame(b"").unwrap(), frame(b"three").unwrap()].concat();
        for size in 1..=bytes.len() {
            let mut decoder = Decoder::default();
            let mut got = Vec::new();
            for piece in bytes.chunks(size) {
                decoder.push(piece);
                while let Some(message) = decoder.next(|_| true).unwrap() {
                    got.push(message);
                }
            }
            assert_eq!(got, [Bytes::from_static(b"one"), Bytes::new(), Bytes::from_static(b"three")], "{size}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_before_it_is_there() {
        let mut decoder = Decoder::default();
        decoder.push(b"\x01\0\0\0\x05");
        assert_eq!(decoder.next(|_| true), Err(BadFrame::Compressed));
        let mut decoder = Decoder::default();
        decoder.push(b"\0\xff\xff\xff\xff");
        assert_eq!(decoder.next(|length| length != u64::from(u32::MAX)), Err(BadFrame::TooLong));
    }
}
