;;! title = "Unknown maps, bad addresses and maps that cannot be written, in this order"
;;! spec = "proxy_set_header_map_pairs"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_set_header_map_pairs 8 -1 1}}
    {{proxy_set_header_map_pairs HTTP_RESPONSE_HEADERS 0xffff 2}}
    {{proxy_set_header_map_pairs HTTP_RESPONSE_HEADERS {"a" "b"}}}
    {{proxy_set_header_map_pairs HTTP_CALL_RESPONSE_HEADERS {"a" "b"}}}
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS 0xffff 2}}
    {{CONTINUE}}))
