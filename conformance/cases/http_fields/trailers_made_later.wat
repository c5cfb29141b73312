;;! title = "Trailers are made as well after the last body callback, as long as it has stopped the stream"
;;! spec = "proxy_add_header_map_value"
;;! abi = ["0.2.1"]
;;! each = ["1", "2", "3"]
;;! dialogue = [{ request = { method = "POST", body = ["one"] } }, { http_call_response = { call = 1 } }, { response = { body = ["x"] } }, { http_call_response = { call = 2 } }]
(module {{prelude}}
  (global $map (mut i32) (i32.const 0))
  (func {{export proxy_on_request_body}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/" ":authority" "auth.test"} "" {} 1000}}
    (i32.const EACH))
  (func {{export proxy_on_response_body}}
    (global.set $map (i32.const 1))
    {{proxy_http_call "auth" {":method" "GET" ":path" "/" ":authority" "auth.test"} "" {} 1000}}
    (i32.const EACH))
  (func {{export proxy_on_http_call_response}}
    {{proxy_set_effective_context 2}}
    (if (i32.eqz (global.get $map))
      (then
        {{proxy_add_header_map_value HTTP_REQUEST_TRAILERS "t" "1"}}
        {{proxy_get_header_map_value HTTP_REQUEST_TRAILERS "t"}}
        {{proxy_continue_stream HTTP_REQUEST}})
      (else
        {{proxy_set_header_map_pairs HTTP_RESPONSE_TRAILERS {"u" "2"}}}
        {{proxy_continue_stream HTTP_RESPONSE}}))))
