;;! title = "No bytes, one zero byte and a count of zero are all an empty map"
;;! spec = "proxy_set_header_map_pairs"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_response_headers}}
    {{proxy_set_header_map_pairs HTTP_RESPONSE_HEADERS ""}}
    {{proxy_get_header_map_size HTTP_RESPONSE_HEADERS}}
    {{proxy_add_header_map_value HTTP_RESPONSE_HEADERS "a" "b"}}
    {{proxy_set_header_map_pairs HTTP_RESPONSE_HEADERS "\00"}}
    {{proxy_get_header_map_size HTTP_RESPONSE_HEADERS}}
    {{proxy_add_header_map_value HTTP_RESPONSE_HEADERS "a" "b"}}
    {{proxy_set_header_map_pairs HTTP_RESPONSE_HEADERS "\00\00\00\00"}}
    {{proxy_get_header_map_size HTTP_RESPONSE_HEADERS}}
    {{proxy_add_header_map_value HTTP_RESPONSE_HEADERS "a" "b"}}
    {{proxy_set_header_map_pairs HTTP_RESPONSE_HEADERS -1 0}}
    {{proxy_get_header_map_size HTTP_RESPONSE_HEADERS}}
    {{proxy_add_header_map_value HTTP_RESPONSE_HEADERS ":status" "204"}}
    {{CONTINUE}}))
