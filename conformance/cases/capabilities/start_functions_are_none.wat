;;! title = "Start functions and the allocator are no capabilities"
;;! spec = "capability_restriction_config"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "plugin", allowed_capabilities = ["proxy_on_request_headers", "proxy_get_header_map_value", "fd_write"] }]
(module {{prelude}}
  (func (export "_initialize") {{fd_write 1 ["_initialize"]}})
  (func {{export proxy_on_request_headers}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{CONTINUE}}))
