//! What is measured.

/// Which HTTP the client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The proxy itself.
    Direct,
    /// nginx, behind it.
    Upstream,
}

/// A plugin: the name of its text in `benches/envoy`.
pub(super) type Plugin = &'static str;

/// Scenarios that are measured in the same rounds.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) protocol: Protocol,
    pub(super) answer: Answer,
    /// The first of them has no plugin: the others are compared with Envoy's figure for it.
    pub(super) scenarios: &'static [Scenario],
}

/// A configuration under load.
#[derive(Debug)]
pub(super) struct Scenario {
    pub(super) name: &'static str,
    /// What the report calls it.
    pub(super) title: &'static str,
    pub(super) plugin: Option<Plugin>,
    /// How many of it are in the chain.
    pub(super) plugins: usize,
    pub(super) path: &'static str,
    /// Headers of the request beside those that the client makes.
    pub(super) headers: &'static [&'static str],
    /// Runtimes of Tollgate beside its default.
    pub(super) runtimes: &'static [&'static str],
}

impl Scenario {
    const fn new(name: &'static str, title: &'static str) -> Self {
        Self { name, title, plugin: None, plugins: 0, path: "/", headers: &[], runtimes: &[] }
    }

    const fn with(self, plugin: Plugin, plugins: usize) -> Self {
        Self { plugin: Some(plugin), plugins, ..self }
    }

    const fn path(self, path: &'static str) -> Self {
        Self { path, ..self }
    }
}

/// The file of 64 KiB that nginx serves.
pub(super) const LARGE: &str = "/64k";

/// With `host` and what the proxies add, 20 headers.
const BROWSER: &[&str] = &[
    "user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "accept-language: en-US,en;q=0.5",
    "referer: https://www.example.com/v1/items?page=1",
    "cookie: session=8f14e45fceea167a5a36dedd4bea2543; theme=dark",
    "cache-control: no-cache",
    "dnt: 1",
    "sec-fetch-dest: document",
    "sec-fetch-mode: navigate",
    "sec-fetch-site: same-origin",
    "sec-fetch-user: ?1",
    "priority: u=0, i",
    "x-b3-traceid: 463ac35c9f6413ad48485a3953bb6124",
    "x-tenant: blue",
];

const NO_PLUGIN: Scenario = Scenario::new("none", "no plugin");
const HEADER: Scenario = Scenario::new("header", "header plugin").with("header", 1);

pub(super) const GROUPS: &[Group] = &[
    Group {
        name: "direct",
        title: "HTTP/1.1, direct response",
        protocol: Protocol::Http1,
        answer: Answer::Direct,
        scenarios: &[
            NO_PLUGIN,
            Scenario::new("no_op", "no-op plugin").with("no_op", 1),
            Scenario { runtimes: &["wasmer", "wasmi"], ..HEADER },
            Scenario { headers: BROWSER, ..Scenario::new("pairs", "all headers read, 20 of them").with("pairs", 1) },
            Scenario::new("header_5", "5 header plugins").with("header", 5),
            Scenario::new("header_20", "20 header plugins").with("header", 20),
        ],
    },
    Group {
        name: "upstream",
        title: "HTTP/1.1, with an upstream",
        protocol: Protocol::Http1,
        answer: Answer::Upstream,
        scenarios: &[
            NO_PLUGIN,
            HEADER,
            Scenario::new("none_64k", "64 KiB, no plugin").path(LARGE),
            Scenario::new("body_64k", "64 KiB, rewritten").with("body", 1).path(LARGE),
        ],
    },
    Group {
        name: "h2",
        title: "HTTP/2, direct response",
        protocol: Protocol::Http2,
        answer: Answer::Direct,
        scenarios: &[NO_PLUGIN, HEADER],
    },
    Group {
        name: "h2_upstream",
        title: "HTTP/2, with an upstream that speaks HTTP/1.1",
        protocol: Protocol::Http2,
        answer: Answer::Upstream,
        scenarios: &[NO_PLUGIN, HEADER],
    },
];
