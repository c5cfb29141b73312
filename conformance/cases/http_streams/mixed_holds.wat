;;! title = "Kept by the watermark, then buffered: everything is seen"
;;! spec = "proxy_on_request_body"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["a", "b", "c"] } }, { response = {} }]
(module {{prelude}}
  (global $calls (mut i32) (i32.const 0))
  (func {{export proxy_on_request_body}}
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 -1}}
    (if (local.get $end_of_stream) (then (return {{CONTINUE}})))
    (if (i32.eq (global.get $calls) (i32.const 1)) (then (return (i32.const 2))))
    {{PAUSE}}))
