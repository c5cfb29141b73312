;;! title = "Result addresses are checked before anything is allocated"
;;! spec = "proxy_get_header_map_pairs"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS 0xfffd 0x10}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS 0x10 0xfffd}}
    {{proxy_get_header_map_pairs HTTP_RESPONSE_HEADERS 0xfffd 0x10}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS 0 4}}
    {{CONTINUE}}))
