;;! title = "A tick that another one stops does not come, though it was due"
;;! spec = "proxy_set_tick_period_milliseconds"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [{ name = "first" }, { name = "second" }]
;;! dialogue = [{ advance = 10 }, { advance = 10 }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_tick_period_milliseconds 10}}
    (i32.const 1))
  (func {{export proxy_on_tick}}
    {{proxy_set_effective_context 2}}
    {{proxy_set_tick_period_milliseconds 0}}))
