;;! title = "Metadata and messages can be read in their own callbacks only"
;;! spec = "proxy_on_grpc_receive_initial_metadata"
;;! abi = ["0.2.1"]
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
    {{CONTINUE}})
  (func $look
    {{proxy_get_header_map_value GRPC_CALL_INITIAL_METADATA "x-init"}}
    {{proxy_get_header_map_pairs GRPC_CALL_TRAILING_METADATA}}
    {{proxy_get_buffer_bytes GRPC_CALL_MESSAGE 0 -1}})
  (func {{export proxy_on_grpc_receive_initial_metadata}}
    {{proxy_set_effective_context 2}}
    (call $look)
    {{proxy_get_header_map_size GRPC_CALL_INITIAL_METADATA}}
    {{proxy_add_header_map_value GRPC_CALL_INITIAL_METADATA "a" "1"}})
  (func {{export proxy_on_grpc_receive}}
    (call $look))
  (func {{export proxy_on_grpc_receive_trailing_metadata}}
    (call $look))
  (func {{export proxy_on_grpc_close}}
    (call $look)))
