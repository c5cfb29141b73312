;;! title = "A call made as another stream is the plugin's all the same"
;;! spec = "proxy_http_call"
;;! abi = ["0.2.1"]
;;! dialogue = [
;;!   { stream = "a", request = {} },
;;!   { stream = "b", request = {} },
;;!   { stream = "b", finish = true },
;;!   { http_call_response = { call = 1 } },
;;!   { stream = "a", response = {} },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (if (i32.eq (local.get $context_id) (i32.const 2)) (then (return {{PAUSE}})))
    {{proxy_set_effective_context 2}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000}}
    {{CONTINUE}})
  (func {{export proxy_on_http_call_response}}
    {{proxy_set_effective_context 2}}
    {{proxy_continue_stream HTTP_REQUEST}}))
