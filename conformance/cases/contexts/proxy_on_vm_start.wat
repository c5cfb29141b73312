;;! title = "Every host function, called from proxy_on_vm_start"
;;! spec = "8.6 Which function is useful in which context"
;;! abi = ["0.2.1"]
;;! each = ["returning", "each ending"]
;;! vm = { vm_id = "vm", configuration = "vm configuration" }
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_vm_start}}
    {{calls EACH}}
    (i32.const 1)))
