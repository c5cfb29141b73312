;;! title = "What Go's runtime may do when it is asked for memory"
;;! spec = "8.1 Memory ownership and the allocator protocol"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/calls_while_allocating"]
(module {{imports}} {{marker}} {{memory}} {{data}}
  (func $must (param $errno i32) (if (local.get $errno) (then (unreachable))))
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32)
    (if (i32.eqz (local.get $size)) (then (unreachable)))
    (call $must {{result poll_oneoff 0x300 0x300 1 0x340}})
    (call $must {{result clock_time_get 1 1000}})
    (call $must {{result random_get 0x300 8}})
    (call $must {{result fd_write 2 ["go"]}})
    (i32.const 0x400))
  (func {{export proxy_on_request_headers}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{CONTINUE}}))
