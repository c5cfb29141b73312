;;! title = "What is no map counts as an empty one: a byte too many, a wrong terminator, 1025 entries, a byte more than 1 MiB"
;;! spec = "11. Checklist and test vectors"
;;! abi = ["0.2.1"]
;;! shows = ["vector/pairs_malformed"]
(module {{imports}} {{marker}} {{malloc}} {{data}}
  (memory (export "memory") 18)
  (func {{export proxy_on_request_headers}} (local $at i32)
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS "\01\00\00\00\01\00\00\00\01\00\00\00a\00b\00!"}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}}
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS "\01\00\00\00\01\00\00\00\01\00\00\00a\00b!"}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}}

    ;; 1025 entries without names and values.
    (i32.store (i32.const 0x10000) (i32.const 1025))
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS 0x10000 10254}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}}

    ;; One entry whose value fills 1 MiB, and then one whose value is a byte longer.
    (i32.store (i32.const 0x10000) (i32.const 1))
    (i32.store (i32.const 0x10004) (i32.const 1))
    (i32.store (i32.const 0x10008) (i32.const 1048561))
    (i32.store8 (i32.const 0x1000c) (i32.const 97))
    (memory.fill (i32.const 0x1000e) (i32.const 98) (i32.const 1048561))
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS 0x10000 1048576}}
    {{proxy_get_header_map_size HTTP_REQUEST_HEADERS}}
    (i32.store (i32.const 0x10008) (i32.const 1048562))
    (i32.store8 (i32.const 0x10ffff) (i32.const 98))
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS 0x10000 1048577}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}}
    {{CONTINUE}}))
