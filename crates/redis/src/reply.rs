//! Commands and replies as bytes: RESP2.

use redis_protocol::resp2::decode::decode;
use redis_protocol::resp2::encode::encode_borrowed;
use redis_protocol::resp2::types::{BorrowedFrame, OwnedFrame};

/// What Redis answers to a command of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Bytes(Vec<u8>),
    Error(String),
    Integer(i64),
    Nil,
    Simple(Vec<u8>),
}

/// A command as it is sent.
pub(crate) fn command(words: &[&[u8]]) -> Option<Vec<u8>> {
    let words: Vec<_> = words.iter().map(|word| BorrowedFrame::BulkString(word)).collect();
    let frame = BorrowedFrame::Array(&words);
    let mut bytes = vec![0; frame.encode_len(false)];
    let length = encode_borrowed(&mut bytes, &frame, false).ok()?;
    bytes.truncate(length);
    Some(bytes)
}

/// A reply, once all of it is there. Nothing else may follow it, for nothing else was asked.
pub(crate) fn read(bytes: &[u8]) -> Result<Option<Reply>, &'static str> {
    match bytes.first() {
        None => return Ok(None),
        // Nothing that we send is answered with a list, and lists may be nested without end.
        Some(b'$' | b'+' | b'-' | b':') => {}
        Some(_) => return Err("what came is no reply"),
    }
    let Some((frame, length)) = decode(bytes).map_err(|_| "what came is no reply")? else { return Ok(None) };
    if length != bytes.len() {
        return Err("more than a reply came");
    }
    Ok(Some(match frame {
        OwnedFrame::BulkString(bytes) => Reply::Bytes(bytes),
        OwnedFrame::Error(why) => Reply::Error(why),
        OwnedFrame::Integer(number) => Reply::Integer(number),
        OwnedFrame::Null => Reply::Nil,
        OwnedFrame::SimpleString(text) => Reply::Simple(text),
        OwnedFrame::Array(_) => return Err("what came is no reply"),
    }))
}

#[cfg(test)]
mod tests {
    use super::{Reply, command, read};

    #[test]
    fn a_command_is_a_list_of_its_words() {
        assert_eq!(command(&[b"HGET", b"", b"\r\n\0"]).unwrap(), b"*3\r\n$4\r\nHGET\r\n$0\r\n\r\n$3\r\n\r\n\0\r\n");
    }

    #[test]
    fn replies_are_read_when_they_are_whole() {
        for (bytes, reply) in [
            (&b"$-1\r\n"[..], Reply::Nil),
            (b"$0\r\n\r\n", Reply::Bytes(Vec::new())),
            (b"$4\r\na\r\nb\r\n", Reply::Bytes(b"a\r\nb".to_vec())),
            (b":-7\r\n", Reply::Integer(-7)),
            (b"+OK\r\n", Reply::Simple(b"OK".to_vec())),
            (b"-ERR no\r\n", Reply::Error("ERR no".to_owned())),
        ] {
            for end in 0..bytes.len() {
                assert_eq!(read(&bytes[..end]), Ok(None), "{:?}", &bytes[..end]);
            }
            assert_eq!(read(bytes), Ok(Some(reply)));
        }
    }

    #[test]
    fn what_is_no_reply_is_refused_and_never_a_panic() {
        let nested = "*1\r\n".repeat(100_000);
        for bytes in [
            nested.as_bytes(),
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            b"$x\r\n",
            b"$99999999999999999999\r\n",
            b":one\r\n",
            b"+OK\r\n+OK\r\n",
            b"-\xff\xfe\r\n",
            b"*0\r\n",
            b"%1\r\n",
        ] {
            assert!(read(bytes).is_err(), "{:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(40)]));
        }
        // A length that nothing can have is refused, or waited for until the reply is longer than allowed.
        for bytes in [&b"$9223372036854775807\r\n"[..], b"$-9223372036854775808\r\nx", b"$-5\r\nabc\r\n"] {
            assert!(matches!(read(bytes), Err(_) | Ok(None)), "{bytes:?}: {:?}", read(bytes));
        }
    }
}
