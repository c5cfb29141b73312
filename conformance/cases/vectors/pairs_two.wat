;;! title = "Two pairs are 29 bytes"
;;! spec = "11. Checklist and test vectors"
;;! abi = ["0.2.1"]
;;! shows = ["vector/pairs_two"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS "\02\00\00\00\01\00\00\00\01\00\00\00\01\00\00\00\02\00\00\00a\001\00b\0022\00"}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}}
    {{proxy_log INFO (i32.load (i32.const 0x10)) (i32.load (i32.const 0x18))}}
    {{proxy_get_header_map_size HTTP_REQUEST_HEADERS}}
    {{CONTINUE}}))
