;;! title = "Connections that wait for a plugin that has failed are told, under the policy open"
;;! spec = "failure_policy"
;;! abi = ["0.2.0", "0.2.1"]
;;! plugin = [{ name = "plugin", failure_policy = "open" }]
;;! dialogue = [
;;!   { stream = "new", connect = true },
;;!   { stream = "down", connect = true },
;;!   { stream = "down", downstream_data = { data = "held" } },
;;!   { stream = "up", connect = true },
;;!   { stream = "up", upstream_data = { data = "held" } },
;;!   { stream = "free", connect = true },
;;!   { stream = "trap", connect = true },
;;!   { stream = "new", wake = true },
;;!   { stream = "down", wake = true },
;;!   { stream = "up", wake = true },
;;!   { stream = "free", wake = true },
;;!   { stream = "free", downstream_data = { data = "bytes" } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_new_connection}}
    (if (i32.eq (local.get $context_id) (i32.const 6)) (then (unreachable)))
    (i32.eq (local.get $context_id) (i32.const 2)))
  (func {{export proxy_on_downstream_data}} {{PAUSE}})
  (func {{export proxy_on_upstream_data}} {{PAUSE}}))
