;;! title = "Response headers are read and written like those of the request"
;;! spec = "proxy_replace_header_map_value"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = { path = "/path?a=1", headers = [["x-one", "1"], ["x-many", "a"], ["x-many", "b"], ["x-empty", ""]] } }, { response = { headers = [["x-answer", "42"]] } }]
(module {{prelude}}
  (func {{export proxy_on_response_headers}}
    {{proxy_get_header_map_pairs HTTP_RESPONSE_HEADERS}}
    {{proxy_get_header_map_value HTTP_RESPONSE_HEADERS ":status"}}
    {{proxy_replace_header_map_value HTTP_RESPONSE_HEADERS "content-type" "text/plain"}}
    {{proxy_add_header_map_value HTTP_RESPONSE_HEADERS "x-added" "1"}}
    {{proxy_remove_header_map_value HTTP_RESPONSE_HEADERS "x-answer"}}
    {{proxy_replace_header_map_value HTTP_RESPONSE_HEADERS ":status" "201"}}
    {{CONTINUE}}))
