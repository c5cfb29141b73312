;;! title = "Bytes in the middle are replaced"
;;! spec = "proxy_set_buffer_bytes"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["0123456789"] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 2 3 "X"}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 -1}}
    {{CONTINUE}}))
