;;! title = "The value of the first field with the name, in any case; a missing one is NOT_FOUND, in 0.1.0 OK and nothing"
;;! spec = "proxy_get_header_map_value"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! shows = ["sdk/empty_is_not_missing"]
;;! dialogue = [{ request = { path = "/path?a=1", headers = [["x-one", "1"], ["x-many", "a"], ["x-many", "b"], ["x-empty", ""]] } }, { response = { headers = [["x-answer", "42"]] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS "x-one"}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS "X-ONE"}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS "x-many"}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS "x-empty"}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS "x-missing"}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ""}}
    {{CONTINUE}}))
