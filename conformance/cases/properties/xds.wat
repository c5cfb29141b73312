;;! title = "`xds.*`"
;;! spec = "proxy_get_property"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_property "xds\00node"}}
    {{proxy_get_property "xds\00node\00id"}}
    {{proxy_get_property "xds\00node\00cluster"}}
    {{proxy_get_property "xds\00cluster_name"}}
    {{proxy_get_property "xds\00route_name"}}
    {{proxy_get_property "xds\00virtual_host_name"}}
    {{proxy_get_property "xds\00listener_direction"}}
    {{proxy_get_property "xds\00filter_chain_name"}}
    {{proxy_get_property "xds\00nothing"}}
    {{proxy_get_property "xds"}}
    {{CONTINUE}}))
