;;! title = "Cancelling a call in the callback that ends it is no mistake"
;;! spec = "proxy_grpc_cancel"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = {} }, { grpc_message = { call = 1, data = "pong" } }, { grpc_close = { call = 2, status = 2, message = "no" } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_grpc_call "auth" "pkg.Svc" "Check" {"x-a" "1" "x-bin" "\00\ff"} "ping" 1500}}
    {{proxy_grpc_call "auth" "pkg.Svc" "Check" {"x-a" "1" "x-bin" "\00\ff"} "ping" 1500}}
    {{CONTINUE}})
  (func {{export proxy_on_grpc_receive}}
    {{proxy_grpc_cancel (local.get $call_id)}}
    {{proxy_grpc_cancel (local.get $call_id)}})
  (func {{export proxy_on_grpc_close}}
    {{proxy_grpc_close (local.get $call_id)}}
    {{proxy_grpc_close (local.get $call_id)}}))
