;;! title = "A call that its stream does not wait for: it outlives the stream"
;;! spec = "proxy_http_call"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { request = {} },
;;!   { response = {} },
;;!   { finish = true },
;;!   { http_call_response = { call = 1, headers = [["a", "1"]], body = "x" } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000}}
    {{CONTINUE}})
  (func {{export proxy_on_http_call_response}}
    {{proxy_get_header_map_pairs HTTP_CALL_RESPONSE_HEADERS}}
    {{proxy_set_effective_context 2}}))
