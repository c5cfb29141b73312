;;! title = "A request whose body a plugin changes is sent with the new length"
;;! spec = "proxy_set_buffer_bytes"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { method = "POST", headers = [["content-length", "4"]], body = ["body"] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 0 -1 "longer than before"}}
    {{CONTINUE}}))
