;;! title = "A map that is unknown is refused before addresses are looked at; one that is not there, after"
;;! spec = "proxy_get_header_map_value"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = { path = "/path?a=1", headers = [["x-one", "1"], ["x-many", "a"], ["x-many", "b"], ["x-empty", ""]] } }, { response = { headers = [["x-answer", "42"]] } }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_get_header_map_value 8 ":path"}}
    {{proxy_get_header_map_value -1 ":path"}}
    {{proxy_get_header_map_value 8 -1 1}}
    {{proxy_get_header_map_value HTTP_REQUEST_TRAILERS "t"}}
    {{proxy_get_header_map_value HTTP_RESPONSE_HEADERS ":status"}}
    {{proxy_get_header_map_value HTTP_RESPONSE_HEADERS 0xffff 2}}
    {{proxy_get_header_map_value HTTP_RESPONSE_TRAILERS "t"}}
    {{proxy_get_header_map_value GRPC_CALL_INITIAL_METADATA "m"}}
    {{proxy_get_header_map_value GRPC_CALL_TRAILING_METADATA "m"}}
    {{proxy_get_header_map_value HTTP_CALL_RESPONSE_HEADERS ":status"}}
    {{proxy_get_header_map_value HTTP_CALL_RESPONSE_TRAILERS "t"}}
    {{CONTINUE}}))
