;;! title = "A field is added after the others; one that may occur once has the value appended to its own"
;;! spec = "proxy_add_header_map_value"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = { path = "/path?a=1", headers = [["x-one", "1"], ["x-many", "a"], ["x-many", "b"], ["x-empty", ""]] } }, { response = { headers = [["x-answer", "42"]] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "x-new" "1"}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "X-One" "2"}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "accept" "a/b"}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "accept" "c/d"}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS ":path" "/dup"}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "x-void" ""}}
    {{CONTINUE}}))
