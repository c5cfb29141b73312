;;! title = "Address 0 is ordinary memory"
;;! spec = "8.1 Memory ownership and the allocator protocol"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path" 0 4}}
    {{proxy_log INFO (i32.load (i32.const 0)) (i32.load (i32.const 4))}}
    {{CONTINUE}}))
