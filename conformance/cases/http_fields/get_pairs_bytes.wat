;;! title = "The encoding, byte by byte: count, lengths, names and values with a zero after each"
;;! spec = "proxy_get_header_map_pairs"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS {"a" "1" "b" "22"}}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}}
    {{proxy_log INFO (i32.load (i32.const 0x10)) (i32.load (i32.const 0x18))}}
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS {"c" "\ff"}}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}}
    {{proxy_log INFO (i32.load (i32.const 0x10)) (i32.load (i32.const 0x18))}}
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS {":method" "GET" ":path" "/bytes/1" ":authority" "httpbin.org" "Powered-By" "proxy-wasm"}}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}}
    {{proxy_log INFO (i32.load (i32.const 0x10)) (i32.load (i32.const 0x18))}}
    {{CONTINUE}}))
