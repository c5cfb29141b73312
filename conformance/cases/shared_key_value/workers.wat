;;! title = "VMs of all workers share values"
;;! spec = "proxy_set_shared_data"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [
;;!   { name = "here", vm = { vm_id = "a" } },
;;!   { name = "there", vm = { vm_id = "a" }, worker = 1 },
;;! ]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_get_shared_data "k"}}
    {{proxy_set_shared_data "k" "v" 0}}
    (i32.const 1)))
