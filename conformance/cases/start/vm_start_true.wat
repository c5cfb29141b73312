;;! title = "Any number but 0 is true"
;;! spec = "proxy_on_vm_start"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_vm_start}}
    (nop)
    (i32.const 256)))
