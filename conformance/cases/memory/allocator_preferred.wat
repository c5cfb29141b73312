;;! title = "`malloc` is preferred over `proxy_on_memory_allocate`"
;;! spec = "8.1 Memory ownership and the allocator protocol"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/malloc_first"]
(module {{imports}} {{marker}} {{memory}} {{data}}
  (func (export "malloc") (param $size i32) (result i32) (i32.const 0x200))
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32) (i32.const 0x300))
  (func {{export proxy_on_request_headers}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{CONTINUE}}))
