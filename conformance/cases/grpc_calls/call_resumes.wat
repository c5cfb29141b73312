;;! title = "The stream that waits for a unary call is resumed in its callback, as an HTTP call's"
;;! spec = "proxy_on_grpc_receive"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [{ request = {} }, { grpc_message = { call = 1, data = "pong" } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_grpc_call "auth" "pkg.Svc" "Check" {"x-a" "1" "x-bin" "\00\ff"} "ping" 1500}}
    {{PAUSE}})
  (func {{export proxy_on_grpc_receive}}
    {{proxy_set_effective_context 2}}
    {{proxy_get_buffer_bytes GRPC_CALL_MESSAGE 1 2}}
    {{proxy_set_buffer_bytes GRPC_CALL_MESSAGE 0 1 "x"}}
    {{proxy_get_buffer_bytes HTTP_CALL_RESPONSE_BODY 0 -1}}
    {{proxy_continue_stream HTTP_REQUEST}}))
