;;! title = "The draft's name for the timer"
;;! spec = "proxy_set_tick_period"
;;! abi = ["0.2.1", "vnext"]
;;! dialogue = [{ advance = 100 }, { advance = 100 }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_tick_period 100}}
    (i32.const 1))
  (func {{export proxy_on_tick}}
    {{proxy_set_tick_period 0}}))
