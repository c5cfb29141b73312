//! The normal form of what happened: everything that is set aside when runs are compared stands here, with the reason.
//!
//! - **Addresses in memory** that the guest passes to `proxy_log` and that its allocator returns: they follow from sizes
//!   that are compared, and from outputs that are.
//! - **Pieces of a body** that a peer sees one after the other in a step are one piece, and the end of a message is an
//!   entry of its own: HTTP/2 may cut frames anywhere.
//! - **The order of fields** with different names: a proxy may change it. Fields of one name keep theirs.
//! - **Fields of the proxy**, [`OF_THE_PROXY`]: names and times of the server.
//! - **What ends after its end**: a reset of a stream that is complete tells the other side to stop sending; so does the
//!   upstream's once the client has its response. A client that goes away itself is not told, and what the upstream hears
//!   of that is the proxy's business.
//! - **The order of a map** that the guest is given, as long as it is encoded properly: as that of fields.
//! - **How deep a trap goes** inside a host call: where the call is ended, that its caller traps is what is compared.
//! - **How long a call took**, which Envoy adds to its response, and how long that text is.
//! - **Times and random numbers**, [`UNPREDICTABLE`] and [`UNPREDICTABLE_PROPERTIES`]: that there is an output is compared, not which.
//! - **A reason phrase, a backtrace, the words of an error**: a trap is compared as a trap.

use super::instrument::outputs;
use super::story::{Crossing, Part, Peer};
use std::collections::{BTreeMap, BTreeSet};
use tollgate_abi::encoding::pairs;
use tollgate_abi::host_functions;

/// The field in which Envoy's client says how many milliseconds a response took.
const TIME_OF_A_CALL: &str = "x-envoy-upstream-service-time";

/// Fields that a proxy adds behind the last plugin.
const OF_THE_PROXY: &[&str] = &[
    "date",
    "server",
    // Of calls.
    TIME_OF_A_CALL,
    "x-envoy-internal",
    "x-envoy-expected-rq-timeout-ms",
];

/// The function that asks for a property.
pub(super) const GET_PROPERTY: &str = "proxy_get_property";

/// Functions whose outputs differ from run to run.
const UNPREDICTABLE: &[&str] = &["clock_time_get", "clock_res_get", "proxy_get_current_time_nanoseconds", "random_get"];

/// Properties that differ from run to run; connections are numbered by the process.
pub(super) const UNPREDICTABLE_PROPERTIES: &[&[u8]] = &[
    b"connection_id",
    b"connection\0id",
    b"request\0duration",
    b"response\0backend_latency",
    b"upstream\0cx_pool_ready_duration",
];

/// Nanoseconds since 1970 that are a time of day of this century.
const TIMES: std::ops::Range<u64> = 1_600_000_000_000_000_000..3_000_000_000_000_000_000;

/// Lines for what crossed. `unpredictable` has the numbers of the calls that ask for an unpredictable property; `asked`
/// counts the calls that ask for any.
pub(super) fn crossings(crossings: &[Crossing], unpredictable: &BTreeSet<usize>, asked: &mut usize) -> Vec<String> {
    let mut lines = Vec::new();
    // The guest's calls that have not returned, each with the depth of what is inside.
    let mut calls: Vec<(&str, usize)> = Vec::new();
    let mut depth = 0_usize;
    let mut property_masked = false;
    // Outputs to come that cannot be predicted.
    let mut masked = 0_usize;
    let mut rest = crossings;
    while let [first, behind @ ..] = rest {
        rest = behind;
        let indent = |depth: usize| "  ".repeat(depth);
        match first {
            Crossing::Called { name, args } => {
                lines.push(format!("{}--> {name}({})", indent(depth), args.join(", ")));
                calls.push((name, depth));
                depth += 1;
            }
            Crossing::Returned { name, result } => {
                while let Some((called, outside)) = calls.pop() {
                    depth = outside;
                    if called == name {
                        break;
                    }
                }
                let result = match result {
                    None => "trapped",
                    // Where a block is says nothing; that there is none does.
                    Some(address) if name == "allocate" && address != "0" => "a block",
                    Some(result) => result,
                };
                lines.push(format!("{}<-- {name}: {result}", indent(depth)));
            }
            Crossing::Asked { name, args } => {
                if let ("proxy_log", [level, _, length], Some((said, after))) = (&**name, &**args, logged(rest)) {
                    rest = after;
                    let length = &*without_time(said, length, &mut lines);
                    let said = if masked > 0 { "(differs from run to run)".to_owned() } else { shown(said) };
                    masked = masked.saturating_sub(1);
                    lines.push(format!("{}log {level} [{length}] {said}", indent(depth)));
                    continue;
                }
                if name == GET_PROPERTY {
                    property_masked = unpredictable.contains(asked);
                    *asked += 1;
                }
                lines.push(format!("{}==> {name}({})", indent(depth), args.join(", ")));
                depth += 1;
            }
            Crossing::Answered { name, result } => {
                depth = depth.saturating_sub(1);
                // The caller traps in its turn.
                let Some(result) = result else { continue };
                lines.push(format!("{}<== {name}: {result}", indent(depth)));
                let differs = UNPREDICTABLE.contains(&&**name) || (name == GET_PROPERTY && property_masked);
                masked = if result == "0" && differs {
                    host_functions().find(|f| f.name == name).map_or(0, |f| outputs(f).len())
                } else {
                    0
                };
            }
            Crossing::Logged { level, message } => {
                lines.push(format!("{}log {level}: {}", indent(depth), shown(message)));
            }
        }
    }
    lines
}

/// The length of what is logged, without that of the time which a call took; the block that was asked for it is as much
/// smaller.
fn without_time(said: &[u8], length: &str, lines: &mut [String]) -> String {
    let pairs = pairs::decode(said).unwrap_or_default();
    let time = pairs.iter().find(|(name, _)| **name == *TIME_OF_A_CALL.as_bytes());
    let (Some((_, time)), Ok(all)) = (time, length.parse::<usize>()) else { return length.to_owned() };
    let asked = format!("--> allocate({length})");
    let less = all.saturating_sub(time.len());
    if let Some(line) = lines.iter_mut().rev().find(|line| line.trim_start() == asked) {
        *line = line.replace(&asked, &format!("--> allocate({less})"));
    }
    less.to_string()
}

/// The message of a `proxy_log` that worked, and what comes after it.
fn logged(rest: &[Crossing]) -> Option<(&[u8], &[Crossing])> {
    match rest {
        [Crossing::Logged { message, .. }, Crossing::Answered { name, result }, after @ ..]
            if name == "proxy_log" && result.as_deref() == Some("0") =>
        {
            Some((message, after))
        }
        _ => None,
    }
}

fn shown(bytes: &[u8]) -> String {
    if let Some(bytes) = bytes.as_array::<8>()
        && TIMES.contains(&u64::from_le_bytes(*bytes))
    {
        return "(a time of day)".to_owned();
    }
    // Encoded properly: decoding and encoding gives the same bytes, so that only the order is set aside.
    if let Ok(pairs) = pairs::decode(bytes)
        && !pairs.is_empty()
        && pairs::encode(pairs.iter().copied()) == bytes
    {
        let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
        return sorted(&pairs.iter().map(|(name, value)| (text(name), text(value))).collect::<Vec<_>>());
    }
    format!("\"{}\"", bytes.escape_ascii())
}

/// A number as both sides write it: 32 bits without sign.
pub(super) fn number(text: &str) -> String {
    match text.parse::<i64>() {
        Ok(number) if number < 0 && number >= i64::from(i32::MIN) => (number as u32).to_string(),
        Ok(number) => number.to_string(),
        Err(_) => text.parse::<u64>().map_or_else(|_| text.to_owned(), |value| number(&(value as i64).to_string())),
    }
}

/// What peers see, over the whole run.
#[derive(Debug, Default)]
pub(super) struct Wire {
    /// Messages that have ended.
    ended: BTreeSet<(String, Peer)>,
    /// Messages that have begun.
    begun: BTreeSet<(String, Peer)>,
}

impl Wire {
    /// Lines for what a peer of a stream sees in a step; `client_ends`: in which the client's response ends.
    pub(super) fn lines(&mut self, stream: &str, peer: Peer, parts: &[Part], client_ends: bool) -> Vec<String> {
        let key = (stream.to_owned(), peer);
        let who = format!("{}{}", if peer == Peer::Client { "client" } else { "upstream" }, of(stream));
        let mut lines = Vec::new();
        let mut body = Vec::new();
        for part in parts {
            if let Part::Body(bytes) = part {
                body.extend_from_slice(bytes);
                continue;
            }
            flush(&who, &mut body, &mut lines);
            match part {
                Part::Body(_) => {}
                Part::Headers(fields) => {
                    // A new message on a stream of the same name.
                    self.ended.remove(&key);
                    if peer == Peer::Upstream {
                        self.ended.remove(&(stream.to_owned(), Peer::Client));
                    }
                    self.begun.insert(key.clone());
                    lines.push(format!("{who} receives headers {}", sorted(fields)));
                }
                Part::Trailers(fields) => lines.push(format!("{who} receives trailers {}", sorted(fields))),
                Part::End => {
                    self.ended.insert(key.clone());
                    lines.push(format!("{who} has received everything"));
                }
                Part::Reset => {
                    // An upstream that was never asked cannot be let down.
                    let answered = self.ended.contains(&(stream.to_owned(), Peer::Client)) || client_ends;
                    let heard = peer == Peer::Client || (self.begun.contains(&key) && !answered);
                    if heard && self.ended.insert(key.clone()) {
                        lines.push(format!("{who}: the stream is broken off"));
                    }
                }
            }
        }
        flush(&who, &mut body, &mut lines);
        lines
    }
}

fn flush(who: &str, body: &mut Vec<u8>, lines: &mut Vec<String>) {
    if !body.is_empty() {
        lines.push(format!("{who} receives body ({}) \"{}\"", body.len(), body[..body.len().min(256)].escape_ascii()));
        body.clear();
    }
}

fn of(stream: &str) -> String {
    if stream.is_empty() { String::new() } else { format!(" of {stream}") }
}

fn sorted(fields: &[(String, String)]) -> String {
    let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in fields.iter().filter(|(name, _)| !OF_THE_PROXY.contains(&&**name)) {
        by_name.entry(name).or_default().push(value);
    }
    let fields: Vec<_> =
        by_name.iter().flat_map(|(name, values)| values.iter().map(move |value| format!("{name}: {value}"))).collect();
    format!("{{{}}}", fields.join(", "))
}
