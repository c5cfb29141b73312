;;! title = "The embedder calls a plugin back; the arguments are in buffer 8 as long as that lasts"
;;! spec = "proxy_on_foreign_function"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [{ stream = "one", request = {} }, { foreign_function = { plugin = "plugin", id = 7, arguments = "some bytes" } }, { foreign_function = { plugin = "plugin", id = 4294967295 } }, { stream = "one", response = {} }]
(module {{prelude}}
  (func {{export proxy_on_foreign_function}}
    {{proxy_get_buffer_status FOREIGN_FUNCTION_ARGUMENTS}}
    {{proxy_get_buffer_bytes FOREIGN_FUNCTION_ARGUMENTS 0 100}}
    {{proxy_get_buffer_bytes FOREIGN_FUNCTION_ARGUMENTS 5 100}}
    ;; They cannot be written.
    {{proxy_set_buffer_bytes FOREIGN_FUNCTION_ARGUMENTS 0 0 "x"}}
    ;; It is about the plugin, not about a stream.
    {{proxy_get_property "plugin_name"}}
    {{proxy_get_property "request\00path"}}
    {{proxy_call_foreign_function "compress" "x"}})
  (func {{export proxy_on_response_headers}}
    {{proxy_get_buffer_status FOREIGN_FUNCTION_ARGUMENTS}}
    {{proxy_get_buffer_bytes FOREIGN_FUNCTION_ARGUMENTS 0 100}}
    {{CONTINUE}}))
