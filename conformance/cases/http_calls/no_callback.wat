;;! title = "A plugin that does not listen may call all the same"
;;! spec = "proxy_http_call"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = {} }, { http_call_response = { call = 1 } }, { http_call_failure = { call = 1 } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000}}
    {{CONTINUE}}))
