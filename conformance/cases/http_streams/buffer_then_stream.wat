;;! title = "After a callback that continued, only what is new is seen"
;;! spec = "proxy_on_request_body"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["a", "b", "c", "d"] } }, { response = {} }]
(module {{prelude}}
  (global $calls (mut i32) (i32.const 0))
  (func {{export proxy_on_request_body}}
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 -1}}
    (i32.lt_u (global.get $calls) (i32.const 2))))
