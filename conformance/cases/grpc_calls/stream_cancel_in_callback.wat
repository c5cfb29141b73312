;;! title = "A stream cancelled in the callback of a message: nothing more comes"
;;! spec = "proxy_grpc_cancel"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = {} }, { grpc_message = { call = 1, data = "one" } }, { grpc_message = { call = 1, data = "two" } }, { grpc_close = { call = 1 } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_grpc_stream "auth" "pkg.Svc" "Watch" {"x-a" "1"}}}
    {{CONTINUE}})
  (func {{export proxy_on_grpc_receive}}
    {{proxy_grpc_cancel (local.get $call_id)}})
  (func {{export proxy_on_grpc_close}}
    {{proxy_get_status}}))
