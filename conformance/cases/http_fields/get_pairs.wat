;;! title = "Every field in order, duplicates kept; a map that is not there is empty"
;;! spec = "proxy_get_header_map_pairs"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = { path = "/path?a=1", headers = [["x-one", "1"], ["x-many", "a"], ["x-many", "b"], ["x-empty", ""]] } }, { response = { headers = [["x-answer", "42"]] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}}
    {{proxy_get_header_map_pairs HTTP_RESPONSE_HEADERS}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_TRAILERS}}
    {{proxy_get_header_map_pairs HTTP_CALL_RESPONSE_HEADERS}}
    {{proxy_get_header_map_pairs GRPC_CALL_INITIAL_METADATA}}
    {{proxy_get_header_map_pairs 8}}
    {{proxy_get_header_map_pairs -1 -1 -1}}
    {{CONTINUE}}))
