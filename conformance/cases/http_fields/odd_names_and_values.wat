;;! title = "Names that HTTP does not allow can be written and read back; values are any bytes"
;;! spec = "proxy_add_header_map_value"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "x y" "1"}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS "X Y"}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "x-bytes" "\00\ff\0d\0a"}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS "x-bytes"}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "" "no name"}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ""}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS ":Scheme" "https"}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":scheme"}}
    {{CONTINUE}}))
