;;! title = "A body that is held can be read and written in later callbacks of the stream"
;;! spec = "proxy_get_buffer_bytes"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["body"], trailers = [["t", "1"]] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    (nop)
    {{PAUSE}})
  (func {{export proxy_on_request_trailers}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 -1}}
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 0 0 "before "}}
    {{CONTINUE}}))
