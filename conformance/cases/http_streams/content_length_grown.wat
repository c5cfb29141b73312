;;! title = "A body that grows past what is collected goes without a length"
;;! spec = "proxy_set_buffer_bytes"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { method = "POST", headers = [["content-length", "3"]], body = ["a", "b", "c"] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    (memory.fill (i32.const 0x4000) (i32.const 0x61) (i32.const 0xc000))
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 0 0 0x4000 0xc000}}
    {{CONTINUE}}))
