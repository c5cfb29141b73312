;;! title = "The allocator may log, and read the clock"
;;! spec = "8.1 Memory ownership and the allocator protocol"
;;! abi = ["0.2.1"]
(module {{imports}} {{marker}} {{memory}} {{data}}
  (func (export "malloc") (param $size i32) (result i32) {{proxy_log INFO "allocating"}} {{fd_write 1 ["writing"]}} {{clock_time_get 0 0 0x80}} {{poll_oneoff 0 0 0 0x80}} {{emscripten_notify_memory_growth 0}} (i32.const 0x200))
  (func {{export proxy_on_request_headers}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{CONTINUE}}))
