;;! title = "An allocator that panics when it is asked for no bytes, as Go's does, is never asked"
;;! spec = "8.1 Memory ownership and the allocator protocol"
;;! abi = ["0.1.0", "0.2.1"]
;;! shows = ["sdk/nothing_is_not_allocated"]
;;! dialogue = [{ request = { headers = [["x-empty", ""]], body = ["", "body"] } }, { response = {} }]
(module {{imports}} {{marker}} {{memory}} {{data}}
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32)
    (if (i32.eqz (local.get $size)) (then (unreachable)))
    (i32.const 0x400))
  (func {{export proxy_on_request_headers}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS "x-empty"}}
    {{proxy_get_header_map_pairs HTTP_RESPONSE_HEADERS}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 100}}
    {{proxy_get_buffer_bytes VM_CONFIGURATION 0 100}}
    {{proxy_get_property "plugin_root_id"}}
    {{proxy_get_status}}
    {{proxy_get_configuration}}
    {{CONTINUE}})
  (func {{export proxy_on_request_body}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 100 1}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 0}}
    {{CONTINUE}}))
