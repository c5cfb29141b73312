;;! title = "With trailers a body has no length"
;;! spec = "proxy_set_buffer_bytes"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { method = "POST", headers = [["content-length", "4"]], body = ["body"], trailers = [["t", "1"]] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 0 0 "<"}}
    {{CONTINUE}}))
