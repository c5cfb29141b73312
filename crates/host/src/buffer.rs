//! A byte buffer made of reference-counted pieces: what a plugin reads and edits is never copied as a whole.

use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;

/// A body, or the part of it at hand. One piece, which is the common case, needs no memory of its own.
#[derive(Clone, Debug, Default)]
pub struct Buffer {
    /// The first piece; empty only if the buffer is.
    first: Bytes,
    /// The others, none of them empty.
    rest: VecDeque<Bytes>,
    len: usize,
}

impl Buffer {
    /// An empty buffer.
    pub const fn new() -> Self {
        Self { first: Bytes::new(), rest: VecDeque::new(), len: 0 }
    }

    /// Bytes in the buffer.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends bytes.
    pub fn push(&mut self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        let was_empty = self.is_empty();
        self.len += bytes.len();
        if was_empty {
            self.first = bytes;
        } else {
            self.rest.push_back(bytes);
        }
    }

    /// Puts bytes before everything else.
    fn push_front(&mut self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        let second = std::mem::replace(&mut self.first, bytes);
        self.len += self.first.len();
        if !second.is_empty() {
            self.rest.push_front(second);
        }
    }

    /// Appends everything of `other`, which is empty afterwards.
    pub fn append(&mut self, other: &mut Self) {
        if self.is_empty() {
            std::mem::swap(self, other);
        } else if !other.is_empty() {
            self.len += other.len;
            self.rest.push_back(std::mem::take(&mut other.first));
            self.rest.append(&mut other.rest);
            other.len = 0;
        }
    }

    /// Takes everything out.
    pub fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        if !self.is_empty() {
            *self = Self::new();
        }
    }

    /// Removes and returns the first piece.
    pub fn pop_piece(&mut self) -> Option<Bytes> {
        if self.is_empty() {
            return None;
        }
        let piece = std::mem::replace(&mut self.first, self.rest.pop_front().unwrap_or_default());
        self.len -= piece.len();
        Some(piece)
    }

    /// The bytes `[start, start + size)`, clamped to the buffer: shared if they lie in one piece, copied otherwise.
    pub fn range(&self, start: usize, size: usize) -> Bytes {
        let start = start.min(self.len);
        let end = start.saturating_add(size).min(self.len);
        let mut offset = 0;
        let mut copied = BytesMut::new();
        for piece in std::iter::once(&self.first).chain(&self.rest) {
            let from = start.max(offset) - offset;
            let to = end.min(offset + piece.len()).saturating_sub(offset);
            offset += piece.len();
            if from >= to {
                continue;
            }
            if to - from == end - start {
                return piece.slice(from..to);
            }
            if copied.is_empty() {
                copied.reserve(end - start);
            }
            copied.extend_from_slice(&piece[from..to]);
        }
        copied.freeze()
    }

    /// Replaces the bytes `[start, start + size)`, clamped to the buffer, by `data`.
    pub fn splice(&mut self, start: usize, size: usize, data: Bytes) {
        let start = start.min(self.len);
        let mut tail = self.split_off(start);
        let size = size.min(tail.len);
        let mut rest = tail.split_off(size);
        self.push(data);
        self.append(&mut rest);
    }

    /// Splits at `at`, which must not exceed the length: keeps what is before, returns the rest.
    fn split_off(&mut self, at: usize) -> Self {
        let mut rest = self.take();
        while self.len < at
            && let Some(mut piece) = rest.pop_piece()
        {
            let room = at - self.len;
            if piece.len() > room {
                rest.push_front(piece.split_off(room));
            }
            self.push(piece);
        }
        rest
    }
}

impl From<Bytes> for Buffer {
    fn from(bytes: Bytes) -> Self {
        let mut buffer = Self::new();
        buffer.push(bytes);
        buffer
    }
}

#[cfg(test)]
mod tests {
    use super::Buffer;
    use bytes::Bytes;
    use proptest::prelude::*;

    fn of(pieces: &[&str]) -> Buffer {
        let mut buffer = Buffer::new();
        for piece in pieces {
            buffer.push(Bytes::copy_from_slice(piece.as_bytes()));
        }
        buffer
    }

    fn all(buffer: &Buffer) -> Bytes {
        buffer.range(0, usize::MAX)
    }

    #[test]
    fn reads_are_clamped() {
        let buffer = of(&["0123", "456789"]);
        assert_eq!(buffer.range(3, 4), "3456");
        assert_eq!(buffer.range(8, 100), "89");
        assert_eq!(buffer.range(10, 1), "");
        assert_eq!(buffer.range(0xffff_ffff, 0xffff_ffff), "");
        assert_eq!(all(&buffer), "0123456789");
    }

    #[test]
    fn every_row_of_the_splice_table() {
        for (start, size, data, expected) in [
            (0, 0, "ab", "ab0123456789"),
            (0, 10, "new", "new"),
            (0, 0x7fff_ffff, "", ""),
            (0, 3, "X", "X3456789"),
            (10, 0, "z", "0123456789z"),
            (0x7fff_ffff, 7, "z", "0123456789z"),
            (2, 3, "X", "01X56789"),
            (2, 0, "X", "01X23456789"),
        ] {
            let mut buffer = of(&["0123", "456789"]);
            buffer.splice(start, size, Bytes::copy_from_slice(data.as_bytes()));
            assert_eq!(all(&buffer), expected, "splice({start}, {size}, {data:?})");
            assert_eq!(buffer.len(), expected.len());
        }
    }

    proptest! {
        #[test]
        fn splicing_equals_splicing_a_vector(
            pieces in proptest::collection::vec(any::<Vec<u8>>(), 0..5),
            edits in proptest::collection::vec((0_usize..300, 0_usize..300, any::<Vec<u8>>()), 0..5),
        ) {
            let mut buffer = Buffer::new();
            let mut model = Vec::new();
            for piece in pieces {
                model.extend_from_slice(&piece);
                buffer.push(piece.into());
            }
            for (start, size, data) in edits {
                let from = start.min(model.len());
                let to = (from + size).min(model.len());
                model.splice(from..to, data.iter().copied());
                buffer.splice(start, size, data.into());
                prop_assert_eq!(buffer.len(), model.len());
                prop_assert_eq!(&all(&buffer)[..], &model[..]);
            }
        }
    }
}
