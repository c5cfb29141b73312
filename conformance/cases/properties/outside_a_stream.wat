;;! title = "A plugin context knows the plugin and the node, and nothing of streams"
;;! spec = "proxy_get_property"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_get_property "request\00path"}}
    {{proxy_get_property "response\00code"}}
    {{proxy_get_property "source\00address"}}
    {{proxy_get_property "connection\00id"}}
    {{proxy_get_property "connection_id"}}
    {{proxy_get_property "xds\00cluster_name"}}
    {{proxy_get_property "filter_state\00wasm"}}
    {{proxy_get_property "nothing"}}
    {{proxy_get_property "xds\00node"}}
    {{proxy_get_property "xds\00node\00id"}}
    {{proxy_get_property "node"}}
    (i32.const 1)))
