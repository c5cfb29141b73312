;;! title = "Buffers of calls and connections, where there are none"
;;! spec = "proxy_get_buffer_bytes"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_buffer_bytes DOWNSTREAM_DATA 0 -1}}
    {{proxy_get_buffer_status DOWNSTREAM_DATA}}
    {{proxy_get_buffer_bytes UPSTREAM_DATA 0 -1}}
    {{proxy_get_buffer_status UPSTREAM_DATA}}
    {{proxy_get_buffer_bytes HTTP_CALL_RESPONSE_BODY 0 -1}}
    {{proxy_get_buffer_status HTTP_CALL_RESPONSE_BODY}}
    {{proxy_get_buffer_bytes GRPC_CALL_MESSAGE 0 -1}}
    {{proxy_get_buffer_status GRPC_CALL_MESSAGE}}
    {{proxy_get_buffer_bytes FOREIGN_FUNCTION_ARGUMENTS 0 -1}}
    {{proxy_get_buffer_status FOREIGN_FUNCTION_ARGUMENTS}}
    {{CONTINUE}}))
