;;! title = "Names without a group that Envoy had until 1.33"
;;! spec = "proxy_get_property"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_property "node"}}
    {{proxy_get_property "node\00id"}}
    {{proxy_get_property "cluster_name"}}
    {{proxy_get_property "route_name"}}
    {{proxy_get_property "listener_direction"}}
    {{CONTINUE}}))
