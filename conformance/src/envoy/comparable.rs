//! Which cases can be put on the wire: by rule, so that a new case is decided without a list.

use super::config::CALLED;
use super::story::Crossing;
use crate::case::{Case, Step};
use tollgate_abi::{AbiVersion, LogLevel};

/// Most bytes in a frame of HTTP/2, unless the receiver allows more.
const FRAME: usize = 16_384;

/// What the names of functions that call upstreams with gRPC have in common.
const GRPC: &[&str] = &["{{proxy_grpc_", "{{proxy_dispatch_grpc", "{{proxy_open_grpc"];

/// Headings about places where plugins are attached that are not set up at Envoy.
const PLACES: &[(&str, &str)] = &[("tcp_streams", TCP), ("stats_sinks", STATISTICS)];

const TCP: &str = "TCP peers are not set up at Envoy yet";
const STATISTICS: &str = "statistics are handed over by the process, at times of its own";

/// Functions that change what VMs share.
const SHARED: &[&str] = &["proxy_set_shared_data", "proxy_increment_metric", "proxy_record_metric"];

/// Smallest window of a stream that Envoy can be told to have; it is what Envoy holds, too.
const WINDOW: usize = 65_535;

/// Longest time that a dialogue may have to wait, in milliseconds.
const LONGEST: u64 = 3_000;

/// Fields that HTTP/2 does not have, because they are about one connection of HTTP/1.
const OF_ONE_CONNECTION: &[&str] =
    &["connection", "host", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"];

/// Why a case cannot be compared, if it cannot.
pub(super) fn obstacle(case: &Case, abi: AbiVersion) -> Option<String> {
    if abi == AbiVersion::VNext {
        return Some("Envoy does not know the draft of the ABI".to_owned());
    }
    if let Some((_, why)) = PLACES.iter().find(|(heading, _)| *heading == case.heading) {
        return Some((*why).to_owned());
    }
    if case.header.plugin.iter().any(|plugin| plugin.worker > 0) {
        return Some("which worker serves cannot be chosen on the wire".to_owned());
    }
    let guests = || case.header.plugin.iter().filter_map(|plugin| case.guest(plugin).ok());
    if guests().any(|text| GRPC.iter().any(|call| text.contains(call))) {
        return Some("no upstream answers gRPC calls of plugins at Envoy yet".to_owned());
    }
    if case.header.upstreams != [CALLED] {
        return Some(format!("at Envoy, plugins can call {CALLED} and nothing else"));
    }
    if guests().any(|text| text.contains("_shared_queue")) {
        return Some(
            "each of Envoy's threads has a VM that registers, and which is told of an item is not determined"
                .to_owned(),
        );
    }
    if guests().any(|text| text.contains("{{proxy_set_tick_period_milliseconds")) {
        return Some("a plugin that ticks does so at times of its own; the clock is real".to_owned());
    }
    if case.header.level().ok() != Some(LogLevel::Trace) {
        return Some("Envoy's trace, which is compared, needs the log level that the case does not have".to_owned());
    }
    let waits: u64 = case.header.dialogue.iter().filter_map(|step| step.advance).sum();
    if waits > LONGEST {
        return Some(format!("{waits} ms would have to pass; the clock is real"));
    }
    if let Some(place) = case.header.dialogue.iter().position(|step| step.hang_up.is_some() || step.finish.is_some()) {
        let (before, stream) = (&case.header.dialogue[..place], &case.header.dialogue[place].stream);
        if !before.iter().any(|step| step.begins_stream() && step.stream == *stream) {
            return Some("a stream without a request does not exist on the wire".to_owned());
        }
    }
    if case.header.buffer_limit < WINDOW {
        return Some(format!("Envoy holds no less than the {WINDOW} bytes of a stream's window"));
    }
    case.header.dialogue.iter().find_map(of_step)
}

/// Why a case cannot be compared, seen from what its guest has done while it started.
pub(super) fn obstacle_at_start(crossings: &[Crossing]) -> Option<String> {
    let asked = |names: &[&str]| {
        crossings.iter().any(|crossing| matches!(crossing, Crossing::Asked { name, .. } if names.contains(&&**name)))
    };
    if asked(&["proxy_http_call", "proxy_dispatch_http_call"]) {
        return Some("each of Envoy's threads makes the calls of the plugin's start".to_owned());
    }
    asked(SHARED)
        .then(|| "Envoy's threads are configured at the same time, and share what the plugin changes then".to_owned())
}

fn of_step(step: &Step) -> Option<String> {
    if step.local_response.is_some() {
        return Some("nothing on the wire has Envoy answer by itself at this point".to_owned());
    }
    if step.http_call_failure.is_some() {
        return Some("what fails on the wire is a response with status 503 to the plugin".to_owned());
    }
    if step.connect.is_some() {
        return Some(TCP.to_owned());
    }
    if step.stats_update.is_some() {
        return Some(STATISTICS.to_owned());
    }
    if step.foreign_function.is_some() {
        return Some("the embedder calls, and Envoy's does not".to_owned());
    }
    if step.resolved.is_some() {
        return Some("what a name comes to is the resolver's affair".to_owned());
    }
    if step.stop.is_some() {
        return Some("a plugin cannot leave a chain that goes on".to_owned());
    }
    let messages = [&step.request, &step.response].into_iter().flatten();
    let mut pieces = messages.flat_map(|message| &message.body).map(|body| body.bytes().len());
    let alone = [&step.request_body, &step.response_body].into_iter().flatten().map(|body| body.data.bytes().len());
    if pieces.by_ref().chain(alone).any(|length| length > FRAME) {
        return Some(format!("a piece of more than {FRAME} bytes does not cross in one frame"));
    }
    let messages = [&step.request, &step.response].into_iter().flatten().map(|message| &message.headers);
    let alone = [&step.request_headers, &step.response_headers].into_iter().flatten().map(|step| &step.headers);
    let field = messages.chain(alone).flatten().find(|(name, _)| OF_ONE_CONNECTION.contains(&&*name.to_lowercase()));
    field.map(|(name, _)| format!("{name} is a field of HTTP/1 alone"))
}
