;;! title = "A message carries the names of its plugin and VM and the context it is about"
;;! spec = "proxy_log"
;;! abi = ["0.2.1"]
;;! vm = { vm_id = "my_vm" }
;;! plugin = [{ name = "my_plugin", root_id = "my_root" }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_log INFO "plugin context"}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_log INFO "stream context"}}
    {{CONTINUE}}))
