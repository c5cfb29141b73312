;;! title = "The size of the buffer; flags are always 0"
;;! spec = "proxy_get_buffer_status"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["0123456789"] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    (i32.store (i32.const 0x18) (i32.const -1))
    {{proxy_get_buffer_status HTTP_REQUEST_BODY 0x10 0x18}}
    {{proxy_log INFO 0x18 4}}
    {{proxy_get_buffer_status HTTP_RESPONSE_BODY}}
    {{CONTINUE}}))
