//! Statistics as Envoy hands them to a stats sink (`envoy_on_stats_update`): a block of counters, then one of gauges.
//!
//! ```text
//! block:  size of the block, type (1 counter, 2 gauge), number of entries     u32 each
//! entry:  length of the name u32, name, padding to a multiple of 8 from the beginning of all
//!         value u64, and of a counter also its growth since the last update u64
//! ```

/// A number that only grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it has come to.
    pub value: u64,
    /// How much it has grown since the last update.
    pub delta: u64,
}

/// A number that goes up and down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gauge<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is now.
    pub value: u64,
}

const COUNTERS: u32 = 1;
const GAUGES: u32 = 2;

/// Encodes an update. `None` if a size is beyond 32 bits.
///
/// Envoy 1.40 counts entries that it leaves out, and gives sizes that double with every gauge; here both are true, which
/// is what readers of the format expect.
pub fn encode(counters: &[Counter<'_>], gauges: &[Gauge<'_>]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let end = begin_block(&mut out, COUNTERS, counters.len())?;
    for Counter { name, value, delta } in counters {
        push_entry(&mut out, name, *value)?;
        out.extend_from_slice(&delta.to_le_bytes());
    }
    end_block(&mut out, end)?;
    let end = begin_block(&mut out, GAUGES, gauges.len())?;
    for Gauge { name, value } in gauges {
        push_entry(&mut out, name, *value)?;
    }
    end_block(&mut out, end)?;
    Some(out)
}

/// Begins a block whose size is not known yet; returns where it begins.
fn begin_block(out: &mut Vec<u8>, kind: u32, count: usize) -> Option<usize> {
    let start = out.len();
    for number in [0, kind, u32::try_from(count).ok()?] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    Some(start)
}

fn end_block(out: &mut [u8], start: usize) -> Option<()> {
    let size = u32::try_from(out.len() - start).ok()?;
    // All together is what the callback is given a size of.
    u32::try_from(out.len()).ok()?;
    out.get_mut(start..start + 4)?.copy_from_slice(&size.to_le_bytes());
    Some(())
}

fn push_entry(out: &mut Vec<u8>, name: &str, value: u64) -> Option<()> {
    out.extend_from_slice(&u32::try_from(name.len()).ok()?.to_le_bytes());
    out.extend_from_slice(name.as_bytes());
    out.resize(out.len().next_multiple_of(8), 0);
    out.extend_from_slice(&value.to_le_bytes());
    Some(())
}

#[cfg(test)]
mod tests {
    use super::{Counter, Gauge, encode};

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// As Envoy 1.40 does, with the numbers of entries and the size of the second block put right.
    #[test]
    fn as_envoy_lays_it_out() {
        let counters = [
            Counter { name: "runtime.load_success", value: 2, delta: 2 },
            Counter { name: "wasm.envoy.wasm.runtime.v8.created", value: 11, delta: 0 },
        ];
        let bytes = encode(&counters, &[Gauge { name: "server.live", value: 1 }]).unwrap();
        let expected = [
            "700000000100000002000000",
            "1400000072756e74696d652e6c6f61645f7375636365737300000000",
            "02000000000000000200000000000000",
            "220000007761736d2e656e766f792e7761736d2e72756e74696d652e76382e637265617465640000",
            "0b000000000000000000000000000000",
            "280000000200000001000000",
            "0b0000007365727665722e6c6976650000000000",
            "0100000000000000",
        ];
        assert_eq!(hex(&bytes), expected.concat());
    }

    #[test]
    fn nothing_is_two_empty_blocks() {
        assert_eq!(hex(&encode(&[], &[]).unwrap()), "0c00000001000000000000000c0000000200000000000000");
        // The second block begins at 12 then; what is padded is the place, not the length.
        let bytes = encode(&[], &[Gauge { name: "a", value: 1 }]).unwrap();
        assert_eq!(hex(&bytes[12..]), "1c00000002000000010000000100000061000000".to_owned() + "0100000000000000");
    }
}
