;;! title = "What this host does not implement yet: UNIMPLEMENTED, and one log line each"
;;! spec = "proxy_grpc_call"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_grpc_call "upstream_name" "service_name" "method_name" {"a" "b"} "message" 1}}
    {{proxy_grpc_stream "upstream_name" "service_name" "method_name" {"a" "b"}}}
    {{proxy_grpc_send 1 "message" 1}}
    {{proxy_grpc_cancel 1}}
    {{proxy_grpc_close 1}}

    ;; A second call is not logged.
    {{proxy_grpc_call "upstream_name" "service_name" "method_name" {"a" "b"} "message" 1}}
    {{CONTINUE}}))
