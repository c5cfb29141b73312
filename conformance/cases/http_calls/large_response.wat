;;! title = "A response of more than the guest's memory: its size is told, and parts of it can be read"
;;! spec = "proxy_get_buffer_bytes"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = {} }, { http_call_response = { call = 1, body = { text = "0123456789", times = 20000 } } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000}}
    {{CONTINUE}})
  (func {{export proxy_on_http_call_response}}
    {{proxy_get_buffer_status HTTP_CALL_RESPONSE_BODY}}
    {{proxy_get_buffer_bytes HTTP_CALL_RESPONSE_BODY 199995 100}}
    {{proxy_get_buffer_bytes HTTP_CALL_RESPONSE_BODY 0 -1}}
    {{proxy_get_buffer_bytes HTTP_CALL_RESPONSE_BODY 200000 1}}))
