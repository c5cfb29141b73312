;;! title = "A callback that is not allowed is as if the module had none, also when it would refuse to start"
;;! spec = "capability_restriction_config"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [{ name = "plugin", allowed_capabilities = ["proxy_on_response_headers", "proxy_log"] }]
;;! dialogue = [{ request = {} }, { response = { body = ["body"] } }, { finish = true }]
(module {{prelude}}
  (func {{export proxy_on_context_create}} {{proxy_log INFO "context_create"}})
  (func {{export proxy_on_vm_start}} {{proxy_log INFO "vm_start"}} (i32.const 0))
  (func {{export proxy_on_configure}} {{proxy_log INFO "configure"}} (i32.const 0))
  (func {{export proxy_on_request_headers}} (unreachable) {{CONTINUE}})
  (func {{export proxy_on_response_headers}} {{proxy_log INFO "response_headers"}} {{CONTINUE}})
  (func {{export proxy_on_response_body}} (unreachable) {{CONTINUE}})
  (func {{export proxy_on_log}} {{proxy_log INFO "log"}})
  (func {{export proxy_on_done}} (i32.const 0))
  (func {{export proxy_on_delete}} {{proxy_log INFO "delete"}}))
