;;! title = "The draft's way to change a buffer; its flags mean nothing"
;;! spec = "proxy_set_buffer"
;;! abi = ["0.1.0", "0.2.1", "vnext"]
;;! dialogue = [{ request = { method = "POST", body = ["0123456789"] } }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_buffer PLUGIN_CONFIGURATION 0 0 "x" 0}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_set_buffer HTTP_REQUEST_BODY 0 0 "x" 0}}
    {{CONTINUE}})
  (func {{export proxy_on_request_body}}
    {{proxy_set_buffer HTTP_REQUEST_BODY 0 0 "ab" 0}}
    {{proxy_set_buffer HTTP_REQUEST_BODY 2 3 "X" -1}}
    {{proxy_set_buffer HTTP_REQUEST_BODY 0x7fffffff 0 "z" 1}}
    {{proxy_set_buffer HTTP_REQUEST_BODY 0 0 0xfffd 4 0}}
    {{proxy_set_buffer 9 0 0 "x" 0}}
    {{proxy_set_buffer HTTP_CALL_RESPONSE_BODY 0 0 "x" 0}}
    {{proxy_get_buffer HTTP_REQUEST_BODY 0 -1}}
    {{CONTINUE}}))
