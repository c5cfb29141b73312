;;! title = "A block that does not lie in memory is refused"
;;! spec = "8.1 Memory ownership and the allocator protocol"
;;! abi = ["0.2.1"]
(module {{imports}} {{marker}} {{memory}} {{data}}
  (global $n (mut i32) (i32.const 0))
  (func (export "malloc") (param $size i32) (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (if (result i32) (i32.eq (global.get $n) (i32.const 1)) (then (i32.const 0x10000)) (else (if (result i32) (i32.eq (global.get $n) (i32.const 2)) (then (i32.const -1)) (else (i32.const 0xffff))))))
  (func {{export proxy_on_request_headers}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_get_property "plugin_name"}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{CONTINUE}}))
