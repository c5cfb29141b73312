;;! title = "Before any call there is no status"
;;! spec = "proxy_get_status"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_get_status}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_get_status}}
    {{proxy_get_status 0xfffd 0x10 0x18}}
    {{proxy_get_status 0x10 0xfffd 0x18}}
    {{proxy_get_status 0x10 0x18 0xfffd}}
    {{CONTINUE}}))
