;;! title = "Adding nothing to a field that may occur once leaves it; to others it is a further field"
;;! spec = "proxy_add_header_map_value"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { headers = [["accept", "a"], ["user-agent", ""], ["x-many", "1"]] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "accept" ""}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "user-agent" "b"}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "referer" ""}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "x-many" ""}}
    {{CONTINUE}}))
