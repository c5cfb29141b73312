;;! title = "Every host function, called from proxy_on_http_call_response"
;;! spec = "8.6 Which function is useful in which context"
;;! abi = ["0.2.1"]
;;! each = ["returning", "each ending"]
;;! dialogue = [{ request = {} }, { http_call_response = { call = 1, headers = [["x-name", "old"]], body = "body", trailers = [["x-name", "old"]] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/" ":authority" "auth.test"} "" {} 1000}}
    {{PAUSE}})
  (func {{export proxy_on_http_call_response}}
    {{calls EACH}}))
