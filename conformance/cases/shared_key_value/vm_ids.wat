;;! title = "VMs with one vm_id share values, whatever else is configured; others do not"
;;! spec = "proxy_set_shared_data"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [
;;!   { name = "one", vm = { vm_id = "a", configuration = "1" } },
;;!   { name = "another", vm = { vm_id = "a", configuration = "2" } },
;;!   { name = "other", vm = { vm_id = "b" } },
;;!   { name = "none", vm = {} },
;;!   { name = "none again", vm = { configuration = "2" } },
;;! ]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_get_shared_data "k"}}
    {{proxy_set_shared_data "k" "v" 0}}
    (i32.const 1)))
