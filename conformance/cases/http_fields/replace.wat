;;! title = "One field with the name is left, where the first was; a missing one is added"
;;! spec = "proxy_replace_header_map_value"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = { path = "/path?a=1", headers = [["x-one", "1"], ["x-many", "a"], ["x-many", "b"], ["x-empty", ""]] } }, { response = { headers = [["x-answer", "42"]] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_replace_header_map_value HTTP_REQUEST_HEADERS "X-Many" "c"}}
    {{proxy_replace_header_map_value HTTP_REQUEST_HEADERS "x-new" "1"}}
    {{proxy_replace_header_map_value HTTP_REQUEST_HEADERS ":path" "/new"}}
    {{proxy_replace_header_map_value HTTP_REQUEST_HEADERS "x-one" ""}}
    {{CONTINUE}}))
