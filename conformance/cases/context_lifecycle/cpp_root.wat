;;! title = "The root id can be read while the plugin's context is created, even if it is empty: the C++ SDK aborts otherwise"
;;! spec = "6.3 Starting a plugin"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! shows = ["sdk/root_id_at_creation"]
;;! plugin = [{ name = "named", root_id = "root" }, { name = "unnamed" }]
(module {{prelude}}
  (func {{export proxy_on_context_create}}
    (if (i32.eqz (local.get $parent_context_id))
      (then (if {{result proxy_get_property "plugin_root_id"}} (then (unreachable)))))))
