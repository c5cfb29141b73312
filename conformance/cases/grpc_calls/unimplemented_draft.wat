;;! title = "The draft's names for gRPC: calls and streams without metadata, messages that leave the stream open"
;;! spec = "proxy_dispatch_grpc_call"
;;! abi = ["0.2.1", "vnext"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_dispatch_grpc_call "cluster" "service" "method" "message" 1000}}
    {{proxy_open_grpc_stream "cluster" "service" "method"}}
    {{proxy_send_grpc_call_message 1 "message"}}
    {{proxy_cancel_grpc_call 1}}
    {{proxy_close_grpc_call 1}}
    (i32.const 1)))
