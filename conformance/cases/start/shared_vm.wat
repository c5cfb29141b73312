;;! title = "Plugins with the same module and VM configuration share a VM, which starts once"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
;;! plugin = [{ name = "first", root_id = "a" }, { name = "second", root_id = "b" }]
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
    (i32.const 1)))
