;;! title = "What the host knows of a stream is not changed by setting it, nor are the names of the plugin"
;;! spec = "proxy_set_property"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_set_property "request\00path" "/other"}}
    {{proxy_get_property "request\00path"}}
    {{proxy_set_property "plugin_name" "other"}}
    {{proxy_get_property "plugin_name"}}
    {{CONTINUE}}))
