;;! title = "The plugin answers the stream that waits, in the callback of its call; the plugin context has none to answer"
;;! spec = "proxy_send_local_response"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { body = ["x"] } }, { http_call_response = { call = 1, status = 403 } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000}}
    {{PAUSE}})
  (func {{export proxy_on_http_call_response}}
    {{proxy_send_local_response 500 "" "" {} -1}}
    {{proxy_set_effective_context 2}}
    {{proxy_send_local_response 403 "denied" "go away" {"x-why" "role"} -1}})
  (func {{export proxy_on_response_headers}}
    {{CONTINUE}}))
