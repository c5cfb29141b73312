;;! title = "The next filter is not called for a stream that is closed"
;;! spec = "proxy_close_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! plugin = [{ name = "first" }, { name = "second" }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (if (i32.eq (local.get $context_id) (i32.const 3)) (then {{proxy_close_stream HTTP_REQUEST}}))
    {{CONTINUE}}))
