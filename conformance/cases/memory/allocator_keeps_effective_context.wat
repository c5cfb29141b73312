;;! title = "The allocator does not disturb the context that the callback acts on"
;;! spec = "8.1 Memory ownership and the allocator protocol"
;;! abi = ["0.2.1"]
(module {{imports}} {{marker}} {{memory}} {{data}}
  (func (export "malloc") (param $size i32) (result i32) (i32.const 0x200))
  (func {{export proxy_on_request_headers}}
    {{proxy_set_effective_context 1}}
    {{proxy_get_property "plugin_name"}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{CONTINUE}}))
