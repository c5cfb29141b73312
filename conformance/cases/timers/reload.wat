;;! title = "A VM that was started anew ticks if it says so itself"
;;! spec = "proxy_on_tick"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [{ name = "plugin", failure_policy = "reload" }]
;;! dialogue = [{ advance = 2000 }, { request = {} }, { response = {} }, { finish = true }, { advance = 1000 }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_tick_period_milliseconds 700}}
    (i32.const 1))
  (func {{export proxy_on_tick}}
    (unreachable)))
