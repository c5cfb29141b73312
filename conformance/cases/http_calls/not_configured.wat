;;! title = "A plugin that refuses its configuration takes its calls with it"
;;! spec = "proxy_on_configure"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000}}
    (i32.const 0)))
