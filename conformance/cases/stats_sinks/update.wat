;;! title = "A stats sink is handed counters and gauges in buffer 8, for as long as the callback runs"
;;! spec = "envoy_on_stats_update"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ stats_update = { plugin = "plugin", counters = [["requests", 7, 2]], gauges = [["live", 1]] } }, { stats_update = { plugin = "plugin" } }, { request = {} }]
(module {{prelude}}
  (func {{export envoy_on_stats_update}}
    {{proxy_get_buffer_status FOREIGN_FUNCTION_ARGUMENTS}}
    {{proxy_get_buffer_bytes FOREIGN_FUNCTION_ARGUMENTS 0 1000}}
    {{proxy_get_buffer_bytes FOREIGN_FUNCTION_ARGUMENTS 16 8}}
    {{proxy_get_buffer_bytes FOREIGN_FUNCTION_ARGUMENTS 1000 1}}
    {{proxy_set_buffer_bytes FOREIGN_FUNCTION_ARGUMENTS 0 1 "x"}}
    {{proxy_get_property "plugin_name"}})
  (func {{export proxy_on_request_headers}}
    {{proxy_get_buffer_bytes FOREIGN_FUNCTION_ARGUMENTS 0 1000}}
    {{CONTINUE}}))
