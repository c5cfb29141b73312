;;! title = "A unary call that fails: its status, and nothing else"
;;! spec = "proxy_on_grpc_close"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = {} }, { grpc_close = { call = 1, status = 14, message = "upstream request timeout" } }, { grpc_message = { call = 1, data = "late" } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_grpc_call "auth" "pkg.Svc" "Check" {"x-a" "1" "x-bin" "\00\ff"} "ping" 1500}}
    {{CONTINUE}})
  (func {{export proxy_on_grpc_receive}}
    {{proxy_get_buffer_status GRPC_CALL_MESSAGE}}
    {{proxy_get_buffer_bytes GRPC_CALL_MESSAGE 0 -1}})
  (func {{export proxy_on_grpc_close}}
    {{proxy_get_status}})
  (func {{export proxy_on_response_headers}}
    ;; The code stays; what it means does not.
    {{proxy_get_status}}
    {{CONTINUE}}))
