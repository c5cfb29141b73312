;;! title = "The names of plugin, root and VM, from the first callback on"
;;! spec = "proxy_get_property"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! vm = { vm_id = "my_vm" }
;;! plugin = [{ name = "my_plugin", root_id = "my_root" }]
(module {{prelude}}
  (func {{export proxy_on_context_create}}
    {{proxy_get_property "plugin_root_id"}}
    {{proxy_get_property "plugin_name"}}
    {{proxy_get_property "plugin_vm_id"}})
  (func {{export proxy_on_vm_start}}
    {{proxy_get_property "plugin_root_id"}}
    (i32.const 1))
  (func {{export proxy_on_configure}}
    {{proxy_get_property "plugin_root_id"}}
    {{proxy_get_property "plugin_name"}}
    {{proxy_get_property "plugin_vm_id"}}
    {{proxy_get_property "plugin_name\00x"}}
    {{proxy_get_property "plugin_nothing"}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_get_property "plugin_root_id"}}
    {{proxy_get_property "plugin_name"}}
    {{proxy_get_property "plugin_vm_id"}}
    {{CONTINUE}}))
