;;! title = "Bytes of all names and values, of maps that can be written"
;;! spec = "proxy_get_header_map_size"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_header_map_size HTTP_REQUEST_HEADERS}}
    {{proxy_get_header_map_size HTTP_REQUEST_TRAILERS}}
    {{proxy_get_header_map_size HTTP_RESPONSE_HEADERS}}
    {{proxy_get_header_map_size HTTP_CALL_RESPONSE_HEADERS}}
    {{proxy_get_header_map_size 8}}
    {{proxy_get_header_map_size 8 -1}}
    {{proxy_get_header_map_size HTTP_REQUEST_HEADERS 0xfffd}}
    {{proxy_get_header_map_size HTTP_REQUEST_HEADERS 0xfffc}}
    {{CONTINUE}}))
