;;! title = "The draft's way to read a buffer: ranges are clamped, no flag is ever set"
;;! spec = "proxy_get_buffer"
;;! abi = ["0.1.0", "0.2.1", "vnext"]
;;! vm = { configuration = "vm configuration" }
;;! dialogue = [{ request = { method = "POST", body = ["0123456789"] } }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_get_buffer VM_CONFIGURATION 3 6}}
    (i32.const 1))
  (func {{export proxy_on_context_create}}
    (i32.store (i32.const 0x20) (i32.const -1))
    {{proxy_get_buffer HTTP_REQUEST_BODY 0 10}}
    ;; A buffer that is not there leaves the flags alone.
    (i32.store (i32.const 0x20) (i32.const -1))
    {{proxy_get_buffer HTTP_CALL_RESPONSE_BODY 0 10}}
    {{proxy_log INFO (i32.const 0x20) 4}})
  (func {{export proxy_on_request_body}}
    {{proxy_get_buffer HTTP_REQUEST_BODY 3 4}}
    {{proxy_get_buffer HTTP_REQUEST_BODY 8 100}}
    {{proxy_get_buffer HTTP_REQUEST_BODY 10 1}}
    {{proxy_get_buffer HTTP_REQUEST_BODY 0 -1}}
    {{proxy_get_buffer 9 0 1}}
    {{proxy_get_buffer -1 0 1}}
    {{proxy_get_buffer 9 0 1 -1 -1 -1}}
    {{proxy_get_buffer HTTP_REQUEST_BODY 0 1 0xfffd 0x18 0x20}}
    {{proxy_get_buffer HTTP_REQUEST_BODY 0 1 0x10 0xfffd 0x20}}
    {{proxy_get_buffer HTTP_REQUEST_BODY 0 1 0x10 0x18 0xfffd}}
    {{proxy_get_buffer HTTP_REQUEST_BODY 0 1 0x10 0x18 0xfffc}}
    {{CONTINUE}}))
