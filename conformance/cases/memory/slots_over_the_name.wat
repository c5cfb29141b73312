;;! title = "Results may overwrite the name that was asked for"
;;! spec = "8.1 Memory ownership and the allocator protocol"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (i32.store (i32.const 0x80) (i32.const 0x7461703a))
    (i32.store8 (i32.const 0x84) (i32.const 0x68))
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS 0x80 5 0x80 0x84}}
    {{proxy_log INFO (i32.load (i32.const 0x80)) (i32.load (i32.const 0x84))}}
    {{CONTINUE}}))
