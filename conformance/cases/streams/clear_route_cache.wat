;;! title = "The route is chosen again"
;;! spec = "proxy_clear_route_cache"
;;! abi = ["0.1.0"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_property "xds\00cluster_name"}}
    {{proxy_clear_route_cache}}
    {{proxy_get_property "xds\00cluster_name"}}
    {{CONTINUE}})
  (func {{export proxy_on_configure}}
    {{proxy_clear_route_cache}}
    (i32.const 1)))
