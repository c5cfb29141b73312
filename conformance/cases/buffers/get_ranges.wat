;;! title = "A range is clamped to the buffer; an empty one is no bytes, without a call of the allocator"
;;! spec = "proxy_get_buffer_bytes"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["0123456789"] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 3 4}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 8 100}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 10 1}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 0}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 -1}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 2 -1}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0x7fffffff 0x7fffffff}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY -1 -1}}
    {{CONTINUE}}))
