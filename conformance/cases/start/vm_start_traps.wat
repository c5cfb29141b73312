;;! title = "A trap is a failure to start"
;;! spec = "proxy_on_vm_start"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_vm_start}}
    (unreachable)))
