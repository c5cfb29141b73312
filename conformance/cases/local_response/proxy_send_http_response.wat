;;! title = "The draft's name for a local response"
;;! spec = "proxy_send_http_response"
;;! abi = ["0.1.0", "0.2.1", "vnext"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_send_http_response 403 0xffff 2 "no" {"a" "b"} -1}}
    {{proxy_send_http_response 403 "denied here" 0xffff 2 {"a" "b"} -1}}
    {{proxy_send_http_response 403 "denied here" "no" 0xffff 2 -1}}
    {{proxy_send_http_response 403 "denied here" "no" {"a" "b"} -1}}
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_get_map HTTP_RESPONSE_HEADERS}}
    {{CONTINUE}}))
