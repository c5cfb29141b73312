;;! title = "Unknown contexts are refused; the plugin's own and 0 are taken; it ends with the callback"
;;! spec = "proxy_set_effective_context"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_set_effective_context 99}}
    {{proxy_set_effective_context -1}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_set_effective_context 1}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_set_effective_context 0}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_set_effective_context 1}}
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_get_header_map_value HTTP_RESPONSE_HEADERS ":status"}}
    {{CONTINUE}}))
