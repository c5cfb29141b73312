;;! title = "A cancelled unary call is heard of no more; a second cancelling finds nothing"
;;! spec = "proxy_grpc_cancel"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = {} }, { grpc_message = { call = 1, data = "late" } }, { grpc_close = { call = 1, status = 1 } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_grpc_call "auth" "pkg.Svc" "Check" {"x-a" "1" "x-bin" "\00\ff"} "ping" 1500}}
    {{proxy_grpc_cancel 5}}
    {{proxy_grpc_cancel 5}}
    {{proxy_grpc_close 5}}
    {{CONTINUE}})
  (func {{export proxy_on_grpc_receive}}
    {{proxy_get_buffer_status GRPC_CALL_MESSAGE}}
    {{proxy_get_buffer_bytes GRPC_CALL_MESSAGE 0 -1}})
  (func {{export proxy_on_grpc_close}}
    {{proxy_get_status}}))
