;;! title = "What a call has brought is gone after its callback"
;;! spec = "proxy_on_http_call_response"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = {} }, { http_call_response = { call = 1, body = "ok" } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000}}
    {{CONTINUE}})
  (func {{export proxy_on_http_call_response}}
    {{proxy_get_header_map_value HTTP_CALL_RESPONSE_HEADERS ":status"}})
  (func {{export proxy_on_response_headers}}
    {{proxy_get_header_map_value HTTP_CALL_RESPONSE_HEADERS ":status"}}
    {{proxy_get_header_map_pairs HTTP_CALL_RESPONSE_HEADERS}}
    {{proxy_get_buffer_bytes HTTP_CALL_RESPONSE_BODY 0 -1}}
    {{CONTINUE}}))
