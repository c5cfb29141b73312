;;! title = "What is allowed does what it does without a restriction"
;;! spec = "capability_restriction_config"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "plugin", allowed_capabilities = ["proxy_on_request_headers", "proxy_log", "proxy_add_header_map_value", "fd_write"] }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_log INFO "seen"}}
    {{fd_write 1 ["seen"]}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "x-added" "yes"}}
    {{CONTINUE}}))
