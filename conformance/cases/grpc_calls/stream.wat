;;! title = "A stream: initial metadata, messages, trailing metadata, close"
;;! spec = "proxy_grpc_stream"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! shows = ["vector/grpc_stream_id"]
;;! dialogue = [
;;!   { request = {} },
;;!   { grpc_initial_metadata = { call = 1, fields = [["x-init", "i"], ["x-init-bin", "AAE"]] } },
;;!   { grpc_message = { call = 1, data = "one" } },
;;!   { grpc_message = { call = 1, data = "" } },
;;!   { grpc_message = { call = 1, data = "three" } },
;;!   { grpc_trailing_metadata = { call = 1, fields = [["grpc-status", "7"], ["grpc-message", "no"]] } },
;;!   { grpc_close = { call = 1, status = 7, message = "no" } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_grpc_stream "auth" "pkg.Svc" "Watch" {"x-a" "1"}}}
    {{proxy_grpc_send 6 "first" 0}}
    {{proxy_grpc_send 6 "" 0}}
    {{proxy_grpc_send 6 "last" 1}}
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
