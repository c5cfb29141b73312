;;! title = "Where the body is cleared the length is 0, and headers alone are the message"
;;! spec = "proxy_set_buffer_bytes"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { method = "POST", headers = [["content-length", "4"]], body = ["body"] } }, { response = { headers = [["content-length", "4"]], body = ["body"] } }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 0 -1 ""}}
    {{CONTINUE}})
  (func {{export proxy_on_response_body}}
    {{proxy_set_buffer_bytes HTTP_RESPONSE_BODY 0 -1 ""}}
    {{CONTINUE}}))
