;;! title = "Trailing metadata under the name that AssemblyScript's SDK exports"
;;! spec = "proxy_on_grpc_trailing_metadata"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/assemblyscript_alias"]
;;! dialogue = [{ request = {} }, { grpc_trailing_metadata = { call = 1, fields = [["a", "1"]] } }, { grpc_close = { call = 1 } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_grpc_stream "auth" "pkg.Svc" "Watch" {"x-a" "1"}}}
    {{CONTINUE}})
  (func {{export proxy_on_grpc_trailing_metadata}}
    {{proxy_get_header_map_pairs GRPC_CALL_TRAILING_METADATA}}
    {{proxy_get_header_map_value GRPC_CALL_TRAILING_METADATA "grpc-status"}}))
