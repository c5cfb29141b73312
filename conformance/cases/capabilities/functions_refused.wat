;;! title = "A function that is not allowed is told INTERNAL_FAILURE, or ENOTCAPABLE where it is WASI's; what toolchains import is always allowed"
;;! spec = "capability_restriction_config"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [{ name = "plugin", allowed_capabilities = ["proxy_on_request_headers", "proxy_get_property", "random_get"] }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_property "request\00path"}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "x-added" "no"}}
    {{proxy_log INFO "not seen"}}
    {{proxy_get_current_time_nanoseconds}}
    {{random_get 0x100 4}}
    {{fd_write 1 ["not seen"]}}
    {{clock_time_get 0 0}}
    {{pthread_equal 1 1}}
    {{CONTINUE}}))
