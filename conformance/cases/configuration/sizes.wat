;;! title = "The sizes of both configurations are given to the callbacks"
;;! spec = "proxy_on_vm_start"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
;;! vm = { configuration = "12345" }
;;! plugin = [{ name = "plugin", configuration = "123" }]
(module {{prelude}}
  (func {{export proxy_on_vm_start}}
    (nop)
    (i32.const 1))
  (func {{export proxy_on_configure}}
    (nop)
    (i32.const 1)))
