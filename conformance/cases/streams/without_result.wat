;;! title = "The functions of 0.1.0 as its text has them: without a result"
;;! spec = "proxy_continue_request"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["x"] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_replace_header_map_value HTTP_REQUEST_HEADERS ":path" "/other"}}
    {{proxy_clear_route_cache_without_result}}
    {{proxy_continue_request_without_result}}
    {{PAUSE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_get_property "xds\00route_name"}}
    {{proxy_continue_response_without_result}}
    {{PAUSE}}))
