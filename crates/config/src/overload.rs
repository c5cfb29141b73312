//! What the process does when it is short of something: `envoy.config.overload.v3.OverloadManager`, and the runtime flags that
//! limit connections.

use crate::bootstrap::check_unique;
use crate::fields::overload::{
    DOWNSTREAM_CONNECTIONS, FIXED_HEAP, OVERLOAD_ACTION, OVERLOAD_MANAGER, RESOURCE_MONITOR, THRESHOLD_TRIGGER, TRIGGER,
};
use crate::reader::{Any, TypedMessage};
use crate::reader::{Cursor, Object};
use std::time::Duration;

/// Envoy's `overload_manager`.
#[derive(Clone, Debug, PartialEq)]
pub struct Overload {
    /// Envoy's `refresh_interval`: how often pressure is looked at; a second by default.
    pub refresh_interval: Duration,
    /// Monitors of the process's memory.
    pub heaps: Vec<HeapMonitor>,
    /// Envoy's `max_active_downstream_connections`, over all listeners but those that ignore it.
    pub max_downstream_connections: Option<u64>,
    /// What is done, and when.
    pub actions: Vec<OverloadTrigger>,
    /// Runtime flags `envoy.resource_limits.listener.<name>.connection_limit`: most connections of a listener, by its name.
    pub listener_connections: Vec<(String, u64)>,
}

impl Default for Overload {
    fn default() -> Self {
        Self {
            refresh_interval: Duration::from_secs(1),
            heaps: Vec::new(),
            max_downstream_connections: None,
            actions: Vec::new(),
            listener_connections: Vec::new(),
        }
    }
}

/// `envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapMonitor {
    /// The monitor's name, unique in the file.
    pub name: String,
    /// Envoy's `max_heap_size_bytes`: what counts as pressure of 1. At least 1.
    pub max_heap_size_bytes: u64,
}

/// An action, and a pressure from which on it is taken. An action with several triggers stands here once for each.
#[derive(Clone, Debug, PartialEq)]
pub struct OverloadTrigger {
    /// What is done.
    pub action: OverloadAction,
    /// Name of the [`HeapMonitor`].
    pub monitor: String,
    /// Envoy's `threshold.value`, from 0 to 1.
    pub threshold: f64,
}

/// Envoy's actions, as far as they change anything here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OverloadAction {
    /// `envoy.overload_actions.stop_accepting_requests`: requests are answered with 503.
    StopAcceptingRequests,
    /// `envoy.overload_actions.disable_http_keepalive`: connections take no further requests.
    DisableHttpKeepalive,
    /// `envoy.overload_actions.stop_accepting_connections`: new connections wait.
    StopAcceptingConnections,
    /// `envoy.overload_actions.reject_incoming_connections`: new connections are closed at once.
    RejectIncomingConnections,
    /// `envoy.overload_actions.shrink_heap`: memory that is free is given back, which the allocator does by itself.
    ShrinkHeap,
}

impl OverloadAction {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::StopAcceptingRequests,
        Self::DisableHttpKeepalive,
        Self::StopAcceptingConnections,
        Self::RejectIncomingConnections,
        Self::ShrinkHeap,
    ];

    /// Envoy's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::StopAcceptingRequests => "envoy.overload_actions.stop_accepting_requests",
            Self::DisableHttpKeepalive => "envoy.overload_actions.disable_http_keepalive",
            Self::StopAcceptingConnections => "envoy.overload_actions.stop_accepting_connections",
            Self::RejectIncomingConnections => "envoy.overload_actions.reject_incoming_connections",
            Self::ShrinkHeap => "envoy.overload_actions.shrink_heap",
        }
    }
}

/// Decodes `overload_manager`.
pub(crate) fn decode(at: &Cursor<'_>) -> Option<Overload> {
    let object = Object::open(at, &OVERLOAD_MANAGER)?;
    let mut overload = Overload::default();
    if let Some(interval) = object.get("refresh_interval").and_then(|at| at.duration()) {
        // Envoy's own clock counts milliseconds.
        overload.refresh_interval = interval.max(Duration::from_millis(1));
    }
    let monitors = object.required("resource_monitors", "a list of what is watched").map(|at| at.items());
    let monitors = monitors.unwrap_or_default();
    let mut names = Vec::new();
    for at in &monitors {
        if let Some(name) = decode_monitor(at, &mut overload) {
            names.push((name, at));
        }
    }
    check_unique("a resource monitor of the name", names.iter().map(|(name, at)| (name.clone(), *at)));
    let actions = object.get("actions").map(|at| at.items()).unwrap_or_default();
    let mut known = Vec::new();
    for at in &actions {
        if let Some(name) = decode_action(at, &mut overload) {
            known.push((name, at));
        }
    }
    check_unique("an overload action of the name", known.iter().map(|(name, at)| (name.clone(), *at)));
    Some(overload)
}

/// Notes what a monitor watches; returns its name.
fn decode_monitor(at: &Cursor<'_>, overload: &mut Overload) -> Option<String> {
    let object = Object::open(at, &RESOURCE_MONITOR)?;
    let name = object.required("name", "such as envoy.resource_monitors.fixed_heap")?.nonempty_text()?.to_owned();
    let typed = object.required("typed_config", "what the monitor watches, with an \"@type\"")?;
    let any = Any::open(&typed, &HEAP)?;
    if any.is(&HEAP) {
        let max = any.object(&FIXED_HEAP)?.required_positive("max_heap_size_bytes", "such as 2147483648");
        overload.heaps.push(HeapMonitor { name: name.clone(), max_heap_size_bytes: max? });
    } else if any.is(&CONNECTIONS) {
        let field = "max_active_downstream_connections";
        overload.max_downstream_connections =
            Some(any.object(&DOWNSTREAM_CONNECTIONS)?.required_positive(field, "such as 50000")?);
    } else {
        any.type_at.error(format!(
            "resource monitor \"{name}\" ({}) is not supported by Tollgate, which has envoy.resource_monitors.fixed_heap and \
             envoy.resource_monitors.global_downstream_max_connections; remove it if what it guards may be unguarded",
            any.type_name
        ));
    }
    Some(name)
}

/// Notes when an action is taken; returns its name.
fn decode_action(at: &Cursor<'_>, overload: &mut Overload) -> Option<String> {
    let object = Object::open(at, &OVERLOAD_ACTION)?;
    let name_at = object.required("name", "such as envoy.overload_actions.stop_accepting_requests")?;
    let name = name_at.nonempty_text()?;
    let action = OverloadAction::ALL.into_iter().find(|action| action.name() == name);
    if action.is_none() {
        let known = OverloadAction::ALL.map(OverloadAction::name);
        name_at
            .error(format!("overload action \"{name}\" is not supported by Tollgate, which has {}", known.join(", ")));
    }
    if action == Some(OverloadAction::ShrinkHeap) {
        name_at.warn_once(
            name,
            format!("overload action \"{name}\" has no effect in Tollgate: memory that is free goes back by itself"),
        );
    }
    let triggers = object.required("triggers", "a list of {name: MONITOR, threshold: {value: 0.95}}")?.items();
    if triggers.is_empty() {
        object.at.error("triggers must name one monitor at least");
    }
    for at in triggers {
        let (Some(trigger), Some(action)) = (decode_trigger(&at, name, overload), action) else { continue };
        let (monitor, threshold) = trigger;
        overload.actions.push(OverloadTrigger { action, monitor, threshold });
    }
    Some(name.to_owned())
}

fn decode_trigger(at: &Cursor<'_>, action: &str, overload: &Overload) -> Option<(String, f64)> {
    let object = Object::open(at, &TRIGGER)?;
    let name_at = object.required("name", "the name of a resource monitor")?;
    let name = name_at.nonempty_text()?;
    if !overload.heaps.iter().any(|heap| heap.name == name) {
        name_at.error(format!(
            "overload action \"{action}\" is triggered by \"{name}\", which is no resource monitor here that tells a pressure"
        ));
    }
    let threshold = Object::open(&object.required("threshold", "{value: 0.95}")?, &THRESHOLD_TRIGGER)?;
    let value = threshold.get("value").map_or(Some(0.0), |at| at.number(0.0, 1.0))?;
    Some((name.to_owned(), value))
}

/// Decodes a runtime flag that limits connections. False if it is another one.
pub(crate) fn decode_flag(name: &str, at: &Cursor<'_>, listeners: &[String], overload: &mut Overload) -> bool {
    if name == "overload.global_downstream_max_connections" {
        // What the manager says, if it says so, counts.
        let flag = at.unsigned_64();
        overload.max_downstream_connections = overload.max_downstream_connections.or(flag);
        return true;
    }
    let listener =
        name.strip_prefix("envoy.resource_limits.listener.").and_then(|rest| rest.strip_suffix(".connection_limit"));
    let Some(listener) = listener.filter(|name| listeners.iter().any(|known| known == name)) else { return false };
    if let Some(most) = at.unsigned_64() {
        overload.listener_connections.retain(|(known, _)| known != listener);
        overload.listener_connections.push((listener.to_owned(), most));
    }
    true
}

static HEAP: TypedMessage = TypedMessage {
    v3: "envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig",
    v2: "envoy.config.resource_monitor.fixed_heap.v2alpha.FixedHeapConfig",
};

static CONNECTIONS: TypedMessage = TypedMessage {
    v3: "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
    v2: "",
};
