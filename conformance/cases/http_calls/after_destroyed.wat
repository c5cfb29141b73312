;;! title = "A call whose plugin is gone is cancelled, and its answer dropped"
;;! spec = "proxy_http_call"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "first" }, { name = "second" }]
;;! dialogue = [{ stop = "first" }, { http_call_response = { call = 1 } }, { http_call_response = { call = 2 } }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000}}
    (i32.const 1))
  (func {{export proxy_on_http_call_response}}
    {{proxy_get_header_map_value HTTP_CALL_RESPONSE_HEADERS ":status"}}))
