;;! title = "Memory that the allocator has grown is used at its new size"
;;! spec = "8.1 Memory ownership and the allocator protocol"
;;! abi = ["0.2.1"]
(module {{imports}} {{marker}} {{memory}} {{data}}
  (func (export "malloc") (param $size i32) (result i32) (i32.mul (memory.grow (i32.const 1)) (i32.const 0x10000)))
  (func {{export proxy_on_request_headers}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}}
    {{proxy_log INFO (i32.load (i32.const 0x10)) 4}}
    {{CONTINUE}}))
