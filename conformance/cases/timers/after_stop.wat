;;! title = "A plugin that is no longer used does not tick"
;;! spec = "proxy_on_tick"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [{ name = "first" }, { name = "second" }]
;;! dialogue = [{ stop = "first" }, { advance = 10 }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_tick_period_milliseconds 10}}
    (i32.const 1))
  (func {{export proxy_on_tick}}
    (nop)))
