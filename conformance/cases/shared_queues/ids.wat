;;! title = "Ids count from 1 over all VMs; a name has one id"
;;! spec = "proxy_register_shared_queue"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [
;;!   { name = "one", vm = { vm_id = "a" } },
;;!   { name = "other", vm = { vm_id = "b" } },
;;! ]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_register_shared_queue "a"}}
    {{proxy_register_shared_queue "b"}}
    {{proxy_register_shared_queue "a"}}
    (i32.const 1)))
