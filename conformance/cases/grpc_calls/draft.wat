;;! title = "The draft's names for gRPC: calls and streams without metadata, messages that leave the stream open"
;;! spec = "proxy_dispatch_grpc_call"
;;! abi = ["0.2.1", "vnext"]
;;! dialogue = [
;;!   { grpc_message = { call = 1, data = "pong" } },
;;!   { grpc_initial_metadata = { call = 2, fields = [["a", "1"]] } },
;;!   { grpc_message = { call = 2, data = "one" } },
;;!   { grpc_trailing_metadata = { call = 2, fields = [["b", "2"]] } },
;;!   { grpc_close = { call = 2, status = 5, message = "none" } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_dispatch_grpc_call "auth" "service" "method" "message" 1000}}
    {{proxy_open_grpc_stream "auth" "service" "method"}}
    {{proxy_send_grpc_call_message 6 "message"}}
    {{proxy_send_grpc_call_message 5 "message"}}
    {{proxy_close_grpc_call 6}}
    {{proxy_dispatch_grpc_call "nobody" "service" "method" "message" 1000}}
    {{proxy_dispatch_grpc_call "auth" "service" "method" "message" 0}}
    {{proxy_cancel_grpc_call 9}}
    (i32.const 1)))
