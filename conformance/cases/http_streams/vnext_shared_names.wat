;;! title = "The draft: the functions that every version has"
;;! spec = "proxy_set_effective_context"
;;! abi = ["vnext"]
;;! vm = { vm_id = "vm", configuration = "of the VM" }
;;! plugin = [{ name = "plugin", root_id = "root", configuration = "of the plugin" }]
(module {{prelude}}
  (global $plugin (mut i32) (i32.const 0))
  (func {{export proxy_on_context_create}}
    (if (i32.eqz (local.get $parent_context_id)) (then (global.set $plugin (local.get $context_id)))))
  (func {{export proxy_on_vm_start}}
    {{proxy_get_buffer VM_CONFIGURATION 0 -1}}
    (i32.const 1))
  (func {{export proxy_on_configure}}
    {{proxy_log INFO "configure"}}
    {{proxy_get_buffer PLUGIN_CONFIGURATION 0 -1}}
    {{proxy_get_property "plugin_root_id"}}
    {{proxy_get_property "missing"}}
    {{proxy_done}}
    (i32.const 1))
  (func {{export proxy_on_http_request_headers}}
    {{proxy_get_property "request\00path"}}
    {{proxy_set_property "mine" "value"}}
    {{proxy_set_effective_context (global.get $plugin)}}
    {{proxy_get_property "plugin_vm_id"}}
    {{proxy_get_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_set_effective_context (local.get $context_id)}}
    {{proxy_get_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_set_effective_context 999}}
    {{proxy_get_map_value HTTP_REQUEST_HEADERS "missing"}}
    {{CONTINUE}})
  (func {{export proxy_on_http_response_headers}}
    {{proxy_get_property "mine"}}
    {{CONTINUE}}))
