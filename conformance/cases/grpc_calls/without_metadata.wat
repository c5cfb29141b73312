;;! title = "Older SDKs import gRPC calls without metadata; an import means the function of its type"
;;! spec = "proxy_grpc_call"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! shows = ["sdk/grpc_by_arity"]
;;! dialogue = [{ grpc_message = { call = 1, data = "pong" } }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_grpc_call_without_metadata "auth" "service" "method" "message" 1000}}
    {{proxy_grpc_stream_without_metadata "auth" "service" "method"}}
    (i32.const 1))
  (func {{export proxy_on_grpc_receive}}
    {{proxy_get_buffer_status GRPC_CALL_MESSAGE}}
    {{proxy_get_buffer_bytes GRPC_CALL_MESSAGE 0 -1}}))
