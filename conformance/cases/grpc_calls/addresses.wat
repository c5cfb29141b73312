;;! title = "Every range is checked first, then the upstream, then the slot for the number"
;;! spec = "proxy_grpc_call"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_grpc_call 0xfffd 4 "s" "m" {} "" 0}}
    {{proxy_grpc_call "auth" 0xfffd 4 "m" {} "" 0}}
    {{proxy_grpc_call "auth" "s" 0xfffd 4 {} "" 0}}
    {{proxy_grpc_call "auth" "s" "m" 0xfffd 4 "" 0}}
    {{proxy_grpc_call "auth" "s" "m" {} 0xfffd 4 0}}
    {{proxy_grpc_call "nobody" "s" "m" {} "" 0 0xfffd}}
    {{proxy_grpc_call "auth" "s" "m" {} "" 0 0xfffd}}
    {{proxy_grpc_stream 0xfffd 4 "s" "m" {}}}
    {{proxy_grpc_stream "auth" 0xfffd 4 "m" {}}}
    {{proxy_grpc_stream "auth" "s" 0xfffd 4 {}}}
    {{proxy_grpc_stream "auth" "s" "m" 0xfffd 4}}
    {{proxy_grpc_stream "auth" "s" "m" {} 0xfffd}}
    {{proxy_grpc_stream "auth" "s" "m" {}}}
    {{proxy_grpc_send 6 0xfffd 4 0}}
    {{proxy_grpc_send 5 0xfffd 4 0}}
    {{CONTINUE}}))
