;;! title = "Where no plugin sees the body, headers do not wait for it"
;;! spec = "proxy_set_buffer_bytes"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request_headers = { method = "POST", headers = [["content-length", "4"]] } }, { request_body = { data = "body", end = true } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (nop)
    {{CONTINUE}}))
