;;! title = "The whole map is replaced; names become lower case"
;;! spec = "proxy_set_header_map_pairs"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = { path = "/path?a=1", headers = [["x-one", "1"], ["x-many", "a"], ["x-many", "b"], ["x-empty", ""]] } }, { response = { headers = [["x-answer", "42"]] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS {":method" "PUT" ":path" "/new" ":authority" "other" "X-New" "1" "x-new" "2"}}}
    {{CONTINUE}}))
