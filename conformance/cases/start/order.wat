;;! title = "Context, VM start, configuration; then the streams"
;;! spec = "6.1 Load"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! vm = { configuration = "12" }
;;! plugin = [{ name = "plugin", configuration = "123" }]
(module {{prelude}}
  (func {{export _initialize}}
    (nop))
  (func {{export proxy_on_context_create}}
    (nop))
  (func {{export proxy_on_vm_start}}
    (nop)
    (i32.const 1))
  (func {{export proxy_on_configure}}
    (nop)
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    (nop)
    {{CONTINUE}}))
