;;! title = "What a TCP connection knows about itself, before and after its upstream is connected, and at the end"
;;! spec = "proxy_get_property"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "named", root_id = "rooted" }]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "ping" } },
;;!   { upstream_data = { data = "pong" } },
;;!   { downstream_reset = true },
;;! ]
(module {{prelude}}
  (func $all
    {{proxy_get_property "source\00address"}}
    {{proxy_get_property "source\00port"}}
    {{proxy_get_property "destination\00address"}}
    {{proxy_get_property "destination\00port"}}
    {{proxy_get_property "connection\00id"}}
    {{proxy_get_property "connection\00mtls"}}
    {{proxy_get_property "connection_id"}}
    {{proxy_get_property "upstream\00address"}}
    {{proxy_get_property "upstream\00port"}}
    {{proxy_get_property "upstream\00local_address"}}
    {{proxy_get_property "xds\00cluster_name"}}
    {{proxy_get_property "xds\00listener_direction"}}
    {{proxy_get_property "xds\00filter_chain_name"}}
    {{proxy_get_property "xds\00route_name"}}
    {{proxy_get_property "plugin_name"}}
    {{proxy_get_property "plugin_root_id"}}
    {{proxy_get_property "request\00path"}}
    {{proxy_get_property "request\00protocol"}}
    {{proxy_get_property "request\00size"}}
    {{proxy_get_property "request\00duration"}}
    {{proxy_get_property "response\00code"}}
    {{proxy_get_property "response\00size"}})
  (func {{export proxy_on_new_connection}} (call $all) {{CONTINUE}})
  (func {{export proxy_on_upstream_data}} (call $all) {{CONTINUE}})
  (func {{export proxy_on_log}} (call $all)))
