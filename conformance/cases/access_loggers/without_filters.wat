;;! title = "Loggers need no filters: they are told of every stream, each time about the same context"
;;! spec = "proxy_on_log"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "log", access_log = true }]
;;! dialogue = [{ request = { path = "/one" } }, { response = { status = 404 } }, { finish = true }, { stream = "two", request_headers = { path = "/two" } }, { stream = "two", hang_up = true }]
(module {{prelude}}
  (func {{export proxy_on_context_create}}
    (nop))
  (func {{export proxy_on_request_headers}}
    (unreachable))
  (func {{export proxy_on_log}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_get_header_map_value HTTP_RESPONSE_HEADERS ":status"}}
    {{proxy_get_property "response\00code"}})
  (func {{export proxy_on_done}}
    (nop)
    (i32.const 1)))
