;;! title = "An unknown buffer is refused before addresses are looked at"
;;! spec = "proxy_get_buffer_bytes"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["0123456789"] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    {{proxy_get_buffer_bytes 9 0 1}}
    {{proxy_get_buffer_bytes -1 0 1}}
    {{proxy_get_buffer_bytes 9 0 1 -1 -1}}
    {{proxy_get_buffer_status 9}}
    {{proxy_get_buffer_status 9 -1 -1}}
    {{proxy_set_buffer_bytes 9 0 0 "x"}}
    {{proxy_set_buffer_bytes -1 0 0 -1 1}}
    {{CONTINUE}}))
