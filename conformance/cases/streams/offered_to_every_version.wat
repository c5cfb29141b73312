;;! title = "Functions of one version can be called by plugins of another"
;;! spec = "proxy_continue_request"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! shows = ["sdk/names_of_every_version"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_continue_request}}
    {{proxy_continue_stream HTTP_REQUEST}}
    {{proxy_clear_route_cache}}
    {{proxy_get_log_level}}
    {{proxy_get_configuration}}
    {{CONTINUE}}))
