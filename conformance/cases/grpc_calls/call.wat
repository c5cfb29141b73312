;;! title = "A unary call that ends well: one message, and nothing else"
;;! spec = "proxy_grpc_call"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! shows = ["vector/grpc_call_id"]
;;! dialogue = [
;;!   { request = {} },
;;!   { grpc_initial_metadata = { call = 1, fields = [["x", "1"]] } },
;;!   { grpc_message = { call = 1, data = "pong" } },
;;!   { grpc_trailing_metadata = { call = 1, fields = [["grpc-status", "0"]] } },
;;!   { grpc_close = { call = 1 } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_grpc_call "auth" "pkg.Svc" "Check" {"x-a" "1" "x-bin" "\00\ff"} "ping" 1500}}
    {{CONTINUE}})
  (func {{export proxy_on_grpc_receive_initial_metadata}}
    {{proxy_get_header_map_pairs GRPC_CALL_INITIAL_METADATA}}
    {{proxy_get_header_map_value GRPC_CALL_INITIAL_METADATA "X-Init"}})
  (func {{export proxy_on_grpc_receive}}
    {{proxy_get_buffer_status GRPC_CALL_MESSAGE}}
    {{proxy_get_buffer_bytes GRPC_CALL_MESSAGE 0 -1}})
  (func {{export proxy_on_grpc_receive_trailing_metadata}}
    {{proxy_get_header_map_pairs GRPC_CALL_TRAILING_METADATA}}
    {{proxy_get_header_map_value GRPC_CALL_TRAILING_METADATA "grpc-status"}})
  (func {{export proxy_on_grpc_close}}
    {{proxy_get_status}}))
