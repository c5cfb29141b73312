;;! title = "Names that are not configured are empty, not missing"
;;! spec = "proxy_get_property"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
;;! plugin = [{}]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_get_property "plugin_root_id"}}
    {{proxy_get_property "plugin_name"}}
    {{proxy_get_property "plugin_vm_id"}}
    (i32.const 1)))
