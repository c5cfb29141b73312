;;! title = "Every field with the name goes; a missing one is no mistake"
;;! spec = "proxy_remove_header_map_value"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = { path = "/path?a=1", headers = [["x-one", "1"], ["x-many", "a"], ["x-many", "b"], ["x-empty", ""]] } }, { response = { headers = [["x-answer", "42"]] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_remove_header_map_value HTTP_REQUEST_HEADERS "X-Many"}}
    {{proxy_remove_header_map_value HTTP_REQUEST_HEADERS "x-missing"}}
    {{proxy_remove_header_map_value HTTP_REQUEST_HEADERS ""}}
    {{proxy_remove_header_map_value HTTP_REQUEST_HEADERS "x-empty"}}
    {{CONTINUE}}))
