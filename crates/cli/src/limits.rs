//! `--limit`: how much plugins may take. Envoy's YAML has no place for this, and a field of ours would keep the file from
//! booting an Envoy.

use std::str::FromStr;
use std::time::Duration;
use tollgate_host::vm::Limits;

/// One `--limit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LimitArg {
    /// Of this plugin only.
    plugin: Option<String>,
    /// One of [`LIMITS`].
    name: &'static str,
    /// A value that it takes.
    value: String,
}

/// Sets a limit to a value; the error says what is wrong with the value.
type Set = fn(&mut Limits, &str) -> Result<(), String>;

/// Every limit, by its name.
const LIMITS: &[(&str, Set)] = &[
    ("callback_deadline", |limits, value| put(&mut limits.callback_deadline, duration(value))),
    ("start_deadline", |limits, value| put(&mut limits.start_deadline, duration(value))),
    ("memory_bytes", |limits, value| put(&mut limits.memory_bytes, bytes(value))),
    ("table_elements", |limits, value| put(&mut limits.table_elements, number(value))),
    ("strikes", |limits, value| put(&mut limits.strikes, number(value))),
    ("shared_data_bytes", |limits, value| put(&mut limits.quotas.shared_data_bytes, bytes(value))),
    ("queues", |limits, value| put(&mut limits.quotas.queues, number(value))),
    ("queue_bytes", |limits, value| put(&mut limits.quotas.queue_bytes, bytes(value))),
    ("metrics", |limits, value| put(&mut limits.quotas.metrics, number(value))),
    ("metric_name_bytes", |limits, value| put(&mut limits.quotas.metric_name_bytes, bytes(value))),
    ("header_bytes", |limits, value| put(&mut limits.quotas.header_bytes, bytes(value))),
    ("body_bytes", |limits, value| put(&mut limits.quotas.body_bytes, bytes(value))),
    ("call_bytes", |limits, value| put(&mut limits.quotas.call_bytes, bytes(value))),
    ("property_bytes", |limits, value| put(&mut limits.quotas.property_bytes, bytes(value))),
    ("log_messages", |limits, value| put(&mut limits.quotas.log_messages, number(value))),
];

fn put<T>(place: &mut T, value: Result<T, String>) -> Result<(), String> {
    *place = value?;
    Ok(())
}

fn find(name: &str) -> Option<&'static (&'static str, Set)> {
    LIMITS.iter().find(|(known, _)| *known == name)
}

impl LimitArg {
    fn set(&self, limits: &mut Limits) -> Result<(), String> {
        find(self.name).map_or(Ok(()), |(_, set)| set(limits, &self.value))
    }
}

impl FromStr for LimitArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.rsplit_once('=').ok_or("write NAME=VALUE, or PLUGIN:NAME=VALUE")?;
        let (plugin, name) = match name.rsplit_once(':') {
            Some((plugin, name)) => (Some(plugin.to_owned()), name),
            None => (None, name),
        };
        let (name, _) = find(name).ok_or_else(|| {
            let names: Vec<_> = LIMITS.iter().map(|(name, _)| *name).collect();
            let (last, others) = names.split_last().unwrap_or((&"", &[]));
            format!("there is no limit {name:?}; there are {} and {last}", others.join(", "))
        })?;
        let arg = Self { plugin, name, value: value.to_owned() };
        // So that a value that is wrong is said here.
        arg.set(&mut Limits::default())?;
        Ok(arg)
    }
}

/// A time with its unit, or "none".
pub(crate) fn duration(text: &str) -> Result<Option<Duration>, String> {
    if text == "none" {
        return Ok(None);
    }
    let wrong = || format!("{text:?} is not a time such as 250ms or 5s, nor \"none\"");
    let (digits, unit): (_, fn(u64) -> Duration) = match text.strip_suffix("ms") {
        Some(digits) => (digits, Duration::from_millis),
        None => (text.strip_suffix('s').ok_or_else(wrong)?, Duration::from_secs),
    };
    match digits.parse() {
        Ok(0) => Err("a plugin cannot do anything in no time; \"none\" is for no deadline".to_owned()),
        Ok(n) => Ok(Some(unit(n))),
        Err(_) => Err(wrong()),
    }
}

/// Bytes, or a number of binary units.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let (digits, unit) = [("KiB", 10), ("MiB", 20), ("GiB", 30)]
        .into_iter()
        .find_map(|(suffix, shift)| Some((text.strip_suffix(suffix)?, shift)))
        .unwrap_or((text, 0));
    let bytes = digits.parse().ok().and_then(|n: u64| n.checked_mul(1 << unit));
    bytes.ok_or_else(|| format!("{text:?} is not a size such as 64MiB or 67108864"))
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("{text:?} is not a number"))
}

/// The limits of a plugin: those for all, then its own.
pub(crate) fn limits(args: &[LimitArg], plugin: &str) -> Limits {
    let mut limits = Limits::default();
    let general = args.iter().filter(|arg| arg.plugin.is_none());
    let own = args.iter().filter(|arg| arg.plugin.as_deref() == Some(plugin));
    for arg in general.chain(own) {
        // Its value was taken when it was read.
        let _ = arg.set(&mut limits);
    }
    limits
}

/// A plugin that a limit is for, but that is not among these.
pub(crate) fn unknown_plugin<'a>(args: &'a [LimitArg], plugins: &[&str]) -> Option<&'a str> {
    args.iter().filter_map(|arg| arg.plugin.as_deref()).find(|name| !plugins.contains(name))
}

#[cfg(test)]
mod tests {
    use super::{LimitArg, limits, unknown_plugin};
    use std::time::Duration;
    use tollgate_host::vm::{Limits, Quotas};

    fn args(texts: &[&str]) -> Vec<LimitArg> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_plugin_s_own_limits_go_before_those_for_all_in_any_order() {
        let args =
            args(&["a:b:memory_bytes=1MiB", "memory_bytes=2MiB", "a:b:callback_deadline=none", "start_deadline=30s"]);
        let expected = Limits { memory_bytes: 1 << 20, callback_deadline: None, ..limits(&args, "other") };
        assert_eq!(limits(&args, "a:b"), expected);
        let others = limits(&args, "other");
        assert_eq!((others.memory_bytes, others.start_deadline), (2 << 20, Some(Duration::from_secs(30))));
        assert_eq!(others.callback_deadline, Limits::default().callback_deadline);
        assert_eq!(limits(&[], "a"), Limits::default());
    }

    /// Each has its own name, and none sets another.
    #[test]
    fn every_quota_can_be_set() {
        let names = [
            "shared_data_bytes",
            "queues",
            "queue_bytes",
            "metrics",
            "metric_name_bytes",
            "header_bytes",
            "body_bytes",
            "call_bytes",
            "property_bytes",
            "log_messages",
        ];
        let texts: Vec<_> = names.iter().zip(1..).map(|(name, n)| format!("{name}={n}")).collect();
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        let expected = Quotas {
            shared_data_bytes: 1,
            queues: 2,
            queue_bytes: 3,
            metrics: 4,
            metric_name_bytes: 5,
            header_bytes: 6,
            body_bytes: 7,
            call_bytes: 8,
            property_bytes: 9,
            log_messages: 10,
        };
        assert_eq!(limits(&args(&texts), "a"), Limits { quotas: expected, ..Limits::default() });
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, why) in [
            ("callback_deadline", "NAME=VALUE"),
            ("deadline=1s", "there is no limit \"deadline\""),
            ("a:=1", "there is no limit \"\""),
            ("callback_deadline=100", "not a time"),
            ("callback_deadline=-1ms", "not a time"),
            ("callback_deadline=0ms", "no time"),
            ("memory_bytes=64MB", "not a size"),
            ("memory_bytes=99999999999GiB", "not a size"),
            ("strikes=x", "not a number"),
        ] {
            let error = text.parse::<LimitArg>().unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_limit_for_nobody_is_found() {
        let args = args(&["strikes=1", "a:strikes=1", "b:strikes=1"]);
        assert_eq!(unknown_plugin(&args, &["a", "b"]), None);
        assert_eq!(unknown_plugin(&args, &["a"]), Some("b"));
    }
}
