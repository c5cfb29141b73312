;;! title = "Every host function, called from envoy_on_stats_update"
;;! spec = "8.6 Which function is useful in which context"
;;! abi = ["0.2.1"]
;;! each = ["returning", "each ending"]
;;! dialogue = [{ stats_update = { plugin = "plugin", counters = [["requests", 7, 2]], gauges = [["live", 1]] } }]
(module {{prelude}}
  (func {{export envoy_on_stats_update}}
    {{calls EACH}}))
