;;! title = "The draft's name for an HTTP call"
;;! spec = "proxy_dispatch_http_call"
;;! abi = ["0.2.1", "vnext"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_dispatch_http_call "cluster" {":method" "GET" ":path" "/" ":authority" "example.com"} "body" {"t" "1"} 1000}}
    (i32.const 1)))
