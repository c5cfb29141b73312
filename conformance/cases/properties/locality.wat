;;! title = "Localities of the node and of the upstream's host"
;;! spec = "proxy_get_property"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func $all
    {{proxy_get_property "xds\00node\00locality\00region"}}
    {{proxy_get_property "xds\00node\00locality\00zone"}}
    {{proxy_get_property "xds\00upstream_host_locality_metadata"}}
    {{proxy_get_property "upstream\00locality"}}
    {{proxy_get_property "upstream\00locality\00region"}})
  (func {{export proxy_on_request_headers}}
    (call $all)
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    (call $all)
    {{CONTINUE}}))
