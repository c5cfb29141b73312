;;! title = "A VM that fails in a stream cancels its calls; what still comes of them is dropped"
;;! spec = "proxy_http_call"
;;! abi = ["0.2.1"]
;;! plugin = [{ failure_policy = "open" }]
;;! dialogue = [
;;!   { stream = "a", request = {} },
;;!   { stream = "b", request = {} },
;;!   { stream = "a", wake = true },
;;!   { http_call_response = { call = 1 } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (if (i32.eq (local.get $context_id) (i32.const 3)) (then (unreachable)))
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000}}
    {{PAUSE}})
  (func {{export proxy_on_http_call_response}}
    (nop)))
