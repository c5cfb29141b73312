;;! title = "The draft's name for a call"
;;! spec = "proxy_dispatch_http_call"
;;! abi = ["0.2.1", "vnext"]
;;! dialogue = [{ http_call_response = { call = 1, body = "ok" } }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_dispatch_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "body" {"t" "1"} 1000}}
    {{proxy_dispatch_http_call "nobody" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "body" {} 1000}}
    (i32.const 1))
  (func {{export proxy_on_http_call_response}}
    (nop)))
