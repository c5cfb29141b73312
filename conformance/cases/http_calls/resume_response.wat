;;! title = "A response that waits for a call goes on when the plugin says so"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = {} }, { response = { body = ["old"] } }, { http_call_response = { call = 1, body = "new" } }]
(module {{prelude}}
  (func {{export proxy_on_response_headers}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000}}
    {{PAUSE}})
  (func {{export proxy_on_http_call_response}}
    {{proxy_set_effective_context 2}}
    {{proxy_get_buffer_bytes HTTP_CALL_RESPONSE_BODY 0 -1}}
    {{proxy_replace_header_map_value HTTP_RESPONSE_HEADERS "x-call" "new"}}
    {{proxy_continue_stream HTTP_RESPONSE}}))
