;;! title = "Headers that have gone on can still be read, and no longer be written"
;;! spec = "proxy_get_header_map_value"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["x"] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}}
    {{proxy_get_header_map_size HTTP_REQUEST_HEADERS}}
    {{proxy_replace_header_map_value HTTP_REQUEST_HEADERS ":path" "/late"}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "x" "late"}}
    {{proxy_remove_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS {"a" "b"}}}
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}}
    {{proxy_get_header_map_size HTTP_REQUEST_HEADERS}}
    {{proxy_replace_header_map_value HTTP_REQUEST_HEADERS ":path" "/late"}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "x" "late"}}
    {{proxy_remove_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS {"a" "b"}}}
    {{CONTINUE}}))
