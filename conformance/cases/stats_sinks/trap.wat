;;! title = "A sink that traps is not told again, unless it is started anew"
;;! spec = "envoy_on_stats_update"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "bad" }, { name = "again", failure_policy = "reload", vm = { vm_id = "again" } }]
;;! dialogue = [{ stats_update = { plugin = "bad" } }, { stats_update = { plugin = "again" } }, { advance = 1500 }, { stats_update = { plugin = "bad" } }, { stats_update = { plugin = "again" } }]
(module {{prelude}}
  (func {{export envoy_on_stats_update}}
    (unreachable)))
