;;! title = "A trap in the callback of a call fails the VM: streams that wait are answered, other calls are cancelled"
;;! spec = "proxy_on_http_call_response"
;;! abi = ["0.2.1"]
;;! dialogue = [
;;!   { stream = "a", request = {} },
;;!   { stream = "b", request = {} },
;;!   { http_call_response = { call = 1 } },
;;!   { http_call_response = { call = 2 } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000}}
    {{PAUSE}})
  (func {{export proxy_on_http_call_response}}
    (unreachable)))
