//! The normal form of what happened: everything that is set aside when runs are compared stands here, with the reason.
//!
//! - **Addresses in memory** that the guest passes to `proxy_log` and that its allocator returns: they follow from sizes
//!   that are compared, and from outputs that are.
//! - **Pieces of a body** that a peer sees one after the other in a step are one piece, and the end of a message is an
//!   entry of its own: HTTP/2 may cut frames anywhere.
//! - **The order of fields** with different names: a proxy may change it. Fields of one name keep theirs.
//! - **Fields of the proxy**, [`OF_THE_PROXY`]: names and times of the server.
//! - **What ends after its end**: a reset of a stream that is complete tells the other side to stop sending.
//! - **Times and random numbers**, [`UNPREDICTABLE`]: that there is an output is compared, not which.
//! - **A reason phrase, a backtrace, the words of an error**: a trap is compared as a trap.

use super::instrument::outputs;
use super::story::{Crossing, Part, Peer};
use std::collections::{BTreeMap, BTreeSet};
use tollgate_abi::host_functions;

/// Fields that a proxy adds behind the last plugin.
const OF_THE_PROXY: &[&str] = &["date", "server"];

/// Functions whose outputs differ from run to run.
const UNPREDICTABLE: &[&str] = &["clock_time_get", "clock_res_get", "proxy_get_current_time_nanoseconds", "random_get"];

/// Nanoseconds since 1970 that are a time of day of this century.
const TIMES: std::ops::Range<u64> = 1_600_000_000_000_000_000..3_000_000_000_000_000_000;

/// Lines for what crossed.
pub(super) fn crossings(crossings: &[Crossing]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut depth = 0_usize;
    // Outputs to come that cannot be predicted.
    let mut masked = 0_usize;
    let mut rest = crossings;
    while let [first, behind @ ..] = rest {
        rest = behind;
        let indent = |depth: usize| "  ".repeat(depth);
        match first {
            Crossing::Called { name, args } => {
                lines.push(format!("{}--> {name}({})", indent(depth), args.join(", ")));
                depth += 1;
            }
            Crossing::Returned { name, result } => {
                depth = depth.saturating_sub(1);
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
                    let said = if masked > 0 { "(differs from run to run)".to_owned() } else { shown(said) };
                    masked = masked.saturating_sub(1);
                    lines.push(format!("{}log {level} [{length}] {said}", indent(depth)));
                    continue;
                }
                lines.push(format!("{}==> {name}({})", indent(depth), args.join(", ")));
                depth += 1;
            }
            Crossing::Answered { name, result } => {
                depth = depth.saturating_sub(1);
                let result = result.as_deref().unwrap_or("the call is ended");
                lines.push(format!("{}<== {name}: {result}", indent(depth)));
                masked = if result == "0" && UNPREDICTABLE.contains(&&**name) {
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
    format!("\"{}\"", bytes.escape_ascii())
}

/// A number as both sides write it: 32 bits without sign.
pub(super) fn number(text: &str) -> String {
    match text.parse::<i64>() {
        Ok(number) if number < 0 && number >= i64::from(i32::MIN) => (number as u32).to_string(),
        Ok(number) => number.to_string(),
        Err(_) => text.parse::<u64>().map_or_else(|_| text.to_owned(), |number| (number as i64).to_string()),
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
    /// Lines for what a peer of a stream sees in a step.
    pub(super) fn lines(&mut self, stream: &str, peer: Peer, parts: &[Part]) -> Vec<String> {
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
                    let heard = peer == Peer::Client || self.begun.contains(&key);
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
