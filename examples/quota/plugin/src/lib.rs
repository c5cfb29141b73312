//! So many requests for each user, and no more.
//!
//! A request waits while a service is asked how many requests its user may make (an HTTP callout; the service answers with
//! one byte per request). How many there have been stands in shared data, so that all workers count together. Every
//! decision goes into a shared queue; whoever takes it out counts it in a metric. `GET /report` is answered by the plugin,
//! at the first tick at which the queue has been worked off.
//!
//! ```json
//! {"service": "quotas", "users": {"alice": "/bytes/2", "bob": "/bytes/0"}}
//! ```

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use log::{error, info, warn};
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel, MetricType, Status};
use serde::Deserialize;

const QUEUE: &str = "decisions";
/// Decisions made, and decisions counted.
const MADE: &str = "made";
const COUNTED: &str = "counted";
/// How long the service may take.
const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(50);

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Plugin::default()));
}}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// Cluster of the service.
    service: String,
    /// User to the path to ask for.
    users: BTreeMap<String, String>,
}

#[derive(Default)]
struct Shared {
    config: Config,
    queue: u32,
    allowed: u32,
    refused: u32,
    /// Streams that wait for a report.
    waiting: RefCell<Vec<u32>>,
}

/// One per configuration, alive as long as the proxy uses it.
#[derive(Default)]
struct Plugin {
    shared: Rc<Shared>,
}

impl Context for Plugin {}

impl RootContext for Plugin {
    fn on_configure(&mut self, _size: usize) -> bool {
        let bytes = self.get_plugin_configuration().unwrap_or_default();
        let config = match serde_json::from_slice(&bytes) {
            Ok(config) => config,
            // The proxy does not start with a plugin that says false.
            Err(error) => {
                error!("cannot read the configuration: {error}");
                return false;
            }
        };
        let counter = |name| hostcalls::define_metric(MetricType::Counter, name);
        let (Ok(allowed), Ok(refused)) = (counter("quota_allowed"), counter("quota_refused")) else {
            error!("the host has no metrics");
            return false;
        };
        let queue = self.register_shared_queue(QUEUE);
        self.shared = Rc::new(Shared {
            config,
            queue,
            allowed,
            refused,
            ..Shared::default()
        });
        self.set_tick_period(TICK);
        true
    }

    fn on_queue_ready(&mut self, queue: u32) {
        // One call for each item, but another worker may have been quicker.
        while let Ok(Some(decision)) = self.dequeue_shared_queue(queue) {
            let metric = if decision == b"allowed" {
                self.shared.allowed
            } else {
                self.shared.refused
            };
            if let Err(status) = hostcalls::increment_metric(metric, 1) {
                warn!("a decision is not counted: {status:?}");
            }
            increment(COUNTED);
        }
    }

    fn on_tick(&mut self) {
        if self.shared.waiting.borrow().is_empty() || read(COUNTED).0 < read(MADE).0 {
            return;
        }
        let count = |metric| hostcalls::get_metric(metric).unwrap_or_default();
        let report = format!(
            "allowed {}, refused {}\n",
            count(self.shared.allowed),
            count(self.shared.refused)
        );
        for stream in self.shared.waiting.take() {
            // A stream that has gone has taken itself off the list.
            if hostcalls::set_effective_context(stream).is_ok() {
                let _ = hostcalls::send_http_response(
                    200,
                    vec![("content-type", "text/plain")],
                    Some(report.as_bytes()),
                );
            }
        }
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream {
            shared: Rc::clone(&self.shared),
            context_id,
            user: String::new(),
            remark: None,
        }))
    }
}

/// One per request and its response.
struct Stream {
    shared: Rc<Shared>,
    context_id: u32,
    user: String,
    /// What the response says about the user's quota.
    remark: Option<String>,
}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        let header = |name| self.get_http_request_header_bytes(name).unwrap_or_default();
        if header(":path") == b"/report" {
            self.shared.waiting.borrow_mut().push(self.context_id);
            return Action::Pause;
        }
        let user = String::from_utf8(header("x-user")).unwrap_or_default();
        let Some(path) = self.shared.config.users.get(&user) else {
            self.refuse(400, "say who you are: x-user\n");
            return Action::Pause;
        };
        let asked = self.dispatch_http_call(
            &self.shared.config.service,
            vec![(":method", "GET"), (":path", path), (":authority", "quotas")],
            None,
            vec![],
            PATIENCE,
        );
        if let Err(status) = asked {
            warn!("the service cannot be asked: {status:?}");
            self.refuse(503, "nobody knows your quota\n");
        }
        self.user = user;
        Action::Pause
    }

    fn on_http_response_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        if let Some(remark) = &self.remark {
            self.set_http_response_header("x-quota", Some(remark));
        }
        Action::Continue
    }

    fn on_log(&mut self) {
        self.shared
            .waiting
            .borrow_mut()
            .retain(|id| *id != self.context_id);
    }
}

impl Context for Stream {
    fn on_http_call_response(&mut self, _token: u32, _headers: usize, size: usize, _trailers: usize) {
        let status = self.get_http_call_response_header_bytes(":status");
        if status.as_deref() != Some(b"200") {
            self.refuse(503, "nobody knows your quota\n");
            return;
        }
        let count = increment(&format!("requests of {}", self.user));
        let allowed = count <= size as u64;
        info!("request {count} of {size} for {}", self.user);
        increment(MADE);
        let decision: &[u8] = if allowed { b"allowed" } else { b"refused" };
        if let Err(status) = self.enqueue_shared_queue(self.shared.queue, Some(decision)) {
            warn!("a decision is not queued: {status:?}");
        }
        if allowed {
            self.remark = Some(format!("{count} of {size}"));
            self.resume_http_request();
        } else {
            self.refuse(429, &format!("{} has had {size} of {size}\n", self.user));
        }
    }
}

impl Stream {
    fn refuse(&self, status: u32, why: &str) {
        self.send_http_response(
            status,
            vec![("content-type", "text/plain")],
            Some(why.as_bytes()),
        );
    }
}

/// A number in shared data, and the mark it must still carry to be changed.
fn read(key: &str) -> (u64, Option<u32>) {
    match hostcalls::get_shared_data(key) {
        Ok((value, cas)) => {
            let bytes = value.and_then(|value| value.try_into().ok());
            (bytes.map_or(0, u64::from_le_bytes), cas)
        }
        Err(_) => (0, None),
    }
}

/// Adds one to a number in shared data and returns the sum. Another worker may do the same at the same time: then one of
/// the two tries again.
fn increment(key: &str) -> u64 {
    loop {
        let (number, cas) = read(key);
        let sum = number + 1;
        match hostcalls::set_shared_data(key, Some(&sum.to_le_bytes()), cas) {
            Err(Status::CasMismatch) => {}
            Ok(()) => return sum,
            Err(status) => {
                warn!("{key} cannot be counted: {status:?}");
                return sum;
            }
        }
    }
}
