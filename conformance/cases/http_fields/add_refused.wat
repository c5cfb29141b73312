;;! title = "Unknown maps, bad addresses and maps that cannot be written, in this order"
;;! spec = "proxy_add_header_map_value"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "k" "v"}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_add_header_map_value 8 -1 1 -1 1}}
    {{proxy_add_header_map_value HTTP_RESPONSE_HEADERS 0xffff 2 "v"}}
    {{proxy_add_header_map_value HTTP_RESPONSE_HEADERS "k" "v"}}
    {{proxy_add_header_map_value HTTP_REQUEST_TRAILERS "k" "v"}}
    {{proxy_add_header_map_value GRPC_CALL_INITIAL_METADATA "k" "v"}}
    {{proxy_add_header_map_value GRPC_CALL_TRAILING_METADATA "k" "v"}}
    {{proxy_add_header_map_value HTTP_CALL_RESPONSE_HEADERS "k" "v"}}
    {{proxy_add_header_map_value HTTP_CALL_RESPONSE_TRAILERS "k" "v"}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS 0xffff 2 "v"}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS 0x10000 1 "v"}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "k" 0xffff 2}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "k" 0 -1}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "k" -1 0}}
    {{CONTINUE}}))
