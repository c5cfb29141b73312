;;! title = "No configuration is no bytes, without a call of the allocator"
;;! spec = "proxy_get_configuration"
;;! abi = ["0.1.0"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_vm_start}}
    {{proxy_get_configuration}}
    (i32.const 1))
  (func {{export proxy_on_configure}}
    {{proxy_get_configuration}}
    (i32.const 1)))
