;;! title = "Memory that the guest has grown is the host's to use"
;;! spec = "8.1 Memory ownership and the allocator protocol"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (drop (memory.grow (i32.const 1)))
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path" 0x1fff8 0x1fffc}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path" 0x1fff8 0x1fffd}}
    {{CONTINUE}}))
