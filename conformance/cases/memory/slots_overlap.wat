;;! title = "Both results in one place: the length is written last"
;;! spec = "8.1 Memory ownership and the allocator protocol"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":method" 0x10 0x10}}
    {{proxy_log INFO 0x10 4}}
    {{CONTINUE}}))
