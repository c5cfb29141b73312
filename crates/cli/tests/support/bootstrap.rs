//! Configurations for tests, put together in a folder of their own. They are JSON, which is YAML too.

use serde_json::{Map, Value, json};
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use tempfile::TempDir;

/// A configuration: one listener, plugins, routes, at most one cluster of the name `upstream`.
#[derive(Debug)]
pub(crate) struct Bootstrap {
    folder: TempDir,
    plugins: Vec<Value>,
    /// Plugins in front of HTTP.
    front: Vec<Value>,
    routes: Vec<Value>,
    clusters: Vec<Value>,
    access_logs: Vec<Value>,
    /// Top-level fields beside the listeners and clusters.
    top: Map<String, Value>,
    trailers: bool,
    /// The TCP proxy in place of HTTP.
    tcp: Option<Value>,
    /// Further fields of the HTTP connection manager, the filter chain and the listener.
    manager: Value,
    chain: Value,
    listener: Value,
    /// Fields of the virtual host beside the needed ones.
    host: Map<String, Value>,
    /// Fields of the route configuration beside the needed ones.
    route_config: Map<String, Value>,
    /// Whether plugins are disabled where no route enables them.
    disabled: bool,
}

impl Bootstrap {
    /// Without plugins and routes.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        Self {
            folder,
            plugins: Vec::new(),
            front: Vec::new(),
            routes: Vec::new(),
            clusters: Vec::new(),
            access_logs: Vec::new(),
            top: Map::new(),
            trailers: false,
            tcp: None,
            manager: json!({}),
            chain: json!({}),
            listener: json!({}),
            host: Map::new(),
            route_config: Map::new(),
            disabled: false,
        }
    }

    /// With a route for everything to an upstream.
    pub(crate) fn to(upstream: SocketAddr) -> Self {
        Self::new().cluster(upstream).route(json!({"match": {"prefix": "/"}, "route": {"cluster": "upstream"}}))
    }

    /// With a TCP proxy to an upstream; plugins are network filters in front of it. Fields of the proxy beside the needed ones
    /// can be given.
    pub(crate) fn tcp(upstream: SocketAddr, fields: Value) -> Self {
        let mut proxy = json!({
            "@type": type_url("filters.network.tcp_proxy.v3.TcpProxy"),
            "stat_prefix": "test",
            "cluster": "upstream",
        });
        for (name, value) in fields.as_object().into_iter().flatten() {
            proxy[name] = value.clone();
        }
        let mut bootstrap = Self::new().cluster(upstream);
        bootstrap.tcp = Some(proxy);
        bootstrap
    }

    /// With further fields of the bootstrap.
    pub(crate) fn top(mut self, fields: Value) -> Self {
        self.top.extend(fields.as_object().cloned().unwrap_or_default());
        self
    }

    /// With further fields of the HTTP connection manager.
    pub(crate) fn manager(mut self, fields: Value) -> Self {
        merge(&mut self.manager, fields);
        self
    }

    /// With further fields of the filter chain.
    pub(crate) fn chain(mut self, fields: Value) -> Self {
        merge(&mut self.chain, fields);
        self
    }

    /// With further fields of the listener.
    pub(crate) fn listener(mut self, fields: Value) -> Self {
        merge(&mut self.listener, fields);
        self
    }

    /// With further fields of the clusters added so far.
    pub(crate) fn cluster_fields(mut self, fields: &Value) -> Self {
        for cluster in &mut self.clusters {
            merge(cluster, fields.clone());
        }
        self
    }

    /// Adds a plugin, given as text; its root id and VM id are derived from its name.
    pub(crate) fn plugin(self, name: &str, wat: &str) -> Self {
        let config = self.compiled(name, wat);
        self.plugin_config(config)
    }

    /// Adds a plugin, given as text, in front of HTTP.
    pub(crate) fn in_front(mut self, name: &str, wat: &str) -> Self {
        let config = self.compiled(name, wat);
        self.front.push(config);
        self
    }

    /// As [`Self::plugin`], with further fields of its configuration.
    pub(crate) fn plugin_with(self, name: &str, wat: &str, fields: &[(&str, Value)]) -> Self {
        let mut config = self.compiled(name, wat);
        for (field, value) in fields {
            config[*field] = value.clone();
        }
        self.plugin_config(config)
    }

    /// Adds a plugin as an access logger.
    pub(crate) fn access_log(mut self, name: &str, wat: &str) -> Self {
        let config = self.compiled(name, wat);
        self.access_logs.push(json!({
            "name": "envoy.access_loggers.wasm",
            "typed_config": {"@type": type_url("access_loggers.wasm.v3.WasmAccessLog"), "config": config},
        }));
        self
    }

    /// The access logger that was added last is told of what a filter lets through.
    pub(crate) fn filtered(mut self, filter: Value) -> Self {
        self.access_logs.last_mut().expect("an access logger")["filter"] = filter;
        self
    }

    /// The configuration of a plugin given as text.
    fn compiled(&self, name: &str, wat: &str) -> Value {
        let module = wat::parse_str(wat).expect("the plugin's text is right");
        let file = format!("{name}.wasm");
        fs::write(self.folder.path().join(&file), module).expect("the folder can be written");
        json!({
            "name": name,
            "root_id": format!("{name}-root"),
            "vm_config": {"vm_id": format!("{name}-vm"), "code": {"local": {"filename": file}}},
        })
    }

    /// Adds a plugin by its configuration.
    pub(crate) fn plugin_config(mut self, config: Value) -> Self {
        self.plugins.push(config);
        self
    }

    /// Adds a plugin without streams, one for the process or one per worker.
    pub(crate) fn service(mut self, name: &str, wat: &str, singleton: bool) -> Self {
        let config = self.compiled(name, wat);
        self.add_top(
            "bootstrap_extensions",
            json!({
                "name": "envoy.bootstrap.wasm",
                "typed_config": {"@type": type_url("wasm.v3.WasmService"), "singleton": singleton, "config": config},
            }),
        );
        self
    }

    /// Adds a plugin as a stats sink, which is told ten times a second.
    pub(crate) fn stats_sink(mut self, name: &str, wat: &str) -> Self {
        let config = self.compiled(name, wat);
        self.add_top(
            "stats_sinks",
            json!({
                "name": "envoy.stat_sinks.wasm",
                "typed_config": {"@type": type_url("stat_sinks.wasm.v3.Wasm"), "config": config},
            }),
        );
        self.top.insert("stats_flush_interval".to_owned(), json!("0.1s"));
        self
    }

    /// Says who the node is.
    pub(crate) fn node(mut self, node: Value) -> Self {
        self.top.insert("node".to_owned(), node);
        self
    }

    /// Decides about the plugin of a name, or `*`.
    pub(crate) fn policy(mut self, plugin: &str, policy: Value) -> Self {
        let node = self.top.entry("node").or_insert_with(|| json!({"metadata": {"role": "edge"}}));
        node["metadata"]["tollgate"]["plugins"][plugin] = policy;
        self
    }

    /// Has shared data kept in a Redis, with further fields of that.
    pub(crate) fn redis(mut self, address: SocketAddr, fields: Value) -> Self {
        let node = self.top.entry("node").or_insert_with(|| json!({"metadata": {}}));
        let redis = &mut node["metadata"]["tollgate"]["shared_data"]["redis"];
        *redis = json!({"address": socket_address(&address.ip().to_string(), address.port())});
        merge(redis, fields);
        self
    }

    /// The configuration of a plugin given as text, for a place that no other method has.
    pub(crate) fn plugin_value(&self, name: &str, wat: &str) -> Value {
        self.compiled(name, wat)
    }

    /// With the plugins disabled, except where a route enables them.
    pub(crate) fn disabled(mut self) -> Self {
        self.disabled = true;
        self
    }

    /// With further fields of the virtual host.
    pub(crate) fn host_fields(mut self, fields: Value) -> Self {
        self.host.extend(fields.as_object().cloned().unwrap_or_default());
        self
    }

    /// With further fields of the route configuration.
    pub(crate) fn route_config_fields(mut self, fields: Value) -> Self {
        self.route_config.extend(fields.as_object().cloned().unwrap_or_default());
        self
    }

    /// Adds a cluster of this name with these endpoints, and with further fields.
    pub(crate) fn named_cluster(mut self, name: &str, addresses: &[SocketAddr], fields: Value) -> Self {
        let mut cluster = cluster(name, addresses);
        for (field, value) in fields.as_object().into_iter().flatten() {
            cluster[field] = value.clone();
        }
        self.clusters.push(cluster);
        self
    }

    fn add_top(&mut self, list: &str, entry: Value) {
        let list = self.top.entry(list).or_insert_with(|| json!([]));
        list.as_array_mut().expect("a list").push(entry);
    }

    /// Adds a route.
    pub(crate) fn route(mut self, route: Value) -> Self {
        self.routes.push(route);
        self
    }

    /// Adds the cluster `upstream`.
    pub(crate) fn cluster(self, address: SocketAddr) -> Self {
        self.cluster_of(&[address])
    }

    /// Adds the cluster `upstream` with these endpoints.
    pub(crate) fn cluster_of(mut self, addresses: &[SocketAddr]) -> Self {
        self.clusters.push(cluster("upstream", addresses));
        self
    }

    /// With HTTP/2 spoken to the clusters added so far.
    pub(crate) fn with_http2(mut self) -> Self {
        let options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
        for cluster in &mut self.clusters {
            cluster["typed_extension_protocol_options"] = json!({
                options: {
                    "@type": format!("type.googleapis.com/{options}"),
                    "explicit_http_config": {"http2_protocol_options": {}},
                },
            });
        }
        self
    }

    /// With plugins in the path of each attempt to send a request to the clusters added so far.
    pub(crate) fn cluster_plugins(mut self, plugins: &[Value]) -> Self {
        let options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
        let wasm = |config: &Value| {
            json!({
                "name": "envoy.filters.http.wasm",
                "typed_config": {"@type": type_url("filters.http.wasm.v3.Wasm"), "config": config},
            })
        };
        let codec = json!({
            "name": "envoy.filters.http.upstream_codec",
            "typed_config": {"@type": type_url("filters.http.upstream_codec.v3.UpstreamCodec")},
        });
        let filters: Vec<_> = plugins.iter().map(wasm).chain([codec]).collect();
        for cluster in &mut self.clusters {
            let own = &mut cluster["typed_extension_protocol_options"][options];
            if own.is_null() {
                *own = json!({
                    "@type": format!("type.googleapis.com/{options}"),
                    "explicit_http_config": {"http_protocol_options": {"enable_trailers": true}},
                });
            }
            own["http_filters"] = json!(filters);
        }
        self
    }

    /// With trailers passed on from and to clients, and from and to the clusters added so far.
    pub(crate) fn with_trailers(mut self) -> Self {
        self.trailers = true;
        for cluster in &mut self.clusters {
            cluster["http_protocol_options"] = json!({"enable_trailers": true});
        }
        self
    }

    /// Writes a file beside the configuration.
    pub(crate) fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.folder.path().join(name), content).expect("the folder can be written");
        self
    }

    /// Writes the configuration and returns its place; it lasts as long as `self`.
    pub(crate) fn write(&self) -> PathBuf {
        let path = self.folder.path().join("envoy.yaml");
        fs::write(&path, format!("{:#}\n", self.document())).expect("the folder can be written");
        path
    }

    /// Puts another configuration and its files in the place of this one, as far as they have the same names.
    pub(crate) fn replace_with(&self, other: &Self) {
        other.write();
        for entry in fs::read_dir(other.folder.path()).expect("the folder can be read") {
            let entry = entry.expect("the folder can be read");
            fs::copy(entry.path(), self.folder.path().join(entry.file_name())).expect("the folder can be written");
        }
    }

    fn document(&self) -> Value {
        let wasm = |config: &Value| {
            json!({
                "name": "envoy.filters.http.wasm",
                "disabled": self.disabled,
                "typed_config": {"@type": type_url("filters.http.wasm.v3.Wasm"), "config": config},
            })
        };
        let mut host = self.host.clone();
        host.extend(
            [("name", json!("all")), ("domains", json!(["*"])), ("routes", json!(self.routes))]
                .map(|(k, v)| (k.to_owned(), v)),
        );
        let mut route_config = self.route_config.clone();
        route_config
            .extend([("name", json!("routes")), ("virtual_hosts", json!([host]))].map(|(k, v)| (k.to_owned(), v)));
        let router = json!({
            "name": "envoy.filters.http.router",
            "typed_config": {"@type": type_url("filters.http.router.v3.Router")},
        });
        let filters: Vec<_> = self.plugins.iter().map(wasm).chain([router]).collect();
        let mut http = json!({
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": {
                "@type": type_url("filters.network.http_connection_manager.v3.HttpConnectionManager"),
                "stat_prefix": "test",
                "http_protocol_options": {"enable_trailers": self.trailers},
                "route_config": route_config,
                "http_filters": filters,
                "access_log": self.access_logs,
            },
        });
        merge(&mut http["typed_config"], self.manager.clone());
        let network = |config: &Value| {
            json!({
                "name": "envoy.filters.network.wasm",
                "typed_config": {"@type": type_url("filters.network.wasm.v3.Wasm"), "config": config},
            })
        };
        let filters: Vec<_> = match &self.tcp {
            None => self.front.iter().map(network).chain([http]).collect(),
            Some(tcp) => {
                let mut proxy = json!({"name": "envoy.filters.network.tcp_proxy", "typed_config": tcp});
                if !self.access_logs.is_empty() {
                    proxy["typed_config"]["access_log"] = json!(self.access_logs);
                }
                self.plugins.iter().map(network).chain([proxy]).collect()
            }
        };
        let loopback = socket_address("127.0.0.1", 0);
        let mut document = self.top.clone();
        document.insert("admin".to_owned(), json!({"address": loopback}));
        let mut chain = json!({"filters": filters});
        merge(&mut chain, self.chain.clone());
        let mut listener = json!({"name": "main", "address": loopback, "filter_chains": [chain]});
        merge(&mut listener, self.listener.clone());
        document.insert(
            "static_resources".to_owned(),
            json!({
                "listeners": [listener],
                "clusters": self.clusters,
            }),
        );
        document.into()
    }
}

/// Puts the fields of one mapping into another.
fn merge(into: &mut Value, fields: Value) {
    if let Value::Object(fields) = fields {
        for (name, value) in fields {
            into[name] = value;
        }
    }
}

/// A route that answers by itself.
pub(crate) fn direct_response(path_match: Value, status: u16, body: &str) -> Value {
    json!({"match": path_match, "direct_response": {"status": status, "body": {"inline_string": body}}})
}

/// What a route says of plugins: a mapping for `typed_per_filter_config`.
pub(crate) fn of_plugins(config: Value) -> Value {
    json!({"envoy.filters.http.wasm": config})
}

/// `FilterConfig`, which switches a filter off or on.
pub(crate) fn switch(disabled: bool) -> Value {
    json!({"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": disabled, "config": {}})
}

/// Another plugin in the place of a filter.
pub(crate) fn instead(plugin: &Value) -> Value {
    json!({"@type": type_url("filters.http.wasm.v3.Wasm"), "config": plugin})
}

/// Endpoints as `lb_endpoints`.
pub(crate) fn endpoints(addresses: &[SocketAddr]) -> Value {
    let endpoint = |address: &SocketAddr| json!({"endpoint": {"address": socket_address(&address.ip().to_string(), address.port())}});
    addresses.iter().map(endpoint).collect()
}

fn cluster(name: &str, addresses: &[SocketAddr]) -> Value {
    json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": "5s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": endpoints(addresses)}]},
    })
}

fn socket_address(address: &str, port: u16) -> Value {
    json!({"socket_address": {"address": address, "port_value": port}})
}

pub(crate) fn type_url(name: &str) -> String {
    format!("type.googleapis.com/envoy.extensions.{name}")
}
