;;! title = "What was kept with the watermark goes first, and is not seen again"
;;! spec = "proxy_on_request_body"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["a", "b", "c"] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 -1}}
    (select (i32.const 0) (i32.const 2) (local.get $end_of_stream))))
