;;! title = "The configuration of the plugin while it is created and configured, that of the VM otherwise"
;;! spec = "proxy_get_configuration"
;;! abi = ["0.1.0"]
;;! vm = { configuration = "of the VM" }
;;! plugin = [{ name = "plugin", configuration = "of the plugin" }]
(module {{prelude}}
  (func {{export proxy_on_context_create}}
    {{proxy_get_configuration}})
  (func {{export proxy_on_vm_start}}
    {{proxy_get_configuration}}
    (i32.const 1))
  (func {{export proxy_on_configure}}
    {{proxy_get_configuration}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_get_configuration}}
    {{CONTINUE}}))
