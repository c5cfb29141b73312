//! `/help`, and what is said where there is no page.

use super::reply::{self, Reply};
use hyper::StatusCode;
use std::fmt::Write as _;

/// A page.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) path: &'static str,
    /// Whether it changes something, and is POST only.
    pub(super) changes: bool,
    /// Parameters with which it does.
    pub(super) changes_with: &'static [&'static str],
    about: &'static str,
    parameters: &'static [(&'static str, &'static str)],
}

const FORMAT: (&str, &str) = ("format", "One of (text, json)");

const PAGES: &[Page] = &[
    shows("/", "Admin home page", &[]),
    shows("/certs", "print certs on machine", &[]),
    shows("/clusters", "upstream cluster status", &[("filter", "Regular expression for names of clusters"), FORMAT]),
    shows(
        "/config_dump",
        "dump the configuration that serves, without secrets",
        &[
            ("resource", "One of (static_listeners, static_clusters)"),
            ("name_regex", "Regular expression for names of listeners and clusters"),
        ],
    ),
    changes(
        "/drain_listeners",
        "drain listeners: they accept nothing more, and connections end when they are at rest; a reload opens them again",
        &[("graceful", "As without it: requests under way end as they would")],
    ),
    changes("/healthcheck/fail", "have /ready say that this proxy is to get no more requests", &[]),
    changes("/healthcheck/ok", "have /ready say how it is again", &[]),
    shows("/help", "print out list of admin commands", &[]),
    shows("/hot_restart_version", "print the hot restart compatibility version: there is no hot restart", &[]),
    shows("/init_dump", "dump what is still waited for: nothing, once this page answers", &[]),
    shows("/listeners", "print listener info", &[FORMAT]),
    changes(
        "/logging",
        "query/change logging levels",
        &[
            ("level", "Level of all loggers; One of (trace, debug, info, warning, error, critical, off)"),
            ("paths", "Levels of some: LOGGER:LEVEL,LOGGER:LEVEL"),
            ("LOGGER", "Level of one; the loggers are main, and wasm for what plugins log"),
        ],
    ),
    shows("/memory", "print current memory usage, in bytes", &[]),
    Page {
        changes_with: &["timing"],
        ..shows(
            "/plugins",
            "print plugins: state, VMs, callbacks, failures",
            &[FORMAT, ("timing", "(POST) time calls of callbacks: on, off, or one in so many")],
        )
    },
    changes("/quitquitquit", "exit the server, when requests under way have ended", &[]),
    shows("/ready", "print server state, return 200 if LIVE, otherwise return 503", &[]),
    changes("/reload", "read the configuration anew, and serve it if all of its plugins start", &[]),
    changes("/reopen_logs", "reopen access logs, which may have been moved", &[]),
    changes("/reset_counters", "reset all counters to zero, as they are shown here", &[]),
    shows("/runtime", "print runtime values: there are none", &[]),
    shows("/server_info", "print server version/status information", &[]),
    shows(
        "/stats",
        "print server stats",
        &[
            ("usedonly", "Only include stats that have been written by system since restart"),
            ("filter", "Regular expression for names"),
            ("format", "One of (text, json, prometheus)"),
            ("type", "One of (All, Counters, Histograms, Gauges, TextReadouts)"),
        ],
    ),
    shows("/stats/prometheus", "print server stats in prometheus format", &[]),
];

/// Pages of Envoy that cannot be here, and why.
const MISSING: &[(&str, &str)] = &[
    ("/allocprofiler", "profiles are not taken here; use perf"),
    ("/contention", "contention is not measured; use perf"),
    ("/cpuprofiler", "profiles are not taken here; use perf"),
    ("/heap_dump", "profiles are not taken here; see /memory"),
    ("/heapprofiler", "profiles are not taken here; see /memory"),
    ("/memory/tcmalloc", "there is no tcmalloc; see /memory"),
    ("/peak_heap_dump", "profiles are not taken here; see /memory"),
    ("/runtime_modify", "there are no runtime flags"),
];

const fn shows(path: &'static str, about: &'static str, parameters: &'static [(&'static str, &'static str)]) -> Page {
    Page { path, changes: false, changes_with: &[], about, parameters }
}

const fn changes(path: &'static str, about: &'static str, parameters: &'static [(&'static str, &'static str)]) -> Page {
    Page { path, changes: true, changes_with: &[], about, parameters }
}

impl Page {
    /// The page of a path.
    pub(super) fn of(path: &str) -> Option<&'static Self> {
        PAGES.iter().find(|page| page.path == path)
    }
}

/// The list of pages.
pub(super) fn page() -> Reply {
    reply::text(StatusCode::OK, list())
}

/// There is no such page.
pub(super) fn unknown(path: &str) -> Reply {
    match MISSING.iter().find(|(missing, _)| *missing == path) {
        Some((_, why)) => {
            reply::text(StatusCode::NOT_IMPLEMENTED, format!("{path} of Envoy is not supported by Tollgate: {why}\n"))
        }
        None => reply::text(StatusCode::NOT_FOUND, format!("invalid path. {}", list())),
    }
}

fn list() -> String {
    let mut out = "admin commands are:\n".to_owned();
    for Page { path, changes, about, parameters, .. } in PAGES {
        let post = if *changes { " (POST)" } else { "" };
        let _ = writeln!(out, "  {path}{post}: {about}");
        for (name, about) in *parameters {
            let _ = writeln!(out, "      {name}: {about}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{MISSING, PAGES, list};

    #[test]
    fn pages_are_in_order_and_none_is_missing_too() {
        assert!(PAGES.is_sorted_by_key(|page| page.path) && MISSING.is_sorted());
        assert!(PAGES.iter().all(|page| MISSING.iter().all(|(path, _)| *path != page.path)));
        assert!(list().contains("\n  /quitquitquit (POST): exit the server"));
    }
}
