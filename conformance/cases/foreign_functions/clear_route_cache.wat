;;! title = "clear_route_cache has the route chosen again; it has no arguments and no results"
;;! spec = "proxy_call_foreign_function"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_call_foreign_function "clear_route_cache" ""}}
    {{proxy_call_foreign_function "clear_route_cache" "ignored"}}
    {{proxy_get_property "xds\00route_name"}}
    {{CONTINUE}})
  (func {{export proxy_on_configure}}
    ;; Where there is no route, nothing happens.
    {{proxy_call_foreign_function "clear_route_cache" ""}}
    (i32.const 1)))
