;;! title = "A trap in the allocator is a failure of the VM"
;;! spec = "8.1 Memory ownership and the allocator protocol"
;;! abi = ["0.2.1"]
(module {{imports}} {{marker}} {{memory}} {{data}}
  (func (export "malloc") (param $size i32) (result i32) (unreachable))
  (func {{export proxy_on_request_headers}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{CONTINUE}}))
