;;! title = "The body of the response is written in its callback"
;;! spec = "proxy_set_buffer_bytes"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = {} }, { response = { body = ["0123456789"] } }]
(module {{prelude}}
  (func {{export proxy_on_response_body}}
    {{proxy_set_buffer_bytes HTTP_RESPONSE_BODY 0 4 "words"}}
    {{proxy_set_buffer_bytes HTTP_RESPONSE_BODY -1 0 "."}}
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 0 0 "x"}}
    {{CONTINUE}}))
