;;! title = "A plugin that answers false does not start"
;;! spec = "proxy_on_configure"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_vm_start}}
    (nop)
    (i32.const 1))
  (func {{export proxy_on_configure}}
    (nop)
    (i32.const 0)))
