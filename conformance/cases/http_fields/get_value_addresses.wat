;;! title = "A name outside memory is refused; result addresses are checked before anything is allocated"
;;! spec = "proxy_get_header_map_value"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = { path = "/path?a=1", headers = [["x-one", "1"], ["x-many", "a"], ["x-many", "b"], ["x-empty", ""]] } }, { response = { headers = [["x-answer", "42"]] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS 0xffff 2}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS 0x10000 1}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS 0 -1}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS -1 0}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path" 0xfffd 0x10}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path" 0x10 0xfffd}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS "x-missing" 0xfffd 0x10}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path" 0 4}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path" 0xfffc 0xfff8}}
    {{CONTINUE}}))
