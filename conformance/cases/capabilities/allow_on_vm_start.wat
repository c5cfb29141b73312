;;! title = "Of the callbacks at the start, only proxy_on_vm_start is allowed"
;;! spec = "capability_restriction_config"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "plugin", allowed_capabilities = ["proxy_on_vm_start", "proxy_log"] }]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_context_create}} {{proxy_log INFO "context_create"}})
  (func {{export proxy_on_vm_start}} {{proxy_log INFO "vm_start"}} (i32.const 1))
  (func {{export proxy_on_configure}} {{proxy_log INFO "configure"}} (i32.const 1)))
