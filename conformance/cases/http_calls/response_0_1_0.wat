;;! title = "The response in the first version: a missing field is empty, and the stream goes on by a function of its own"
;;! spec = "proxy_on_http_call_response"
;;! abi = ["0.1.0"]
;;! dialogue = [{ request = {} }, { http_call_response = { call = 1, body = "ok" } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000}}
    {{PAUSE}})
  (func {{export proxy_on_http_call_response}}
    {{proxy_set_effective_context 2}}
    {{proxy_get_header_map_value HTTP_CALL_RESPONSE_HEADERS ":status"}}
    {{proxy_get_header_map_value HTTP_CALL_RESPONSE_HEADERS "x-missing"}}
    {{proxy_continue_request}}))
