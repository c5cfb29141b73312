;;! title = "The configuration of the VM can be read from the first callback on; that of the plugin while it is created and configured"
;;! spec = "proxy_get_buffer_bytes"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! vm = { configuration = "of the VM" }
;;! plugin = [{ name = "plugin", configuration = "of the plugin" }]
(module {{prelude}}
  (func {{export proxy_on_context_create}}
    {{proxy_get_buffer_bytes VM_CONFIGURATION 0 -1}}
    {{proxy_get_buffer_bytes PLUGIN_CONFIGURATION 0 -1}}
    {{proxy_get_buffer_status PLUGIN_CONFIGURATION}})
  (func {{export proxy_on_vm_start}}
    {{proxy_get_buffer_bytes VM_CONFIGURATION 0 -1}}
    {{proxy_get_buffer_bytes PLUGIN_CONFIGURATION 0 -1}}
    {{proxy_get_buffer_status PLUGIN_CONFIGURATION}}
    (i32.const 1))
  (func {{export proxy_on_configure}}
    {{proxy_get_buffer_bytes VM_CONFIGURATION 0 -1}}
    {{proxy_get_buffer_bytes PLUGIN_CONFIGURATION 0 -1}}
    {{proxy_get_buffer_status PLUGIN_CONFIGURATION}}
    {{proxy_get_buffer_bytes PLUGIN_CONFIGURATION 3 3}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_get_buffer_bytes VM_CONFIGURATION 0 -1}}
    {{proxy_get_buffer_bytes PLUGIN_CONFIGURATION 0 -1}}
    {{proxy_get_buffer_status PLUGIN_CONFIGURATION}}
    {{CONTINUE}}))
