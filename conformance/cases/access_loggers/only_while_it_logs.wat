;;! title = "A plugin context finds the stream only while it logs, and not through another context"
;;! spec = "proxy_on_log"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "filter" }, { name = "log", root_id = "log", access_log = true }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    ;; The logger's context is the second one.
    {{proxy_set_effective_context 2}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_get_property "request\00path"}}
    {{CONTINUE}})
  (func {{export proxy_on_log}}
    {{proxy_get_property "request\00path"}}
    ;; The plugin context of the filter.
    {{proxy_set_effective_context 1}}
    {{proxy_get_property "request\00path"}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    ;; The stream's context of the filter, which is not deleted yet.
    {{proxy_set_effective_context 3}}
    {{proxy_get_property "connection_id"}}
    {{proxy_set_property "late" "1"}})
  (func {{export proxy_on_done}}
    {{proxy_get_property "request\00path"}}
    (i32.const 1)))
