;;! title = "Two plugins that change the body agree on the last length"
;;! spec = "proxy_set_buffer_bytes"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "first" }, { name = "second" }]
;;! dialogue = [{ request = { method = "POST", headers = [["content-length", "1"]], body = ["x"] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 0 0 "ab"}}
    {{CONTINUE}}))
