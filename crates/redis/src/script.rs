//! Storing a value in one step, and how entries are written.

use crate::connection::{Connection, Fault};
use crate::reply::Reply;
use bytes::Bytes;

/// Stores a value. An entry is its number, four bytes, most significant first, and the value. Numbers go up from one that is
/// chosen anew when nothing is known of the last one: should Redis have lost everything, what a guest has kept of the time before does not
/// fit by chance. Bytes are counted as [`Quotas`](tollgate_host::vm::Quotas) has it.
///
/// It runs on every Redis since 4.0, and on those servers that run the scripts of Redis.
pub(crate) const SCRIPT: &[u8] = br"local values, state = KEYS[1], KEYS[2]
local key, value, expected = ARGV[1], ARGV[2], ARGV[3]
local most, overhead, seed = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local held = redis.call('HSTRLEN', values, key)
if held > 0 and expected ~= '' and string.sub(redis.call('HGET', values, key), 1, 4) ~= expected then
  return 1
end
local before = 0
if held > 0 then before = held - 4 + #key + overhead end
local counts = #value + #key + overhead
local bytes = 0
if redis.call('EXISTS', values) == 1 then
  bytes = math.max(tonumber(redis.call('HGET', state, 'bytes') or 0), before)
end
local after = bytes - before + counts
if after > most and counts > before then
  return 2
end
local number = tonumber(redis.call('HGET', state, 'cas') or seed) % 4294967295 + 1
local function byte(shift) return math.floor(number / shift) % 256 end
local prefix = string.char(byte(16777216), byte(65536), byte(256), byte(1))
redis.call('HSET', values, key, prefix .. value)
redis.call('HSET', state, 'cas', string.format('%.0f', number))
redis.call('HSET', state, 'bytes', string.format('%.0f', after))
return 0
";

/// Bytes of a reply to the script that can be right.
const MOST: usize = 1024;

/// What has become of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    CasMismatch,
    Full,
    Stored,
}

/// A call of the script.
pub(crate) struct Call<'a> {
    keys: [&'a [u8]; 2],
    key: &'a [u8],
    value: &'a [u8],
    expected: Option<[u8; 4]>,
    /// `most`, `overhead` and `seed`.
    numbers: [String; 3],
}

impl<'a> Call<'a> {
    pub(crate) fn new(
        keys: &'a [String; 2],
        key: &'a [u8],
        value: &'a [u8],
        expected: u32,
        most: u64,
        overhead: u64,
    ) -> Self {
        let expected = Some(expected).filter(|number| *number != 0).map(u32::to_be_bytes);
        // Without random bytes numbers begin with 1.
        let seed = getrandom::u32().unwrap_or_default();
        let numbers = [most, overhead, u64::from(seed)].map(|number| number.to_string());
        Self { keys: keys.each_ref().map(String::as_bytes), key, value, expected, numbers }
    }

    /// Has Redis run it, by its digest if it knows that.
    pub(crate) fn run(&self, connection: &mut Connection) -> Result<Outcome, Fault> {
        let digest = connection.script().to_owned();
        match self.send(connection, &[b"EVALSHA", digest.as_bytes()])? {
            // Redis has been told to forget scripts, or another server has taken over. EVAL keeps it again.
            Reply::Error(why) if why.starts_with("NOSCRIPT") => outcome(self.send(connection, &[b"EVAL", SCRIPT])?),
            reply => outcome(reply),
        }
    }

    fn send(&self, connection: &mut Connection, command: &[&[u8]; 2]) -> Result<Reply, Fault> {
        let [values, state] = self.keys;
        let [most, overhead, seed] = self.numbers.each_ref().map(String::as_bytes);
        let expected = self.expected.as_ref().map_or(&b""[..], |number| number);
        let words = [command[0], command[1], b"2", values, state, self.key, self.value, expected, most, overhead, seed];
        connection.command(&words, MOST)
    }
}

fn outcome(reply: Reply) -> Result<Outcome, Fault> {
    match reply {
        Reply::Integer(0) => Ok(Outcome::Stored),
        Reply::Integer(1) => Ok(Outcome::CasMismatch),
        Reply::Integer(2) => Ok(Outcome::Full),
        Reply::Error(why) => Err(Fault::Refused(why)),
        Reply::Bytes(_) | Reply::Integer(_) | Reply::Nil | Reply::Simple(_) => {
            Err(Fault::Protocol("the script was not answered with its result"))
        }
    }
}

/// The value of an entry, and its number.
pub(crate) fn decode(entry: Vec<u8>) -> Option<(Bytes, u32)> {
    let number = u32::from_be_bytes(*entry.first_chunk()?);
    // Not one that the script has written.
    if number == 0 {
        return None;
    }
    Some((Bytes::from(entry).slice(4..), number))
}

#[cfg(test)]
mod tests {
    use super::decode;
    use bytes::Bytes;

    #[test]
    fn an_entry_is_a_number_and_a_value() {
        assert_eq!(decode(vec![0, 0, 1, 2, b'v']), Some((Bytes::from_static(b"v"), 258)));
        assert_eq!(decode(vec![255; 4]), Some((Bytes::new(), u32::MAX)));
        assert_eq!(decode(vec![0, 0, 0, 0, b'v']), None);
        assert_eq!(decode(vec![1, 2, 3]), None);
        assert_eq!(decode(Vec::new()), None);
    }
}
