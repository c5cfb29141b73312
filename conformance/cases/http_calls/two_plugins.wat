;;! title = "Calls are a plugin's own: acting as a stream of another plugin, nothing of them is seen"
;;! spec = "proxy_set_effective_context"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "first" }, { name = "second" }]
;;! dialogue = [{ request = {} }, { http_call_failure = { call = 1 } }, { http_call_response = { call = 2 } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000}}
    {{CONTINUE}})
  (func {{export proxy_on_http_call_response}}
    {{proxy_get_header_map_pairs HTTP_CALL_RESPONSE_HEADERS}}
    {{proxy_get_status}}
    ;; The stream has context 3 for the first plugin and 4 for the second.
    {{proxy_set_effective_context (i32.sub (i32.const 5) (local.get $plugin_context_id))}}
    {{proxy_get_header_map_pairs HTTP_CALL_RESPONSE_HEADERS}}
    {{proxy_get_status}}))
