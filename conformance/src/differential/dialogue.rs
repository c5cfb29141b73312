//! A header with a dialogue, chosen: versions, plugins and their policies, streams whose parts come in an order that peers
//! keep to.

use super::choices::Choices;
use std::fmt::Write as _;
use tollgate_abi::AbiVersion;

const FIELDS: &[(&str, &str)] =
    &[("x-name", "value"), ("x-empty", ""), ("content-length", "8"), ("content-type", "application/grpc"), ("a", "1")];

/// How far a direction of a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
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

fn steps(choices: &mut Choices, plugins: &[String], text: &mut String) {
    let mut running: Vec<&str> = plugins.iter().map(|name| &**name).collect();
    let streams = ["s", "t"];
    let mut progress = [[Progress::Nothing; 2]; 2];
    text.push_str(";;! dialogue = [\n");
    for _ in 0..2 + choices.below(9) {
        let stream = choices.one_of(&[0, 0, 1]);
        let name = streams[stream];
        let step = match choices.below(16) {
            0 => "wake = true".to_owned(),
            1 => {
                progress[stream] = [Progress::Nothing; 2];
                choices.one_of(&["finish = true", "hang_up = true"]).to_owned()
            }
            2 => {
                let _ = writeln!(text, ";;!   {{ advance = {} }},", choices.one_of(&[1, 1000, 5000]));
                continue;
            }
            3 if progress[stream][0] != Progress::Nothing => {
                format!(
                    "local_response = {{ status = {}, body = \"{}\" }}",
                    choices.one_of(&[500, 200, 204]),
                    choices.one_of(&["", "no"])
                )
            }
            5 => {
                text.push_str(";;!   { mail = true },\n");
                continue;
            }
            4 if running.len() > 1 => {
                let _ = writeln!(text, ";;!   {{ stop = \"{}\" }},", running.remove(choices.below(running.len())));
                continue;
            }
            part => {
                // Responses come once there is a request.
                let direction = usize::from(part % 3 == 0 && progress[stream][0] != Progress::Nothing);
                match part_of_message(choices, direction, &mut progress[stream][direction]) {
                    Some(step) => step,
                    None => continue,
                }
            }
        };
        let _ = writeln!(text, ";;!   {{ stream = \"{name}\", {step} }},");
    }
    text.push_str(";;! ]\n");
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
