;;! title = "An allocator that answers 0 has failed: INVALID_MEMORY_ACCESS"
;;! spec = "8.1 Memory ownership and the allocator protocol"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { path = "/path?a=1", headers = [["x-one", "1"], ["x-many", "a"], ["x-many", "b"], ["x-empty", ""]] } }, { response = { headers = [["x-answer", "42"]] } }]
(module {{imports}} {{marker}} {{memory}} {{data}}
  (func (export "malloc") (param $size i32) (result i32) (i32.const 0))
  (func {{export proxy_on_request_headers}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}}
    {{proxy_get_property "plugin_name"}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS "x-empty"}}
    {{CONTINUE}}))
