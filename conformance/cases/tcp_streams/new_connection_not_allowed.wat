;;! title = "A plugin that may not be told of a connection does not hold it up"
;;! spec = "capability_restriction_config"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "plugin", allowed_capabilities = ["proxy_on_downstream_data", "proxy_log"] }]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "ping", end = true } },
;;!   { upstream_data = { data = "pong", end = true } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_new_connection}} (unreachable) {{CONTINUE}})
  (func {{export proxy_on_downstream_data}} {{proxy_log INFO "data"}} {{CONTINUE}})
  (func {{export proxy_on_downstream_connection_close}} (unreachable)))
