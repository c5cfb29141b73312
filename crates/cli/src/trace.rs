//! `tollgate run --trace`: what crosses between the proxy and its plugins, one line each.

use std::cell::RefCell;
use std::rc::Rc;
use std::str::FromStr;
use std::time::{Duration, Instant};
use tollgate_abi::{CALLBACKS, host_functions};
use tollgate_host::services::LogOrigin;
use tollgate_host::trace::{ALLOCATE, Crossing, Observer};
use tollgate_proxy::ObserverFactory;

/// The `tracing` target of the lines.
pub(crate) const TRACE_TARGET: &str = "crossing";

/// Which crossings are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TraceFilter {
    /// Patterns of functions; none means all.
    functions: Vec<String>,
    /// Patterns of functions that are left out.
    without: Vec<String>,
    /// Names of plugins; none means all.
    plugins: Vec<String>,
}

impl FromStr for TraceFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut filter = Self::default();
        for term in text.split(',').map(str::trim).filter(|term| !term.is_empty()) {
            if let Some(plugin) = term.strip_prefix("plugin=") {
                filter.plugins.push(plugin.to_owned());
                continue;
            }
            let (pattern, list) = match term.strip_prefix('-') {
                Some(pattern) => (pattern, &mut filter.without),
                None => (term, &mut filter.functions),
            };
            if !names().any(|name| matches(pattern, name)) {
                return Err(format!(
                    "no callback and no host function is called {pattern:?}; * stands for any part of a name, as in \
                     proxy_on_*, and plugin=NAME chooses a plugin"
                ));
            }
            list.push(pattern.to_owned());
        }
        Ok(filter)
    }
}

impl TraceFilter {
    fn shows(&self, plugin: &str, function: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, function));
        (self.functions.is_empty() || any(&self.functions))
            && !any(&self.without)
            && (self.plugins.is_empty() || self.plugins.iter().any(|name| name == plugin))
    }
}

/// Everything that can be chosen.
fn names() -> impl Iterator<Item = &'static str> {
    let functions = host_functions().map(|function| function.name);
    functions.chain(CALLBACKS.iter().map(|callback| callback.name)).chain([ALLOCATE])
}

/// Whether a name is what a pattern says; `*` stands for any part of it.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, mut rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(head) else { return false };
    // Each part between two stars is taken where it first occurs; what follows the last star must end the name.
    while let Some((part, next)) = rest.split_once('*') {
        let Some(at) = name.find(part) else { return false };
        name = &name[at + part.len()..];
        rest = next;
    }
    name.ends_with(rest)
}

/// Makes the observer of each worker.
pub(crate) fn observer(filter: TraceFilter) -> ObserverFactory {
    Box::new(move |worker| {
        Rc::new(Tracer { filter: filter.clone(), worker: worker.to_owned(), open: RefCell::default() })
    })
}

/// Writes the crossings of one worker to the log.
struct Tracer {
    filter: TraceFilter,
    worker: String,
    open: RefCell<Open>,
}

/// The calls that have not ended.
#[derive(Default)]
struct Open {
    /// When each began, and how much had been spent on watching by then.
    began: Vec<(Instant, Duration)>,
    /// Time spent on watching, which is nobody's.
    watching: Duration,
}

impl Open {
    /// Ends a call: how long it took without being watched.
    fn end(&mut self, now: Instant) -> Option<Duration> {
        let (began, watching) = self.began.pop()?;
        Some(now.duration_since(began).saturating_sub(self.watching - watching))
    }
}

impl Observer for Tracer {
    fn observe(&self, about: LogOrigin<'_>, crossing: &Crossing<'_>) {
        let now = Instant::now();
        let mut open = self.open.borrow_mut();
        let spent = if crossing.begins() { None } else { open.end(now) };
        if self.filter.shows(about.plugin, crossing.function()) {
            let line = crossing.line(about.context_id);
            let (plugin, worker, indent) = (about.plugin, &*self.worker, open.began.len() * 2);
            match spent {
                Some(spent) => {
                    let microseconds = spent.as_nanos() as f64 / 1000.0;
                    tracing::trace!(target: TRACE_TARGET, plugin, worker, microseconds, "{:indent$}{line}", "");
                }
                None => tracing::trace!(target: TRACE_TARGET, plugin, worker, "{:indent$}{line}", ""),
            }
        }
        let end = Instant::now();
        open.watching += end.duration_since(now);
        if crossing.begins() {
            let watching = open.watching;
            open.began.push((end, watching));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{TraceFilter, matches};

    #[test]
    fn a_star_stands_for_any_part_of_a_name() {
        assert!(matches("*", "proxy_log"));
        assert!(matches("proxy_on_*", "proxy_on_tick"));
        assert!(matches("*_map_*s", "proxy_get_header_map_pairs"));
        assert!(matches("proxy_log", "proxy_log"));
        assert!(!matches("proxy_on_*", "proxy_log"));
        assert!(!matches("*tick*tick", "proxy_on_tick"));
        assert!(!matches("proxy", "proxy_log"));
    }

    #[test]
    fn a_filter_chooses_and_leaves_out() {
        let filter: TraceFilter = "proxy_on_*, proxy_log,-*_tick,plugin=auth".parse().unwrap();
        assert!(filter.shows("auth", "proxy_on_request_headers"));
        assert!(filter.shows("auth", "proxy_log"));
        assert!(!filter.shows("auth", "proxy_on_tick"));
        assert!(!filter.shows("auth", "proxy_get_property"));
        assert!(!filter.shows("other", "proxy_log"));
        assert!("*".parse::<TraceFilter>().unwrap().shows("", "allocate"));
    }

    #[test]
    fn a_name_that_is_none_is_refused() {
        let error = "proxy_on_request_header".parse::<TraceFilter>().unwrap_err();
        assert!(error.contains("proxy_on_request_header"), "{error}");
    }
}
