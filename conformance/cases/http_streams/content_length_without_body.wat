;;! title = "A length that a plugin writes on headers alone is not sent"
;;! spec = "proxy_replace_header_map_value"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = {} }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_replace_header_map_value HTTP_REQUEST_HEADERS "content-length" "99"}}
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_replace_header_map_value HTTP_RESPONSE_HEADERS "content-length" "99"}}
    {{CONTINUE}}))
