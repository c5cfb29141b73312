;;! title = "A call that failed: no headers, no body, no trailers, and a status that tells; its maps are empty, its body is not there"
;;! spec = "proxy_on_http_call_response"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [{ request = {} }, { http_call_failure = { call = 1 } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000}}
    {{PAUSE}})
  (func {{export proxy_on_http_call_response}}
    {{proxy_get_status}}
    {{proxy_get_header_map_pairs HTTP_CALL_RESPONSE_HEADERS}}
    {{proxy_get_header_map_value HTTP_CALL_RESPONSE_HEADERS ":status"}}
    {{proxy_get_header_map_pairs HTTP_CALL_RESPONSE_TRAILERS}}
    {{proxy_get_buffer_bytes HTTP_CALL_RESPONSE_BODY 0 -1}}
    {{proxy_get_buffer_status HTTP_CALL_RESPONSE_BODY}}
    {{proxy_set_effective_context 2}}
    {{proxy_get_status}}
    {{proxy_continue_stream HTTP_REQUEST}})
  (func {{export proxy_on_response_headers}}
    ;; The code stays; what it means does not.
    {{proxy_get_status}}
    {{CONTINUE}}))
