;;! title = "The plugin ticks every period, whatever else happens"
;;! spec = "proxy_set_tick_period_milliseconds"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ advance = 9 }, { advance = 1 }, { advance = 25 }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_tick_period_milliseconds 10}}
    (i32.const 1))
  (func {{export proxy_on_tick}}
    {{proxy_get_current_time_nanoseconds}}))
