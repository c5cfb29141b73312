;;! title = "A plugin that traps while it is not done is not waited for"
;;! spec = "proxy_on_done"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [{ name = "plugin" }]
;;! dialogue = [{ stop = "plugin" }, { advance = 120000 }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_tick_period_milliseconds 10}}
    (i32.const 1))
  (func {{export proxy_on_done}}
    (i32.const 0))
  (func {{export proxy_on_tick}}
    (unreachable))
  (func {{export proxy_on_delete}}
    (nop)))
