;;! title = "A stream may go away while it waits; the call goes on, and acting as the stream fails"
;;! spec = "proxy_set_effective_context"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = {} }, { hang_up = true }, { http_call_response = { call = 1 } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000}}
    {{PAUSE}})
  (func {{export proxy_on_http_call_response}}
    {{proxy_set_effective_context 2}}
    {{proxy_get_header_map_value HTTP_CALL_RESPONSE_HEADERS ":status"}}
    {{proxy_continue_stream HTTP_REQUEST}}))
