;;! title = "An id says what it is for: one of the wrong kind is BAD_ARGUMENT, one of nothing under way NOT_FOUND"
;;! spec = "proxy_grpc_send"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 0}}
    {{proxy_grpc_call "auth" "pkg.Svc" "Check" {"x-a" "1" "x-bin" "\00\ff"} "ping" 1500}}
    {{proxy_grpc_stream "auth" "pkg.Svc" "Watch" {"x-a" "1"}}}
    {{proxy_grpc_send 4 "m" 0}}
    {{proxy_grpc_send 5 "m" 0}}
    {{proxy_grpc_send 10 "m" 0}}
    {{proxy_grpc_send 7 "m" 0}}
    {{proxy_grpc_cancel 4}}
    {{proxy_grpc_cancel 9}}
    {{proxy_grpc_cancel 10}}
    {{proxy_grpc_cancel 7}}
    {{proxy_grpc_cancel 0}}
    {{proxy_grpc_cancel -2}}
    {{proxy_grpc_close 4}}
    {{proxy_grpc_close 9}}
    {{proxy_grpc_close 10}}
    {{proxy_grpc_close -1}}
    {{CONTINUE}}))
