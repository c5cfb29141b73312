;;! title = "Data outside memory is refused, and the buffer stays as it is; no data may be anywhere"
;;! spec = "proxy_set_buffer_bytes"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["0123456789"] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 0 0 0xffff 2}}
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 0 0 0x10000 1}}
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 0 0 0 -1}}
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 0 1 -1 0}}
    {{CONTINUE}}))
