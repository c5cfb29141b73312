//! A header with a dialogue, chosen: versions, plugins and their policies, streams whose parts come in an order that peers
//! keep to, answers to calls that may have been made, TCP connections.

use super::choices::Choices;
use std::fmt::Write as _;
use tollgate_abi::AbiVersion;

const FIELDS: &[(&str, &str)] =
    &[("x-name", "value"), ("x-empty", ""), ("content-length", "8"), ("content-type", "application/grpc"), ("a", "1")];

/// How far a direction of a stream is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Progress {
    #[default]
    Nothing,
    Body,
    Ended,
}

/// The header's lines, each with its `;;!`.
pub(super) fn header(choices: &mut Choices, abi: AbiVersion) -> String {
    let mut text = String::from(";;! title = \"Chosen by chance: all runtimes must agree\"\n;;! spec = \"all\"\n");
    let _ = writeln!(text, ";;! abi = [\"{}\"]", abi.as_str());
    let _ = writeln!(text, ";;! buffer_limit = {}", choices.one_of(&[1 << 20, 1 << 20, 64, 8, 1, 0]));
    let _ = writeln!(text, ";;! log_level = \"{}\"", choices.one_of(&["TRACE", "TRACE", "TRACE", "INFO", "CRITICAL"]));
    if choices.once_in(2) {
        text.push_str(";;! vm = { vm_id = \"vm\", configuration = \"vm\", environment = [[\"KEY\", \"value\"], [\"E\", \"\"]] }\n");
    }
    let plugins = plugins(choices, &mut text);
    steps(choices, &plugins, &mut text);
    text
}

fn plugins(choices: &mut Choices, text: &mut String) -> Vec<String> {
    let count = choices.one_of(&[1, 1, 2, 3]);
    text.push_str(";;! plugin = [\n");
    let mut names = Vec::new();
    for index in 0..count {
        let name = format!("plugin{index}");
        let policy = choices.one_of(&["closed", "open", "reload"]);
        let stop = choices.once_in(3);
        let configuration = choices.one_of(&["", "configuration"]);
        let _ = write!(
            text,
            ";;!   {{ name = \"{name}\", failure_policy = \"{policy}\", allow_on_headers_stop_iteration = {stop}, \
             configuration = \"{configuration}\""
        );
        // Without one of its own it shares its VM with the others.
        if choices.once_in(3) {
            let _ = write!(text, ", vm = {{ vm_id = \"own{index}\" }}");
        }
        text.push_str(" },\n");
        names.push(name);
    }
    text.push_str(";;! ]\n");
    names
}

/// Streams, and how far their directions are; connections, and whether they are there.
#[derive(Default)]
struct Peers {
    streams: [[Progress; 2]; 2],
    connected: [bool; 2],
}

fn steps(choices: &mut Choices, plugins: &[String], text: &mut String) {
    let mut running: Vec<&str> = plugins.iter().map(|name| &**name).collect();
    let mut peers = Peers::default();
    text.push_str(";;! dialogue = [\n");
    for _ in 0..2 + choices.below(12) {
        let step = match choices.below(9) {
            0 => of_the_proxy(choices, &mut running),
            1 | 2 => Some(answer(choices)),
            3 | 4 => Some(of_a_connection(choices, &mut peers)),
            _ => of_a_stream(choices, &mut peers),
        };
        if let Some(step) = step {
            let _ = writeln!(text, ";;!   {{ {step} }},");
        }
    }
    text.push_str(";;! ]\n");
}

/// What concerns plugins, and neither peer.
fn of_the_proxy(choices: &mut Choices, running: &mut Vec<&str>) -> Option<String> {
    Some(match choices.below(6) {
        0 | 1 => format!("advance = {}", choices.one_of(&[1, 1000, 5000])),
        2 => "mail = true".to_owned(),
        3 if running.len() > 1 => format!("stop = \"{}\"", running.remove(choices.below(running.len()))),
        4 => format!(
            "foreign_function = {{ plugin = \"{}\", id = {}, arguments = \"{}\" }}",
            choices.one_of(running),
            choices.one_of(&[0, 1, 4_294_967_295_u32]),
            piece(choices)
        ),
        5 => {
            format!("stats_update = {{ plugin = \"{}\", counters = [[\"requests\", 7, 2]] }}", choices.one_of(running))
        }
        _ => return None,
    })
}

/// What comes of a call that a plugin may have made.
fn answer(choices: &mut Choices) -> String {
    let call = 1 + choices.below(5);
    match choices.below(9) {
        0..=2 => format!(
            "http_call_response = {{ call = {call}, headers = {}, body = \"{}\", trailers = {} }}",
            fields(choices),
            piece(choices),
            fields(choices)
        ),
        3 => format!("http_call_failure = {{ call = {call} }}"),
        4 => format!("grpc_initial_metadata = {{ call = {call}, fields = {} }}", fields(choices)),
        5 => format!("grpc_message = {{ call = {call}, data = \"{}\" }}", piece(choices)),
        6 => format!("grpc_trailing_metadata = {{ call = {call}, fields = {} }}", fields(choices)),
        7 => format!("resolved = {{ resolution = {call}, addresses = [[\"192.0.2.1\", 60]] }}"),
        _ => format!("grpc_close = {{ call = {call}, status = {} }}", choices.one_of(&[0, 2, 14])),
    }
}

/// What the peers of a TCP connection do.
fn of_a_connection(choices: &mut Choices, peers: &mut Peers) -> String {
    let connection = choices.one_of(&[0, 0, 1]);
    let name = ["c", "d"][connection];
    let connected = &mut peers.connected[connection];
    let step = match choices.below(10) {
        _ if !*connected => {
            *connected = true;
            format!("connect = {}", !choices.once_in(8))
        }
        0 => "wake = true".to_owned(),
        1 => choices.one_of(&["downstream_reset = true", "upstream_reset = true"]).to_owned(),
        2 => {
            *connected = false;
            "finish = true".to_owned()
        }
        _ => format!(
            "{}_data = {{ data = \"{}\", end = {} }}",
            choices.one_of(&["downstream", "upstream"]),
            piece(choices),
            choices.once_in(4)
        ),
    };
    format!("stream = \"{name}\", {step}")
}

/// What the peers of an HTTP stream do.
fn of_a_stream(choices: &mut Choices, peers: &mut Peers) -> Option<String> {
    let stream = choices.one_of(&[0, 0, 1]);
    let name = ["s", "t"][stream];
    let progress = &mut peers.streams[stream];
    let step = match choices.below(13) {
        0 => "wake = true".to_owned(),
        1 => {
            *progress = <[Progress; 2]>::default();
            choices.one_of(&["finish = true", "hang_up = true"]).to_owned()
        }
        2 if progress[0] != Progress::Nothing => {
            format!(
                "local_response = {{ status = {}, body = \"{}\" }}",
                choices.one_of(&[500, 200, 204]),
                choices.one_of(&["", "no"])
            )
        }
        part => {
            // Responses come once there is a request.
            let direction = usize::from(part % 3 == 0 && progress[0] != Progress::Nothing);
            part_of_message(choices, direction, &mut progress[direction])?
        }
    };
    Some(format!("stream = \"{name}\", {step}"))
}

/// The next part of a message, or all of it; `None` if it has ended.
fn part_of_message(choices: &mut Choices, direction: usize, progress: &mut Progress) -> Option<String> {
    let kind = ["request", "response"][direction];
    let first = |choices: &mut Choices| match direction {
        0 => format!("method = \"{}\"", choices.one_of(&["GET", "POST", "HEAD"])),
        _ => format!("status = {}", choices.one_of(&[200, 204, 404])),
    };
    Some(match *progress {
        Progress::Ended => return None,
        Progress::Nothing if choices.once_in(2) => {
            *progress = Progress::Ended;
            let (first, fields) = (first(choices), fields(choices));
            let pieces: Vec<_> = (0..choices.below(4)).map(|_| format!("\"{}\"", piece(choices))).collect();
            let trailers = if choices.once_in(4) { fields_or_one(choices) } else { "[]".to_owned() };
            let alone = choices.once_in(4);
            format!(
                "{kind} = {{ {first}, headers = {fields}, body = [{}], end_alone = {alone}, trailers = {trailers} }}",
                pieces.join(", ")
            )
        }
        Progress::Nothing => {
            let end = choices.once_in(3);
            *progress = if end { Progress::Ended } else { Progress::Body };
            format!("{kind}_headers = {{ {}, headers = {}, end = {end} }}", first(choices), fields(choices))
        }
        Progress::Body if choices.once_in(5) => {
            *progress = Progress::Ended;
            format!("{kind}_trailers = {{ fields = {} }}", fields_or_one(choices))
        }
        Progress::Body => {
            let end = choices.once_in(3);
            if end {
                *progress = Progress::Ended;
            }
            format!("{kind}_body = {{ data = \"{}\", end = {end} }}", piece(choices))
        }
    })
}

fn piece(choices: &mut Choices) -> &'static str {
    choices.one_of(&["body", "", "0123456789", "a", "twelve bytes"])
}

fn fields(choices: &mut Choices) -> String {
    let list: Vec<_> = (0..choices.below(4))
        .map(|_| {
            let (name, value) = choices.one_of(FIELDS);
            format!("[\"{name}\", \"{value}\"]")
        })
        .collect();
    format!("[{}]", list.join(", "))
}

fn fields_or_one(choices: &mut Choices) -> String {
    match &*fields(choices) {
        "[]" => "[[\"t\", \"1\"]]".to_owned(),
        fields => fields.to_owned(),
    }
}
