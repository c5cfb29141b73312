;;! title = "A value that is no UTF-8 survives: 16 bytes, the last but one 0xFF"
;;! spec = "11. Checklist and test vectors"
;;! abi = ["0.2.1"]
;;! shows = ["vector/pairs_any_byte"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS "\01\00\00\00\01\00\00\00\01\00\00\00c\00\ff\00"}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}}
    {{proxy_log INFO (i32.load (i32.const 0x10)) (i32.load (i32.const 0x18))}}
    {{CONTINUE}}))
