;;! title = "A plugin of a connection that may not log goes on without"
;;! spec = "capability_restriction_config"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "plugin", allowed_capabilities = ["proxy_on_new_connection", "proxy_on_downstream_connection_close"] }]
;;! dialogue = [{ connect = true }, { downstream_data = { data = "ping" } }, { downstream_reset = true }]
(module {{prelude}}
  (func {{export proxy_on_new_connection}} {{proxy_log INFO "not seen"}} {{CONTINUE}})
  (func {{export proxy_on_downstream_connection_close}} {{proxy_log INFO "not seen"}}))
