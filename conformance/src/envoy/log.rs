//! Envoy's log: what crossed between its host and the guest, and what became of the configuration.

use super::normal::number;
use super::story::Crossing;

/// As Envoy is told to write it: time, thread, level, component, message.
pub(super) const FORMAT: &str = "[%E%F][%t][%l][%n] %v";

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Nanoseconds since 1970.
    pub(super) at: u128,
    /// The thread that wrote it.
    pub(super) thread: u64,
    level: String,
    component: String,
    /// The message, escaped.
    pub(super) message: String,
}

impl Line {
    /// Reads a line; `None` if it is none of Envoy's.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let (at, rest) = line.strip_prefix('[')?.split_once("][")?;
        let (thread, rest) = rest.split_once("][")?;
        let (level, rest) = rest.split_once("][")?;
        let (component, message) = rest.split_once("] ")?;
        Some(Self {
            at: at.parse().ok()?,
            thread: thread.parse().ok()?,
            level: level.to_owned(),
            component: component.to_owned(),
            message: message.to_owned(),
        })
    }

    /// What crossed, if the line is about that.
    pub(super) fn crossing(&self) -> Option<Crossing> {
        if self.component != "wasm" {
            return None;
        }
        if let Some(call) = self.message.strip_prefix("[host->vm] ") {
            let (name, args) = called(call)?;
            return Some(Crossing::Called { name: callback(name), args });
        }
        if let Some(call) = self.message.strip_prefix("[host<-vm] ") {
            let (name, result) = returned(call)?;
            return Some(Crossing::Returned { name: callback(name), result: Some(result) });
        }
        if let Some(call) = self.message.strip_prefix("[vm->host] ") {
            let (name, args) = called(call)?;
            return Some(Crossing::Asked { name: without_module(name), args });
        }
        if let Some(call) = self.message.strip_prefix("[vm<-host] ") {
            let (name, result) = returned(call)?;
            return Some(Crossing::Answered { name: without_module(name), result: Some(result) });
        }
        if let Some(said) = self.message.strip_prefix("wasm log") {
            let said = said.split_once(": ").map_or(said, |(_, said)| said);
            let level = if self.level == "warning" { "warn".to_owned() } else { self.level.clone() };
            return Some(Crossing::Logged { level, message: unescape(said) });
        }
        if let Some(failure) = self.message.strip_prefix("Function: ") {
            let (name, _) = failure.split_once(" failed")?;
            return Some(Crossing::Returned { name: callback(name), result: None });
        }
        None
    }

    /// A VM of a plugin begins here, and is not the one of a worker.
    pub(super) fn begins_vm(&self) -> bool {
        self.message.starts_with("Base Wasm created") || self.message.starts_with("Thread-Local Wasm created")
    }

    /// The import that keeps a module from being loaded.
    pub(super) fn missing_import(&self) -> Option<String> {
        // Or one that it has with another type.
        let refused = "Failed to load Wasm module due to a";
        self.message.contains("import").then(|| self.message.split_once(refused))??.1.get(1..).map(str::to_owned)
    }

    /// A VM is gone, and none is left.
    pub(super) fn last_vm_gone(&self) -> bool {
        self.message.starts_with("~Wasm 0 remaining")
    }

    /// The listener of this name serves.
    pub(super) fn serves(&self, listener: &str) -> bool {
        self.message == format!("lds: add/update listener \\'{listener}\\'")
    }

    /// The listener of this name is gone.
    pub(super) fn gone(&self, listener: &str) -> bool {
        self.message == format!("lds: remove listener \\'{listener}\\'")
    }

    /// Why the listener of this name is refused, if it is.
    pub(super) fn refuses(&self, listener: &str) -> bool {
        self.message.starts_with(&format!("lds: listener \\'{listener}\\' config rejected"))
    }
}

fn called(call: &str) -> Option<(&str, Vec<String>)> {
    let (name, args) = call.strip_suffix(')')?.split_once('(')?;
    Some((name, args.split(", ").filter(|arg| !arg.is_empty()).map(number).collect()))
}

fn returned(call: &str) -> Option<(&str, String)> {
    let (name, result) = call.split_once(" return: ")?;
    Some((name, number(result)))
}

fn without_module(name: &str) -> String {
    name.split_once('.').map_or(name, |(_, name)| name).to_owned()
}

/// Both names of the allocator mean the same.
fn callback(name: &str) -> String {
    match name {
        "malloc" | "proxy_on_memory_allocate" => "allocate".to_owned(),
        name => name.to_owned(),
    }
}

/// Undoes C's escapes.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        rest = behind;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let octal = rest.iter().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
        if octal > 0 {
            let value = rest.iter().take(octal).fold(0_u32, |value, digit| value * 8 + u32::from(digit - b'0'));
            bytes.push(value as u8);
            rest = rest.get(octal..).unwrap_or_default();
            continue;
        }
        let Some((escaped, behind)) = rest.split_first() else { break };
        rest = behind;
        bytes.push(match escaped {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            other => *other,
        });
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::{Crossing, Line};

    fn crossing(message: &str) -> Option<Crossing> {
        Line::parse(&format!("[1795284224876048000][20791][warning][wasm] {message}")).unwrap().crossing()
    }

    #[test]
    fn lines_of_the_trace_are_read() {
        let args = vec!["2".to_owned(), "4294967295".to_owned()];
        assert_eq!(
            crossing("[vm->host] env.proxy_f(2, 4294967295)"),
            Some(Crossing::Asked { name: "proxy_f".to_owned(), args: args.clone() })
        );
        assert_eq!(crossing("[host->vm] proxy_f(2, -1)"), Some(Crossing::Called { name: "proxy_f".to_owned(), args }));
        assert_eq!(
            crossing("[host<-vm] malloc return: 1024"),
            Some(Crossing::Returned { name: "allocate".to_owned(), result: Some("1024".to_owned()) })
        );
        assert_eq!(
            crossing("Function: proxy_f failed: Uncaught RuntimeError: unreachable"),
            Some(Crossing::Returned { name: "proxy_f".to_owned(), result: None })
        );
        assert_eq!(
            crossing("wasm log p r v: a: \\000\\n\\\\\\'\\3771"),
            Some(Crossing::Logged { level: "warn".to_owned(), message: b"a: \0\n\\'\xff1".to_vec() })
        );
        assert_eq!(crossing("something else"), None);
    }
}
