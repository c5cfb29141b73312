;;! title = "Memory may be exported under any name"
;;! spec = "8.1 Memory ownership and the allocator protocol"
;;! abi = ["0.2.1"]
(module {{imports}} {{marker}} (memory (export "heap") 1) {{data}} (func (export "malloc") (param $size i32) (result i32) (i32.const 0x100))
  (func {{export proxy_on_request_headers}}
  {{proxy_log INFO "hello"}}
  {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
  {{CONTINUE}}))
