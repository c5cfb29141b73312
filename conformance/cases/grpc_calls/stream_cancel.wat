;;! title = "A cancelled stream is heard of no more"
;;! spec = "proxy_grpc_cancel"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = {} }, { grpc_message = { call = 1, data = "late" } }, { grpc_close = { call = 1, status = 1 } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_grpc_stream "auth" "pkg.Svc" "Watch" {"x-a" "1"}}}
    {{proxy_grpc_send 6 "first" 0}}
    {{proxy_grpc_cancel 6}}
    {{proxy_grpc_send 6 "second" 0}}
    {{proxy_grpc_cancel 6}}
    {{CONTINUE}})
  (func {{export proxy_on_grpc_receive}}
    {{proxy_get_buffer_status GRPC_CALL_MESSAGE}}
    {{proxy_get_buffer_bytes GRPC_CALL_MESSAGE 0 -1}})
  (func {{export proxy_on_grpc_close}}
    {{proxy_get_status}}))
