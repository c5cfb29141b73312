;;! title = "Older SDKs import gRPC calls without metadata; an import means the function of its type"
;;! spec = "proxy_grpc_call"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_grpc_call_without_metadata "cluster" "service" "method" "message" 1000}}
    {{proxy_grpc_stream_without_metadata "cluster" "service" "method"}}
    (i32.const 1)))
