;;! title = "Two results are two blocks"
;;! spec = "8.1 Memory ownership and the allocator protocol"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":method" 0x20 0x28}}
    {{proxy_log INFO (i32.load (i32.const 0x10)) (i32.load (i32.const 0x18))}}
    {{proxy_log INFO (i32.load (i32.const 0x20)) (i32.load (i32.const 0x28))}}
    {{CONTINUE}}))
