;;! title = "The draft's names for what comes of gRPC"
;;! spec = "proxy_on_grpc_call_response_message"
;;! abi = ["vnext"]
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
    (i32.const 1))
  (func {{export proxy_on_grpc_call_response_header_metadata}}
    {{proxy_get_map_value GRPC_CALL_INITIAL_METADATA "a"}})
  (func {{export proxy_on_grpc_call_response_message}}
    {{proxy_get_buffer GRPC_CALL_MESSAGE 0 -1}})
  (func {{export proxy_on_grpc_call_response_trailer_metadata}}
    {{proxy_get_map GRPC_CALL_TRAILING_METADATA}})
  (func {{export proxy_on_grpc_call_close}}
    (nop)))
