;;! title = "Result addresses are checked before anything is allocated"
;;! spec = "proxy_get_buffer_bytes"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["0123456789"] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 4 0xfffd 0x10}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 4 0x10 0xfffd}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 0 0xfffd 0x10}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 4 0xfffc 0xfff8}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 4 0 4}}
    {{proxy_get_buffer_status HTTP_REQUEST_BODY 0xfffd 0x10}}
    {{proxy_get_buffer_status HTTP_REQUEST_BODY 0x10 0xfffd}}
    {{proxy_get_buffer_status HTTP_REQUEST_BODY 0xfffc 0xfff8}}
    {{CONTINUE}}))
