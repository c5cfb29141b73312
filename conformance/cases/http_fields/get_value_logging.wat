;;! title = "While the stream is logged, headers can be read; what never was reads as missing"
;;! spec = "proxy_get_header_map_value"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = { path = "/path?a=1", headers = [["x-one", "1"], ["x-many", "a"], ["x-many", "b"], ["x-empty", ""]] } }, { response = { headers = [["x-answer", "42"]] } }]
(module {{prelude}}
  (func {{export proxy_on_log}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_get_header_map_value HTTP_RESPONSE_HEADERS ":status"}}
    {{proxy_get_header_map_value HTTP_REQUEST_TRAILERS "t"}}
    {{proxy_get_header_map_value HTTP_RESPONSE_TRAILERS "t"}}
    {{proxy_get_header_map_value HTTP_CALL_RESPONSE_HEADERS "t"}}
    {{proxy_get_header_map_pairs HTTP_RESPONSE_HEADERS}}
    {{proxy_get_header_map_size HTTP_REQUEST_HEADERS}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "a" "b"}}
    {{proxy_replace_header_map_value HTTP_RESPONSE_HEADERS "a" "b"}}
    {{proxy_remove_header_map_value HTTP_RESPONSE_HEADERS ":status"}}
    {{proxy_set_header_map_pairs HTTP_RESPONSE_HEADERS {"a" "b"}}}))
