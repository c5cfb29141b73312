;;! title = "Headers that are held with the literal stop can be written in body callbacks"
;;! spec = "proxy_replace_header_map_value"
;;! abi = ["0.2.0", "0.2.1"]
;;! plugin = [{ name = "plugin", allow_on_headers_stop_iteration = true }]
;;! dialogue = [{ request = { method = "POST", body = ["body"] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (nop)
    {{PAUSE}})
  (func {{export proxy_on_request_body}}
    {{proxy_replace_header_map_value HTTP_REQUEST_HEADERS "x-size" "4"}}
    {{CONTINUE}}))
