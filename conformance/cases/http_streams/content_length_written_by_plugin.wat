;;! title = "A length that a plugin writes and that is wrong is not sent"
;;! spec = "proxy_set_buffer_bytes"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { method = "POST", headers = [["content-length", "4"]], body = ["body"] } }, { response = { headers = [["content-length", "4"]], body = ["body"] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_replace_header_map_value HTTP_REQUEST_HEADERS "content-length" "99"}}
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_replace_header_map_value HTTP_RESPONSE_HEADERS "content-length" "99"}}
    {{CONTINUE}}))
