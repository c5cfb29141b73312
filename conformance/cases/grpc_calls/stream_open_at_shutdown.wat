;;! title = "A stream that is open when its plugin ends is cancelled"
;;! spec = "proxy_grpc_stream"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "first" }, { name = "second" }]
;;! dialogue = [{ stop = "first" }, { grpc_message = { call = 1, data = "late" } }, { grpc_message = { call = 2, data = "pong" } }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_grpc_stream "auth" "pkg.Svc" "Watch" {"x-a" "1"}}}
    (i32.const 1))
  (func {{export proxy_on_grpc_receive}}
    {{proxy_get_buffer_status GRPC_CALL_MESSAGE}}
    {{proxy_get_buffer_bytes GRPC_CALL_MESSAGE 0 -1}}))
