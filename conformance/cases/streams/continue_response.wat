;;! title = "A response that is held is resumed"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [{ request = {} }, { response = { body = ["body"] } }]
(module {{prelude}}
  (func {{export proxy_on_response_headers}}
    {{proxy_continue_stream HTTP_RESPONSE}}
    {{PAUSE}})
  (func {{export proxy_on_response_body}}
    (nop)
    {{CONTINUE}}))
