//! How much plugins may take: `--limit`, and what the configuration says in `node.metadata.tollgate`.

use std::str::FromStr;
use std::time::Duration;
use tollgate_config::{Limit, LimitValue};
use tollgate_host::vm::Limits;

/// One `--limit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LimitArg {
    /// Of this plugin only.
    plugin: Option<String>,
    limit: Limit,
}

/// Where the host keeps a limit.
enum Place {
    Bytes(fn(&mut Limits) -> &mut u64),
    Count(fn(&mut Limits) -> &mut u32),
    Fuel(fn(&mut Limits) -> &mut Option<u64>),
    Time(fn(&mut Limits) -> &mut Option<Duration>),
}

/// Every limit, by its name.
const PLACES: &[(&str, Place)] = &[
    ("callback_deadline", Place::Time(|limits| &mut limits.callback_deadline)),
    ("start_deadline", Place::Time(|limits| &mut limits.start_deadline)),
    ("fuel", Place::Fuel(|limits| &mut limits.fuel)),
    ("memory_bytes", Place::Bytes(|limits| &mut limits.memory_bytes)),
    ("table_elements", Place::Count(|limits| &mut limits.table_elements)),
    ("strikes", Place::Count(|limits| &mut limits.strikes)),
    ("shared_data_bytes", Place::Bytes(|limits| &mut limits.quotas.shared_data_bytes)),
    ("queues", Place::Count(|limits| &mut limits.quotas.queues)),
    ("queue_bytes", Place::Bytes(|limits| &mut limits.quotas.queue_bytes)),
    ("metrics", Place::Count(|limits| &mut limits.quotas.metrics)),
    ("metric_name_bytes", Place::Bytes(|limits| &mut limits.quotas.metric_name_bytes)),
    ("header_bytes", Place::Bytes(|limits| &mut limits.quotas.header_bytes)),
    ("body_bytes", Place::Bytes(|limits| &mut limits.quotas.body_bytes)),
    ("call_bytes", Place::Bytes(|limits| &mut limits.quotas.call_bytes)),
    ("calls", Place::Count(|limits| &mut limits.quotas.calls)),
    ("response_bytes", Place::Bytes(|limits| &mut limits.quotas.response_bytes)),
    ("answer_bytes", Place::Bytes(|limits| &mut limits.quotas.answer_bytes)),
    ("property_bytes", Place::Bytes(|limits| &mut limits.quotas.property_bytes)),
    ("contexts", Place::Count(|limits| &mut limits.quotas.contexts)),
    ("instances", Place::Count(|limits| &mut limits.quotas.instances)),
    ("log_messages", Place::Count(|limits| &mut limits.quotas.log_messages)),
    ("log_messages_per_second", Place::Count(|limits| &mut limits.quotas.log_messages_per_second)),
    ("timer_period", Place::Time(|limits| &mut limits.quotas.timer_period)),
];

/// Sets a limit. Each has a place that takes its kind of value, which a test looks after.
fn set(limits: &mut Limits, limit: &Limit) {
    match (PLACES.iter().find(|(name, _)| *name == limit.name).map(|(_, place)| place), limit.value) {
        (Some(Place::Bytes(place)), LimitValue::Bytes(bytes)) => *place(limits) = bytes,
        (Some(Place::Count(place)), LimitValue::Count(count)) => *place(limits) = count,
        (Some(Place::Fuel(place)), LimitValue::Fuel(fuel)) => *place(limits) = fuel,
        (Some(Place::Time(place)), LimitValue::Time(time)) => *place(limits) = time,
        _ => {}
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
        Ok(Self { plugin, limit: Limit::parse(name, value)? })
    }
}

/// The limits of a plugin: what the configuration has decided, then the command line's, those for all before its own.
pub(crate) fn limits(configured: &[Limit], args: &[LimitArg], plugin: &str) -> Limits {
    let mut limits = Limits::default();
    let general = args.iter().filter(|arg| arg.plugin.is_none());
    let own = args.iter().filter(|arg| arg.plugin.as_deref() == Some(plugin));
    for limit in configured.iter().chain(general.chain(own).map(|arg| &arg.limit)) {
        set(&mut limits, limit);
    }
    limits
}

/// A plugin that a limit is for, but that is not among these.
pub(crate) fn unknown_plugin<'a>(args: &'a [LimitArg], plugins: &[&str]) -> Option<&'a str> {
    args.iter().filter_map(|arg| arg.plugin.as_deref()).find(|name| !plugins.contains(name))
}

#[cfg(test)]
mod tests {
    use super::{LimitArg, PLACES, limits, set, unknown_plugin};
    use std::time::Duration;
    use tollgate_config::{Limit, LimitValue};
    use tollgate_host::vm::Limits;

    fn args(texts: &[&str]) -> Vec<LimitArg> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_plugin_s_own_limits_go_before_those_for_all_in_any_order() {
        let args =
            args(&["a:b:memory_bytes=1MiB", "memory_bytes=2MiB", "a:b:callback_deadline=none", "start_deadline=30s"]);
        let expected = Limits { memory_bytes: 1 << 20, callback_deadline: None, ..limits(&[], &args, "other") };
        assert_eq!(limits(&[], &args, "a:b"), expected);
        let others = limits(&[], &args, "other");
        assert_eq!((others.memory_bytes, others.start_deadline), (2 << 20, Some(Duration::from_secs(30))));
        assert_eq!(others.callback_deadline, Limits::default().callback_deadline);
        assert_eq!(limits(&[], &[], "a"), Limits::default());
    }

    #[test]
    fn the_command_line_goes_before_the_configuration() {
        let configured = [("strikes", "7"), ("queues", "3"), ("strikes", "8")]
            .map(|(name, value)| Limit::parse(name, value).unwrap());
        let limits = limits(&configured, &args(&["queues=4"]), "a");
        assert_eq!((limits.strikes, limits.quotas.queues), (8, 4));
    }

    /// Each name has a place of its own, which takes its kind of value.
    #[test]
    fn every_limit_can_be_set() {
        let names: Vec<_> = PLACES.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, Limit::names().collect::<Vec<_>>());
        let mut seen = Vec::new();
        for name in names {
            let mut limits = Limits::default();
            let limit = ["2ms", "1"].iter().find_map(|value| Limit::parse(name, value).ok()).unwrap();
            set(&mut limits, &limit);
            assert_ne!(limits, Limits::default(), "{name} {:?}", limit.value);
            assert!(!seen.contains(&limits), "{name} sets what another sets");
            seen.push(limits);
        }
        assert!(matches!(Limit::parse("strikes", "1").unwrap().value, LimitValue::Count(1)));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, why) in [
            ("callback_deadline", "NAME=VALUE"),
            ("deadline=1s", "there is no limit \"deadline\""),
            ("a:=1", "there is no limit \"\""),
            ("callback_deadline=100", "not a time"),
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
