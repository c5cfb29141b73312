;;! title = "Timers that are due at once tick in the order in which they were set"
;;! spec = "proxy_set_tick_period_milliseconds"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [{ name = "first" }, { name = "second" }]
;;! dialogue = [{ advance = 20 }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_tick_period_milliseconds (i32.mul (local.get $plugin_context_id) (i32.const 10))}}
    (i32.const 1))
  (func {{export proxy_on_tick}}
    (nop)))
