;;! title = "What is not a body of this stream cannot be written"
;;! spec = "proxy_set_buffer_bytes"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["0123456789"] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    {{proxy_set_buffer_bytes HTTP_RESPONSE_BODY 0 0 "x"}}
    {{proxy_set_buffer_bytes DOWNSTREAM_DATA 0 0 "x"}}
    {{proxy_set_buffer_bytes UPSTREAM_DATA 0 0 "x"}}
    {{proxy_set_buffer_bytes HTTP_CALL_RESPONSE_BODY 0 0 "x"}}
    {{proxy_set_buffer_bytes GRPC_CALL_MESSAGE 0 0 "x"}}
    {{proxy_set_buffer_bytes VM_CONFIGURATION 0 0 "x"}}
    {{proxy_set_buffer_bytes PLUGIN_CONFIGURATION 0 0 "x"}}
    {{proxy_set_buffer_bytes FOREIGN_FUNCTION_ARGUMENTS 0 0 "x"}}
    {{proxy_set_buffer_bytes VM_CONFIGURATION 0 0 0x10000 1}}
    {{CONTINUE}}))
